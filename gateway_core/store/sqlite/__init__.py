"""The default store: one SQLite file, many readers, grouped commits."""

from gateway_core.store.sqlite.store import SqliteStore as SqliteStore
