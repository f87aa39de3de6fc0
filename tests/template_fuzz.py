"""Random templates, mappings, casts and documents: nothing but typed errors of the mapping may come.

``python tests/template_fuzz.py [COUNT [FIRST]]`` runs as many cases (100,000) from a number on (0) and
prints what came; case N is always the same where the same
reference data is at hand. Half of the cases are grown from a grammar, the
others are templates of real bundles and of the grammar with pieces cut, doubled, swapped or spoilt.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping import library
from gateway_core.mapping.casts import KNOWN_CASTS
from gateway_core.mapping.library.signature import REQUIRED
from gateway_core.mapping.mapping import CompiledMapping, Limits, Services, compile_mapping
from gateway_core.mapping.operators import BINARY

LIMITS = Limits(steps=20_000, text=50_000, items=5_000)
NAMES = ("a", "b", "c", "list", "text", "loop", "_context", "_self", "absent", "__class__", "map", "x")
ASSIGNED = tuple(name for name in NAMES if not name.startswith("_"))
TEXTS = (
    *(
        "",
        "0",
        "1",
        "-1",
        "1.5",
        "1e3",
        " 7",
        "12a",
        "abc",
        "é",
        "\U0001f4a3",
        "a.b",
        "a&#46;b",
        "null",
        "%s",
    ),
    *("%5.2f", "%'x9d", "Y-m-d H:i", "now", "2024-02-29", "@0", "+1 month", "Europe/Amsterdam", "/a+/i"),
    *("/[/", "html", "js", "left", "ceil", "&lt;x&gt;", '{"0": [1]}', "[1, 2", "x" * 300, "9" * 40, "\x00"),
)
NUMBERS = (
    *(
        "0",
        "1",
        "2",
        "7",
        "10",
        "0.1",
        "1.5",
        "9223372036854775807",
        "9223372036854775808",
        "1e+999",
        "5e-324",
    ),
    *("99999", "1e+15", "-1", "-0.0", "-9223372036854775808"),
)
TAGS = ("if", "for", "set", "capture", "with", "apply", "block", "macro", "autoescape", "do", "verbatim")


@dataclass(slots=True)
class Grower:
    """Grows templates of a bounded size from a source of chance."""

    random: Random
    budget: int = 40
    macros: list[str] = field(default_factory=list)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def template(self, depth: int = 0) -> str:
        return "".join(self.statement(depth) for _ in range(self.random.randint(1, 3)))

    def statement(self, depth: int) -> str:
        self.budget -= 1
        chance = self.random.random()
        if depth > 4 or self.budget < 0 or chance < 0.5:
            return f"{{{{ {self.expression(0)} }}}}"
        if chance < 0.6:
            return self.pick("text", "\n", " ", "{# note #}", "[", ",", "&amp;", "\\")
        return self.tag(self.random.choice(TAGS), depth + 1)

    def tag(self, tag: str, depth: int) -> str:
        name, inner, value = self.random.choice(ASSIGNED), self.template(depth), self.expression(1)
        if tag == "if":
            other = f"{{% elseif {self.expression(2)} %}}{name}{{% else %}}{inner}"
            return f"{{% if {value} %}}{inner}{other}{{% endif %}}"
        if tag == "for":
            return (
                f"{{% for {self.pick('k, v', 'v', 'loop')} in {value} %}}{inner}{{% else %}}-{{% endfor %}}"
            )
        if tag == "set":
            return f"{{% set {name} = {value} %}}"
        if tag == "capture":
            return f"{{% set {name} %}}{inner}{{% endset %}}"
        return self.other_tag(tag, name, inner, value)

    def other_tag(self, tag: str, name: str, inner: str, value: str) -> str:
        if tag == "with":
            return f"{{% with {value} {self.pick('only', '')} %}}{inner}{{% endwith %}}"
        if tag == "apply":
            return f"{{% apply {self.filter()} %}}{inner}{{% endapply %}}"
        if tag == "macro":
            self.macros.append(f"m{len(self.macros)}")
            return f"{{% macro {self.macros[-1]}(a, b = 1) %}}{inner}{{% endmacro %}}"
        if tag == "autoescape":
            strategy = self.pick("", "false", "'js'", "'url'")
            return f"{{% autoescape {strategy} %}}{inner}{{% endautoescape %}}"
        if tag == "do":
            return f"{{% do {value} %}}"
        if tag == "verbatim":
            return "{% verbatim %}{{ a }{% verbatim %}{% endverbatim %}"
        return f"{{% {tag} q %}}{inner}{{% end{tag} %}}"

    def expression(self, depth: int) -> str:
        self.budget -= 1
        chance = self.random.random()
        if depth > 5 or self.budget < 0 or chance < 0.3:
            return self.atom()
        if chance < 0.55:
            return f"{self.expression(depth + 1)}|{self.filter(depth)}"
        if chance < 0.75:
            operator = self.random.choice((*BINARY, "and", "or", "??", "has some", "has every"))
            right = self.arrow(depth) if operator.startswith("has") else self.expression(depth + 1)
            return f"({self.expression(depth + 1)} {operator} {right})"
        return self.composite(depth)

    def composite(self, depth: int) -> str:
        first, second = self.expression(depth + 1), self.expression(depth + 1)
        name = self.random.choice(NAMES)
        test = self.random.choice(("defined", *library.TESTS))
        function = self.random.choice((*library.FUNCTIONS, "attribute"))
        macro = self.random.choice(self.macros or ["m0"])
        return self.pick(
            f"({first})",
            f"(-{first})",
            f"(not {first})",
            f"[{first}, {second}]",
            f"[...{first}]",
            f"{{a: {first}, ({second}): 1}}",
            f"({first} ? {second} : {name})",
            f"({first} ?: {second})",
            '"x#{' + first + '}y"',
            f"({first})[{second}]",
            f"({first})[{second}:{first}]",
            f"{name}.{self.random.choice(NAMES)}",
            f"{name}.format({first})",
            f"({first} is {test}({second}))",
            f"({name} is not {test}({second}))",
            f"{function}({first})" if function != "attribute" else f"{name}[{first}]",
            f"{function}({first}, {second})",
            f"{function}({first}, {second}, {name})",
            f"_self.{macro}({first}, {second})",
            f"map('other', {first})",
            f"date({first}).diff(date({second}))",
        )

    def filter(self, depth: int = 4) -> str:
        name = self.random.choice(tuple(library.FILTERS))
        parameters = library.FILTERS[name].parameters
        needed = sum(parameter.default is REQUIRED for parameter in parameters)
        count = self.random.randint(needed, max(len(parameters), 1))
        given = [
            self.arrow(depth)
            if index < len(parameters) and parameters[index].arrow
            else self.expression(depth + 2)
            for index in range(count)
        ]
        return f"{name}({', '.join(given)})" if given else name

    def arrow(self, depth: int) -> str:
        return f"{self.pick('v', '(v)', '(v, k)', '(a, b)')} => {self.expression(depth + 2)}"

    def atom(self) -> str:
        chance = self.random.random()
        if chance < 0.4:
            return self.random.choice(NAMES)
        if chance < 0.6:
            return self.random.choice(NUMBERS)
        if chance < 0.95:
            return json.dumps(self.random.choice(TEXTS), ensure_ascii=False)
        return self.pick("true", "null", "[]", "{}", "1..5", "date()", "(1..3)", "('a'..'e')")


def spoil(random: Random, text: str) -> str:
    """A text with a few pieces cut, doubled, moved or replaced."""
    for _ in range(random.randint(1, 3)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.randint(0, 12))
        piece = text[start:end]
        other = random.choice(
            ("", piece * 2, "{{", "}}", "{%", "|", "'", '"', "(", ")", "#{", "..", "\\", "\x00")
        )
        other = random.choice((other, random.choice(TEXTS), chr(random.choice((10, 0x7F, 0x2028, 0x1F600)))))
        text = text[:start] + other + text[end:]
    return text


def value(random: Random, depth: int = 0) -> Any:
    """A random JSON value."""
    chance = random.random()
    if depth > 3 or chance < 0.6:
        number = random.choice((0, 1, -1, 7, 2**63 - 1, -(2**63), 0.5, -0.0, 1e300, 5e-324))
        return random.choice((None, True, False, number, number, random.choice(TEXTS), random.choice(TEXTS)))
    if chance < 0.8:
        return [value(random, depth + 1) for _ in range(random.randint(0, 4))]
    return document(random, depth + 1)


def document(random: Random, depth: int = 0) -> dict[str, Any]:
    """A random JSON object with names that templates use, and odd ones."""
    keys = random.sample((*NAMES, "0", "1", "a.b", "", "listInput", "value"), random.randint(0, 6))
    return {key: value(random, depth + 1) for key in keys}


@cache
def seeds() -> tuple[str, ...]:
    """Templates to spoil: those of the bundle in this repository."""
    paths = sorted((Path(__file__).parents[1] / "mappings").rglob("*.mapping.json"))
    return tuple(each for path in paths for each in sources_of(json.loads(path.read_text(encoding="utf-8"))))


def golden() -> tuple[str, ...]:
    """More templates to spoil: those of the reference data, where it is at hand."""
    root = Path(__file__).resolve().parents[1]
    shared = Path(os.environ.get("GATEWAY_SHARED", root.parent / "shared"))
    paths = sorted((shared / "golden" / "mapping").glob("*/*.json"))
    records = [record for path in paths for record in json.loads(path.read_text(encoding="utf-8"))]
    return tuple(each for record in records for each in sources_of(record["mapping"]))


def sources_of(mapping: dict[str, Any]) -> list[str]:
    targets = mapping.get("mapping")
    return [each for each in targets.values() if isinstance(each, str)] if isinstance(targets, dict) else []


def source(random: Random, extra: tuple[str, ...]) -> str:
    """A template, grown or spoilt, or a bare path."""
    chance = random.random()
    if chance < 0.5:
        return Grower(random).template()
    if chance < 0.6:
        return ".".join(random.choice((*NAMES, "0", "")) for _ in range(random.randint(1, 3)))
    old = random.choice((*seeds(), *extra)) if random.random() < 0.7 else Grower(random).template()
    return spoil(random, old)


def body(random: Random, extra: tuple[str, ...]) -> dict[str, Any]:
    """A whole mapping: targets, casts, unset paths, value maps, and sometimes a section of the wrong kind."""
    names = ("t", "t.u", "x.y.z", "l.0", "l.1", "l.7", "#", "a.b", "a&#46;b", "", "t.u.0")
    targets = random.sample(names, random.randint(1, 4))
    made: dict[str, Any] = {"mapping": {target: source(random, extra) for target in targets}}
    if random.random() < 0.7:
        made["passTrough"] = random.choice((False, False, True, None, 0))
    if random.random() < 0.4:
        made["cast"] = {
            random.choice((*targets, "a")): [cast(random) for _ in range(random.randint(1, 3))] for _ in "ab"
        }
    if random.random() < 0.2:
        made["unset"] = random.sample((*names, *NAMES), 2)
    if random.random() < 0.2:
        made["values"] = {random.choice(targets): {"1": value(random), "": value(random)}}
    if random.random() < 0.2:
        made["absent"] = "omit"
    if random.random() < 0.03:
        made[random.choice(("mapping", "cast", "unset", "values", "passTrough"))] = value(random)
    return made


def cast(random: Random) -> str:
    name = random.choice((*KNOWN_CASTS, "no such cast"))
    return name + random.choice(TEXTS) if name.endswith(("==", ":")) else name


def is_json(result: Any) -> bool:
    """Whether a value is JSON's own all the way down; an infinite number is not."""
    if type(result) is dict:
        return all(type(key) is str and is_json(item) for key, item in result.items())
    if type(result) is list:
        return all(map(is_json, result))
    return (
        result is None or type(result) in (str, int, bool) or (type(result) is float and result - result == 0)
    )


