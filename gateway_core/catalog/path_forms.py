r"""The paths of Common Gateway's endpoints: a list of segments, a text, or a regular expression.

An expression is read for the path that it says, instead of being run: ``^shop/v1/orders/?([a-z0-9-]+)?$``
says that orders live at ``shop/v1/orders``, and its optional slash, which would let ``shop/v1/orderslip``
in, is a slash. What says more than that is matched with RE2, in time that grows with the path alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2  # type: ignore[import-untyped]  # it has no annotations

from gateway_core.catalog.endpoints import API_ROOT, Variable

MAX_PATTERN: Final = 1_000
MAX_PATH: Final = 500
_IDS: Final = frozenset({"id", "{id}", "[id]", "{uuid}"})
_ID: Final = "[a-z0-9-]+"
_SOURCE_TAIL: Final = "{route}"
# The pieces that expressions of paths are made of; anything else makes one that has to be run.
_MANY: Final = r"(?:\{[0-9]{1,3}(?:,[0-9]{0,3})?\}|[+*])"
_PIECE: Final = re.compile(
    rf"""(?P<slash>/)(?P<maybe>\?)?
    |   (?P<open>\()?(?P<kind>\[\^?[^\[\]]+\]|\\[dw]|\.(?=[+*]))(?P<many>{_MANY})?(?P<lazy>\?)?
        (?(open)\))(?P<again>{_MANY})?(?P<optional>\?)?
    |   (?:\\(?P<escaped>[^A-Za-z0-9])|(?P<letter>[A-Za-z0-9_.~%@:,;=!&'-]))(?P<perhaps>\?)?""",
    re.VERBOSE,
)
_TAIL: Final = re.compile(r"/\??\(\[[^\[\]]+\]\+\)\??$")


class NoPath(Exception):
    """What an endpoint says of its path tells none: why."""


@dataclass(frozen=True, slots=True)
class PathForm:
    """A path: absolute, with its variables in braces; ``items``: an id may stand behind; ``pattern``: what
    matches it, when the variables do not fill their segments or allow less than any segment."""

    path: str
    variables: tuple[Variable, ...] = ()
    items: bool = True
    pattern: str = ""


def path_form(path: Any, expression: Any, prefix: str) -> PathForm:
    """The path that an endpoint's ``path`` and ``pathRegex`` say together. Raises ``NoPath``.

    A text stands behind the ``prefix`` of its collection, and an id may stand behind it. A list, and an
    expression, are whole; where both are there, the expression counts (``common-gateway.md`` 3.1).
    """
    if isinstance(expression, str) and expression:
        return _of_expression(expression, _segments(path))
    if isinstance(path, str) and path.strip("/"):
        return _plain([*prefix.split("/"), *path.strip("/").split("/")], items=True)
    segments = _segments(path)
    items = bool(segments) and segments[-1] in _IDS
    return _plain(segments[:-1] if items else segments, items=items)


def below(form: PathForm, segment: str, *, items: bool, name: str = "id") -> PathForm:
    """The path below one object of a form: ``…/{id}/segment``."""
    if form.pattern or not form.items:
        raise NoPath(f"there are no objects at {form.path}")
    behind = [*form.path.removeprefix(f"{API_ROOT}/").split("/"), f"{{{name}}}", *segment.split("/")]
    return _plain(behind, items=items)


def _segments(path: Any) -> list[str]:
    if isinstance(path, str):
        return path.strip("/").split("/")
    listed = path if isinstance(path, list) else []
    return [str(each).strip("/") for each in listed if isinstance(each, str | int) and str(each).strip("/")]


def _plain(segments: Sequence[str], *, items: bool) -> PathForm:
    listed = [segment for segment in segments if segment]
    variables = tuple(
        Variable(segment.strip("{}") or "part", _ID) for segment in listed if segment.startswith("{")
    )
    path = "/".join((API_ROOT, *listed))
    if not listed or len(path) > MAX_PATH:
        raise NoPath("it has no path, or one that is too long")
    if any(set(segment) & set("?#\\\0 ") or segment in (".", "..") for segment in listed):
        raise NoPath(f"'{path[:200]}' is no path of a URL")
    if len({variable.name for variable in variables}) < len(variables):
        raise NoPath(f"'{path[:200]}' has one variable twice")
    return PathForm(path, variables, items)


def _of_expression(expression: str, segments: Sequence[str]) -> PathForm:
    if len(expression) > MAX_PATTERN:
        raise NoPath(f"its pathRegex is longer than {MAX_PATTERN} letters")
    bare = expression.removeprefix("^").removesuffix("$")
    if bare.startswith("(") and bare.endswith(")") and bare.count("(") == 1:
        bare = bare[1:-1]
    tail = _TAIL.search(bare)
    head = bare[: tail.start()] if tail is not None else bare
    pieces = _pieces(head.strip("/"))
    if pieces is None:
        return _executed(expression, segments)
    path, variables, pattern, whole = pieces
    if whole:
        return _plain(path.split("/"), items=tail is not None)
    _compiled(pattern)
    return PathForm(f"{API_ROOT}/{path}", variables, tail is not None, f"{API_ROOT}/{pattern}")


def _pieces(expression: str) -> tuple[str, tuple[Variable, ...], str, bool] | None:
    """The path that an expression says, its variables, and an expression that has nothing optional but
    letters; and whether each variable is any whole segment. None when it says more than a path."""
    path, pattern, at = "", "", 0
    variables: list[Variable] = []
    whole = True
    while at < len(expression):
        piece = _PIECE.match(expression, at)
        if piece is None:
            return None
        at = piece.end()
        if piece["slash"]:
            path, pattern = f"{path}/", f"{pattern}/"
        elif piece["kind"]:
            variable = Variable(f"part{len(variables) + 1}", f"{piece['kind']}{_many(piece)}")
            whole = whole and variable.pattern == _ID and path.endswith("/")
            whole = whole and (at == len(expression) or expression[at] == "/")
            variables.append(variable)
            optional = "?" if piece["optional"] and not piece["again"] else ""
            path, pattern = f"{path}{{{variable.name}}}", f"{pattern}(?:{variable.pattern}){optional}"
        else:
            letter = piece["escaped"] or piece["letter"]
            path, pattern = f"{path}{letter}", f"{pattern}{re.escape(letter)}{piece['perhaps'] or ''}"
            whole = whole and not piece["perhaps"]
    return path, tuple(variables), pattern, whole


def _many(piece: re.Match[str]) -> str:
    return piece["many"] or piece["again"] or ""


def _executed(expression: str, segments: Sequence[str]) -> PathForm:
    """A path that only its expression tells; ``path`` is what it is shown as."""
    _compiled(expression)
    items = bool(segments) and segments[-1] in _IDS
    shown = _plain(segments[:-1] if items else segments, items=False)
    bare = expression.removeprefix("^").removesuffix("$")
    return PathForm(shown.path, shown.variables, items=False, pattern=f"{API_ROOT}/(?:{bare})")


def _compiled(expression: str) -> None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        re2.compile(expression, options)
    except re2.error:
        raise NoPath("its pathRegex is none that RE2 can match in linear time") from None
