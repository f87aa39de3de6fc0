"""Filter parameters → one condition, in which those on one list or relation stand together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from gateway_core.query.model import All, AnyOf, Compare, Condition, Element, Hop, Not, Op, Related
from gateway_core.query.operators import (
    OFFERED,
    OPERATORS,
    Operator,
    Subject,
    differs,
    equal,
    is_,
    null_test,
    selects,
)
from gateway_core.query.paths import Marks, Paths, Step, Target, listing
from gateway_core.query.values import holds_scalars, refusal, unshown
from gateway_core.schema.spec import PropertySpec
from gateway_core.types import Json, JsonObject

MAX_NESTING = 10
MAX_FILTERS = 200

# What a relation itself can be asked, beside being compared with an id as it is.
_ON_RELATIONS = (is_, equal, differs, OPERATORS["in"], OPERATORS["case_insensitive"])
_DENIED = MappingProxyType({Op.NE: Op.EQ, Op.IS_NULL: Op.NOT_NULL})


class Group:
    """The conditions on one object; those on its lists and related objects as groups of their own,
    one for each number that stands behind the list. ``chosen`` are those of ``[of]``."""

    __slots__ = ("_groups", "chosen", "conditions")

    def __init__(self) -> None:
        self.conditions: list[Condition] = []
        self.chosen: list[Condition] = []
        self._groups: dict[tuple[Step, str], Group] = {}

    def at(self, steps: tuple[Step, ...], marks: Marks) -> Group:
        """The group that the steps lead to, made when it is new."""
        group, numbers = self, dict(marks)
        for position, step in enumerate(steps):
            group = group._groups.setdefault((step, numbers.get(position, "")), Group())
        return group

    def condition(self) -> Condition:
        return _all([*self.conditions, *self._inner()])

    def _inner(self) -> list[Condition]:
        return [group.asked_of(step) for (step, _), group in self._groups.items()]

    def asked_of(self, step: Step) -> Condition:
        """What the object asks of the list behind ``step``.

        Of chosen elements, the conditions that something is so hold for one and the same; that
        something is not so is asked of them all.
        """
        if not self.chosen:
            return within(step, self.condition())

        def some(*conditions: Condition) -> Condition:
            return within(step, _all([*conditions, *self.chosen]))

        together = [*(each for each in self.conditions if not _denies(each)), *self._inner()]
        apart = [_of_none(each, some) for each in self.conditions if _denies(each)]
        return _all([some(*together), *apart] if together or not apart else apart)


def _all(conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else All(tuple(conditions))


def _denies(condition: Condition) -> bool:
    """Whether it holds, or may hold, because something is not there."""
    if isinstance(condition, AnyOf):
        return any(map(_denies, condition.conditions))
    if isinstance(condition, All):  # a moment after another is one of these, and denies nothing
        return bool(condition.conditions) and all(map(_denies, condition.conditions))
    return isinstance(condition, Not) or (isinstance(condition, Compare) and condition.op in _DENIED)


def _of_none(condition: Condition, some: Callable[[Condition], Condition]) -> Condition:
    """What one element denies, denied of all: ``some`` finds an element."""
    if isinstance(condition, AnyOf | All):
        return type(condition)(tuple(_of_none(part, some) for part in condition.conditions))
    if isinstance(condition, Not):
        return Not(some(condition.condition))
    if isinstance(condition, Compare) and condition.op in _DENIED:
        return Not(some(replace(condition, op=_DENIED[condition.op])))
    return some(condition)


def within(step: Step, where: Condition) -> Condition:
    """Some element of the list, or some related object, satisfies ``where``."""
    return Element(step, where) if isinstance(step, tuple) else Related(step, where)


def condition(paths: Paths, params: JsonObject, *, guarded: bool = False) -> Condition:
    """All filters of ``params`` hold; ``All()`` when there are none.

    A value is a scalar, a list (any of its values), or a map: a key is an operator, or else a
    further segment of the path (``a[b]=1`` is ``a.b=1``), and ``""`` holds the plain value.
    Conditions on one list hold for the same element; those with different numbers behind the
    list (``a.0.b``, ``a.1.b``) may hold for different ones. Where one of them is ``[of]``, they
    are asked of the elements that it chooses: ``a.kind[of]=x&a.b[ne]=y`` is no ``b`` of kind x
    that is y, where ``a.kind=x&a.b[ne]=y`` is one of kind x that is not. ``guarded`` refuses values
    of members that are personal data.
    Raises ``InvalidQuery`` for a path, an operator or a value that makes no sense.
    """
    root = Group()
    reader = _Reader(paths, root, guarded=guarded)
    for name, value in params.items():
        reader.read(name, name, value, 0)
    return root.condition()


class _Reader:
    def __init__(self, paths: Paths, root: Group, *, guarded: bool) -> None:
        self._paths, self._root, self._guarded = paths, root, guarded
        self._count = 0

    def read(self, parameter: str, dotted: str, value: Json, depth: int) -> None:
        if isinstance(value, dict):
            self._read_map(parameter, dotted, value, depth)
        else:
            self._add(parameter, self._paths.resolve(dotted, parameter), is_, value)

    def _read_map(self, parameter: str, dotted: str, value: Mapping[str, Json], depth: int) -> None:
        if not value or depth > MAX_NESTING:
            raise refusal(parameter, "nests too deep" if value else "holds an empty object")
        for key, inner in value.items():
            name = f"{parameter}[{key}]" if key else parameter
            operator = is_ if key == "" else OPERATORS.get(key)
            if operator is None and self._paths.holds_plain_values(dotted):
                hint = f"The operators are: {', '.join(OFFERED)}."
                raise refusal(name, "uses an operator that does not exist", hint)
            if operator is None or self._is_member(dotted, key):
                self.read(name, f"{dotted}.{key}", inner, depth + 1)
            else:
                target = self._paths.resolve(dotted, name)
                self._add(name, target, operator, inner)

    def _is_member(self, dotted: str, key: str) -> bool:
        """Whether brackets with the name of an operator hold a member all the same."""
        return key != "" and key in self._members(self._paths.resolve(dotted, dotted))

    def _add(self, parameter: str, target: Target, operator: Operator, value: Json) -> None:
        if isinstance(value, dict):
            raise refusal(parameter, "must be a plain value or a list of them")
        self._count += 1
        if self._count > MAX_FILTERS:
            raise refusal(parameter, f"is one filter too many; {MAX_FILTERS} are allowed")
        if self._guarded and target.prop.sensitive and (isinstance(value, list) or null_test(value) is None):
            raise unshown(parameter)
        if operator is selects:
            self._choose(parameter, target, value)
            return
        if target.hop is not None:
            self._add_relation(parameter, target, target.hop, operator, value)
            return
        if not holds_scalars(target.prop):
            self._check_object(parameter, target, operator, value)
        subject = Subject(target.path, target.prop, parameter)
        self._root.at(target.steps, target.marks).conditions.append(operator(subject, value))

    def _choose(self, parameter: str, target: Target, value: Json) -> None:
        steps = target.steps if target.hop is None else (*target.steps, target.hop)
        if not steps or not holds_scalars(target.prop):
            rule = "uses [of], which chooses by a plain member of what stands in a list or is related"
            raise refusal(parameter, rule, hint=self._hint(target))
        subject = Subject(target.path, target.prop, parameter)
        self._root.at(steps, target.marks).chosen.append(selects(subject, value))

    def _add_relation(
        self, parameter: str, target: Target, hop: Hop, operator: Operator, value: Json
    ) -> None:
        if operator not in _ON_RELATIONS:
            rule = "uses an operator that a relation does not have"
            raise refusal(parameter, rule, hint=self._hint(target))
        here, there = self._root.at(target.steps, target.marks), (*target.steps, hop)
        test = None if isinstance(value, list) else null_test(value)
        subject = Subject(target.path, target.prop, parameter)
        if test is not None:
            if (test is Op.NOT_NULL) is (operator is not differs):
                self._root.at(there, target.marks)
            else:
                here.conditions.append(Not(Related(hop, All())))
        elif operator is differs:
            here.conditions.append(Not(Related(hop, equal(subject, value))))
        else:
            self._root.at(there, target.marks).conditions.append(operator(subject, _ids(subject, value)))

    def _check_object(self, parameter: str, target: Target, operator: Operator, value: Json) -> None:
        if isinstance(value, list) or operator not in (is_, differs) or null_test(value) is None:
            rule = "names an object, which can only be asked IS NULL or IS NOT NULL"
            raise refusal(parameter, rule, hint=self._hint(target))

    def _hint(self, target: Target) -> str:
        owner = target.prop.name if target.hop is None else target.hop.property
        names = [f"{owner}.{name}" for name in self._members(target)]
        return f"Name one of its members: {listing(names)}." if names else ""

    def _members(self, target: Target) -> Mapping[str, PropertySpec]:
        if target.hop is not None:
            return self._paths.entity_members(target.hop.entity)
        return self._paths.members(target.prop)


def _ids(subject: Subject, value: Json) -> Json:
    if isinstance(value, list) and any(null_test(each) for each in value):
        raise subject.refuse("mixes ids with a null test", hint="Ask for one of them.")
    return value
