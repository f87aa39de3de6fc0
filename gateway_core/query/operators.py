"""The operators that stand in brackets behind a path, and what each asks of a member."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import All, AnyOf, Compare, Condition, Op, Path, Scalar
from gateway_core.query.paths import ID
from gateway_core.query.patterns import BadPattern, matcher
from gateway_core.query.times import Instant, Moment, moment_condition, read_moment
from gateway_core.query.values import read_boolean, read_integer, read_text, readings, reads, refusal
from gateway_core.schema.formats import referenced_id
from gateway_core.schema.spec import PropertySpec
from gateway_core.types import Json

MAX_VALUES = 500
DATES = ("date", "date-time")

_NULL_WORDS = {"IS NULL": Op.IS_NULL, "NULL": Op.IS_NULL, "IS NOT NULL": Op.NOT_NULL}


@dataclass(frozen=True, slots=True)
class Subject:
    """The member that is compared, and the parameter that asks for it."""

    path: Path
    prop: PropertySpec
    parameter: str

    def compare(self, op: Op, *values: Scalar) -> Compare:
        return Compare(self.path, op, values)

    def refuse(self, rule: str, hint: str = "") -> InvalidQuery:
        return refusal(self.parameter, rule, hint)


Operator: TypeAlias = Callable[[Subject, Json], Condition]


def null_test(value: Json) -> Op | None:
    """``IS NULL``, ``null`` and a JSON null ask for absence, ``IS NOT NULL`` for presence."""
    if value is None:
        return Op.IS_NULL
    if not isinstance(value, str) or len(value) > 11:
        return None
    op = _NULL_WORDS.get(value.upper())
    return None if op is Op.IS_NULL and value in ("NULL", "Null") else op


def is_(subject: Subject, value: Json) -> Condition:
    """No operator: a null test, ``%part%`` (contains) or equality; a list asks for any of its values."""
    if isinstance(value, list):
        return one_of(is_, subject, value)
    test = null_test(value)
    if test is not None:
        return subject.compare(test)
    if _is_part(value) and subject.prop is not ID and reads(subject.prop, "string"):
        return like(subject, value)
    return equal(subject, value)


def equal(subject: Subject, value: Json) -> Condition:
    """Equality by the property's type: text as it is, a date on a date-time its whole day."""
    if isinstance(value, list):
        return one_of(equal, subject, value)
    prop = subject.prop
    if prop is ID:
        return subject.compare(Op.EQ, _reference(subject, value))
    if prop.format in DATES and reads(prop, "string"):
        return _moment(subject, Op.EQ, value)
    found = readings(prop, value, subject.parameter)
    return subject.compare(Op.EQ if len(found) == 1 else Op.IN, *found)


def differs(subject: Subject, value: Json) -> Condition:
    """``[ne]``: no value equals it; a list asks that none of its values does."""
    if isinstance(value, list):
        return All(tuple(differs(subject, each) for each in listed(subject, value)))
    test = null_test(value)
    if test is not None:
        return subject.compare(Op.NOT_NULL if test is Op.IS_NULL else Op.IS_NULL)
    prop = subject.prop
    if prop is ID:
        return subject.compare(Op.NE, _reference(subject, value))
    if prop.format in DATES and reads(prop, "string"):
        return _moment(subject, Op.NE, value)
    found = [subject.compare(Op.NE, each) for each in readings(prop, value, subject.parameter)]
    return found[0] if len(found) == 1 else All(tuple(found))


def within(subject: Subject, value: Json) -> Condition:
    """``[in]``: one of a list, or of a text with commas."""
    values = value.split(",") if isinstance(value, str) else value
    if not isinstance(values, list):
        values = [values]
    return one_of(is_, subject, [each.strip() if isinstance(each, str) else each for each in values])


