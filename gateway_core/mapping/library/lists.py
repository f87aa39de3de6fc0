"""Filters and functions on lists and objects (and, where Twig does, on text)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice
from types import MappingProxyType
from typing import Final

from gateway_core.mapping import paths
from gateway_core.mapping.library.ordering import sorted_pairs
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import (
    as_array,
    failure,
    is_array,
    is_empty,
    is_true,
    items_of,
    key_text,
    keys_are_texts,
    kind_of,
    member,
    renumber,
    scalar_text,
    text_of_item,
    to_int,
    to_text,
    values_of,
)
from gateway_core.types import Json

Arrow = Callable[..., Json]


def need_array(value: Json, name: str) -> None:
    if not is_array(value):
        raise failure(f"The filter {name} works on lists and objects only, not on {kind_of(value)}")


def merge(run: Run, value: Json, *others: Json) -> Json:
    """Lists are appended, text keys overwritten in place, integer keys counted anew."""
    if len(others) == 1 and type(value) is list and type(others[0]) is list:
        run.items(len(value) + len(others[0]))
        return value + others[0]
    arrays = (value, *others)
    for array in arrays:
        need_array(array, "merge")
    run.items(sum(map(len, arrays)))
    if all(isinstance(array, list) for array in arrays):
        return [item for array in arrays for item in array]
    if all(not array or (isinstance(array, dict) and keys_are_texts(array)) for array in arrays):
        return {key: item for array in arrays if array for key, item in array.items()}
    return renumber(pair for array in arrays for pair in items_of(array))


def sort(run: Run, value: Json, arrow: Arrow | None) -> Json:
    """In the order of ``<=>`` or of the function; keys stay with their values."""
    need_array(value, "sort")
    run.items(len(value) * 4)
    pairs = sorted_pairs(list(items_of(value)), arrow, run)
    return as_array({str(key): item for key, item in pairs})


def batch(run: Run, value: Json, size: Json, fill: Json, preserve_keys: Json) -> Json:
    """Groups of ``size``; the last one is filled up when ``fill`` is not null."""
    need_array(value, "batch")
    width = math.ceil(size) if isinstance(size, float) and math.isfinite(size) else to_int(size)
    if width < 1:
        raise failure("The size of a batch must be at least 1")
    if fill is not None:
        run.items(width)
    run.items(len(value))
    run.burn(len(value) // width)
    pairs = list(items_of(value))
    groups = [pairs[start : start + width] for start in range(0, len(pairs), width)]
    if fill is not None and groups:
        last = groups[-1]
        following = max((key for key, _ in last if isinstance(key, int)), default=-1) + 1
        last.extend((following + index, fill) for index in range(width - len(last)))
    if is_true(preserve_keys):
        return [as_array({str(key): item for key, item in group}) for group in groups]
    return [[item for _, item in group] for group in groups]


def column(run: Run, value: Json, name: Json, index: Json) -> Json:
    """One member of every row that has it, by the member ``index`` of the row if given."""
    need_array(value, "column")
    run.items(len(value))
    pairs: dict[str, Json] = {}
    count = 0
    for row in values_of(value):
        found, item = (True, row) if name is None else member(row, key_text(name))
        if not found:
            continue
        keyed, key = (False, None) if index is None else member(row, key_text(index))
        if keyed and key is not None and not is_array(key):
            pairs[key_text(key)] = item
        else:
            pairs[str(count)] = item
            count += 1
    return list(pairs.values()) if count == len(pairs) else as_array(pairs)


def filter_items(run: Run, value: Json, arrow: Arrow) -> Json:
    """The items for which the function is true; they keep their keys."""
    if not is_array(value):
        raise failure(f"The filter filter works on lists and objects only, not on {kind_of(value)}")
    run.items(len(value))
    kept = [(key, item) for key, item in items_of(value) if is_true(arrow(item, key))]
    if isinstance(value, list) and (not kept or kept[-1][0] == len(kept) - 1):
        return [item for _, item in kept]
    return as_array({str(key): item for key, item in kept})


def map_items(run: Run, value: Json, arrow: Arrow) -> Json:
    """Every item through the function; what is no array counts as an empty one."""
    if not is_array(value):
        return []
    run.items(len(value))
    if isinstance(value, list):
        return [arrow(item, index) for index, item in enumerate(value)]
    return {str(key): arrow(item, key) for key, item in items_of(value)}


def reduce(run: Run, value: Json, arrow: Arrow, initial: Json) -> Json:
    need_array(value, "reduce")
    run.items(len(value))
    carry = initial
    for key, item in items_of(value):
        carry = arrow(carry, item, key)
    return carry


def find(run: Run, value: Json, arrow: Arrow) -> Json:
    need_array(value, "find")
    run.items(len(value))
    return next((item for key, item in items_of(value) if is_true(arrow(item, key))), None)


def reverse(run: Run, value: Json, preserve_keys: Json) -> Json:
    if not is_array(value):
        text = to_text(value)
        run.text(len(text))
        return text[::-1]
    run.items(len(value))
    if isinstance(value, list) and not is_true(preserve_keys):
        return value[::-1]
    pairs = list(items_of(value))[::-1]
    return as_array({str(key): item for key, item in pairs}) if is_true(preserve_keys) else renumber(pairs)


def length(run: Run, value: Json) -> int:
    return len(value) if is_array(value) else len(to_text(value))


def slice_items(run: Run, value: Json, start: Json, count: Json, preserve_keys: Json) -> Json:
    """``count`` items or letters from ``start``; both count from the end when negative."""
    size = len(value) if is_array(value) else len(to_text(value))
    first = to_int(start)
    first = max(size + first, 0) if first < 0 else min(first, size)
    last = size if count is None else to_int(count)
    if count is not None:
        last = size + last if last < 0 else min(first + last, size)
    last = max(first, last)
    if not is_array(value):
        run.text(last - first)
        return to_text(value)[first:last]
    keep = is_true(preserve_keys)
    if isinstance(value, list) and (not keep or first == 0):
        run.items(last - first)
        return value[first:last]
    run.items(last)
    pairs = list(islice(items_of(value), first, last))
    return as_array({str(key): item for key, item in pairs}) if keep else renumber(pairs)


def first(run: Run, value: Json) -> Json:
    """The first item or letter; false for an empty array, as PHP's ``current`` answers."""
    if not is_array(value):
        return to_text(value)[:1]
    return next(iter(values_of(value)), False)


