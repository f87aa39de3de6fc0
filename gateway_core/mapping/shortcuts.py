"""Templates that are only look-ups and conditions, as plain functions without pieces of text.

``{% if x|default %}{{ x }}{% endif %}``, ``{{ x|default('none') }}`` and their like cannot fail,
assign or grow, so they need neither fuel nor a buffer.
"""

from __future__ import annotations

from gateway_core.mapping.closures import Evaluator
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.nodes import (
    Binary,
    Block,
    Constant,
    Expression,
    Filter,
    If,
    Print,
    Template,
    Test,
    Text,
    Unary,
)
from gateway_core.mapping.paths import Path
from gateway_core.mapping.reads import constant_path
from gateway_core.mapping.render import Renderer
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import is_empty, to_text

_MOST_BRANCHES = 8


def simple_text(template: Template) -> Renderer | None:
    """The template as a function of the frame, or None when it is more than a simple one."""
    return None if template.macros else _block(template.body, ExpressionCompiler(frozenset()))


def _block(block: Block, compiler: ExpressionCompiler) -> Renderer | None:
    if not block.statements:
        return lambda _: ""
    if len(block.statements) > 1:
        return None
    statement = block.statements[0]
    if isinstance(statement, Text):
        text = statement.text
        return lambda _: text
    if isinstance(statement, Print) and _is_simple(statement.value):
        return _printed(statement.value, compiler)
    return _condition(statement, compiler) if isinstance(statement, If) else None


def _printed(node: Expression, compiler: ExpressionCompiler) -> Renderer:
    if isinstance(node, Constant):
        text = to_text(node.value)
        return lambda _: text
    if isinstance(node, Filter):
        return _with_default(node, compiler)
    evaluate = compiler.compile(node)

    def render(frame: Frame) -> str:
        value = evaluate(frame)
        return value if type(value) is str else to_text(value)

    return render


def _with_default(node: Filter, compiler: ExpressionCompiler) -> Renderer:
    get = compiler.compile(node.target)
    default = node.arguments[0].value if node.arguments else None
    alternative = to_text(default.value) if isinstance(default, Constant) else ""
    path = constant_path(node.target)
    if path is not None and not path[1]:
        return _variable_with_default(path[0], alternative)

    def render(frame: Frame) -> str:
        value = get(frame)
        if type(value) is str:
            return value or alternative
        return alternative if not value and is_empty(value) else to_text(value)

    return render


def _variable_with_default(name: str, alternative: str) -> Renderer:
    def render(frame: Frame) -> str:
        value = frame.variables.get(name)
        if type(value) is str:
            return value or alternative
        return alternative if not value and is_empty(value) else to_text(value)

    return render


def _condition(node: If, compiler: ExpressionCompiler) -> Renderer | None:
    if len(node.branches) > _MOST_BRANCHES:
        return None
    branches: list[tuple[Evaluator, Renderer]] = []
    for condition, body in node.branches:
        then = _block(body, compiler)
        if then is None or not _is_condition(condition):
            return None
        branches.append((compiler.compile(_without_default(condition)), then))
    otherwise = _nothing if node.otherwise is None else _block(node.otherwise, compiler)
    if otherwise is None:
        return None
    if len(branches) == 1:
        same = _guarded_path(node)
        if same is not None and node.otherwise is None:
            return _guard(same, branches[0][0])
        return _either(*branches[0], otherwise)
    for condition_of, then in reversed(branches):
        otherwise = _either(condition_of, then, otherwise)
    return otherwise


def _nothing(frame: Frame) -> str:
    return ""


def _guarded_path(node: If) -> Path | None:
    """``x`` of ``{% if x|default %}{{ x }}{% endif %}``."""
    condition, body = node.branches[0]
    only = body.statements[0] if body.statements else None
    if not isinstance(only, Print):
        return None
    path = constant_path(only.value)
    if path is None or path != constant_path(_without_default(condition)):
        return None
    return path[0], *path[1]


def _guard(path: Path, get: Evaluator) -> Renderer:
    if len(path) == 1:
        name = path[0]

        def render_variable(frame: Frame) -> str:
            value = frame.variables.get(name)
            if not value or value == "0":
                return ""
            return value if type(value) is str else to_text(value)

        return render_variable

    def render(frame: Frame) -> str:
        value = get(frame)
        if not value or value == "0":
            return ""
        return value if type(value) is str else to_text(value)

    return render


def _either(condition: Evaluator, then: Renderer, otherwise: Renderer) -> Renderer:
    def render(frame: Frame) -> str:
        value = condition(frame)
        return then(frame) if value and value != "0" else otherwise(frame)

    return render


def _without_default(node: Expression) -> Expression:
    """A condition ``x|default`` is as true as ``x`` itself."""
    if isinstance(node, Filter) and node.name == "default" and not node.arguments:
        return node.target
    return node


def _is_simple(node: Expression) -> bool:
    if isinstance(node, Constant) or constant_path(node) is not None:
        return True
    if not isinstance(node, Filter) or node.name != "default" or constant_path(node.target) is None:
        return False
    arguments = node.arguments
    plain = all(isinstance(item.value, Constant) and not item.name and not item.spread for item in arguments)
    return len(arguments) <= 1 and plain


def _is_condition(node: Expression) -> bool:
    if isinstance(node, Test):
        return node.name == "defined" and constant_path(node.target) is not None
    if isinstance(node, Unary):
        return node.operator == "not" and _is_condition(node.operand)
    if isinstance(node, Binary):
        return node.operator in ("and", "or") and _is_condition(node.left) and _is_condition(node.right)
    return _is_simple(node)
