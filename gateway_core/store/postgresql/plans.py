"""What PostgreSQL says of how it would answer a query; its own words would show the values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gateway_core.query.model import All, Query
from gateway_core.store.postgresql.connections import Connection
from gateway_core.store.protocol import Plan
from gateway_core.store.sql import Statement

_IN_ORDER = ("object_page",)


def plan_of(connection: Connection, query: Query, statements: Iterable[Statement]) -> Plan:
    """The kinds of steps, and the tables and indexes they use, in the order in which they are shown."""
    nodes: list[dict[str, Any]] = []
    for statement in statements:
        found = connection.execute(f"EXPLAIN (FORMAT JSON) {statement.text}", statement.params).fetchone()
        nodes.extend(_nodes(found[0][0]["Plan"] if found else {}))
    reads_all = query.where != All() and any(map(_reads_all, nodes))
    sorts = any(node.get("Node Type") == "Sort" and not _limited(node) for node in nodes)
    return Plan(tuple(dict.fromkeys(map(_step, nodes))), reads_all, bool(query.order) and sorts)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def _limited(node: dict[str, Any]) -> bool:
    """Whether the rows of a step are no more than the window reaches."""
    inner = node.get("Plans", ())
    return node.get("Node Type") == "Limit" or (bool(inner) and all(map(_limited, inner)))


def _step(node: dict[str, Any]) -> str:
    index, table = node.get("Index Name"), node.get("Relation Name")
    using = f" using {index}" if index else ""
    return f"{node.get('Node Type')}{using}{f' on {table}' if table else ''}"


def _reads_all(node: dict[str, Any]) -> bool:
    """A step that reads the objects by nothing but the tenant, the kind and the owner."""
    if node.get("Relation Name") == "object" and node.get("Node Type") == "Seq Scan":
        return True
    index, bound = str(node.get("Index Name", "")), str(node.get("Index Cond", ""))
    if index.startswith(("member_", "order_")):
        return " AND " not in bound  # the tenant is the first column, the member the next
    return index in _IN_ORDER and "(seq " not in bound
