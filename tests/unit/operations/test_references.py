"""Names that people type, and the references that are meant."""

from __future__ import annotations

import pytest

from gateway_core.errors import NotFound
from gateway_core.operations.references import resolve

FIRST = "https://example.com/mapping/shop.orderToBill.mapping.json"
SECOND = "https://example.com/mapping/shop.billToOrder.mapping.json"
THIRD = "https://example.org/mapping/other.billToOrder.mapping.json"
ALL = (FIRST, SECOND, THIRD, "plain")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (FIRST, FIRST),
        ("shop.orderToBill.mapping.json", FIRST),
        ("shop.orderToBill", FIRST),
        ("orderToBill", FIRST),
        ("mapping/shop.billToOrder.mapping.json", SECOND),
        ("other.billToOrder", THIRD),
        ("plain", "plain"),
    ],
)
def test_the_last_part_is_enough(name: str, expected: str) -> None:
    """A reference is found by its whole, or by what only it ends in."""
    assert resolve(name, ALL) == expected


def test_several_that_fit_are_named() -> None:
    """A name that fits several references is refused, and they are told."""
    with pytest.raises(NotFound, match="any of 2 mappings") as caught:
        resolve("billToOrder", ALL)
    assert SECOND in caught.value.detail
    assert THIRD in caught.value.detail


def test_near_names_are_told() -> None:
    """A misspelt name is refused with the names that are near, or some that exist."""
    with pytest.raises(NotFound) as caught:
        resolve("orderToBil", ALL)
    assert caught.value.hint.startswith("Did you mean shop.orderToBill")
    with pytest.raises(NotFound, match="There are 4, such as"):
        resolve("zzz", ALL)
    with pytest.raises(NotFound, match="no mappings here at all"):
        resolve("zzz", ())
