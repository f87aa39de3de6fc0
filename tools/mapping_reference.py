"""Write the reference of the mapping language from the tables in the code.

    python tools/mapping_reference.py

What is said of each name, and the examples, stand in mapping_examples.json; the text around them in
mapping_reference.txt. Every example is run while the page is made. A test compares the page with
what this program makes, and the names explained with those in the code.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway_core.mapping import library
from gateway_core.mapping.library.signature import REQUIRED, Function
from gateway_core.mapping.mapping import Services, compile_mapping
from gateway_core.mapping.run import Limits

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "mappings.md"
TEXT = ROOT / "tools" / "mapping_reference.txt"
FORMAT = ROOT / "gateway_core" / "bundles" / "formats" / "mapping.schema.json"
EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "tools" / "mapping_examples.json").read_text(encoding="utf-8")
)
NOW = "2025-03-14T09:35:00+00:00"
LIMITS = {
    "steps": "every operation; what goes over a text or a list pays for its size, before it begins",
    "text": "characters of any one text that is built",
    "items": "items of any one list or object that is built",
    "depth": "nesting of expressions, blocks, macros and values; a target has 50 levels at most",
    "map_depth": "mappings within mappings",
    "seconds": "time that the run works (waiting does not count), looked at every 256 steps",
    "template": "characters of one source",
}


def services() -> Services:
    """A world with a clock and nothing else, so that examples give the same on every day."""
    return Services(now=lambda: datetime.fromisoformat(NOW))


def rendered(template: str) -> str:
    """What a template makes of the input of the page."""
    body = {"passTrough": False, "mapping": {"x": template}}
    return str(compile_mapping("example", body).apply(EXAMPLES["input"], services())["x"])


def cast(name: str, value: Any) -> str:
    """What a cast makes of a value, as JSON; nothing where it takes it away."""
    body = {"passTrough": False, "mapping": {"x": "value"}, "cast": {"x": name}}
    result = compile_mapping("example", body).apply({"value": value}, services())
    return f"`{_json(result['x'])}`" if "x" in result else "nothing"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def names(table: Mapping[str, list[str]]) -> Iterator[str]:
    """A line for each name: its meaning, and an example with its result."""
    for name, (meaning, template) in table.items():
        yield f"- `{name}`: {meaning}.{_example(template)}"


def functions(table: Mapping[str, list[str]], code: Mapping[str, Function]) -> Iterator[str]:
    """The same for what takes arguments, with the names and defaults of its parameters."""
    for name, (meaning, template) in table.items():
        yield f"- `{name}{_parameters(code.get(name))}`: {meaning}.{_example(template)}"


def _parameters(function: Function | None) -> str:
    if function is None:
        return ""
    listed = [
        each.name if each.default is REQUIRED else f"{each.name}={_json(each.default)}"
        for each in function.parameters
    ]
    listed += ["…"] if function.variadic else []
    return f"({', '.join(listed)})" if listed else ""


def _example(template: str) -> str:
    if not template:
        return ""
    result = rendered(template)
    mark = "``" if "`" in template else "`"
    return f" {mark}{template}{mark} gives {f'`{result}`' if result else 'nothing'}."


def casts() -> Iterator[str]:
    for name, (meaning, example, value) in EXAMPLES["casts"].items():
        yield f"- `{name}`: {meaning}. `{example}` of `{_json(value)}` gives {cast(example, value)}."


def keys() -> Iterator[str]:
    """The keys of a mapping, as the JSON Schema of the format describes them."""
    for name, described in json.loads(FORMAT.read_text(encoding="utf-8"))["properties"].items():
        yield f"| `{name}` | {described['description']} |"


def limits() -> Iterator[str]:
    """Each limit, its default, the setting that changes it, and what counts."""
    for each in fields(Limits):
        setting = f"`GATEWAY_MAPPING_{each.name.upper()}`" if each.name != "template" else "none"
        default = f"{each.default:,}".replace(",", " ")
        yield f"| `{each.name}` | {default} | {setting} | {LIMITS[each.name]} |"


def remarks() -> Iterator[str]:
    for code, meaning in EXAMPLES["remarks"].items():
        yield f"| `{code}` | {meaning} |"


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "input": lambda: [json.dumps(EXAMPLES["input"], indent=2)],
    "keys": keys,
    "tags": lambda: names(EXAMPLES["tags"]),
    "operators": lambda: names(EXAMPLES["operators"]),
    "tests": lambda: names(EXAMPLES["tests"]),
    "filters": lambda: functions(EXAMPLES["filters"], library.FILTERS),
    "functions": lambda: functions(EXAMPLES["functions"], library.FUNCTIONS),
    "casts": casts,
    "limits": limits,
    "remarks": remarks,
}


def page() -> str:
    """The whole page: the text beside this program, with the parts that follow from the code."""
    text = TEXT.read_text(encoding="utf-8")
    for name, make in PARTS.items():
        text = text.replace(f"<!-- {name} -->\n", "".join(f"{line}\n" for line in make()))
    return text


DOCUMENTS = {"mappings.md": page}
"""The documents that this program makes, by their names in docs/reference, as other programs here do."""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT), file=sys.stderr)


if __name__ == "__main__":
    main()
