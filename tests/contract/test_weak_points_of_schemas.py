"""The weak points of the original that concern schemas.

docs/reference/compared-with-the-original.md is the table: number, behaviour there, behaviour here.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_core.bundles.layout import lay_out
from gateway_core.catalog.build import build
from gateway_core.catalog.snapshot import Catalog
from gateway_core.schema import PropertyKind, translate
from gateway_core.types import Finding, Severity

BASE = "https://example.com/weak/"
ENTITY = "https://docs.commongateway.nl/schemas/Entity.schema.json"


def schema(name: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "$id": f"{BASE}{name}.schema.json",
        "$schema": ENTITY,
        "title": name,
        "properties": properties,
        **more,
    }


def ref(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "$ref": f"{BASE}{name}.schema.json", **more}


def installed(*schemas: dict[str, Any]) -> tuple[Catalog, list[Finding]]:
    """The catalog of bundles with one schema each, installed in this order."""
    artifacts = []
    for number, body in enumerate(schemas):
        files = {"installation.json": {"name": f"Bundle{number}"}, f"schemas/{number}.json": body}
        artifacts += lay_out(
            {path: json.dumps(content).encode() for path, content in files.items()}
        ).artifacts
    catalog, findings = build(artifacts)
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []
    return catalog, list(findings)


class TestW29RequiredFlags:
    def test_in_a_schema_of_ours_it_is_refused(self) -> None:
        """There is one way to say ``required``; the other is an error that says so, no rule that is lost."""
        body = {
            "$id": f"{BASE}x.json",
            "properties": {"a": {"type": "string", "required": True, "x-index": True}},
        }
        (found,) = translate(body, lambda _: False).findings
        assert found.severity is Severity.ERROR
        assert found.message == "required must be a list of property names"

    def test_in_a_schema_of_the_original_it_counts(self) -> None:
        """Beside a list of the schema too, which does not name it."""
        body = schema("x", {"a": {"required": True}, "b": {"required": "true"}, "c": {}}, required=["c"])
        assert translate(body, lambda _: False).spec.required == {"a", "b", "c"}


class TestW49LateLinks:
    ONE = schema("one", {"two": ref("two", inversedBy="ones")})
    TWO = schema("two", {"ones": {"type": "array", "items": ref("one"), "inversedBy": "two"}})

    def test_until_the_other_is_there_the_reference_is_told(self) -> None:
        """The schema is usable, and the warning names what is missing."""
        catalog, findings = installed(self.ONE)
        (found,) = [finding for finding in findings if finding.code == "schema-ref"]
        assert found.severity is Severity.WARNING
        assert f"{BASE}two.schema.json" in found.message
        known = catalog.entities[self.ONE["$id"]]
        assert known.validator.check({"two": "https://example.com/1"}) == ()
        assert known.validator.check({"two": {"free": 1}}) == ()

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_then_it_is_a_relation_in_any_order(self, order: tuple[int, int]) -> None:
        """Whichever bundle came first, and mirrored by the other side."""
        both = (self.ONE, self.TWO)
        catalog, findings = installed(*(both[number] for number in order))
        assert [finding for finding in findings if finding.code == "schema-ref"] == []
        one, two = (catalog.entities[body["$id"]].spec.properties for body in both)
        assert one["two"].kind is PropertyKind.RELATION
        assert (two["ones"].kind, two["ones"].inverse_of) == (PropertyKind.INVERSE, "two")


def test_w51_words_without_effect_are_told() -> None:
    """One that nobody knows, and one whose purpose is met in another way, each at its place."""
    body = schema("x", {"a": {"colour": "red", "include": True}}, createAuditTrails=True, season="spring")
    found = {finding.pointer: finding for finding in translate(body, lambda _: False).findings}
    assert set(found) == {"/createAuditTrails", "/properties/a/colour", "/properties/a/include", "/season"}
    assert all(finding.severity is Severity.INFO for finding in found.values())
    assert "every version" in found["/createAuditTrails"].message
