"""Marks in the JSON file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gateway_core.store.tiny.outbox import Writing
from gateway_core.store.tiny.state import State


class TinyMarks:
    """See ``marks.Marks``. ``current`` is the state now, ``write`` makes a new one of it."""

    def __init__(self, current: Callable[[], State], write: Writing) -> None:
        self._current, self._write = current, write

    def read(self, owner: str, names: Collection[str]) -> Mapping[str, str]:
        held = self._current().marks
        return {name: held[owner, name] for name in names if (owner, name) in held}

    def write(self, owner: str, marks: Mapping[str, str]) -> None:
        told = {(owner, name): value for name, value in marks.items()}
        self._change(lambda held: {**held, **told})

    def forget(self, owner: str, names: Collection[str]) -> None:
        gone = {(owner, name) for name in names}
        self._change(lambda held: {key: value for key, value in held.items() if key not in gone})

    def _change(
        self, change: Callable[[Mapping[tuple[str, str], str]], Mapping[tuple[str, str], str]]
    ) -> None:
        def work(state: State) -> tuple[State, None]:
            marks = change(state.marks)
            return (state if marks == state.marks else replace(state, marks=marks)), None

        self._write(work)
