"""What a compiled mapping says of itself."""

from __future__ import annotations

from dataclasses import asdict

from gateway_core.mapping.explain import WAYS
from gateway_core.mapping.mapping import compile_mapping

BODY = {
    "passTrough": False,
    "mapping": {
        "name": "person.name",
        "code": "{{ code|default('null') }}",
        "lines": "{{ map('urn:line', lines, true)|json_encode }}",
        "upper": "{{ person.name|upper }}",
        "n.0": "{% for k, v in _context %}{{ k }}{% endfor %}",
    },
    "unset": ["code.x"],
    "cast": {"lines": "jsonToArray", "code": ["string", "nullStringToNull"], "n.0": "int"},
}


def test_every_target_tells_its_source_and_what_it_became() -> None:
    """Targets stand in file order, each with a known word for what its source became."""
    body = {**BODY, "unset": []}
    account = compile_mapping("urn:m", body).explain()
    assert [(target.key, target.became) for target in account.targets] == [
        ("name", "path"),
        ("code", "text"),
        ("lines", "map"),
        ("upper", "template"),
        ("n.0", "template"),
    ]
    assert {target.became for target in account.targets} <= WAYS.keys()
    assert account.targets[0].source == "person.name"
    assert account.targets[0].absent == "text"


def test_it_tells_what_is_read_and_reached() -> None:
    """Input paths and constant references are told of each target and of the whole."""
    account = compile_mapping("urn:m", BODY).explain()
    assert [target.reads for target in account.targets] == [
        ("person.name",),
        ("code",),
        ("lines",),
        ("person.name",),
        ("_context",),
    ]
    assert account.targets[2].references == ("urn:line",)
    assert account.references == ("urn:line",)
    assert account.reads == ("_context", "code", "lines", "person.name")


def test_it_tells_when_casts_run() -> None:
    """Casts that can run with their target do; with an unset path all of them wait."""
    at_once = compile_mapping("urn:m", {**BODY, "unset": []}).explain()
    assert [target.at_once for target in at_once.targets] == [False, True, True, False, False]
    assert at_once.casts_afterwards == (("n.0", ("int",)),)
    waiting = compile_mapping("urn:m", BODY).explain()
    assert waiting.unset == ("code.x",)
    assert [key for key, _ in waiting.casts_afterwards] == ["lines", "code", "n.0"]


def test_it_is_plain_data() -> None:
    """The account becomes dictionaries and lists of texts, for whoever prints it."""
    account = asdict(compile_mapping("urn:m", {**BODY, "absent": "omit", "passTrough": True}).explain())
    assert account["copies_input"] is True
    assert account["targets"][0]["absent"] == "omit"
    assert account["targets"][1]["casts"] == ("string", "nullStringToNull")
