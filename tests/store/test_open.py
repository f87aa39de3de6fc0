"""Opening stores by URL."""

from __future__ import annotations

import importlib.metadata
import sys

import pytest

from gateway_core.errors import StoreError
from gateway_core.query.model import Scope
from gateway_core.store import open as opening
from gateway_core.store.open import open_store


def test_relative_and_absolute_files(tmp_path, monkeypatch):
    """Three slashes are relative to the working directory, four are absolute, escapes are decoded."""
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///a.db", f"sqlite:///{tmp_path}/b%20c.db", "SQLITE:///d.db".lower()):
        open_store(url).close()
    assert {"a.db", "b c.db", "d.db"} <= {file.name for file in tmp_path.iterdir()}


def test_stores_in_memory_are_apart(make):
    """Each store in memory is a new one."""
    first, second = open_store("sqlite:///:memory:"), open_store("sqlite:///:memory:")
    first.apply(make.changes(make.put("1", {})))
    assert [store.count(Scope("t", "thing")) for store in (first, second)] == [1, 0]
    first.close()
    second.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:x.db", "sqlite://host/x.db"])
def test_a_url_without_a_file_is_refused(url):
    """The error shows how to write one."""
    with pytest.raises(StoreError, match=r"sqlite:////absolute\.db"):
        open_store(url)


def test_an_unknown_scheme_names_the_known_ones():
    """The error repeats the scheme, proposes a near one and lists what exists, not the whole URL."""
    with pytest.raises(StoreError) as raised:
        open_store("sqllite://user:secret@x/y")
    assert "sqllite" in raised.value.detail
    assert "Did you mean sqlite:?" in raised.value.hint
    assert "secret" not in str(raised.value)
    with pytest.raises(StoreError, match=r"Known are: .*sqlite"):
        open_store("x.db")


def test_a_package_can_bring_a_store(monkeypatch):
    """An entry point in the group adds a scheme; its factory gets the URL and the durability."""
    entry = importlib.metadata.EntryPoint("mine", f"{__name__}:factory", opening.GROUP)
    monkeypatch.setattr(
        importlib.metadata.EntryPoint, "load", lambda _: lambda url, *, durability: (url, durability)
    )
    monkeypatch.setattr(opening, "entry_points", lambda group: [entry] if group == "gateway.stores" else [])
    assert open_store("mine://x", durability="fast") == ("mine://x", "fast")


def test_a_driver_that_is_missing_is_named(monkeypatch):
    """Without the packages of an extra its store says what to install, and the others work."""
    for name in [name for name in sys.modules if name.startswith("gateway_core.store.postgresql")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"'psycopg'.*schema-gateway\[postgresql\]"):
        open_store("postgresql://gateway@127.0.0.1/register")
    open_store("sqlite:///:memory:").close()
