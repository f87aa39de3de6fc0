"""Links between documents lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from documented import ROOT, anchors, prose

LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]*)\)")


def documents() -> list[Path]:
    """The Markdown files of the project: tracked by git, or about to be."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project is git's to say")
    command = [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def broken(document: Path, text: str) -> list[str]:
    """The links of a document to files, folders and headings that do not exist."""
    result = []
    for target in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text))):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (name and ROOT not in (file, *file.parents)):
            result.append(f"{document.name} -> {target}: there is no such file")
        elif anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text(encoding="utf-8"))):
            result.append(f"{document.name} -> {target}: there is no such heading")
    return result


def test_links_lead_to_files_and_headings() -> None:
    """Every relative link and every anchor, in every document of the project, exists."""
    pages = documents()
    assert len(pages) > 15
    assert [line for path in pages for line in broken(path, path.read_text(encoding="utf-8"))] == []


def test_broken_links_would_be_found() -> None:
    """A missing file, a missing heading and a file outside the project are each a broken link."""
    page = ROOT / "README.md"
    text = "[a](nowhere.md) [b](README.md#nothing) [c](#five-minutes) [d](../elsewhere) `[e](in-code.md)`"
    assert [line.split(" -> ")[1].split(":")[0] for line in broken(page, text)] == [
        "nowhere.md",
        "README.md#nothing",
        "../elsewhere",
    ]
