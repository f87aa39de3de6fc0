"""What a page tells somebody to type works as written, and answers what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from documented import ROOT, Output, Reader, anchors, blocks, differences, lacking, steps

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted((DOCS / "tutorial").glob("*.md")),
    *sorted((DOCS / "how-to").glob("*.md")),
    DOCS / "reference" / "requests.md",
]

# What a page says that its reader has done before.
BEFORE = {"import-and-export-objects.md": "make run"}
# Pages with commands that need what not every machine has, each with what that is. Such blocks are
# written as `console`, and no test types them.
NOT_TYPED = {
    "choose-a-store.md": "a PostgreSQL server of one's own, which tests/store and tests/faults start"
}
SHELLS = {"bash", "console", "shell", "sh-session", "zsh"}


@pytest.mark.server
@pytest.mark.skipif(lacking() != "", reason=f"a reader needs {lacking()}, which this machine lacks")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_works(page: Path, tmp_path: Path) -> None:
    """The shell blocks of a page, typed in order in a fresh clone, end with 0 and answer what it claims."""
    with Reader(tmp_path) as reader:
        if page.name in BEFORE:
            reader.type(BEFORE[page.name], f"before {page.name}")
            reader.interrupt()
        assert reader.read(page) > 0


def test_every_command_is_typed_or_says_why_not() -> None:
    """A shell block that is not written as ``sh``, and so not typed, has its reason above."""
    apart = {
        page.name
        for page in PAGES
        if SHELLS & {block.language for block in blocks(page.read_text(encoding="utf-8"))}
    }
    assert apart == set(NOT_TYPED)


@pytest.mark.skipif(lacking() != "", reason=f"a reader needs {lacking()}, which this machine lacks")
class TestTheReader:
    def test_stops_at_a_command_that_fails(self, tmp_path: Path) -> None:
        """A command in the middle of a block that fails is named with its place."""
        with Reader(tmp_path) as reader, pytest.raises(AssertionError, match="page:1: a command failed"):
            reader.type("true\nfalse\ntrue", "page:1")

    def test_keeps_the_shell_of_a_page(self, tmp_path: Path) -> None:
        """What one block sets, the next block has; and a fresh clone is where it sits."""
        with Reader(tmp_path) as reader:
            reader.type("export NAME=value", "page:1")
            assert (
                reader.type("echo $NAME; ls installation.json", "page:2").out == "value\ninstallation.json\n"
            )

    def test_hears_of_a_status_that_the_page_does_not_show(self) -> None:
        """An answer of failure counts as one unless the page shows it."""
        refused = Output('{"status": 400}', "\n[status 400]\n")
        refused.check_answer({"status": 400}, "page:1")
        with pytest.raises(AssertionError):
            refused.check_success("page:1")
        with pytest.raises(AssertionError):
            Output('{"status": 400}', "\n[status 500]\n").check_answer({"status": 400}, "page:1")

    def test_compares_what_is_shown(self) -> None:
        """Members that are shown must be there with their values; ``…`` stands for anything."""
        answer = {"a": 1, "b": [{"c": 2, "d": 3}, 4]}
        assert differences({"b": [{"c": 2}, "…"]}, answer) == []
        assert differences({"a": "x … z"}, {"a": "x y z"}) == []
        assert differences({"a": "x … z"}, {"a": "x y"}) != []
        assert differences({"a": 2}, answer) == ["answer.a is 1, not 2"]
        assert differences({"e": 1}, answer) == ["answer has no 'e'"]
        assert differences({"b": [{"c": 2}]}, answer) == ["answer.b has 2 elements, not 1"]

    def test_knows_what_serves(self) -> None:
        """``make run`` and ``gateway serve`` run on beside the rest of their block."""
        script = "export A=1\nmake run  # first\nmake test\nA=1 B=2 .venv/bin/gateway serve --demo"
        assert [serves for serves, _ in steps(script)] == [False, True, False, True]


def test_blocks_and_anchors_are_read_as_forges_read_them() -> None:
    """A heading inside a block makes no anchor; code and signs in a heading leave its words."""
    page = "# A `gateway app`!\n```sh\n# no heading\n```\n## B, c\n## B, c\n"
    assert anchors(page) == {"a-gateway-app", "b-c", "b-c-1"}
    assert [(block.language, block.text, block.line) for block in blocks(page)] == [("sh", "# no heading", 2)]
