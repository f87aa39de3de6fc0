"""The parts of texts: whatever a part is, an index names every text that holds it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway_core.query.model import All, AnyOf, Compare, Element, Hop, Not, Op, Related
from gateway_core.store.grams import ANYTHING, LENGTH, SHORTEST, grams_of, members_of, plain, sought
from gateway_core.store.searches import alternatives, fts5_query, tsquery

TEXT = st.text(st.sampled_from("abA1 .@ßéÉŉΣς\u0130\U00010400\ua7c5\u0282\ua7c4\ua794\u4e2d"), max_size=30)


def found(part: str, text: str) -> bool:
    """Whether an index that has the text names it for the part."""
    wanted = sought(part)
    held = grams_of({"a": [text]}, members_of(["a"]))
    if wanted is None:
        return True
    if len(wanted[0]) < LENGTH:
        return any(gram.startswith(wanted[0]) for gram in held)
    return all(gram in held for gram in wanted)


@given(TEXT, TEXT, TEXT)
def test_no_text_with_the_part_is_missed(before: str, part: str, after: str) -> None:
    """Wherever it stands, however it is written; and what is too short for the index is left to a scan."""
    for text in (before + part + after, (before + part + after).swapcase()):
        if part.casefold() in text.casefold():
            assert found(part, text)
    assert (sought(part) is None) == (len(plain(part)) < SHORTEST)


def test_what_does_not_hold_it_is_seldom_named() -> None:
    """Six letters in a row tell texts apart."""
    assert not found("jansen@example.nl", "jansen.example.com")
    assert not found("0612345678", "0612345679")
    assert not found("abc", "ab c")


def test_a_text_beyond_measure_is_always_a_candidate() -> None:
    """Its grams would be as many as it has letters; the exact condition decides."""
    assert grams_of({"a": "x" * 20_001}, members_of(["a"])) == (ANYTHING,)
    assert f'"{ANYTHING}"' in fts5_query((("abcdef",),))
    assert f"'{ANYTHING}'" in tsquery((("abcdef",),))


LIKE = Compare(("a",), Op.LIKE, ("jansen",))


def test_only_what_every_match_has_is_asked_of_the_index() -> None:
    """Other members, other objects, what is denied and what is too short leave it out."""
    wanted = (("jansen",),)
    covered = ("a", "list.k")
    element = Element(("list",), Compare(("k",), Op.LIKE, ("JANSEN",)))
    for condition in (LIKE, element, AnyOf((LIKE, element)), All((LIKE, Not(LIKE)))):
        assert alternatives(condition, covered) == wanted
    assert alternatives(AnyOf((LIKE, Compare(("a",), Op.EQ_NOCASE, ("bakker",)))), covered) == (
        *wanted,
        ("bakker",),
    )
    for condition in (
        Compare(("b",), Op.LIKE, ("jansen",)),
        Compare(("a",), Op.LIKE, ("ja",)),
        Compare(("a",), Op.LIKE, ("jansen", "ja")),
        Compare(("a",), Op.EQ_NOCASE, (1,)),
        Compare(("a.b",), Op.LIKE, ("jansen",)),
        Compare(("_self", "owner"), Op.LIKE, ("jansen",)),
        Not(LIKE),
        AnyOf(()),
        AnyOf((LIKE, Compare(("b",), Op.LIKE, ("jansen",)))),
        Related(Hop("r", "e"), LIKE),
        Compare(("a",), Op.LIKE, tuple(f"part{n}" for n in range(100))),
    ):
        assert alternatives(condition, covered) is None
