"""The indexes of the parts of texts: each a GIN index on what a function makes of a document.

The function is ``grams.grams_of`` in SQL, so that whoever writes a row keeps the index, older programs too.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson

from gateway_core.store.dialect import Bind, quoted
from gateway_core.store.grams import ANYTHING, LENGTH, MAX_CHARACTERS, SHORTEST, UNSTABLE
from gateway_core.store.known import TextIndex
from gateway_core.store.searches import Alternatives, tsquery

BLOCK = 500  # characters: to reach a place in a long text costs as much as there are before it


def definition(fold: str) -> str:
    """The function ``member_grams``; ``fold`` names the one that folds what is not ASCII.

    Not in the language of SQL: such a function would be planned anew for each row.
    """
    marks = "".join(chr(code) for code in range(1, 128) if not chr(code).isalnum())
    return f"""CREATE OR REPLACE FUNCTION member_grams(doc jsonb, paths text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $grams$
DECLARE
    path text; value jsonb; t text; part text;
    size bigint := 0; texts text[] := '{{}}'; found text[] := '{{}}';
BEGIN
    FOREACH path IN ARRAY paths LOOP
        FOR value IN SELECT jsonb_path_query(doc, path::jsonpath) LOOP
            IF jsonb_typeof(value) = 'string' THEN
                texts := texts || (value #>> '{{}}');
                size := size + char_length(value #>> '{{}}');
            END IF;
        END LOOP;
    END LOOP;
    IF size > {MAX_CHARACTERS} THEN
        RETURN array_to_tsvector(ARRAY['{ANYTHING}']);
    END IF;
    FOREACH t IN ARRAY texts LOOP
        IF octet_length(t) = char_length(t) THEN
            t := lower(t COLLATE "C");
        ELSE
            t := regexp_replace({fold}(t), '[{UNSTABLE}]', '_', 'g');
        END IF;
        t := translate(t, {quoted(marks)}, '{"_" * len(marks)}');
        FOR start IN 0 .. char_length(t) - {SHORTEST} BY {BLOCK} LOOP
            part := substr(t, start + 1, {BLOCK + LENGTH - 1});
            FOR place IN 1 .. least({BLOCK}, char_length(part) - {SHORTEST - 1}) LOOP
                found := found || substr(part, place, {LENGTH});
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(found);
END
$grams$"""


def with_parts(row: str, within: str, index: TextIndex, wanted: Alternatives, bind: Bind) -> str:
    """See ``Dialect.with_parts``.

    PostgreSQL knows nothing of how often parts occur, takes them to be in half a percent of all objects,
    and would rather read a large table in the order of a page than so many of them. So the index is asked
    first and apart; of an array it takes the elements to be few, and a join with it stays one of many.
    """
    grams = grams_expression("doc", index.paths)
    found = f"SELECT seq FROM object WHERE {within} AND {grams} @@ {bind(tsquery(wanted))}::tsquery"
    return f"{row}.seq IN (SELECT unnest(ARRAY({found})))"


def index_name(entity: str, paths: Sequence[str]) -> str:
    digest = sha256("\0".join((entity, *paths)).encode()).hexdigest()
    return f"texts_{digest[:16]}"


def create_statement(entity: str, paths: Sequence[str]) -> str:
    """To make the index while others write; text as for a statement with parameters."""
    return (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index_name(entity, paths)}"
        f" ON object USING gin ({grams_expression('doc', paths)}) WHERE entity = {_literal(entity)}"
    )


def grams_expression(doc: str, paths: Sequence[str]) -> str:
    """The grams of a document, as the index is made of them."""
    # In this mode of a path a list stands for its elements, as in a query.
    listed = (f"lax ${''.join(f'.{_name(name)}' for name in path.split('.'))}[*]" for path in paths)
    return f"member_grams({doc}, ARRAY[{', '.join(map(_literal, listed))}])"


def _name(name: str) -> str:
    return orjson.dumps(name).decode()


def _literal(text: str) -> str:
    return quoted(text).replace("%", "%%")
