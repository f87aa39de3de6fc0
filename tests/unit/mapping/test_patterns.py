"""Patterns that a stranger wrote run in linear time, and cost what they may cost."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping.mapping import Services, compile_mapping
from gateway_core.mapping.operators import regular_expression

ROOT = Path(__file__).resolve().parents[3] / "gateway_core"
TAKE_PATTERNS = frozenset(
    {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
)

# Patterns of our own that are put together: from the table of operators, a number, another pattern.
PUT_TOGETHER = ("_operator_pattern()", "f'[0-9]{{{count}}}'", "ENTITY_TAG.pattern")


def constants_of(tree: ast.Module) -> set[str]:
    """The names that a module gives a text of its own, at its top level."""
    found: set[str] = set()
    for node in tree.body:
        value = getattr(node, "value", None)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if value is not None and is_ours(value, found):
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def is_ours(pattern: ast.expr, constants: set[str]) -> bool:
    """Whether a pattern is written in the source: a text, or made of nothing but such texts."""
    if isinstance(pattern, ast.Constant) or ast.unparse(pattern) in PUT_TOGETHER:
        return True
    if isinstance(pattern, ast.Name):
        return pattern.id in constants
    if isinstance(pattern, ast.JoinedStr):
        values = [part.value for part in pattern.values if isinstance(part, ast.FormattedValue)]
        return all(is_ours(value, constants) for value in values)
    if isinstance(pattern, ast.BinOp):
        return is_ours(pattern.left, constants) and is_ours(pattern.right, constants)
    return False


def patterns_of(path: Path) -> list[str]:
    """The places where Python's own regular expressions get a pattern that is not in the source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = constants_of(tree)
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in TAKE_PATTERNS
        and not is_ours(node.args[0], constants)
    ]


def test_no_backtracking_engine_gets_a_pattern_from_outside() -> None:
    """Every pattern given to Python's ``re``, which backtracks, is written in our source."""
    found = [place for path in sorted(ROOT.rglob("*.py")) for place in patterns_of(path)]
    assert found == []


def test_the_search_for_patterns_finds_one(tmp_path: Path) -> None:
    """The search above would find a pattern that is a variable."""
    assert not is_ours(ast.parse("text", mode="eval").body, set())
    assert is_ours(ast.parse("'a'", mode="eval").body, set())
    assert not is_ours(ast.parse("f'{text}'", mode="eval").body, {"other"})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/^a$/", "a", 1),
        ("/^a$/", "a\n", 1),
        ("/^a$/D", "a\n", 0),
        ("/^a\\$/", "a$", 1),
        ("#^a/b#", "a/b", 1),
        ("{^a}", "ab", 1),
        ("(^a)i", "AB", 1),
        ("[^a]", "b", 0),
        ("<^a>", "ab", 1),
        ("/a b/x", "ab", 1),
        ("/a.b/s", "a\nb", 1),
        ("/a.b/", "a\nb", 0),
        ("/^b/m", "a\nb", 1),
        ("/b/A", "ab", 0),
        ("/é/u", "é", 1),
        ("  /a/", "a", 1),
    ],
)
def test_delimiters_and_modifiers_mean_what_php_means(pattern: str, text: str, *, expected: int) -> None:
    """Any delimiter of PHP, brackets in pairs, and the modifiers that make sense without PHP."""
    mapping = compile_mapping("m", {"passTrough": False, "mapping": {"t": "{{ a matches b ? 1 : 0 }}"}})
    assert mapping.apply({"a": text, "b": pattern}, Services()) == {"t": str(expected)}


@pytest.mark.parametrize(
    "pattern", ["", "a", "/a", "/a/e", "\\a\\", "/(?=a)/", r"/(a)\1/", "/(/", "/a{2000}/"]
)
def test_what_is_no_linear_pattern_is_refused(pattern: str) -> None:
    """Missing delimiters, unknown modifiers, look-around, back references and huge counts are errors."""
    with pytest.raises(MappingError):
        regular_expression(pattern)


def test_a_pattern_may_cost_only_so_much_memory() -> None:
    """A pattern that would compile to more than its share of memory is refused."""
    with pytest.raises(MappingError):
        regular_expression(r"/(\pL{100}){10}/")


def test_a_match_is_paid_for_by_text_and_pattern() -> None:
    """A long text against a large pattern ends by the limit on steps, before it is searched."""
    mapping = compile_mapping("m", {"mapping": {"t": "{{ a matches '/(a|b)*a(a|b){200}c/' }}"}})
    assert mapping.apply({"a": "ab" * 50}, Services())["t"] == "0"
    with pytest.raises(LimitExceeded) as caught:
        mapping.apply({"a": "ab" * 200_000}, Services())
    assert caught.value.limit == "steps"
    assert caught.value.position is not None
