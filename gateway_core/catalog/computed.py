"""Endpoints below an object that answer what a mapping makes of it: what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.schema import Validator
from gateway_core.types import Json, JsonObject, Reference

# What the mapping gets: the object that the path names, the parameters, the objects found, and the settings.
OBJECT, PARAMETERS, INPUTS, SETTINGS = "object", "parameters", "inputs", "settings"
MAX_FOUND = 100


class Type(StrEnum):
    """What a parameter may hold, beside the id of an object."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: a value that keeps to a schema, or with ``target`` an object of another entity.

    ``described`` is its JSON Schema for the API document, ``validator`` that schema made ready.
    """

    name: str
    description: str
    type: Type
    target: Reference | None
    required: bool
    described: JsonObject
    validator: Validator
    example: Json = None


@dataclass(frozen=True, slots=True)
class Known:
    """A value for a filter that is read from what is known so far: steps into the mapping's input."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value for a filter that the configuration gives."""

    value: Json


Value: TypeAlias = Known | Fixed


@dataclass(frozen=True, slots=True)
class Selection:
    """Objects of an entity, found by filters (parameter name and value) in an order, ``limit`` at most."""

    name: str
    target: Reference
    filters: tuple[tuple[str, Value], ...]
    order: JsonObject
    limit: int


@dataclass(frozen=True, slots=True)
class Computed:
    """The last part of the path, and what the answer is made of."""

    word: str
    mapping: CompiledMapping
    parameters: tuple[Parameter, ...] = ()
    selections: tuple[Selection, ...] = ()
    settings: JsonObject = field(default_factory=dict)
