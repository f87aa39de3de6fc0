"""``gateway bundle``: plan, install, upgrade, roll back, remove and write bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway_core.cli.output import fail, tell

app = typer.Typer(help="Plan, install, upgrade, roll back, remove and write bundles.", no_args_is_help=True)

SOMETHING_TO_DO = WRITTEN_WRONGLY = 2

SourceArgument = Annotated[
    str, typer.Argument(help="A folder, a .zip or .tar.gz, or the name of a bundle that is shipped.")
]
NameArgument = Annotated[str, typer.Argument(help="The bundle; 'gateway bundle list' shows those installed.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value, for machines.")]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; nobody is asked without a terminal.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
KeepOption = Annotated[
    bool,
    typer.Option("--keep-local", help="Artifacts edited at run time stay, where the bundle changes them."),
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite-local", help="Artifacts edited at run time become those of the bundle again."),
]
OthersOption = Annotated[
    bool,
    typer.Option(
        "--leave-to-others", help="Artifacts that another bundle has installed stay as it has them."
    ),
]
ObjectsOption = Annotated[
    str,
    typer.Option(help="What becomes of objects whose schema goes: refuse, keep or delete.", metavar="CHOICE"),
]
LockedOption = Annotated[
    bool, typer.Option("--locked", help="Refuse what is not in the lock file with this very content.")
]
TestDataOption = Annotated[
    bool, typer.Option("--test-data", help="Create the test data of bundles of Common Gateway too.")
]
LockOption = Annotated[Path, typer.Option("--lock", help="The lock file.")]


@app.command("plan")
def plan(
    source: SourceArgument,
    keep_local: KeepOption = False,
    overwrite_local: OverwriteOption = False,
    leave_to_others: OthersOption = False,
    objects: ObjectsOption = "refuse",
    test_data: TestDataOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what installing a bundle would do. Exit code 0: nothing; 2: something; 1: it cannot be done."""
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        choices = desk.choices(keep=keep_local, overwrite=overwrite_local, others=leave_to_others)
        (read,) = desk.read([source], test_data=test_data)
        planned = desk.plan_read(read, choices, objects)
        desk.show(planned, as_json=as_json)
        if planned.work.plan.errors:
            raise typer.Exit(1)
        if planned.work.plan.is_needed:
            raise typer.Exit(SOMETHING_TO_DO)


@app.command("install")
def install(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Folders, archives, or names of bundles that are shipped."),
    ],
    yes: YesOption = False,
    dry_run: DryOption = False,
    keep_local: KeepOption = False,
    overwrite_local: OverwriteOption = False,
    leave_to_others: OthersOption = False,
    objects: ObjectsOption = "refuse",
    test_data: TestDataOption = False,
    locked: LockedOption = False,
    lock: LockOption = Path("gateway.lock"),
) -> None:
    """Install bundles, each behind those that it requires: show the plan, ask, and do all of it or nothing.
    A gateway that runs follows within a second."""
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        choices = desk.choices(keep=keep_local, overwrite=overwrite_local, others=leave_to_others)
        read = desk.read(sources, test_data=test_data)
        if locked:
            desk.refuse_unlocked(read, lock)
        for source in read:
            desk.carry_out(desk.plan_read(source, choices, objects), yes=yes, dry_run=dry_run)


@app.command("upgrade")
def upgrade(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="The bundles; all installed ones when left out."),
    ] = None,
    yes: YesOption = False,
    dry_run: DryOption = False,
    keep_local: KeepOption = False,
    overwrite_local: OverwriteOption = False,
    objects: ObjectsOption = "refuse",
) -> None:
    """Install newer versions of bundles from where they were installed from. What is not newer is told."""
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        choices = desk.choices(keep=keep_local, overwrite=overwrite_local, others=False)
        for source in desk.newer(names or []):
            desk.carry_out(desk.plan_read(source, choices, objects), yes=yes, dry_run=dry_run)


@app.command("rollback")
def rollback(
    name: NameArgument,
    yes: YesOption = False,
    dry_run: DryOption = False,
    keep_local: KeepOption = False,
    overwrite_local: OverwriteOption = False,
    objects: ObjectsOption = "refuse",
) -> None:
    """Put the installation before the present one back; once more, the one before that. Stored objects stay
    as they are."""
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        choices = desk.choices(keep=keep_local, overwrite=overwrite_local, others=False)
        desk.carry_out(desk.plan_rollback(name, choices, objects), yes=yes, dry_run=dry_run)


