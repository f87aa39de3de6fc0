"""A name that somebody types, and the reference that is meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from gateway_core.errors import NotFound
from gateway_core.types import Reference

_SHOWN = 5
_NEAR = 3


def short_name(reference: Reference) -> str:
    """The last part of a reference, without its endings: ``https://x/y/a.b.mapping.json`` is ``a.b``."""
    last = reference.rstrip("/").rpartition("/")[2]
    return last.removesuffix(".json").removesuffix(".mapping").removesuffix(".schema")


def resolve(name: str, references: Collection[Reference]) -> Reference:
    """The reference that is called so, or whose last part is: behind the last slash or a dot, with or
    without ``.mapping.json``.

    Raises NotFound, with the names that are near or the several that fit.
    """
    if name in references:
        return name
    asked = short_name(name)
    fitting = [r for r in references if r.endswith(f"/{name}") or short_name(r) == asked]
    fitting = fitting or [r for r in references if short_name(r).endswith(f".{asked}")]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        listed = ", ".join(sorted(fitting)[:_SHOWN])
        raise NotFound(f"'{name}' may be any of {len(fitting)} mappings: {listed}", hint="Write more of it.")
    names = {short_name(reference) for reference in references}
    # Compared whole and by what stands behind the last dot, and told whole.
    spelt = {key: name for name in names for key in (name, name.rpartition(".")[2])}
    near = dict.fromkeys(spelt[key] for key in get_close_matches(asked, sorted(spelt), n=_SHOWN))
    meant = f"Did you mean {' or '.join([*near][:_NEAR])}?" if near else _all(names)
    raise NotFound(f"there is no mapping '{name}'", hint=meant)


def _all(names: Collection[str]) -> str:
    if not names:
        return "There are no mappings here at all: name a bundle with --bundle."
    listed = ", ".join(sorted(names)[:_SHOWN])
    return f"There are {len(names)}, such as {listed}."
