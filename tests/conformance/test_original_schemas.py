"""Published schemas of Common Gateway: each becomes one of ours, and what it asks for is enforced."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator
from published_schemas import CORPUS, files
from schema_examples import breaches, example

from gateway_core.schema import check_defaults, check_relations, compile_validators, translate
from gateway_core.schema.own_words import ON_PROPERTIES
from gateway_core.schema.walk import walk
from gateway_core.types import Severity

NOW = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def corpus():
    """Bundle → the bodies of its schemas, by file."""
    found = defaultdict(dict)
    for bundle, path in files():
        body = json.loads(path.read_text(encoding="utf-8"))
        assert body["$schema"].endswith("/Entity.schema.json"), path
        found[bundle][path.name] = body
    if not found:
        pytest.skip(f"no schemas under {CORPUS}: set GATEWAY_SHARED to the folder with shared test data")
    return found


def translated(bodies):
    """``$id`` → translation, of schemas that are installed together."""
    by_id = {body["$id"]: body for body in bodies}
    return {id: translate(body, by_id.__contains__, by_id.get) for id, body in by_id.items()}


@pytest.fixture(scope="module")
def installations(corpus):
    """Each bundle by itself, all of them together, and each schema as if nothing else were installed."""
    found = {name: translated(bodies.values()) for name, bodies in corpus.items()}
    found["all together"] = translated(b for bodies in corpus.values() for b in bodies.values())
    alone = [translated([body]) for bodies in corpus.values() for body in bodies.values()]
    return {**found, **{f"alone {number}": each for number, each in enumerate(alone)}}


def test_the_schemas_and_what_is_said_of_them(corpus, installations, capsys):
    """All of them are found; the figures are printed."""
    schemas = {name: len(bodies) for name, bodies in corpus.items()}
    found = installations["all together"]
    codes = Counter((f.severity.value, f.code) for each in found.values() for f in each.findings)
    words = Counter(
        w for e in found.values() for _, n in walk(e.spec.source) for w in n if w in ON_PROPERTIES
    )
    with capsys.disabled():
        sys.stdout.write(f"\nschemas by bundle: {schemas}, {sum(schemas.values())} in all\n")
        sys.stdout.write(
            "findings: "
            + ", ".join(f"{code} ({level}) {n}" for (level, code), n in codes.most_common())
            + "\n"
        )
        sys.stdout.write(f"words of our own: {dict(words.most_common())}\n")
    assert len(schemas) == 9
    assert sum(schemas.values()) >= 160
    assert {level for level, _ in codes} == {"info", "warning"}


def test_each_becomes_a_valid_schema_of_ours(installations):
    """JSON Schema 2020-12, by its own meta schema, without an error in our dialect."""
    for translations in installations.values():
        for id, translation in translations.items():
            assert [f for f in translation.findings if f.severity is Severity.ERROR] == [], id
            Draft202012Validator.check_schema(translation.spec.source)
            Draft202012Validator.check_schema(translation.spec.schema)
            assert all(f.message and f.reference == id for f in translation.findings), id


def test_what_is_translated_needs_no_translation(installations):
    """The result, checked as strictly as a schema of our own, has no errors, and is its own translation."""
    translations = installations["all together"]
    for id, translation in translations.items():
        again = translate(translation.spec.source, translations.__contains__)
        assert again.usable, id
        assert again.spec.source == translation.spec.source, id
        assert again.spec.properties == translation.spec.properties, id


def test_they_compile_together(installations):
    """Relations meet, mirrors have one side that keeps the reference, and defaults keep to their schema."""
    for name, translations in installations.items():
        specs = {id: translation.spec for id, translation in translations.items()}
        assert check_relations(specs) == (), name
        assert check_defaults(specs, compile_validators(specs)) == (), name


def test_documents_that_keep_to_them_are_accepted(installations):
    """Of each schema a document with every member that can be written."""
    members = 0
    for translations in installations.values():
        validators = compile_validators({id: t.spec for id, t in translations.items()})
        for id, translation in translations.items():
            document = example(translation.spec)
            members += len(document)
            assert validators[id].check(document, now=NOW) == (), id
    assert members > 2000


def test_documents_that_break_a_rule_are_refused(installations, capsys):
    """Each rule of each member, broken by itself, is told with its code and place."""
    translations = installations["all together"]
    validators = compile_validators({id: t.spec for id, t in translations.items()})
    broken: Counter[str] = Counter()
    for id, translation in translations.items():
        for name, code, document in breaches(translation.spec):
            found = {(str(v.pointer[0]), v.code) for v in validators[id].check(document, now=NOW)}
            assert (name, code) in found, (id, name, code)
            broken[code] += 1
    with capsys.disabled():
        sys.stdout.write(f"\nrules broken one by one: {dict(broken.most_common())}\n")
    assert {"required", "type", "enum", "format", "maxLength", "minLength", "maxDate", "pattern"} <= set(
        broken
    )


def test_a_schema_that_is_not_installed_is_no_obstacle(corpus):
    """The property takes an id, a URL or an object; the warning names the schema."""
    checked = 0
    for bodies in corpus.values():
        for body in bodies.values():
            translation = translate(body, lambda _: False)
            missing = [f for f in translation.findings if f.code == "schema-ref"]
            validator = compile_validators({body["$id"]: translation.spec})[body["$id"]]
            for finding in missing:
                name = finding.pointer.split("/")[2]
                assert "there is no schema 'http" in finding.message
                many = translation.spec.properties[name].many
                for value in ("b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11", "https://example.com/1", {"any": 1}):
                    written = {name: [value] if many else value}
                    wrong = validator.check(written, reject_unknown=False)
                    assert [v for v in wrong if v.pointer[0] == name] == [], (body["$id"], name)
                checked += 1
    assert checked > 100
