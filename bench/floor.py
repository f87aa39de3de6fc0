"""The floor: what Starlette and SQLite cost when they do nothing but move the same bytes.

    FLOOR_DB=file.db uvicorn bench.floor:app

Answers come from the tables ``item`` (key, body, found) and ``page`` (key, body); a POST is decoded,
inserted with the durability that the environment names, and echoed. One connection, no thread.
"""

from __future__ import annotations

import os
import sqlite3
import uuid

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

JSON = "application/json"


def connect(path: str, synchronous: str) -> sqlite3.Connection:
    """A connection with the durability of the gateway's store."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, found TEXT, body BLOB)")
    connection.execute("CREATE INDEX IF NOT EXISTS item_found ON item (found)")
    connection.execute("CREATE TABLE IF NOT EXISTS page (key TEXT PRIMARY KEY, body BLOB)")
    return connection


store = connect(os.environ["FLOOR_DB"], os.environ.get("FLOOR_SYNCHRONOUS", "FULL"))


async def item(request: Request) -> Response:
    row = store.execute("SELECT body FROM item WHERE key = ?", (request.path_params["key"],)).fetchone()
    return Response(row[0], media_type=JSON)


async def find(request: Request) -> Response:
    row = store.execute("SELECT body FROM item WHERE found = ?", (request.query_params["found"],)).fetchone()
    return Response(row[0], media_type=JSON)


async def page(request: Request) -> Response:
    row = store.execute("SELECT body FROM page WHERE key = ?", (request.path_params["key"],)).fetchone()
    return Response(row[0], media_type=JSON)


async def create(request: Request) -> Response:
    body = orjson.loads(await request.body())
    key = str(uuid.uuid4())
    content = orjson.dumps(body)
    store.execute("INSERT INTO item (key, found, body) VALUES (?, ?, ?)", (key, key, content))
    return Response(content, status_code=201, media_type=JSON)


app = Starlette(
    routes=[
        Route("/item/{key}", item),
        Route("/find", find),
        Route("/page/{key}", page),
        Route("/item", create, methods=["POST"]),
    ]
)
