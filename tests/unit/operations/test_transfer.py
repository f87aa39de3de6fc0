"""Objects in and out as streams."""

from __future__ import annotations

import io
import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_core.cli.object_files import MAX_LINE, Format, Lines, Record, json_records
from gateway_core.cli.object_import import BATCH, KEPT, REMEMBERED, Import, Outcome, rejects
from gateway_core.cli.object_rows import CsvRecords
from gateway_core.errors import BadRequest
from gateway_core.operations.call import Context
from gateway_core.operations.export import export_objects, schema_named
from gateway_core.query.model import Scope
from gateway_core.types import Principal

PET = "https://example.com/petstore/pet.schema.json"
OWNER = "https://example.com/petstore/owner.schema.json"
NOBODY = "20000000-0000-4000-8000-000000000000"


def pet(number: int, **more: Any) -> dict[str, Any]:
    return {"_schema": PET, "name": f"Pet {number}", "species": "dog", **more}


def text_of(*documents: Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


class Run:
    """Imports a file's content, and keeps what was rejected."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rejected: list[tuple[int, str]] = []

    def __call__(self, content: bytes, name: str = "pets.jsonl", *, skip: bool = False) -> Outcome:
        lines = Lines(io.BytesIO(content))
        return self.load(json_records(lines, name, None), lines, skip=skip)

    def load(self, records: Iterable[Record], lines: Lines, *, skip: bool = False) -> Outcome:
        def reject(record: Record, reason: str) -> None:
            self.rejected.append((record.number, reason))

        return Import(self.context, skip=skip, reject=reject).run(records, lines, lambda: None)

    def count(self, schema: str = PET) -> int:
        return self.context.store.count(Scope("", schema))


@pytest.fixture
def run(pets: Context) -> Run:
    return Run(pets)


class TestImport:
    def test_holds_one_batch(self, run: Run) -> None:
        """However long the file, no more lines are read ahead than a batch has."""
        before, ahead = run.count(), []

        def records() -> Iterator[Record]:
            for number in range(1, 3 * BATCH + 2):
                ahead.append(number - 1 - (run.count() - before))
                yield Record(number, b"", pet(number, _id=str(uuid.UUID(int=number, version=4))))

        outcome = run.load(records(), Lines(io.BytesIO()))
        assert outcome.created == 3 * BATCH + 1
        assert max(ahead) < BATCH

    def test_started_again_makes_nothing_twice(self, run: Run) -> None:
        """Lines without an id, and what stands inside them, are created by the first import only."""
        content = text_of(
            *(pet(number, owner={"name": f"Ann {number}"}) for number in range(40)), pet(1), pet(1)
        )
        before = run.count(), run.count(OWNER)
        assert run(content).created == 42
        again = run(content)
        assert (again.created, again.present) == (0, 42)
        assert (run.count() - before[0], run.count(OWNER) - before[1]) == (42, 40)

    @pytest.mark.parametrize("done", [0, 1, 2])
    def test_interrupted_goes_on(self, run: Run, done: int) -> None:
        """Broken off after any batch it has stored whole batches, and started again does the rest."""
        content = text_of(*map(pet, range(2 * BATCH + 5)))
        before = run.count()
        lines = Lines(io.BytesIO(content))

        def broken() -> Iterator[Record]:
            yield from itertools.islice(json_records(lines, "pets.jsonl", None), done * BATCH + 3)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run.load(broken(), lines)
        assert run.count() - before == done * BATCH
        outcome = run(content)
        assert (outcome.created, outcome.present) == (2 * BATCH + 5 - done * BATCH, done * BATCH)

    def test_mended_in_place_goes_on(self, run: Run) -> None:
        """Of a file whose bad line was mended only that line is new."""
        good = [pet(number) for number in range(5)]
        bad = [*good[:2], {**good[2], "species": "stone"}, *good[3:]]
        assert run(text_of(*bad), skip=True).created == 4
        outcome = run(text_of(*good))
        assert (outcome.created, outcome.present) == (1, 4)

    def test_of_another_file_is_another_matter(self, run: Run) -> None:
        """The same line in a file of another name is another object."""
        assert run(text_of(pet(1)), "monday.jsonl").created == 1
        assert run(text_of(pet(1)), "tuesday.jsonl").created == 1

    def test_passes_over_bad_lines(self, run: Run) -> None:
        """With skip all good lines are stored; each bad one is told with its reason, without its values."""
        before = run.count()
        number = 123456782
        lines = [
            pet(1),
            pet(2, species=f"stone {number}"),
            pet(3, owner={"name": number}),
            pet(4, _id="5"),
            [number],
            {"name": "x"},
            pet(5, _schema="urn:nothing"),
            pet(6, nothing=number),
            pet(7),
        ]
        content = text_of(*lines) + b'{"name": 1\n' + text_of(pet(8))
        outcome = run(content, skip=True)
        assert (outcome.created, outcome.rejected.count, outcome.stopped) == (3, 8, False)
        assert run.count() - before == 3
        assert [line for line, _ in run.rejected] == [2, 3, 4, 5, 6, 7, 8, 10]
        assert all(reason and str(number) not in reason for _, reason in run.rejected)

    def test_stops_with_the_batch_of_a_bad_line(self, run: Run) -> None:
        """Without skip the batches before a bad line are stored, and nothing of it or after it."""
        documents = [*map(pet, range(BATCH + 9)), {}, *map(pet, range(5 * BATCH))]
        before = run.count()
        outcome = run(text_of(*documents))
        assert (outcome.created, outcome.stopped, run.rejected[0][0]) == (BATCH, True, BATCH + 10)
        assert run.count() - before == BATCH

    def test_tells_few_and_counts_all(self, run: Run) -> None:
        """A file of bad lines does not fill the memory with reasons."""
        outcome = run(b"{}\n" * (2 * BATCH), skip=True)
        assert outcome.rejected.count == 2 * BATCH
        assert len(outcome.rejected.lines()) == KEPT + 1
        assert outcome.rejected.lines()[-1] == f"and {2 * BATCH - KEPT} more"

    def test_knows_the_ids_of_many_lines_and_not_of_all(self, run: Run) -> None:
        """An id of one of the lines before is told; how many are remembered is bounded."""
        work = Import(run.context, skip=True, reject=lambda *_: None)
        ids = (str(uuid.UUID(int=number, version=4)) for number in range(1, 3 * REMEMBERED))
        assert not any(work._repeated({"_id": id}) for id in ids)
        assert sum(map(len, work._seen)) <= 2 * REMEMBERED
        assert work._repeated({"_id": str(uuid.UUID(int=2 * REMEMBERED, version=4))})

    def test_finds_references_that_lead_nowhere_at_the_end(self, run: Run) -> None:
        """A reference to an object of a much later line is fine; one to nothing is told by its place."""
        owner = str(uuid.UUID(int=9, version=4))
        early = [pet(number, owner=owner) for number in range(BATCH + 1)]
        late = [{"_schema": OWNER, "_id": owner, "name": "Ann"}, pet(0, owner=NOBODY)]
        outcome = run(text_of(*early, *late))
        assert outcome.created == BATCH + 3
        assert outcome.dangling.lines() == [f"line {BATCH + 3}: 'owner'"]

    def test_reads_lines_of_bounded_length(self, run: Run) -> None:
        """A line that is longer than any object may be is rejected without being held; the next is read."""
        content = b'{"_schema": "' + b"x" * (2 * MAX_LINE + 7) + b'"}\n' + text_of(pet(1))
        outcome = run(content, skip=True)
        assert outcome.created == 1
        assert run.rejected == [(1, "it is longer than 16 MB")]

    @pytest.mark.parametrize("format", Format)
    def test_rejected_lines_can_be_mended(self, pets: Context, tmp_path: Path, format: Format) -> None:
        """What was rejected is written with the reason, for its owner only; mended it is imported."""
        file = tmp_path / "bad"
        if format is Format.CSV:
            content = b"name,species,tags.0\na,dog,\nb,stone,'=x\nc,stone,y\n"
        else:
            content = text_of(pet(1), pet(2, species="stone", tags=["=x"]), pet(3, species="stone"))

        def load(content: bytes, reject: Callable[[Record, str], None] = lambda *_: None) -> Outcome:
            lines = Lines(io.BytesIO(content))
            rows = (
                CsvRecords(lines, "f", PET, pets.catalog)
                if format is Format.CSV
                else json_records(lines, "f", None)
            )
            return Import(pets, skip=True, reject=reject).run(rows, lines, lambda: None)

        with rejects(file, format, ["name", "species", "tags.0"]) as reject:
            assert load(content, reject).created == 1
        assert file.stat().st_mode & 0o077 == 0
        told = file.read_text()
        assert told.count("species must be one of") == 2
        assert ("line 3" in told) if format is Format.CSV else ('"line":2' in told)
        mended = load(file.read_bytes().replace(b"stone", b"cat"))
        assert (mended.created, mended.rejected.count) == (2, 0)
        assert any(each.get("tags") == ["=x"] for each in export_objects(pets, "", [PET]))


class TestExport:
    def test_reads_a_batch_at_a_time(self, pets: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is read ahead of the batch that is being written, and each object once."""
        asked: list[str | None] = []
        following = pets.store.following

        def counted(scope: Scope, id: str | None, limit: int) -> Any:
            asked.append(id)
            return following(scope, id, limit)

        Run(pets)(text_of(*map(pet, range(1200))))
        monkeypatch.setattr(pets.store, "following", counted)
        stream = export_objects(pets, "", [PET])
        first = next(stream)
        assert asked == [None]
        rest = list(stream)
        assert len(asked) == 4
        assert len({each["_id"] for each in [first, *rest]}) == 1204

    def test_is_of_one_state(self, pets: Context) -> None:
        """What is written while an export runs is not in it, wherever it has come to."""
        Run(pets)(text_of(*map(pet, range(600))))
        stream = export_objects(pets, "", [PET])
        found = [next(stream)]

        def write() -> None:
            Run(pets)(text_of(*map(pet, range(10))), "other.jsonl")

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        found += stream
        assert len(found) == 604
        assert pets.store.count(Scope("", PET)) == 614

    def test_names_schemas_as_people_do(self, pets: Context) -> None:
        """A schema is found by reference, by name and by title, in any case; others are told."""
        for name in (PET, "pet", "Pet"):
            assert schema_named(pets.catalog, name) == PET
        with pytest.raises(BadRequest, match=r"'urn:x' is not installed; installed are: https://example.com"):
            schema_named(pets.catalog, "urn:x")


def test_the_principal_of_an_import_is_named(run: Run) -> None:
    """What an import creates says so."""
    run(text_of(pet(1, name="Only one")))
    (found,) = (each for each in export_objects(run.context, "", [PET]) if each["name"] == "Only one")
    assert found["_self"]["application"] == Principal("import", frozenset()).application
