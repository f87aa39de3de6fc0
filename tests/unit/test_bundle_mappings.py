"""The mappings of the CustomerInteraction bundle: files, cases, documented shapes, and queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mapped_bundle import (
    FACADES,
    FIXTURES,
    FOLDER,
    OWN_WORDS,
    apply,
    cases,
    catalog,
    endpoint,
    entity_of,
    leaves,
    load,
    mapping,
    sent,
    services,
    short,
)

from gateway_core.errors import MappingError
from gateway_core.operations.merge import merge_patch
from gateway_core.query.model import All

MAPPING_FILES = sorted(FOLDER.rglob("*.mapping.json"))
CASE_FILES = sorted(FOLDER.rglob("*.cases.json"))
CASES = [
    pytest.param(reference, case, id=f"{short(reference)}::{case['name']}")
    for path in CASE_FILES
    for reference, case in cases(path)
]


@pytest.mark.parametrize("path", MAPPING_FILES, ids=lambda path: path.name)
def test_mapping_has_cases(path: Any) -> None:
    """Beside a mapping stands a file with its cases, which have names of their own."""
    beside = path.with_name(path.name.replace(".mapping.json", ".cases.json"))
    found = list(cases(beside))
    assert {reference for reference, _ in found} == {load(path)["$id"]}
    names = [case["name"] for _, case in found]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", MAPPING_FILES, ids=lambda path: path.name)
def test_mapping_is_strict(path: Any) -> None:
    """A mapping explains itself, copies nothing unasked and leaves out what is absent."""
    body = load(path)
    assert all(body[key] for key in ("title", "description", "version"))
    assert (body["passTrough"], body["absent"]) == (False, "omit")
    assert path.name == body["$id"].rpartition("/")[2]
    assert catalog().mappings[body["$id"]].findings == ()


@pytest.mark.parametrize(("reference", "case"), CASES)
def test_case(reference: str, case: dict[str, Any]) -> None:
    """A mapping answers what its case file says; where that is an error, no value is repeated in it."""
    compiled = catalog().mappings[reference]
    if "error" not in case:
        assert compiled.apply(case["input"], services()) == case["output"]
        return
    with pytest.raises(MappingError) as caught:
        compiled.apply(case["input"], services())
    assert caught.value.kind == case["error"]["kind"]
    assert caught.value.mapping == reference
    assert not any(str(leaf) in str(caught.value) for leaf in leaves(case["input"]))


# -- the shapes that clients send and see -----------------------------------------------------


def described(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of a shape, nested ones too, with its dotted place."""
    for name, inner in node.get("properties", {}).items():
        yield f"{place}{name}", inner
        yield from described(inner, f"{place}{name}.")
    if isinstance(node.get("items"), dict):
        yield from described(node["items"], f"{place}[].")


def faults(shape: Any, document: Any) -> list[str]:
    assert shape is not None
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(shape).iter_errors(document)
    ]


@pytest.mark.parametrize("facade", FACADES)
@pytest.mark.parametrize("side", ["request_shape", "response_shape"])
def test_shape_is_documented(facade: str, side: str) -> None:
    """What clients send or see is described property by property, with valid examples."""
    shape = getattr(endpoint(facade), side)
    Draft202012Validator.check_schema(shape)
    for place, node in described(shape):
        assert node.get("description"), place
        assert node.get("examples") or "properties" in node, place
        for example in node.get("examples", ()):
            assert faults(node, example) == [], place


@pytest.mark.parametrize("facade", FACADES)
def test_answers_have_the_documented_shape(facade: str) -> None:
    """What an out-mapping makes of each case is valid and holds no member that is not described."""
    out, shape = mapping(facade, "item_out").reference, endpoint(facade).response_shape
    answers = [case["output"] for path in CASE_FILES for reference, case in cases(path) if reference == out]
    assert answers
    for answer in answers:
        assert faults(shape, answer) == []
        assert answer.keys() <= (shape or {})["properties"].keys()


@pytest.mark.parametrize(("facade", "name"), [(f, name) for f, names in FIXTURES.items() for name in names])
def test_requests_have_the_documented_shape(facade: str, name: str) -> None:
    """What real clients send is valid by the documentation."""
    assert faults(endpoint(facade).request_shape, sent(facade, name)) == []


# -- queries ----------------------------------------------------------------------------------


def spelled(path: tuple[str, ...]) -> str:
    """An input path of a query mapping as clients write it."""
    return path[0] + "".join(f"[{segment}]" for segment in path[1:])


def asked(path: tuple[str, ...], value: str) -> dict[str, Any]:
    """The parameter with a value, as the query mapping gets it."""
    return {path[0]: {path[1]: value} if len(path) > 1 else value}


def documented(facade: str) -> dict[str, str]:
    """The example of each parameter; operators behind a name say only how it may be used."""
    return {each["name"].removesuffix("[like]"): each["example"] for each in endpoint(facade).parameters}


@pytest.mark.parametrize("facade", FACADES)
def test_every_parameter_is_documented(facade: str) -> None:
    """The parameters that a query mapping reads are those that its endpoint documents."""
    query = mapping(facade, "query_in")
    assert not query.reads_everything
    assert {spelled(path) for path in query.reads} == documented(facade).keys()


@pytest.mark.parametrize("facade", FACADES)
def test_every_parameter_reaches_the_register(facade: str) -> None:
    """Each documented parameter, with its example, becomes a condition or an order on what is stored."""
    for path in mapping(facade, "query_in").reads:
        mapped = apply(facade, "query_in", asked(path, documented(facade)[spelled(path)]))
        query = entity_of(facade).parser.parse(mapped)
        assert query.order if path[0] == "_order" else query.where != All(), path


@pytest.mark.parametrize("facade", FACADES)
@given(data=st.data())
def test_no_parameter_disappears(facade: str, data: st.DataObject) -> None:
    """However parameters are combined, each value is passed on, and nothing that was not asked."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(mapping(facade, "query_in").reads))))
    params: Any = {}
    for number, path in enumerate(sorted(chosen)):
        params = merge_patch(params, asked(path, f"value-{number}"))
    given_values, passed = set(leaves(params)), set(leaves(apply(facade, "query_in", params)))
    assert given_values <= passed
    assert passed <= given_values | OWN_WORDS


@pytest.mark.parametrize(
    ("parameter", "kinds"),
    [
        ("embedded.subjectIdentificatie.inpBsn", {"bsn"}),
        ("subjectVestiging__vestigingsNummer", {"vestigingsnummer", "string"}),
        ("emails.email", {"emailadres", "email"}),
        ("embedded.telefoonnummers.telefoonnummer", {"telefoonnummer", "telefoon"}),
    ],
)
def test_a_number_is_sought_with_its_kind(parameter: str, kinds: set[str]) -> None:
    """A number and its kind are asked of one and the same element, in one group of conditions."""
    mapped = apply("klanten", "query_in", {parameter: "999993653"})
    assert set(leaves(mapped)) == kinds | {"999993653"}
    where = entity_of("klanten").parser.parse(mapped).where
    assert not isinstance(where, All), "two groups would be two elements"
