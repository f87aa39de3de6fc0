"""The store in one readable JSON file: for tutorials, demonstrations and tests."""

from gateway_core.store.tiny.store import TinyStore as TinyStore