OTHER = compile_mapping("other", {"mapping": {"o": "{{ a|json_encode }}", "p.q": "a"}}, limits=LIMITS)


def run(number: int, extra: tuple[str, ...] = ()) -> str:
    """Run one case; what came, by name. Raises whatever is no error of the mapping."""
    random = Random(number)
    made, given = body(random, extra), document(random)
    as_list = random.random() < 0.1
    compiled: CompiledMapping | None = None

    def mapping(reference: str) -> CompiledMapping | None:
        return OTHER if reference == "other" else compiled

    services = Services(mapping, {"1": {"a": 1}}.get, now=_now, clock=time.monotonic)
    before = json.dumps(given)
    try:
        compiled = compile_mapping("m", made, limits=LIMITS)
    except MappingError as error:
        return named(error, "refused")
    try:
        result = compiled.apply(given, services, as_list=as_list)
    except MappingError as error:
        return named(error, f"limit {error.limit}" if isinstance(error, LimitExceeded) else "failed")
    assert is_json(result), "the result is no JSON"
    json.dumps(result).encode()
    assert json.dumps(given) == before, "the input was changed"
    return "result"


def named(error: MappingError, outcome: str) -> str:
    """The outcome, if the error names a mapping."""
    if not error.mapping:
        raise AssertionError("an error does not name the mapping")
    return outcome


def _now() -> datetime:
    return datetime(2025, 3, 14, 9, 35, tzinfo=UTC)


def run_many(count: int, first: int = 0, extra: tuple[str, ...] = ()) -> tuple[Counter[str], list[str]]:
    """What came of many cases, and a line for each that broke the rule."""
    seen: Counter[str] = Counter()
    broken: list[str] = []
    for number in range(first, first + count):
        start = time.process_time()
        try:
            seen[run(number, extra)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
            seen["broken"] += 1
            broken.append(f"case {number}: {type(error).__name__}: {error}"[:300])
        if time.process_time() - start > 1:
            broken.append(f"case {number}: took more than a second of processor time")
    return seen, broken


if __name__ == "__main__":
    given_count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    given_first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    outcomes, faults = run_many(given_count, given_first, golden())
    sys.stdout.write(f"{given_count} cases from {given_first}: {dict(outcomes.most_common())}\n")
    sys.stdout.writelines(f"{line}\n" for line in faults[:100])
    sys.exit(bool(faults))