def last(run: Run, value: Json) -> Json:
    if not is_array(value):
        return to_text(value)[-1:]
    return next(reversed(value if isinstance(value, list) else value.values()), False)


def keys(run: Run, value: Json) -> Json:
    if not is_array(value):
        return []
    run.items(len(value))
    return [key for key, _ in items_of(value)]


def join(run: Run, value: Json, glue: Json, final: Json) -> Json:
    """The items as text with the glue between, ``final`` before the last one."""
    if not is_array(value):
        value = [] if value is None else [value]
    run.burn(1 + len(value))
    separator = scalar_text(glue, "The glue of join")
    texts = [text_of_item(run, item) for item in values_of(value)]
    ending = separator if final is None else scalar_text(final, "The final glue of join")
    run.text(sum(map(len, texts)) + len(separator) * len(texts) + len(ending))
    if ending == separator or len(texts) < 2:
        return separator.join(texts)
    return separator.join(texts[:-1]) + ending + texts[-1]


def split(run: Run, value: Json, delimiter: Json, limit: Json) -> Json:
    """Text into parts; a negative limit leaves that many parts off the end."""
    text = scalar_text(value, "The filter split")
    separator = scalar_text(delimiter, "The delimiter of split")
    most = None if limit is None else to_int(limit)
    run.text(len(text))
    if not separator:
        width = 1 if most is None or most <= 1 else most
        run.items(len(text) // width + 1)
        return [text[start : start + width] for start in range(0, len(text), width)] or (
            [""] if not text else []
        )
    run.items(text.count(separator) + 1)
    if most is None:
        return text.split(separator)
    if most < 0:
        return text.split(separator)[:most]
    return text.split(separator, max(most, 1) - 1)


def default(run: Run, value: Json, alternative: Json) -> Json:
    return alternative if is_empty(value) else value


def array_values(run: Run, value: Json) -> Json:
    if not is_array(value):
        raise failure(f"arrayValues needs a list or an object, not {kind_of(value)}")
    run.items(len(value))
    return list(values_of(value))


def dot_to_object(run: Run, value: Json) -> Json:
    """``{"a.b": 1}`` as ``{"a": {"b": 1}}``."""
    if not is_array(value):
        raise failure(f"dotToObject needs an object, not {kind_of(value)}")
    run.items(len(value))
    result: Json = {}
    for key, item in items_of(value):
        segments = tuple(str(key).split("."))
        if len(segments) > run.limits.depth:
            raise run.too_deep()
        run.burn(len(segments))
        head = segments[0]
        if type(result) is dict and not head.isdigit():
            # The top level is this filter's own: no need to copy it for every key.
            result[head] = (
                item if len(segments) == 1 else paths.put(result.get(head), segments[1:], item, run.burn)
            )
        else:
            result = paths.put(result, segments, item, run.burn)
    return result


FILTERS: Final = MappingProxyType[str, Function](
    {
        "batch": function(
            batch, Parameter("size"), Parameter("fill", None), Parameter("preserve_keys", True)
        ),
        "column": function(column, Parameter("name"), Parameter("index", None)),
        "default": function(default, Parameter("default", "")),
        "filter": function(filter_items, Parameter("arrow", arrow=True)),
        "find": function(find, Parameter("arrow", arrow=True)),
        "first": function(first),
        "join": function(join, Parameter("glue", ""), Parameter("and", None)),
        "keys": function(keys),
        "last": function(last),
        "length": function(length),
        "map": function(map_items, Parameter("arrow", arrow=True)),
        "merge": function(merge, variadic=True),
        "reduce": function(reduce, Parameter("arrow", arrow=True), Parameter("initial", None)),
        "reverse": function(reverse, Parameter("preserve_keys", False)),
        "slice": function(
            slice_items, Parameter("start"), Parameter("length", None), Parameter("preserve_keys", False)
        ),
        "sort": function(sort, Parameter("arrow", None, arrow=True)),
        "split": function(split, Parameter("delimiter"), Parameter("limit", None)),
    }
)

FUNCTIONS: Final = MappingProxyType[str, Function](
    {
        "arrayValues": function(array_values, Parameter("array")),
        "dotToObject": function(dot_to_object, Parameter("array")),
    }
)
