"""Bundles of Common Gateway with anything in the place of anything: findings, never an exception."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from original_bundle import CORE, FILES, LINE, ORDER, ORDERS, SHOP, artifact, mapping

from gateway_core.bundles.layout import lay_out
from gateway_core.catalog.build import build
from gateway_core.catalog.states import states
from gateway_core.types import Severity

DEFAULT = "https://docs.commongateway.nl/application/default.application.json"
WHOLE: dict[str, Any] = {
    **FILES,
    "Installation/Mapping/m.json": {**mapping("m", a="{{ b }}", c="d"), "cast": {"a": "int"}, "unset": ["d"]},
    "Installation/Application/a.json": {
        **artifact("Application", "x"),
        "$id": DEFAULT,
        "configuration": [
            {
                ORDERS: {
                    "in": {"body": {"mapping": f"{SHOP}mapping/m.mapping.json"}},
                    "out": {"embedded": {"unset": {"except": ["text/html"]}}},
                }
            }
        ],
    },
    "Installation/Data/data.json": {ORDER: [{"number": "1"}]},
    "Installation/Action/a.json": artifact("Action", "a.action.json", listens=["x"], **{"class": "A"}),
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(
        [ORDER, LINE, f"{CORE}Entity.schema.json", "object", "array", "datetime", "{{ x", "^(a"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6)
            | st.sampled_from(
                ["$id", "$ref", "type", "items", "properties", "required", "format", "default"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def spots(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        yield from spots(inner, (*place, key))


def changed(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    key, *rest = place
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = changed(copy[key], tuple(rest), odd)
    return copy


@given(st.data())
def test_any_value_anywhere_is_read_or_rejected(data: st.DataObject) -> None:
    """Up to three values of a bundle are exchanged: it builds without an error, and all has a state."""
    files = dict(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(files)))
        place = data.draw(st.sampled_from(list(spots(files[path]))))
        files[path] = changed(files[path], place, data.draw(ODD))
    bundle = lay_out({path: json.dumps(content).encode() for path, content in files.items()}, "x")
    catalog, findings = build(bundle.artifacts)
    assert [f for f in findings if f.severity is Severity.ERROR] == []
    told = states([bundle.name], catalog, findings)
    assert len(told) == len(bundle.artifacts)
    json.dumps(catalog.openapi)
