"""Straight entries: one look-up, printed or copied, with its casts folded into a table of texts.

``a.b``, ``{{ a.b }}``, ``{{ a|default('none') }}``, ``{{ a ?? 'none' }}`` and
``{% if a|default %}{{ a }}{% endif %}`` leave nearly every text as it is. What becomes of the
few others, of null and of an absent path is found out once, when the mapping is compiled. Of
``{{ a ?? b }}`` and other choices only the first is straight: where it does not hold, the whole
is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.mapping import json_text
from gateway_core.mapping.casts import UNSET, Cast, changed_texts
from gateway_core.mapping.closures import SPECIAL
from gateway_core.mapping.nodes import (
    Binary,
    Conditional,
    Constant,
    Expression,
    Filter,
    If,
    Print,
    Template,
    Test,
    Unary,
)
from gateway_core.mapping.paths import MISSING, Path
from gateway_core.mapping.reads import constant_path, without_default
from gateway_core.mapping.run import Limits, Run, Services
from gateway_core.mapping.values import is_array, is_empty, member, to_text

Odd = Callable[[Any, Run], Any]
REST: Final = object()
"""The outcome of a look-up that does not tell: the rest of the template has to be evaluated."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked up: ``texts`` that become another one (None: null and absent too), and the rest.

    ``absent`` is what an absent path gives, ``other`` turns what is neither text nor null into
    the value; all before the casts, and any of them may be REST.
    """

    path: Path
    texts: Mapping[str | None, Any]
    absent: Any
    other: Odd


@dataclass(frozen=True, slots=True)
class Straight:
    """A look-up with its casts: where the value is a key of ``table``, the outcome is there.

    A text, null or MISSING that is not in the table stays as it is; everything else goes
    through ``odd``. ``table`` is None where casts may change any text. Outcomes may be UNSET,
    MISSING or REST.
    """

    head: str
    keys: Path
    table: Mapping[Any, Any] | None
    odd: Odd


def straight(look: Look, casts: tuple[Cast, ...], names: tuple[str, ...], key: str) -> Straight:
    """Fold ``casts``, whose names are ``names``, into the look-up for the target ``key``."""
    odd = _with_casts(look, casts)
    changed: set[str] | None = {text for text in look.texts if text is not None}
    for name in names:
        texts = changed_texts(name, key)
        changed = None if changed is None or texts is None else changed | texts
    table: dict[Any, Any] | None = None
    if changed is not None:
        # These casts look at nothing but the value.
        run = Run(Limits(), Services())
        table = {value: odd(value, run) for value in (*changed, None, MISSING)}
        odd = _of_others(look.other, casts)
    return Straight(look.path[0], look.path[1:], table, odd)


def _of_others(other: Odd, casts: tuple[Cast, ...]) -> Odd:
    """The outcome of what is neither text nor null nor absent."""
    if not casts:
        return other
    first, *more = casts

    def outcome(value: Any, run: Run) -> Any:
        value = other(value, run)
        if value is not REST:
            value = first(value, None, run)
        for cast in more:
            if value is UNSET or value is REST:
                break
            value = cast(value, None, run)
        return value

    return outcome


def _with_casts(look: Look, casts: tuple[Cast, ...]) -> Odd:
    texts, absent, other = look.texts, look.absent, look.other

    def odd(value: Any, run: Run) -> Any:
        if value is MISSING:
            value = absent
        elif type(value) is str or value is None:
            value = texts.get(value, value)
        else:
            value = other(value, run)
        for cast in casts:
            if value is MISSING or value is UNSET or value is REST:
                break
            value = cast(value, None, run)
        return value

    return odd


def find(value: Any, key: str) -> Any:
    """The member of a value, or MISSING."""
    if type(value) is list and key == "0":
        return value[0] if value else MISSING
    found, inner = member(value, key)
    return inner if found else MISSING


# -- what is straight -------------------------------------------------------------------------


def look_at_path(path: Path, absent: Any, *, weigh: bool) -> Look:
    """A bare path: the value with its type; ``weigh`` makes arrays pay for their size."""

    def copy(value: Any, run: Run) -> Any:
        if weigh and is_array(value):
            json_text.weigh(value, run)
        if run.settled and isinstance(value, float | list | dict):
            json_text.watch(value, run)
        return value

    return Look(path, {}, absent, copy)


def look_of(template: Template) -> Look | None:
    """What a template looks up, where it does nothing else."""
    if template.macros or len(template.body.statements) != 1:
        return None
    statement = template.body.statements[0]
    if isinstance(statement, Print):
        return _printed(statement.value)
    if isinstance(statement, If) and len(statement.branches) == 1 and statement.otherwise is None:
        return _guarded(statement)
    return None


def first_look_of(template: Template) -> Look | None:
    """What a simple template looks up first, where it prints that and is done if it finds any."""
    statement = template.body.statements[0] if len(template.body.statements) == 1 else None
    if isinstance(statement, Print):
        return _first_of_expression(statement.value)
    if not isinstance(statement, If):
        return None
    condition, body = statement.branches[0]
    shown = body.statements[0] if len(body.statements) == 1 else None
    if not isinstance(shown, Print):
        return None
    path = variable_path(shown.value)
    if path is None:
        return None
    if path == variable_path(without_default(condition)):
        return _first_if_true(path)
    return _first_if_full(path) if path == _of_not_empty(condition) else None


def _first_of_expression(node: Expression) -> Look | None:
    if isinstance(node, Conditional) and node.then is None:
        path = variable_path(node.condition)
        return None if path is None else _first_if_true(path)
    if isinstance(node, Filter) and node.name == "default":
        path = variable_path(node.target)
        return None if path is None else _first_if_full(path)
    given = False
    while isinstance(node, Binary) and node.operator == "??":
        node, given = node.left, True
    path = variable_path(node)
    return None if path is None or not given else Look(path, {None: REST}, REST, _print)


def _first_if_true(path: Path) -> Look:
    def other(value: Any, run: Run) -> Any:
        return to_text(value) if value else REST

    return Look(path, {"": REST, "0": REST, None: REST}, REST, other)


def _first_if_full(path: Path) -> Look:
    def other(value: Any, run: Run) -> Any:
        return REST if is_empty(value) else to_text(value)

    return Look(path, {"": REST, None: REST}, REST, other)


def _of_not_empty(node: Expression) -> Path | None:
    """The path in ``path is not empty``."""
    test = node.operand if isinstance(node, Unary) and node.operator == "not" else None
    if not isinstance(test, Test) or test.name != "empty" or test.arguments:
        return None
    return variable_path(test.target)


def _printed(node: Expression) -> Look | None:
    if isinstance(node, Filter) and node.name == "default" and len(node.arguments) <= 1:
        return _with_default(node)
    if isinstance(node, Binary) and node.operator == "??" and isinstance(node.right, Constant):
        path = variable_path(node.left)
        text = to_text(node.right.value)
        return None if path is None else Look(path, {None: text}, text, _print)
    path = variable_path(node)
    return None if path is None else Look(path, {None: ""}, "", _print)


def _with_default(node: Filter) -> Look | None:
    path, alternative = variable_path(node.target), ""
    if node.arguments:
        argument = node.arguments[0]
        if not isinstance(argument.value, Constant) or argument.name or argument.spread:
            return None
        alternative = to_text(argument.value.value)
    if path is None:
        return None

    def other(value: Any, run: Run) -> str:
        return alternative if is_empty(value) else to_text(value)

    return Look(path, {"": alternative, None: alternative}, alternative, other)


def _guarded(node: If) -> Look | None:
    """``{% if x|default %}{{ x }}{% endif %}``, with or without ``default``."""
    condition, body = node.branches[0]
    if len(body.statements) != 1 or not isinstance(body.statements[0], Print):
        return None
    path = variable_path(body.statements[0].value)
    if path is None or path != variable_path(without_default(condition)):
        return None
    return Look(path, {"0": "", None: ""}, "", _print_if_true)


def _print(value: Any, run: Run) -> str:
    return to_text(value)


def _print_if_true(value: Any, run: Run) -> str:
    return to_text(value) if value else ""


def variable_path(node: Expression) -> Path | None:
    """A constant path that starts at a variable of the input."""
    path = constant_path(node)
    if path is None or (path[0] in SPECIAL and not path[1]):
        return None
    return path[0], *path[1]
