"""Templates that are only look-ups, conditions and a loop of them, as plain functions.

``{% if x|default %}{{ x }}{% elseif y|default %}{{ y }}{% endif %}``, ``{{ x ?? y ?? 'none' }}``,
``{% for x in list %}{% if x.kind == 'a' %}{{ x.value }}{% endif %}{% endfor %}`` and their like
cannot fail or assign: they need neither fuel (but for the loop) nor a buffer.
"""

from __future__ import annotations

from typing import Final

from gateway_core.mapping.closures import Evaluator, constant_word, step
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.nodes import (
    Binary,
    Block,
    Conditional,
    Constant,
    Expression,
    Filter,
    For,
    If,
    Name,
    Print,
    Template,
    Test,
    Text,
    Unary,
)
from gateway_core.mapping.parts import Parts
from gateway_core.mapping.paths import Path
from gateway_core.mapping.reads import constant_path, needs_scope, walk, without_default
from gateway_core.mapping.render import Renderer
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.straight import variable_path
from gateway_core.mapping.values import is_array, items_of, loose_equal, member, to_text, values_of

_MOST_NODES: Final = 64  # more than this is not done for a single step of fuel
_HARMLESS_TESTS: Final = frozenset({"empty", "iterable", "none", "null"})


def simple_text(template: Template) -> Renderer | None:
    """The template as a function of the frame, or None when it is more than a simple one."""
    if template.macros or sum(1 for _ in walk(template)) > _MOST_NODES:
        return None
    return _block(template.body, ExpressionCompiler(Parts()))


def _block(block: Block, compiler: ExpressionCompiler) -> Renderer | None:
    if not block.statements:
        return _nothing
    if len(block.statements) > 1:
        return None
    statement = block.statements[0]
    if isinstance(statement, Text):
        text = statement.text
        return lambda _: text
    if isinstance(statement, Print) and _is_simple(statement.value):
        return _printed(statement.value, compiler)
    if isinstance(statement, For):
        return _loop(statement, compiler)
    return _condition(statement, compiler) if isinstance(statement, If) else None


def _printed(node: Expression, compiler: ExpressionCompiler) -> Renderer:
    if isinstance(node, Constant):
        text = to_text(node.value)
        return lambda _: text
    path = variable_path(node)
    if path is not None:
        return _path_text(path[0], path[1:])
    evaluate = compiler.compile(node)

    def render(frame: Frame) -> str:
        value = evaluate(frame)
        return value if type(value) is str else to_text(value)

    return render


def _path_text(name: str, keys: Path) -> Renderer:
    def render(frame: Frame) -> str:
        value = frame.variables.get(name)
        for key in keys:
            value = value.get(key) if type(value) is dict else step(value, key, frame)
        return value if type(value) is str else to_text(value)

    return render


def _nothing(frame: Frame) -> str:
    return ""


# -- conditions -------------------------------------------------------------------------------


def _condition(node: If, compiler: ExpressionCompiler) -> Renderer | None:
    branches: list[tuple[Evaluator, Renderer]] = []
    for condition, body in node.branches:
        then = _block(body, compiler)
        if then is None or not is_condition(condition):
            return None
        branches.append((compiler.compile(without_default(condition)), then))
    otherwise = _nothing if node.otherwise is None else _block(node.otherwise, compiler)
    if otherwise is None:
        return None
    for condition_of, then in reversed(branches):
        otherwise = _either(condition_of, then, otherwise)
    return otherwise


def _either(condition: Evaluator, then: Renderer, otherwise: Renderer) -> Renderer:
    def render(frame: Frame) -> str:
        value = condition(frame)
        return then(frame) if value and value != "0" else otherwise(frame)

    return render


