"""Handlers of packages: found by their entry points, by class names too, and refused when they cannot be."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gateway_core.catalog.actions import ActionReader
from gateway_core.errors import ConfigurationError
from gateway_core.operations.actions import registry
from gateway_core.types import Artifact, Finding, Kind, Origin

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "actions.md"


class Loaded(EntryPoint):
    """An entry point that gives what it is told, or raises it."""

    def load(self) -> Any:
        made = LOADED[self.value]
        if isinstance(made, Exception):
            raise made
        return made


LOADED: dict[str, Any] = {}


def installed(monkeypatch: pytest.MonkeyPatch, **handlers: Any) -> None:
    """Have packages with these handlers, by the names of their entry points."""
    names = {name.replace("__", "."): made for name, made in handlers.items()}
    LOADED.update(names)
    entries = [Loaded(name, name, registry.GROUP) for name in names]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == registry.GROUP else [])


def documented() -> Any:
    """The class that the reference page shows."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    space: dict[str, Any] = {}
    exec(block, space)
    return space["Letter"]


def test_the_handler_of_the_reference_page_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the page shows is a handler: it is found, its configuration is checked, and it runs."""
    installed(monkeypatch, letter=documented())
    handler = registry.handlers()["letter"]
    findings: list[Finding] = []
    reader = ActionReader(registry.specs(), {}, (), findings)
    for printer in ("first floor", 1):
        body = {"handler": "letter", "listens": ["x"], "configuration": {"printer": printer}}
        read = reader.read(Artifact(Kind.ACTION, f"urn:{printer}", "1", body, Origin("test", "a.json")))
        assert (read is not None) == isinstance(printer, str)
    assert [finding.pointer for finding in findings] == ["/configuration/printer"]

    class Work:
        configuration, document = {"printer": "first floor"}, {"a": 1}

    assert list(handler.targets(Work())) == [""]  # type: ignore[arg-type]
    handler.run(Work())  # type: ignore[arg-type]
    assert capsys.readouterr().out == "first floor {'a': 1}\n"


def test_a_class_of_the_original_leads_to_its_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point named after a class of PHP, with dots, does the work of its actions."""
    installed(monkeypatch, Acme__Shop__LetterHandler=documented())
    schema = "https://docs.commongateway.nl/schemas/Action.schema.json"
    body = {"$schema": schema, "class": "\\Acme\\Shop\\LetterHandler", "listens": ["x"]}
    body["conditions"] = {"==": [1, 1]}
    findings: list[Finding] = []
    reader = ActionReader(registry.specs(), {}, (), findings)
    read = reader.read(Artifact(Kind.ACTION, "urn:a", "1", body, Origin("test", "a.json")))
    assert (read and read.handler, findings) == ("letter", [])


class Nameless:
    name, aliases, summary, schema = "", (), "", {"type": "object"}


class Notify(Nameless):
    name = "notify"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (ImportError("no module"), "cannot be used: ImportError"),
        (Nameless, "has no schema, or another's name"),
        (Notify, "has no schema, or another's name"),
        (lambda: 1 / 0, "cannot be used: ZeroDivisionError"),
    ],
    ids=["absent", "nameless", "notify", "fails"],
)
def test_a_package_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, made: Any, told: str
) -> None:
    """A handler that cannot be loaded or used stops the start, with its name."""
    installed(monkeypatch, broken=made)
    with pytest.raises(ConfigurationError, match=told) as fault:
        registry.handlers()
    assert "'broken'" in fault.value.detail