def like(subject: Subject, value: Json) -> Condition:
    """``[like]``: contains, without regard to case; percent signs at the ends say nothing more."""
    if isinstance(value, list):
        return one_of(like, subject, value)
    if not reads(subject.prop, "string") or subject.prop is ID:
        raise subject.refuse("looks for a part of a text, but the member holds no text")
    part = (_text(subject, value)).strip("%")
    if not part:
        raise subject.refuse("needs a part to look for")
    return subject.compare(Op.LIKE, part)


def without_case(subject: Subject, value: Json) -> Condition:
    """``[case_insensitive]``: equality without regard to case."""
    if isinstance(value, list):
        return one_of(without_case, subject, value)
    if not reads(subject.prop, "string") or subject.prop is ID or subject.prop.format in DATES:
        return equal(subject, value)
    return subject.compare(Op.EQ_NOCASE, _text(subject, value))


def integer(subject: Subject, value: Json) -> Condition:
    """``[int_compare]``: equals an integer."""
    if isinstance(value, list):
        return one_of(integer, subject, value)
    number = read_integer(value)
    if number is None:
        raise subject.refuse("must be an integer")
    if not reads(subject.prop, "integer", "number"):
        raise subject.refuse("compares with an integer, but the member holds none")
    return subject.compare(Op.EQ, number)


def boolean(subject: Subject, value: Json) -> Condition:
    """``[bool_compare]``: equals true or false."""
    if isinstance(value, list):
        return one_of(boolean, subject, value)
    truth = read_boolean(value)
    if truth is None:
        raise subject.refuse("must be true or false")
    if not reads(subject.prop, "boolean"):
        raise subject.refuse("compares with true or false, but the member holds neither")
    return subject.compare(Op.EQ, truth)


def ordered(op: Op) -> Operator:
    """``[>=]`` and its kin: numbers by value, dates by time, text by code point."""

    def compare(subject: Subject, value: Json) -> Condition:
        _single(subject, value)
        prop = subject.prop
        if prop.format in DATES and reads(prop, "string"):
            return _moment(subject, op, value)
        if prop is ID or not reads(prop, "string", "integer", "number"):
            raise subject.refuse("compares by size, but the member holds neither a number nor a text")
        found = [v for v in readings(prop, value, subject.parameter) if not isinstance(v, bool)]
        if not found:
            raise subject.refuse("must be a number")
        return _any([subject.compare(op, each) for each in found])

    return compare


def dated(op: Op) -> Operator:
    """``[after]`` and its kin: ``ordered`` for members that hold dates."""

    def compare(subject: Subject, value: Json) -> Condition:
        _single(subject, value)
        if subject.prop.format not in DATES:
            raise subject.refuse("compares dates, but the member is not declared as a date")
        return _moment(subject, op, value)

    return compare


def selects(subject: Subject, value: Json) -> Condition:
    """``[of]``: equality as without an operator; ``filters`` makes it choose elements."""
    return is_(subject, value)


def pattern(subject: Subject, value: Json) -> Condition:
    """``[regex]``: a text in which a regular expression of RE2 finds a match; case counts."""
    if isinstance(value, list):
        return one_of(pattern, subject, value)
    if not reads(subject.prop, "string") or subject.prop is ID:
        raise subject.refuse("looks for a pattern in a text, but the member holds no text")
    text = _text(subject, value)
    try:
        matcher(text)
    except BadPattern as error:
        hint = "Patterns are those of RE2: no look-around, no references back. [like] finds a part of a text."
        raise subject.refuse(f"has a pattern that {error}", hint) from None
    return subject.compare(Op.REGEX, text)


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "like": like,
        "ne": differs,
        "in": within,
        ">=": ordered(Op.GE),
        ">": ordered(Op.GT),
        "<=": ordered(Op.LE),
        "<": ordered(Op.LT),
        "gte": ordered(Op.GE),
        "gt": ordered(Op.GT),
        "lte": ordered(Op.LE),
        "lt": ordered(Op.LT),
        "after": dated(Op.GE),
        "strictly_after": dated(Op.GT),
        "before": dated(Op.LE),
        "strictly_before": dated(Op.LT),
        "int_compare": integer,
        "bool_compare": boolean,
        "case_insensitive": without_case,
        "case_sensitive": equal,
        "exact": equal,
        "of": selects,
        "regex": pattern,
    }
)

