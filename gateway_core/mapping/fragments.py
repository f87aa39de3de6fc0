"""JSON kept as values: what a template prints when its text would be read as JSON at once.

Under the cast ``jsonToArray`` what ``{{ map(…)|json_encode }}`` or ``{{ {a: b}|json_encode }}``
prints need not become text: it stays a value when writing and reading it again would give the
very same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.mapping import json_text
from gateway_core.mapping.calls import is_constant_true
from gateway_core.mapping.closures import Evaluator, step
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.nodes import (
    Argument,
    Call,
    Constant,
    Expression,
    Filter,
    Member,
    Name,
    Node,
    Print,
    Template,
    Text,
)
from gateway_core.mapping.parts import PLAIN_NODES, parts_of
from gateway_core.mapping.paths import Path, apart
from gateway_core.mapping.reads import CONTEXT, walk
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.straight import variable_path
from gateway_core.mapping.weights import MOST, Weights, references_in
from gateway_core.types import Json

Keeper = Callable[[Frame], tuple[Json, bool]]
_HOLE: Final = "\0"
_LIST: Final = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*\0(?:[ \t\n\r]*,[ \t\n\r]*\0)*[ \t\n\r]*\][ \t\n\r]*")
_BRACKETS: Final = frozenset("[], \t\r\n")
_SAME_VALUE: Final = (
    json_text.HEX_TAG
    | json_text.HEX_AMP
    | json_text.HEX_APOS
    | json_text.HEX_QUOT
    | json_text.UNESCAPED_SLASHES
    | json_text.PRETTY_PRINT
    | json_text.UNESCAPED_UNICODE
)


class Fragment:
    """A value where a template would print its JSON with these flags."""

    __slots__ = ("flags", "value")

    def __init__(self, value: Json, flags: int) -> None:
        self.value = value
        self.flags = flags


@dataclass(frozen=True, slots=True)
class Mapped:
    """``map('ref', …)|json_encode``: the value, the mappings it comes from, and the flags.

    ``parts``: it is what mappings answer to parts of the input, and nothing else. Any other
    value has a ``weight`` (see ``weights``).
    """

    value: Expression
    references: tuple[str, ...]
    flags: int
    parts: bool
    weight: int = 0

    def is_kept(self, result: Json, run: Run) -> bool:
        """Whether the result may stay a value. Pays for it by its size."""
        if self.weight and result == {}:
            return False  # it is written as a list
        bounded, faithful = self.weight <= run.copies, self.parts and run.settled
        look_up = run.find
        for reference in self.references:
            mapping = look_up(reference)
            if mapping is None or not mapping.bounded:
                bounded = False
            elif not mapping.faithful:
                faithful = False
        if bounded and faithful:
            run.burn(1 + (run.size >> 7))
            return True
        if bounded and json_text.is_settled(result, run, self.flags, hollow=not self.weight):
            return True
        run.settled = False
        return False

    def keeper(self, compiler: ExpressionCompiler) -> Keeper:
        """A function that gives the result, and whether it may stay a value."""
        evaluate, (call, values) = compiler.compile(self.value), _only_call(self.value)
        if self.parts and call is not None:
            given = call.arguments[1].value
            if len(call.arguments) == 3:
                return _keeper_of_list(self, evaluate, compiler.again(given, values=values))
            path = variable_path(given)
            if path is not None or (isinstance(given, Name) and given.name == CONTEXT):
                return _keeper_of_path(self, evaluate, path or ())

        def keep(frame: Frame) -> tuple[Json, bool]:
            result = evaluate(frame)
            return result, self.is_kept(result, frame.run)

        return keep

    def text_of(self, result: Json, run: Run) -> str:
        return json_text.encode(result, run, self.flags)


def _keeper_of_path(mapped: Mapped, evaluate: Evaluator, path: Path) -> Keeper:
    """``map('ref', a.b)``: where the mapping is quick and settles there is nothing to look at."""
    (reference,) = mapped.references

    def keep(frame: Frame) -> tuple[Json, bool]:
        run = frame.run
        given: Json = frame.variables
        for key in path:
            given = given.get(key) if type(given) is dict else step(given, key, frame)
        mapping = run.find(reference)
        if type(given) is not dict or mapping is None or not mapping.settles:
            result = evaluate(frame)
            return result, mapped.is_kept(result, run)
        if run.maps >= run.limits.map_depth:
            result = evaluate(frame)  # which refuses
            return result, False
        run.maps += 1
        try:
            result = mapping.quick(given, run)
        finally:
            run.maps -= 1
        if not run.settled:
            return result, mapped.is_kept(result, run)
        run.left -= 1 + (run.size >> 7)
        if run.left < run.check_at:
            run.check()
        return result, True

    return keep


def _keeper_of_list(mapped: Mapped, evaluate: Evaluator, documents: Evaluator) -> Keeper:
    """``map('ref', list, true)``, in ``arrayValues`` or not: as above.

    ``documents`` may leave out the keys of a list that lost some of its elements.
    """
    (reference,) = mapped.references

    def keep(frame: Frame) -> tuple[Json, bool]:
        run = frame.run
        mapping = run.find(reference)
        given = None if mapping is None or not mapping.settles else documents(frame)
        if type(given) is not list or mapping is None or run.maps >= run.limits.map_depth:
            result = evaluate(frame)
            return result, mapped.is_kept(result, run)
        run.maps += 1
        try:
            result = mapping.quick_list(given, run)
        finally:
            run.maps -= 1
        if not run.settled:
            return result, mapped.is_kept(result, run)
        run.left -= 1 + (run.size >> 7)
        if run.left < run.check_at:
            run.check()
        return result, True

    return keep


def _only_call(node: Expression) -> tuple[Call | None, bool]:
    """``map('ref', data)``, or that for every element, and whether ``arrayValues`` is around it."""
    values = isinstance(node, Call) and node.name == "arrayValues" and len(node.arguments) == 1
    if values and isinstance(node, Call):
        node = node.arguments[0].value
    if not isinstance(node, Call) or node.name != "map":
        return None, values
    if len(node.arguments) == 2:
        return None if values else node, values
    return node if len(node.arguments) == 3 and is_constant_true(node.arguments[2]) else None, values


class MappedReader:
    """Recognises mapped values in one template."""

    def __init__(self, template: Template) -> None:
        self._parts = parts_of(template)
        self._weights = Weights(template)

    def read(self, node: Expression) -> Mapped | None:
        """The mapped value that an expression prints as JSON, or None when it is something else."""
        if not isinstance(node, Filter) or node.name != "json_encode":
            return None
        flags = _flags(node.arguments)
        if flags is None:
            return None
        calls = _calls(node.target)
        if calls is not None:
            parts = all(self._parts.holds(data.value) for _, data in calls)
            return Mapped(node.target, tuple(reference for reference, _ in calls), flags, parts)
        weight = self._weights.of(node.target)
        if weight is None or weight > MOST:
            return None
        return Mapped(
            node.target, tuple(references_in(node.target)), flags, parts=False, weight=max(1, weight)
        )


def _flags(arguments: tuple[Argument, ...]) -> int | None:
    """The flags of ``json_encode`` where they change the text only, not the value that is read."""
    if not arguments:
        return 0
    value = arguments[0].value
    if len(arguments) > 1 or arguments[0].name or arguments[0].spread or not isinstance(value, Constant):
        return None
    flags = value.value
    return flags if type(flags) is int and flags & ~_SAME_VALUE == 0 else None


def _calls(node: Expression) -> list[tuple[str, Argument]] | None:
    """The reference and data of ``map('ref', data)``, in ``arrayValues``, or merged with another."""
    if isinstance(node, Call) and node.name == "arrayValues" and len(node.arguments) == 1:
        return _calls(node.arguments[0].value)
    if isinstance(node, Filter) and node.name == "merge" and len(node.arguments) == 1:
        left, right = _calls(node.target), _calls(node.arguments[0].value)
        plain = not node.arguments[0].name and not node.arguments[0].spread
        return None if left is None or right is None or not plain else [*left, *right]
    if not isinstance(node, Call) or node.name != "map" or len(node.arguments) < 2:
        return None
    if any(argument.name or argument.spread for argument in node.arguments):
        return None
    reference = node.arguments[0].value
    if isinstance(reference, Constant) and isinstance(reference.value, str):
        return [(reference.value, node.arguments[1])]
    return None


def copied_by_fragments(template: Template) -> Iterator[Path]:
    """The input paths whose mapped values a template may hold on to; () is the whole input, and stands
    twice where a mapping is given more than that."""
    parts = parts_of(template)
    for node in walk(template):
        if isinstance(node, Print) and isinstance(node.value, Filter):
            for _, data in _calls(node.value.target) or ():
                copied = list(parts.copies(data.value).elements())
                if not apart(copied):
                    yield from ((), ())
                elif isinstance(data.value, Name | Member):
                    # Of what was picked from a part each mapped value pays for itself.
                    yield from copied


def prints_only_mapped(template: Template) -> bool:
    """Whether a template prints nothing but mapped values, brackets and commas."""
    reader = MappedReader(template)
    return not template.macros and all(_is_structure(node, reader) for node in walk(template))


def _is_structure(node: Node, reader: MappedReader) -> bool:
    if isinstance(node, Text):
        return _BRACKETS.issuperset(node.text)
    if isinstance(node, Print):
        constant = node.value.value if isinstance(node.value, Constant) else None
        return (isinstance(constant, str) and _BRACKETS.issuperset(constant)) or bool(reader.read(node.value))
    return isinstance(node, PLAIN_NODES)


def assemble(out: list[Any], run: Run, read: Callable[[Json, Run], Json]) -> Json:
    """The value of the pieces; ``read`` reads those that have to become text after all."""
    if len(out) == 1 and type(out[0]) is Fragment:
        return out[0].value
    run.text(sum(len(piece) for piece in out if type(piece) is str))
    run.text(sum(len(piece) for piece in out if type(piece) is str))
    fragments = [piece for piece in out if type(piece) is Fragment]
    if fragments:
        skeleton = "".join([_HOLE if type(piece) is Fragment else piece for piece in out])
        if skeleton.count(_HOLE) == len(fragments) and _LIST.fullmatch(skeleton) is not None:
            return [fragment.value for fragment in fragments]
    texts = [
        piece if isinstance(piece, str) else json_text.encode(piece.value, run, piece.flags) for piece in out
    ]
    run.text(sum(map(len, texts)))
    return read("".join(texts), run)
