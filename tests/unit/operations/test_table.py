"""Documents as rows of a table, and back."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.cli.object_files import Lines
from gateway_core.cli.object_rows import CsvRecords, document_rows, write_rows
from gateway_core.errors import BadRequest
from gateway_core.operations import table
from gateway_core.operations.call import Context
from gateway_core.schema import EntitySpec, PropertyKind, PropertySpec

PET = "https://example.com/petstore/pet.schema.json"
OWNER = "https://example.com/petstore/owner.schema.json"

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
RISKY = st.sampled_from(
    ["=1+1", "+31", "-2", "@x", "\tx", "\rx", "\nx", "'", "''=", "'=x", "'t Hof", "", "a;b,c"]
)
SPEC = EntitySpec(
    "urn:x",
    "x",
    "X",
    "",
    "1",
    {
        "text": PropertySpec("text", types=frozenset({"string"})),
        "whole": PropertySpec("whole", types=frozenset({"integer"})),
        "number": PropertySpec("number", types=frozenset({"number"})),
        "flag": PropertySpec("flag", types=frozenset({"boolean"})),
        "texts": PropertySpec("texts", types=frozenset({"string"}), many=True),
        "free": PropertySpec("free", types=frozenset({"object"})),
        "part": PropertySpec(
            "part",
            PropertyKind.INLINE,
            types=frozenset({"object"}),
            properties={"a.b": PropertySpec("a.b", types=frozenset({"string"}))},
        ),
        "parts": PropertySpec(
            "parts",
            PropertyKind.INLINE,
            types=frozenset({"object"}),
            many=True,
            properties={"n": PropertySpec("n", types=frozenset({"integer"}))},
        ),
    },
    frozenset(),
    3,
    (),
    {},
    {},
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXT | RISKY,
        "whole": st.integers(-(2**63), 2**63 - 1),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "texts": st.lists(TEXT | RISKY, max_size=4),
        "free": st.dictionaries(TEXT, TEXT | st.integers(0, 9) | st.none(), max_size=3),
        "part": st.dictionaries(st.just("a.b"), TEXT | RISKY),
        "parts": st.lists(st.fixed_dictionaries({"n": st.integers(-9, 9)}), max_size=3),
    },
)


def through_csv(document: dict[str, Any]) -> tuple[list[list[str]], dict[str, Any]]:
    """The rows of a file with the document, and the document that they are read as."""
    cells = table.cells_of(document, SPEC, lambda _: None)
    paths = table.ordered(cells, SPEC, lambda _: None)
    stream = io.BytesIO()
    write_rows(
        stream, [[table.cell(table.column_name(p)) for p in paths], [table.cell(cells[p]) for p in paths]]
    )
    rows = list(csv.reader(io.StringIO(stream.getvalue().decode(), newline="")))
    found = []
    for name, text in zip(*rows, strict=True) if len(rows) == 2 else ():
        column = table.column(table.unguarded(name), SPEC, lambda _: None)
        found.append((column.path, table.value_of(text, column.types, json.loads)))
    return rows, table.document_of(found)


class TestCells:
    @given(DOCUMENTS)
    def test_come_back_as_they_went(self, document: dict[str, Any]) -> None:
        """What a schema declares survives the way through a CSV file, whatever texts it holds."""
        assert through_csv(document)[1] == document

    @given(DOCUMENTS)
    def test_are_no_formulas(self, document: dict[str, Any]) -> None:
        """No cell of text begins as a formula does; only numbers may begin with their sign."""
        for row in through_csv(document)[0]:
            for text in row:
                if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
                    assert isinstance(json.loads(text), int | float)

    @pytest.mark.parametrize("text", ["'t Hof", "'s-Gravenhage", "O'Hara", "it's"])
    def test_keep_apostrophes_that_guard_nothing(self, text: str) -> None:
        """A name that begins with an apostrophe is read and written as it is."""
        assert table.cell(text) == text
        assert table.value_of(text, frozenset({"string"}), json.loads) == text

    @pytest.mark.parametrize(("text", "types", "value"), [
        ("00123", {"string"}, "00123"),
        ("12", {"integer"}, 12),
        ("'-12", {"integer"}, -12),
        ("1.50", {"number"}, 1.5),
        ("TRUE", {"boolean"}, True),
        ("yes", {"boolean"}, "yes"),
        ("12", {"integer", "string"}, "12"),
        ("12", set(), "12"),
        ("", {"string"}, None),
    ])  # fmt: skip
    def test_have_the_type_of_the_schema(self, text: str, types: set[str], value: Any) -> None:
        """A number of nine digits stays text where the schema says text, and is one where it says number."""
        found = table.value_of(text, frozenset(types), json.loads)
        assert (found, type(found)) == (value, type(value))


class TestColumns:
    def test_are_those_of_all_objects(self, pets: Context) -> None:
        """The header has every column that occurs anywhere, not those of the first object, in the
        order of the schema and without the members that nobody has."""
        documents = [
            {"_schema": PET, "_id": "1", "species": "dog"},
            {"_schema": PET, "_id": "2", "tags": ["a", "b"], "name": "x"},
            {"_schema": PET, "_id": "3", "tags": ["a"], "_self": {"version": 1}},
        ]
        paths = table.columns_of(documents, pets.catalog)
        names = [table.column_name(path) for path in paths]
        assert names == ["_schema", "_id", "name", "species", "tags.0", "tags.1", "_self.version"]
        rows = list(document_rows(documents, paths, pets.catalog))
        assert rows[1] == [PET, "1", "", "dog", "", "", ""]

    def test_are_an_allow_list(self, pets: Context) -> None:
        """Only what is asked for is shown, in that order; a part stands for all within it."""
        document = {
            "_schema": OWNER,
            "_id": "1",
            "name": "A",
            "address": {"street": "S", "city": "C"},
            "email": "e",
        }
        paths = table.columns_of([document], pets.catalog)
        asked = table.chosen(paths, ["address", "name", "_self.version"])
        assert [table.column_name(path) for path in asked] == [
            "address.street", "address.city", "name", "_self.version"
        ]  # fmt: skip
        shown = table.chosen_of(document, ["address.city", "name"], pets.catalog)
        assert shown == {"address": {"city": "C"}, "name": "A"}

    def test_are_bounded(self, pets: Context) -> None:
        """A list that would make too many columns is refused, with the way out."""
        with pytest.raises(BadRequest, match="more than 10000 columns"):
            table.columns_of([{"_schema": PET, "tags": ["x"] * 10_001}], pets.catalog)


class TestRecords:
    def read(self, pets: Context, text: str | bytes, schema: str | None = PET) -> list[tuple[Any, str]]:
        content = text if isinstance(text, bytes) else text.encode()
        rows = CsvRecords(Lines(io.BytesIO(content)), "f.csv", schema, pets.catalog)
        return [
            (record.document and {k: v for k, v in record.document.items() if k[0] != "_"}, record.reason)
            for record in rows
        ]

    def test_are_read_as_spreadsheets_write_them(self, pets: Context) -> None:
        """Semicolons, a byte order mark, CRLF, lines within cells and empty rows are understood."""
        text = '\ufeffname;tags.0;tags.2;owner.name\r\n"a\r\nb";x;y;Ann\r\n;;;\r\nc;;;\r\n'
        assert self.read(pets, text) == [
            ({"name": "a\r\nb", "tags": ["x", "y"], "owner": {"name": "Ann"}}, ""),
            ({"name": "c"}, ""),
        ]

    @pytest.mark.parametrize(("row", "reason"), [
        (b"a,b,c", "it has 3 cells, and the header names 2 columns"),
        (b"a,99999999999999999999", "column 'number': "),
        (b'a,"1', "it is no valid CSV"),
        (b"a\xff,1", "it is not valid UTF-8"),
        (b"a\0,1", "it holds a NUL character, which cannot be stored"),
    ])  # fmt: skip
    def test_that_are_bad_have_a_reason_without_values(self, pets: Context, row: bytes, reason: str) -> None:
        """What is wrong with a row is told by place; the rows beside it are read."""
        content = b"name,number\nx,1\n" + row + (b"" if b'"' in row else b"\ny,2\n")
        first, bad, *rest = self.read(pets, content)
        assert first == ({"name": "x", "number": 1}, "")
        assert bad[0] is None
        assert bad[1].startswith(reason)
        assert "9999" not in bad[1]
        assert rest == ([] if b'"' in row else [({"name": "y", "number": 2}, "")])

    @pytest.mark.parametrize(("header", "reason"), [
        ("name,nmae", "column 'nmae': Pet has no 'nmae'"),
        ("name,name", "the header names a column twice"),
        ("tags.a", "'tags' is a list; name an element: 'tags.0'"),
        ("owner.nothing", "has no 'owner.nothing'"),
    ])  # fmt: skip
    def test_need_a_header_that_can_be_meant(self, pets: Context, header: str, reason: str) -> None:
        """A column that the schema does not have is refused before anything is read."""
        with pytest.raises(BadRequest, match=reason):
            self.read(pets, f"{header}\nx,y\n")

    def test_of_several_schemas_stand_in_one_file(self, pets: Context) -> None:
        """Each row is read by its own schema; a cell in another schema's column is refused."""
        found = self.read(
            pets, f"_schema,name,species,email\n{PET},a,dog,\n{OWNER},b,,e\n{OWNER},c,dog,\n", None
        )
        assert found == [
            ({"name": "a", "species": "dog"}, ""),
            ({"name": "b", "email": "e"}, ""),
            (None, "the schema has no column 'species'"),
        ]

    def test_with_a_part_and_its_whole_are_refused(self, pets: Context) -> None:
        """A relation by id and its members at once cannot both be meant."""
        (bad,) = self.read(pets, "owner,owner.name\nx,Ann\n")
        assert bad == (None, "column 'owner.name' and one that it is part of both have a value")