# What each asks, for people; the reference page is printed from it.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "like": "a text with this part in it, without regard to case",
        "ne": "not this one, or absent; of a list of values, none of them",
        "in": "one of the values, separated by commas",
        ">=": "as large or larger: numbers by value, dates by time, text by code point",
        ">": "larger",
        "<=": "as large or smaller",
        "<": "smaller",
        "gte": "as `[>=]`",
        "gt": "as `[>]`",
        "lte": "as `[<=]`",
        "lt": "as `[<]`",
        "after": "on this date or later; members that hold dates only",
        "strictly_after": "later than this date",
        "before": "on this date or earlier",
        "strictly_before": "earlier than this date",
        "int_compare": "equal to a whole number",
        "bool_compare": "equal to `true` or `false`",
        "case_insensitive": "equal, without regard to case",
        "case_sensitive": "equal, whatever the text looks like (`%part%` and `IS NULL` mean themselves)",
        "exact": "as `[case_sensitive]`",
        "of": "this one, and chooses: the other conditions on the same list ask of such elements only",
        "regex": "a text in which a regular expression (of RE2) finds a match; case counts, and `^` and `$` "
        "are the ends of the text",
    }
)

OFFERED = tuple(OPERATORS)


def listed(subject: Subject, values: list[Json]) -> list[Json]:
    """The values of a list that is neither empty nor unreasonably long."""
    if not values:
        raise subject.refuse("holds an empty list")
    if len(values) > MAX_VALUES:
        raise subject.refuse(f"lists more than {MAX_VALUES} values")
    if any(isinstance(each, list | dict) for each in values):
        raise subject.refuse("must list plain values")
    return values


def one_of(operator: Operator, subject: Subject, values: list[Json]) -> Condition:
    """Any of the conditions; equalities become one ``IN``."""
    equals: dict[tuple[bool, Scalar], Scalar] = {}
    others: list[Condition] = []
    for value in listed(subject, values):
        condition = operator(subject, value)
        if isinstance(condition, Compare) and condition.op in (Op.EQ, Op.IN):
            equals.update({(isinstance(v, bool), v): v for v in condition.values})
        else:
            others.append(condition)
    if equals:
        found = tuple(equals.values())
        others.insert(0, subject.compare(Op.EQ if len(found) == 1 else Op.IN, *found))
    return _any(others)


def _any(conditions: Iterable[Condition]) -> Condition:
    found = tuple(conditions)
    return found[0] if len(found) == 1 else AnyOf(found)


def _is_part(value: Json) -> bool:
    return isinstance(value, str) and (value[:1] == "%" or value[-1:] == "%")


def _single(subject: Subject, value: Json) -> None:
    if isinstance(value, list | dict) or value is None:
        raise subject.refuse("takes one value")


def _text(subject: Subject, value: Json) -> str:
    text = read_text(value)
    if text is None:
        raise subject.refuse("must be text")
    return text


def _reference(subject: Subject, value: Json) -> str:
    found = referenced_id(value) if isinstance(value, str) else None
    if found is None:
        raise subject.refuse("must be a uuid, or a path or URL that ends in one")
    return found


def _moment(subject: Subject, op: Op, value: Json) -> Condition:
    moment = read_moment(value) if isinstance(value, str) else None
    if subject.prop.format == "date":
        return _date(subject, op, moment)
    if moment is None:
        raise subject.refuse("must be a date (2024-01-31) or a date and time with offset (RFC 3339)")
    return moment_condition(subject.path, op, moment)


def _date(subject: Subject, op: Op, moment: Moment | None) -> Condition:
    if moment is None or isinstance(moment, Instant):
        raise subject.refuse("must be a date like 2024-01-31")
    return subject.compare(op, moment.isoformat())
