"""Actions: what is done on which event, and whether anybody listens to what happens to an entity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator

from gateway_core.catalog.original import is_original
from gateway_core.catalog.rejected import reject
from gateway_core.logic import BadRule, Rule, compile_rule
from gateway_core.schema import EntitySpec
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, EventName, Finding, Json, JsonObject, Reference, Severity

# What Common Gateway calls the same; its actions listen to these.
EVENT_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "commongateway.object.create": EventName.CREATED,
        "commongateway.object.update": EventName.UPDATED,
        "commongateway.object.delete": EventName.DELETED,
        "commongateway.object.post.create": EventName.CREATED,
        "commongateway.object.post.update": EventName.UPDATED,
        "commongateway.object.post.delete": EventName.DELETED,
    }
)
OF_OBJECTS: Final = frozenset(map(str, EventName))
ALWAYS: Final = compile_rule(True)

Interest: TypeAlias = Callable[[Mapping[str, Json]], Mapping[Reference, Collection[str]] | None]
"""A valid configuration → the schemas that it is about, each with the members of an object that events
shall carry for it; None for all schemas."""


def everything(_: Mapping[str, Json]) -> None:
    """The interest of a handler whose configuration names no schemas."""


@dataclass(frozen=True, slots=True)
class HandlerSpec:
    """What the catalog needs to know of a handler (``operations.actions.protocol``)."""

    name: str
    aliases: tuple[str, ...]
    schema: JsonObject
    interest: Interest = everything


@dataclass(frozen=True, slots=True)
class Action:
    """One action, compiled.

    ``schemas``: the entities whose events it hears, None for all; ``carries``: the members of their
    objects that events shall hold for it. ``immediate``: it is done within the request.
    """

    reference: Reference
    title: str
    handler: str
    listens: frozenset[str]
    throws: tuple[str, ...] = ()
    condition: Rule = ALWAYS
    priority: int = 1
    immediate: bool = False
    schemas: frozenset[Reference] | None = None
    carries: Mapping[Reference, Collection[str]] = field(default_factory=dict)
    configuration: Mapping[str, Json] = field(default_factory=dict)

    def hears(self, name: str, entity: Reference) -> bool:
        """Whether it listens to events of the name about objects of the entity, its condition aside.
        Names are compared whole."""
        return name in self.listens and (self.schemas is None or not entity or entity in self.schemas)


@dataclass(frozen=True, slots=True)
class Actions:
    """All actions that can be done, in the order in which they are done on one event: those of higher
    priority first, and among equals by reference."""

    listed: tuple[Action, ...] = ()
    recorded: frozenset[tuple[str, Reference]] = frozenset()
    """The events of objects, by name and entity, that somebody hears: nobody could be told of any other."""
    carried: Mapping[Reference, tuple[str, ...]] = field(default_factory=dict)
    """The members that events about objects of an entity hold."""
    immediate: frozenset[str] = frozenset()
    """The names of events on which something is done within the request."""

    def on(self, name: str, entity: Reference) -> tuple[Action, ...]:
        """The actions that hear of an event."""
        return tuple(action for action in self.listed if action.hears(name, entity))

    def named(self, reference: Reference) -> Action | None:
        """The action of a reference, None when there is none that can be done."""
        return next((action for action in self.listed if action.reference == reference), None)

    @classmethod
    def of(cls, actions: Iterable[Action], entities: Collection[Reference]) -> Actions:
        """The actions put in order, and what follows from them for the entities."""
        listed = tuple(sorted(actions, key=lambda action: (-action.priority, action.reference)))
        recorded = frozenset(
            (name, entity)
            for action in listed
            for name in action.listens & OF_OBJECTS
            for entity in (entities if action.schemas is None else action.schemas & frozenset(entities))
        )
        carried: dict[Reference, dict[str, None]] = {}
        for action in listed:
            for entity, members in action.carries.items():
                carried.setdefault(entity, {}).update(dict.fromkeys(members))
        return cls(
            listed,
            recorded,
            MappingProxyType({entity: tuple(members) for entity, members in carried.items()}),
            frozenset(name for action in listed if action.immediate for name in action.listens),
        )


class ActionReader:
    """Reads artifacts of actions, against the handlers that there are. What is wrong is found, not raised."""

    def __init__(
        self,
        handlers: Sequence[HandlerSpec],
        specs: Mapping[Reference, EntitySpec],
        referable: Mapping[str, Collection[Reference]],
        findings: list[Finding],
    ) -> None:
        self._handlers = {_dotted(name): spec for spec in handlers for name in (spec.name, *spec.aliases)}
        self._specs, self._referable, self._findings = specs, referable, findings
        self._faulty = False

    def read(self, artifact: Artifact) -> Action | None:
        """The action; None when it is disabled, or cannot be done."""
        body = artifact.body
        if body.get("isEnabled") is False:
            return None
        self._faulty = False
        spec = self._handler(artifact)
        condition = self._condition(artifact) if spec is not None else None
        if spec is None or condition is None:
            return None
        configuration = dict(body.get("configuration") or {})
        self._check_configuration(artifact, spec, configuration)
        listens = frozenset(EVENT_ALIASES.get(name, name) for name in self._texts(artifact, "listens"))
        if not listens:
            self._find(artifact, Severity.WARNING, "listens to no event: it is never done", "/listens")
        throws = self._texts(artifact, "throws")
        priority = body.get("priority", 1)
        if isinstance(priority, bool) or not isinstance(priority, int):
            self._find(artifact, Severity.ERROR, "'priority' must be a whole number", "/priority")
        schemas, carries = self._interest(artifact, spec, configuration)
        if self._faulty:
            return None
        return Action(
            reference=artifact.reference,
            title=str(body.get("title") or body.get("name") or artifact.reference),
            handler=spec.name,
            listens=listens,
            throws=throws,
            condition=condition,
            priority=priority,
            immediate=body.get("async", "handler" in body) is False,
            schemas=schemas,
            carries=carries,
            configuration=MappingProxyType(configuration),
        )

    def _handler(self, artifact: Artifact) -> HandlerSpec | None:
        own, original = artifact.body.get("handler"), artifact.body.get("class")
        name = str(own or original or "")
        spec = self._handlers.get(_dotted(name))
        if spec is None and (own or not original or not is_original(artifact)):
            known = sorted({spec.name for spec in self._handlers.values()})
            hint = suggestion(name, known) or f"There are: {', '.join(known)}; packages can add others."
            text = f"there is no handler '{name}': it is never done" if name else "it names no 'handler'"
            self._find(artifact, Severity.ERROR, text, "/handler" if own else "/class", hint)
        return spec

    def _condition(self, artifact: Artifact) -> Rule | None:
        if "conditions" not in artifact.body:
            return ALWAYS
        conditions = artifact.body["conditions"]
        try:
            rule = compile_rule(conditions)
        except BadRule as fault:
            self._find(artifact, Severity.ERROR, f"'conditions': {fault}", "/conditions")
            return None
        if not conditions:
            hint = 'Leave "conditions" out for an action without any.'
            self._find(artifact, Severity.WARNING, "empty 'conditions' never hold", "/conditions", hint)
        return rule

    def _check_configuration(self, artifact: Artifact, spec: HandlerSpec, configuration: JsonObject) -> None:
        for fault in Draft202012Validator(spec.schema).iter_errors(configuration):
            place = "/".join(("/configuration", *map(str, fault.absolute_path)))
            # The words of the library may quote a value: configuration is no secret, but may be long.
            text = f"'{place[1:]}' does not fit the handler '{spec.name}': {fault.message[:200]}"
            self._find(artifact, Severity.ERROR, text, place)
        if not self._faulty:
            self._check_references(artifact, spec.schema, configuration, "/configuration")

    def _interest(
        self, artifact: Artifact, spec: HandlerSpec, configuration: JsonObject
    ) -> tuple[frozenset[Reference] | None, Mapping[Reference, Collection[str]]]:
        interest = None if self._faulty else spec.interest(configuration)
        named = self._texts(artifact, "schemas") if "schemas" in artifact.body else None
        wanted = named if named is not None else interest
        schemas = None if wanted is None else frozenset(wanted)
        for schema in sorted(set(schemas or ()) - self._specs.keys()):
            text = f"it is about schema '{schema}', which is not installed"
            self._find(artifact, Severity.ERROR, text, "", suggestion(schema, self._specs))
        for schema, members in (interest or {}).items():
            for member in members if schema in self._specs else ():
                self._check_carried(artifact, self._specs[schema], member)
        return schemas, MappingProxyType({k: tuple(members) for k, members in (interest or {}).items()})

    def _check_carried(self, artifact: Artifact, spec: EntitySpec, member: str) -> None:
        prop = spec.properties.get(member)
        named = f"events would carry '{member}' of {spec.title}"
        if prop is None:
            text, hint = f"{named}, which has no such member", suggestion(member, spec.properties)
            self._find(artifact, Severity.ERROR, text, "/configuration", hint)
        elif prop.write_only:
            self._find(artifact, Severity.ERROR, f"{named}, which is never shown", "/configuration")
        elif prop.sensitive:
            hint = "Whoever subscribes is told it; leave it out unless that is meant."
            self._find(artifact, Severity.WARNING, f"{named}, which is personal data", "/configuration", hint)

    def _check_references(
        self, artifact: Artifact, schema: Mapping[str, Json], value: Json, place: str
    ) -> None:
        """Report what a configuration refers to that is not installed, where the handler's schema says
        that it refers to something."""
        refers = schema.get("x-refers")
        if refers is not None and isinstance(value, str):
            known: Collection[str] = self._referable.get(str(refers), self._specs)
            if value not in known:
                text = f"'{place[1:]}' names the {refers} '{value}', which is not installed"
                other = "Install the bundle that brings it."
                hint = other if is_original(artifact) else suggestion(value, known)
                self._find(artifact, Severity.ERROR, text, place, hint)
        if isinstance(value, dict):
            named = schema.get("properties") or {}
            others = schema.get("additionalProperties")
            for key, each in value.items():
                below = named.get(key, others)
                if isinstance(below, dict):
                    self._check_references(artifact, below, each, f"{place}/{key}")
        elif isinstance(value, list) and isinstance(schema.get("items"), dict):
            for number, each in enumerate(value):
                self._check_references(artifact, schema["items"], each, f"{place}/{number}")

    def _texts(self, artifact: Artifact, key: str) -> tuple[str, ...]:
        listed: Any = artifact.body.get(key) or ()
        if isinstance(listed, list | tuple) and all(isinstance(each, str) for each in listed):
            return tuple(listed)
        self._find(artifact, Severity.ERROR, f"'{key}' must be a list of texts", f"/{key}")
        return ()

    def _find(self, artifact: Artifact, severity: Severity, text: str, pointer: str, hint: str = "") -> None:
        named = f"action {artifact.reference}: {text}"
        path = artifact.origin.path
        finding = Finding(severity, "action", named, artifact.reference, pointer, hint=hint, path=path)
        if severity is Severity.ERROR:
            self._faulty = True
            finding = reject(finding, artifact) if is_original(artifact) else finding
        self._findings.append(finding)


def _dotted(name: str) -> str:
    """The name of a handler, or of a class of PHP, with dots."""
    return name.strip("\\").replace("\\", ".").replace("/", ".")


def read_actions(
    artifacts: Iterable[Artifact],
    handlers: Sequence[HandlerSpec] | None,
    specs: Mapping[Reference, EntitySpec],
    referable: Mapping[str, Collection[Reference]],
    findings: list[Finding],
) -> Actions:
    """All actions of the artifacts that can be done; what is wrong is added to the findings.

    ``referable`` are the references, by their kind, that a configuration may name beside schemas. Without
    knowing of any handlers (None) nothing is said of actions, and none is done."""
    if handlers is None:
        return Actions()
    reader = ActionReader(handlers, specs, referable, findings)
    read = [action for artifact in artifacts if (action := reader.read(artifact)) is not None]
    actions = Actions.of(read, specs)
    for action in actions.listed:
        for name in sorted(action.listens.intersection(action.throws)):
            text = f"action {action.reference} throws '{name}', to which it listens: it would run again"
            findings.append(Finding(Severity.WARNING, "action", text, action.reference, "/throws"))
    return actions
