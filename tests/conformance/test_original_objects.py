"""Objects of published schemas of Common Gateway: created, read, and written back as they were read."""

from __future__ import annotations

import json
import sys
from collections import Counter

import pytest
from published_schemas import files
from schema_examples import example
from schema_world import World

from gateway_core.operations.call import Action

LEVELS = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The schemas of all bundles together in one gateway, each with an endpoint."""
    bodies = {}
    for _, path in files():
        body = json.loads(path.read_text(encoding="utf-8"))
        bodies[body["$id"]] = body
    if not bodies:
        pytest.skip("no schemas: set GATEWAY_SHARED to the folder with shared test data")
    folder = tmp_path_factory.mktemp("world")
    made = World(f"sqlite:///{folder}/s.db", folder / "bundle", *bodies.values())
    yield made
    made.store.close()


class Circle(Exception):
    """Kinds of objects that require each other: none can be written without another."""


def whole(world, reference, level=0):
    """A document with the members that can be written: of relations those that must be there."""
    entity = world.context.catalog.entities[reference]
    document = example(entity.spec)
    for prop in entity.relations:
        document.pop(prop.name, None)
        if prop.name in entity.spec.required:
            if level == LEVELS:
                raise Circle
            child = whole(world, prop.target, level + 1)
            document[prop.name] = [child] if prop.many else child
    return document


def test_each_kind_of_object_lives(world, capsys):
    """It is created from a document, answered whole, and the answer, sent back, changes nothing."""
    outcomes: Counter[str] = Counter()
    for name, endpoint in world.endpoints.items():
        try:
            document = whole(world, endpoint.entity)
        except Circle:
            outcomes["require each other"] += 1
            continue
        made = world.call(Action.CREATE, name, document)
        read = world.call(Action.READ, name, None, made["id"])
        assert world.call(Action.REPLACE, name, read, made["id"]) == read, name
        assert world.call(Action.PATCH, name, read, made["id"]) == read, name
        outcomes["come back as they went"] += 1
    with capsys.disabled():
        sys.stdout.write(f"\nkinds of objects: {dict(outcomes)}\n")
    assert outcomes["come back as they went"] > 130