@app.command("remove")
def remove(
    name: NameArgument,
    objects: ObjectsOption = "refuse",
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the objects to this new file, for 'gateway objects import', and delete them.",
        ),
    ] = None,
    yes: YesOption = False,
    dry_run: DryOption = False,
) -> None:
    """Remove a bundle with all that it configures. Refused while objects of its schemas are stored, unless it
    is said what becomes of them, and while another bundle requires it."""
    from gateway_core.cli.bundle_work import Desk

    if export is not None:
        if objects == "keep" or export.exists():
            why = (
                f"{export} exists already" if export.exists() else "--export deletes; --objects=keep does not"
            )
            fail(f"{why}; leave one of the two out, or give another file", code=WRITTEN_WRONGLY)
        objects = "delete"
    with Desk() as desk:
        desk.carry_out(desk.plan_removal(name, objects), yes=yes, dry_run=dry_run, export=export)
        desk.tell_if_configured(name)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show the installed bundles."""
    from gateway_core.cli.bundle_print import print_installed, print_json
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        found = desk.installed()
        if as_json:
            print_json(found)
        else:
            print_installed(found)


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show an installed bundle: what it holds, what was edited, what it serves, what was before."""
    from gateway_core.cli.bundle_print import print_bundle, print_json
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        told, artifacts, paths = desk.bundle(name)
        if as_json:
            print_json({**told, "contents": list(artifacts), "serves": paths})
        else:
            print_bundle(told, artifacts, paths)


@app.command("check")
def check(
    source: SourceArgument,
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="SOURCE", help="A bundle to be beside it; required ones are found."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a bundle on its own, without a store: everything that would stop its installation, every warning.
    Exit code 1: it cannot be installed."""
    from gateway_core.cli.bundle_work import checked, report_check

    source_, plan_ = checked(source, beside or [])
    report_check(source_, plan_, as_json=as_json)
    if plan_.errors:
        raise typer.Exit(1)


@app.command("export")
def export(
    name: Annotated[str, typer.Argument(help="The bundle; with --edited this is the destination.")],
    dest: Annotated[str | None, typer.Argument(help="A new folder, or a new .zip, to write.")] = None,
    edited: Annotated[
        bool, typer.Option("--edited", help="Instead of a bundle: all that was made or edited at run time.")
    ] = False,
) -> None:
    """Write a bundle as it is in force, edits at run time included. Cases of mappings are not in force, and
    not written."""
    from gateway_core.bundles.save import save
    from gateway_core.bundles.write import write_bundle
    from gateway_core.cli.bundle_work import Desk

    if edited is (dest is not None):
        what = "--edited DEST" if edited else "NAME DEST"
        fail(f"write: gateway bundle export {what}", code=WRITTEN_WRONGLY)
    with Desk() as desk:
        bundle = desk.bundle_to_write(None if edited else name)
    target = dest or name
    save(write_bundle(bundle), Path(target))
    tell(f"wrote {bundle.name} {bundle.version}: {len(bundle.artifacts)} artifacts to {target}")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="What the bundle is called.")],
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
) -> None:
    """Write a bundle to begin with: a schema, two endpoints, mappings with cases, an object. It installs and
    passes its tests as it is."""
    from gateway_core.bundles.save import save
    from gateway_core.bundles.scaffold import scaffold

    files = scaffold(name)
    save(files, folder)
    for path in files:
        print(folder / path)
    tell(
        f"next: gateway bundle check {folder}; gateway mapping test {folder}; gateway bundle install {folder}"
    )


@app.command("lock")
def lock(
    file: Annotated[Path, typer.Argument(help="The lock file to write.")] = Path("gateway.lock"),
) -> None:
    """Write down what is installed, by content hash. 'gateway bundle install --locked' and 'gateway serve
    --locked' refuse what differs."""
    from gateway_core.cli.bundle_work import Desk

    with Desk() as desk:
        text, count = desk.lock()
    file.write_text(text, encoding="utf-8")
    tell(f"wrote {file}: {count} bundle{'s' * (count != 1)}")
