"""Marks: what work that is done again and again remembers, with one meaning on every store."""

from __future__ import annotations

from gateway_core.store.protocol import Changes, Configuration, Store

OWNER, OTHER = "urn:thing#a", "urn:thing2#a"


def test_marks_are_kept_by_owner_and_name(store: Store) -> None:
    """What is written is there, replaced by what is written later; another owner has others."""
    marks = store.marks
    assert marks.read(OWNER, ["x", ""]) == {}
    marks.write(OWNER, {"x": "1", "": '["é"]'})
    marks.write(OTHER, {"x": "2"})
    marks.write(OWNER, {"x": "3", "y": ""})
    assert marks.read(OWNER, ["x", "y", "", "z"]) == {"x": "3", "y": "", "": '["é"]'}
    assert marks.read(OTHER, ["x", "y"]) == {"x": "2"}
    assert marks.read(OWNER, []) == {}


def test_many_are_read_and_written_at_once(store: Store) -> None:
    """Thousands are one call."""
    told = {f"name {number}": str(number) for number in range(5_000)}
    store.marks.write(OWNER, told)
    assert store.marks.read(OWNER, told) == told
    store.marks.forget(OWNER, list(told)[1:])
    assert store.marks.read(OWNER, told) == {"name 0": "0"}


def test_what_is_forgotten_is_not_there(store: Store) -> None:
    """Those of the names, of that owner; the rest stays."""
    for owner in (OWNER, OTHER):
        store.marks.write(owner, {"x": "1", "y": "2"})
    store.marks.forget(OWNER, ["x", "none"])
    assert (store.marks.read(OWNER, "xy"), len(store.marks.read(OTHER, "xy"))) == ({"y": "2"}, 2)


def test_they_go_with_their_entity(store: Store) -> None:
    """Where nothing of an entity is to be left, its marks go too, and not those of one with a longer name."""
    for owner in (OWNER, OTHER):
        store.marks.write(owner, {"x": "1"})
    store.configure(Configuration("b", (), {"version": "1"}, changes=Changes(""), clear=("urn:thing",)))
    assert (store.marks.read(OWNER, "x"), store.marks.read(OTHER, "x")) == ({}, {"x": "1"})
