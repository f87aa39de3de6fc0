"""JSON kept as values: what a template prints when its text would be read as JSON at once.

Under the cast ``jsonToArray`` the pieces ``{{ map(…)|json_encode }}`` need not become text. A
piece stays a ``Fragment`` when writing and reading it again would give the very same value,
and the pieces around it are only the brackets and commas of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from gateway_core.mapping import json_text
from gateway_core.mapping.nodes import Argument, Call, Constant, Expression, Filter, Name, Print, Template
from gateway_core.mapping.paths import Path
from gateway_core.mapping.reads import constant_path, walk
from gateway_core.mapping.run import Run
from gateway_core.types import Json

_HOLE: Final = "\0"
_LIST: Final = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*\0(?:[ \t\n\r]*,[ \t\n\r]*\0)*[ \t\n\r]*\][ \t\n\r]*")


class Fragment:
    """A value where a template would print its JSON."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        self.value = value


def mapped_reference(node: Expression) -> tuple[Expression, str] | None:
    """For ``map('ref', …)|json_encode`` or the same in ``arrayValues``: the value and the reference."""
    if not isinstance(node, Filter) or node.name != "json_encode" or node.arguments:
        return None
    call: Expression = node.target
    if isinstance(call, Call) and call.name == "arrayValues" and len(call.arguments) == 1:
        call = call.arguments[0].value
    if not isinstance(call, Call) or call.name != "map" or len(call.arguments) < 2:
        return None
    if any(argument.name or argument.spread for argument in call.arguments):
        return None
    reference = call.arguments[0].value
    if isinstance(reference, Constant) and isinstance(reference.value, str):
        return node.target, reference.value
    return None


def copied_by_fragments(template: Template) -> Iterator[Path]:
    """The input paths whose mapped values a template may hold on to; () is the whole input."""
    for node in walk(template):
        if isinstance(node, Print):
            yield from _copied(node.value)


def _copied(node: Expression) -> Iterator[Path]:
    if mapped_reference(node) is None:
        return
    for call in walk(node):
        if isinstance(call, Call) and call.name == "map":
            for argument in call.arguments:
                yield from _data_of(argument)


def _data_of(argument: Argument) -> Iterator[Path]:
    if isinstance(argument.value, Name) and argument.value.name == "_context":
        yield ()
    path = constant_path(argument.value)
    if path is not None:
        yield (path[0], *path[1])


def assemble(out: list[Any], run: Run, read: Callable[[Json, Run], Json]) -> Json:
    """The value of the pieces; ``read`` reads those that have to become text after all."""
    if len(out) == 1 and type(out[0]) is Fragment:
        return out[0].value
    run.text(sum(len(piece) for piece in out if type(piece) is str))
    fragments = [piece for piece in out if type(piece) is Fragment]
    if fragments:
        skeleton = "".join([_HOLE if type(piece) is Fragment else piece for piece in out])
        if skeleton.count(_HOLE) == len(fragments) and _LIST.fullmatch(skeleton) is not None:
            return [fragment.value for fragment in fragments]
    texts = [piece if isinstance(piece, str) else json_text.encode(piece.value, run) for piece in out]
    run.text(sum(map(len, texts)))
    return read("".join(texts), run)