def _is_simple(node: Expression) -> bool:
    """Whether an expression only looks up and chooses, so that it cannot fail."""
    if isinstance(node, Constant) or constant_path(node) is not None:
        return True
    if isinstance(node, Binary):
        return node.operator == "??" and _is_simple(node.left) and _is_simple(node.right)
    if isinstance(node, Conditional):
        then = node.condition if node.then is None else node.then
        return is_condition(node.condition) and _is_simple(then) and _is_simple(node.otherwise)
    if not isinstance(node, Filter) or node.name != "default" or not _is_simple(node.target):
        return False
    plain = all(_is_simple(item.value) and not item.name and not item.spread for item in node.arguments)
    return len(node.arguments) <= 1 and plain


def is_condition(node: Expression) -> bool:
    node = without_default(node)
    if isinstance(node, Test):
        if node.name == "defined":
            return constant_path(node.target) is not None
        return node.name in _HARMLESS_TESTS and not node.arguments and _is_simple(node.target)
    if isinstance(node, Unary):
        return node.operator == "not" and is_condition(node.operand)
    if isinstance(node, Binary) and node.operator in ("and", "or"):
        return is_condition(node.left) and is_condition(node.right)
    if isinstance(node, Binary) and node.operator == "==":
        return constant_word(node) is not None and _is_simple(node.left)
    return _is_simple(node)


# -- loops ------------------------------------------------------------------------------------


def _loop(node: For, compiler: ExpressionCompiler) -> Renderer | None:
    """A loop whose body is simple; it pays for all its rounds at once."""
    if node.otherwise is not None or needs_scope(node.body) or not _is_simple(node.sequence):
        return None
    body = _block(node.body, compiler)
    if body is None:
        return None
    sequence, cost = compiler.compile(node.sequence), sum(1 for _ in walk(node.body))
    pick = _pick(node)
    if pick is not None:
        return _picked(sequence, cost, *pick)
    key_name, value_name = node.key, node.value
    alone = all(found.name == value_name for found in walk(node.body) if isinstance(found, Name))

    def render(frame: Frame) -> str:
        items = sequence(frame)
        if not items or not is_array(items):
            return ""
        run = frame.run
        run.each(len(items), cost)
        variables = {} if alone else dict(frame.variables)
        inner = Frame(variables, run)
        texts: list[str] = []
        for key, item in items_of(items):
            variables[key_name] = key
            variables[value_name] = item
            texts.append(body(inner))
        return _joined(texts, run)

    return render


def _joined(texts: list[str], run: Run) -> str:
    """The texts as one. Two of them may make an entity together, and the run is told."""
    run.text(sum(map(len, texts)))
    text = "".join(texts)
    if "&" in text:
        run.settled = False
    return text


def _pick(node: For) -> tuple[Path, str, Path] | None:
    """``{% if x.kind == 'word' %}{{ x.value }}{% endif %}`` as a body: two paths of ``x`` and the word."""
    only = node.body.statements[0]
    if not isinstance(only, If) or len(only.branches) > 1 or only.otherwise is not None:
        return None
    condition, then = only.branches[0]
    shown = then.statements[0] if len(then.statements) == 1 else None
    word = constant_word(condition) if isinstance(condition, Binary) else None
    if word is None or not isinstance(condition, Binary) or not isinstance(shown, Print):
        return None
    test, value = variable_path(condition.left), variable_path(shown.value)
    if test is None or value is None or {test[0], value[0]} != {node.value}:
        return None
    return test[1:], word, value[1:]


def _picked(sequence: Evaluator, cost: int, test: Path, word: str, path: Path) -> Renderer:
    def render(frame: Frame) -> str:
        items = sequence(frame)
        if not items or not is_array(items):
            return ""
        run = frame.run
        run.each(len(items), cost)
        texts: list[str] = []
        for item in items if type(items) is list else values_of(items):
            value = item
            for key in test:
                value = value.get(key) if type(value) is dict else member(value, key)[1]
            if value != word if type(value) is str else not loose_equal(value, word):
                continue
            value = item
            for key in path:
                value = value.get(key) if type(value) is dict else member(value, key)[1]
            texts.append(value if type(value) is str else to_text(value))
        if len(texts) > 1:
            return _joined(texts, run)
        if not texts:
            return ""
        run.text(len(texts[0]))
        return texts[0]

    return render
