"""``gateway mapping``: test, try out, explain and check mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway_core.cli.output import fail

app = typer.Typer(help="Test, try out, explain and check mappings.", no_args_is_help=True)

BundleOption = Annotated[
    str | None,
    typer.Option("--bundle", help="Folder or name of a bundle; else the one around, or those configured."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
Ref = Annotated[str, typer.Argument(help="The mapping: its $id, the last part of it, or a path to its file.")]


@app.command("test")
def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Case files, mappings with cases beside them, or folders; all when left out."),
    ] = None,
    bundle: BundleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the cases of mappings. Exit code 0: all passed; 1: some did not; 2: they cannot be run."""
    from gateway_core.cli.mapping_files import CaseFiles, case_folder
    from gateway_core.cli.mapping_print import print_report, report_json
    from gateway_core.cli.output import explain as told
    from gateway_core.errors import ConfigurationError

    try:
        found = CaseFiles(bundle)
        given = paths or [case_folder(bundle)]
        for path in given:
            found.add(path)
        report = found.run()
    except ConfigurationError as error:
        fail(told(error), code=2)
    if not found.files:
        places = ", ".join(map(str, given))
        fail(f"there are no cases in {places}: name.cases.json is looked for", code=2)
    if as_json:
        _print_json(report_json(report))
    else:
        print_report(report, len(found.files))
    if report.failures:
        raise typer.Exit(1)


@app.command("render")
def render(
    ref: Ref,
    input: Annotated[str, typer.Option("--input", "-i", help="A JSON file; - for standard input.")],
    as_list: Annotated[bool, typer.Option("--list", help="Map each element of the input.")] = False,
    bundle: BundleOption = None,
    traced: Annotated[
        bool, typer.Option("--trace", help="Tell on standard error where each target came from.")
    ] = False,
) -> None:
    """Print what a mapping makes of a document."""
    import time

    from gateway_core import app as gateway
    from gateway_core.cli.mapping_files import chosen, read_document
    from gateway_core.cli.mapping_print import failed, print_trace
    from gateway_core.errors import MappingError
    from gateway_core.mapping.mapping import Services
    from gateway_core.mapping.trace import trace
    from gateway_core.operations.mapping_cases import Library
    from gateway_core.settings import Settings

    mapping, mappings = chosen(ref, bundle)
    document = read_document(input)

    def body_of(reference: str) -> Any:
        found = mappings.get(reference)
        return None if found is None else found.body

    library = Library(body_of, gateway.mapping_limits(Settings()))
    services = Services(library.find, now=gateway.now, clock=time.thread_time)
    try:
        if traced:
            record = trace(
                mapping.reference,
                mapping.body,
                document,
                services,
                as_list=as_list,
                limits=library.limits,
                bodies=body_of,
            )
            print_trace(record)
        compiled = library.find(mapping.reference)
        if compiled is not None:
            _print_json(compiled.apply(document, services, as_list=as_list))
    except MappingError as error:
        fail(failed(error, mappings))


@app.command("explain")
def explain(ref: Ref, bundle: BundleOption = None, as_json: JsonOption = False) -> None:
    """Tell what a mapping does: each target with its source, what that became, casts and input paths."""
    from dataclasses import asdict

    from gateway_core.cli.mapping_files import chosen
    from gateway_core.cli.mapping_print import print_explanation
    from gateway_core.operations.mapping_cases import Library

    mapping, mappings = chosen(ref, bundle)
    library = Library(lambda reference: mappings[reference].body if reference in mappings else None)
    compiled = library.find(mapping.reference)
    if compiled is None:
        fail(f"mapping {mapping.reference} is not in the bundle")
    if as_json:
        _print_json({**asdict(compiled.explain()), "value_maps": compiled.settings.value_maps})
    else:
        print_explanation(compiled.explain(), compiled.settings.value_maps)


@app.command("lint")
def lint(bundle: BundleOption = None, as_json: JsonOption = False) -> None:
    """Warn about mappings that compile and may not do what they mean. Exit code 1 where any does."""
    from gateway_core.cli.mapping_files import linted
    from gateway_core.cli.mapping_print import finding_json, print_findings

    findings = linted(bundle)
    if as_json:
        _print_json({"findings": [finding_json(finding) for finding, _ in findings]})
    else:
        print_findings(findings)
    if findings:
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=2))
