"""A list of mapped values under ``jsonToArray``, put together without text.

``[{% if a %}{{ map('ref', a)|json_encode }}{% endif %}{% if a and b %}, {% endif %}…]``: brackets
and commas are counted as signs, and the values are the list where the signs are those of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping.casts import json_to_array
from gateway_core.mapping.closures import Evaluator, place
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.fragments import Mapped, MappedReader
from gateway_core.mapping.nodes import Block, Constant, If, Print, Template, Text
from gateway_core.mapping.parts import parts_of
from gateway_core.mapping.reads import without_default
from gateway_core.mapping.run import Frame, Run
from gateway_core.types import Json

Part = tuple[Evaluator | None, str, Mapped | None, Evaluator | None]
"""A condition or none, and a text, or a mapped value with the function that gives it."""

_STRUCTURE: Final = frozenset("[], \t\n\r")
_BLANK: Final = str.maketrans("", "", " \t\n\r")
_MOST: Final = 16


def native_list(template: Template) -> Callable[[Frame], Json] | None:
    """The value of such a template, or None when it is none."""
    if template.macros:
        return None
    compiler = ExpressionCompiler(parts_of(template))
    parts = _parts(template.body, None, compiler, MappedReader(template))
    if parts is None or len(parts) > _MOST:
        return None
    return _assembly(tuple(parts), compiler.cost + len(parts))


def _parts(
    block: Block, condition: Evaluator | None, compiler: ExpressionCompiler, reader: MappedReader
) -> list[Part] | None:
    parts: list[Part] = []
    for node in block.statements:
        if isinstance(node, If) and condition is None and len(node.branches) == 1 and node.otherwise is None:
            test, body = node.branches[0]
            if len(body.statements) != 1:
                return None
            inner = _parts(body, compiler.compile(without_default(test)), compiler, reader)
            if inner is None:
                return None
            parts.extend(inner)
            continue
        text, mapped = _text(node), reader.read(node.value) if isinstance(node, Print) else None
        if mapped is not None:
            parts.append((condition, "", mapped, compiler.compile(mapped.value)))
        elif text is not None and _STRUCTURE.issuperset(text):
            parts.append((condition, text, None, None))
        else:
            return None
    return parts


def _text(node: Any) -> str | None:
    if isinstance(node, Text):
        return node.text
    value = node.value.value if isinstance(node, Print) and isinstance(node.value, Constant) else None
    return value if isinstance(value, str) else None


def _assembly(parts: tuple[Part, ...], cost: int) -> Callable[[Frame], Json]:
    signs = tuple(text.translate(_BLANK) for _, text, _, _ in parts)
    lists = tuple("[" + ",".join("0" * count) + "]" for count in range(len(parts) + 1))

    def evaluate(frame: Frame) -> Json:
        run = frame.run
        run.burn(cost)
        shape = ""
        values: list[Json] = []
        shown: list[Part] = []
        for sign, part in zip(signs, parts, strict=True):
            condition, _, mapped, value = part
            if condition is not None:
                given = condition(frame)
                if not given or given == "0":
                    continue
            shown.append(part)
            if mapped is None or value is None:
                shape += sign
                continue
            result = value(frame)
            values.append(result)
            shape += "0" if mapped.is_kept(result, run) else "?"
        return values if shape == lists[len(values)] else _as_text(shown, values, run)

    return evaluate


def _as_text(shown: list[Part], values: list[Json], run: Run) -> Json:
    """The same by way of text, whose signs are paid for before it is made."""
    run.text(sum(len(text) for _, text, _, _ in shown))
    texts: list[str] = []
    rest = iter(values)
    for _, text, mapped, _ in shown:
        if mapped is None:
            texts.append(text)
            continue
        try:
            texts.append(mapped.text_of(next(rest), run))
        except MappingError as error:
            place(error, mapped.value.position)
            raise
    run.text(sum(map(len, texts)))
    return json_to_array("".join(texts), run)
