"""How a date text falls apart in tokens: the forms that PHP 8.2 reads, by name.

At each position the longest form wins and, among equally long ones, the first of ``_FORMS``
(source: PHP manual, "Supported Date and Time Formats"; details measured with PHP 8.2).
Matching runs on RE2, so it is linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import re2  # type: ignore[import-untyped]

# Date texts of people and machines are far below this; it bounds the work on hostile ones.
MAX_LENGTH: Final = 1000

_PARTS: Final[dict[str, str]] = {
    "sp": r"(?:[ \t]+|(?:\xc2\xa0)+|(?:\xe2\x80\xaf)+)",
    "frac": r"\.[0-9]+",
    "hour24": r"(?:[01]?[0-9]|2[0-4])",
    "hour24lz": r"(?:[01][0-9]|2[0-4])",
    "hour12": r"(?:0?[1-9]|1[0-2])",
    "minute": r"[0-5]?[0-9]",
    "minutelz": r"[0-5][0-9]",
    "second": r"(?:[0-5]?[0-9]|60)",
    "secondlz": r"(?:[0-5][0-9]|60)",
    "meridian": r"[AaPp]\.?[Mm]\.?[\x00\t ]",
    "zone": r"(?:\(?[A-Za-z]{1,6}\)?|[A-Z][a-z]+(?:[_/-][A-Za-z]+)+)",
    "offset": (
        r"(?:(?:GMT)?[+-](?:(?:[01]?[0-9]|2[0-4])(?::?[0-5]?[0-9])?"
        r"|(?:[01][0-9]|2[0-4])[0-5][0-9](?:[0-5][0-9]|60)"
        r"|(?:[01][0-9]|2[0-4]):[0-5][0-9]:(?:[0-5][0-9]|60)))"
    ),
    "month": r"(?:0?[0-9]|1[0-2])",
    "monthlz": r"(?:0[0-9]|1[0-2])",
    "day": r"(?:(?:[0-2]?[0-9]|3[01])(?:st|nd|rd|th)?)",
    "daylz": r"(?:[0-2][0-9]|3[01])",
    "year": r"[0-9]{1,4}",
    "year4": r"[0-9]{4}",
    "yearday": r"(?:00[1-9]|0[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])",
    "week": r"(?:0[1-9]|[1-4][0-9]|5[0-3])",
    "dayname": (
        r"(?i:sun(?:days?)?|mon(?:days?)?|tue(?:sdays?)?|wed(?:nesdays?)?"
        r"|thu(?:rsdays?)?|fri(?:days?)?|sat(?:urdays?)?)"
    ),
    "monthabbr": r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)",
    "monthfull": (
        r"(?i:january|february|march|april|may|june|july|august|september|october|november|december)"
    ),
    "monthroman": r"(?:I|II|III|IV|V|VI|VII|VIII|IX|X|XI|XII)",
    "ordinal": (r"(?i:first|second|third|fourth|fifth|sixth|seventh|eighth?|ninth|tenth|eleventh|twelfth)"),
    "direction": r"(?i:next|last|previous|this)",
    "unit": (
        r"(?:(?i:ms|(?:msec|millisecond|\xc2\xb5sec|microsecond|usec|sec|second|min|minute|hour|day"
        r"|fortnight|forthnight|month|year)s?|weeks|weekdays?|\xc2\xb5s)|{dayname})"
    ),
    "monthtext": r"(?:{monthfull}|{monthabbr}|{monthroman})",
    "noyear": r"{monthtext}[ .\t-]*{day}(?:[,.stndrh\t ]+|\x00)",
    "short12": r"{hour12}[:.]{minutelz}{sp}?{meridian}",
    "long12": r"{hour12}[:.]{minute}[:.]{secondlz}{sp}?{meridian}",
    "short24": r"(?i:t)?{hour24}[:.]{minute}",
    "long24": r"(?i:t)?{hour24}[:.]{minute}[:.]{second}",
    "zoned": r"(?i:t)?{hour24}[:.]{minute}[:.]{secondlz}{sp}?(?:{offset}|{zone})",
}

# Name of the form -> pattern; the order is the precedence.
_FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("yesterday", r"(?i:yesterday)"),
    ("now", r"(?i:now)"),
    ("noon", r"(?i:noon)"),
    ("midnight", r"(?i:midnight|today)"),
    ("tomorrow", r"(?i:tomorrow)"),
    ("timestamp", r"@-?[0-9]+"),
    ("timestamp_fraction", r"@-?[0-9]+\.[0-9]{0,6}"),
    ("day_of_month", r"(?i:(?:first|last) day of)"),
    ("quarter", r"(?i:(?:back|front) of ){hour24}(?:{sp}?{meridian})?"),
    ("weekday_of_month", r"(?:{ordinal}|{direction}){sp}{dayname}{sp}(?i:of)"),
    ("time12", r"{hour12}{sp}?{meridian}|{short12}|{long12}"),
    ("time12_fraction", r"{hour12}:{minutelz}:{secondlz}[:.][0-9]+{meridian}"),
    ("time24", r"(?i:t){hour24}|{short24}|{long24}|{long24}{frac}"),
    ("digits4", r"(?i:t)?{hour24lz}{minutelz}"),
    ("digits6", r"(?i:t)?{hour24lz}{minutelz}{secondlz}"),
    ("american", r"{month}/{day}(?:/{year})?"),
    ("iso_date", r"[+-]?{year4}-{monthlz}-{daylz}|{year4}/{monthlz}/{daylz}/?|{year4}/{month}/{day}"),
    ("iso_date_short", r"[0-9]{2}-{monthlz}-{daylz}"),
    ("iso_date_long", r"[+-][0-9]{5,19}-{monthlz}-{daylz}"),
    ("year_month", r"{year4}-{month}"),
    ("year_month_day", r"{year}-{month}-{day}"),
    ("day_name_year", r"{day}[ \t.-]*{monthtext}[ \t.-]*{year}"),
    ("pointed_long", r"{day}[.\t-]{month}[.-]{year4}"),
    ("pointed_short", r"{day}[.\t]{month}\.[0-9]{2}"),
    ("name_year", r"{monthtext}[ .\t-]*{year4}"),
    ("year_name", r"{year4}[ .\t-]*{monthtext}"),
    ("name_day_year", r"{monthtext}[ .\t-]*{day}[,.stndrh\t ]+{year}|{noyear}"),
    ("day_name", r"{day}[ .\t-]*{monthtext}"),
    ("digits8", r"{year4}{monthlz}{daylz}"),
    (
        "date_time",
        (
            r"{year4}{monthlz}{daylz}T{hour24}:{minutelz}:{secondlz}"
            r"|{year4}{monthlz}{daylz}(?i:t){hour24}{minutelz}{secondlz}"
            r"|{year4}-{monthlz}-{daylz}T{hour24lz}:{minutelz}:{secondlz}{frac}{offset}?"
            r"|{year4}-{month}-{day}T{hour24}:{minute}:{second}"
            r"|{year4}:{monthlz}:{daylz} {hour24lz}:{minutelz}:{secondlz}"
        ),
    ),
    ("year_day", r"{year4}[.-]?{yearday}"),
    ("iso_week_day", r"{year4}-?W{week}-?[0-7]"),
    ("iso_week", r"{year4}-?W{week}"),
    ("abbr_day_year", r"{monthabbr}-{daylz}-{year}"),
    ("year_abbr_day", r"{year}-{monthabbr}-{daylz}"),
    ("log_time", r"{day}/{monthabbr}/{year4}:{hour24lz}:{minutelz}:{secondlz}{sp}{offset}"),
    ("year4", r"{year4}"),
    ("ago", r"(?i:ago)"),
    ("weekday", r"{dayname}|(?i:weekdays?)"),
    ("relative_week", r"{direction}{sp}(?i:week)"),
    ("relative_text", r"(?:{ordinal}|{direction}){sp}{unit}"),
    ("month_name", r"{monthfull}|{monthabbr}"),
    ("zone", r"{offset}|{zone}"),
    ("name_day_time12", r"{noyear}(?:{short12}|{long12})"),
    ("name_day_time24", r"{noyear}(?:{short24}|{long24}|{zoned})"),
    ("relative", r"[+-]*[ \t]*[0-9]{1,13}{sp}?(?:{unit}|(?i:week))"),
    ("blank", r"[.,\x00\n]|{sp}"),
)


def _expand(pattern: str) -> str:
    """``pattern`` with every ``{part}`` replaced; counts such as ``{1,4}`` stay."""
    for name in reversed(_PARTS):
        pattern = pattern.replace("{" + name + "}", _PARTS[name])
    return pattern


@cache
def _matchers() -> tuple[Any, Any]:
    options = re2.Options()
    options.longest_match = True
    options.encoding = re2.Options.Encoding.LATIN1
    patterns = [f"(?:{_expand(pattern)})".encode("latin-1") for _, pattern in _FORMS]
    forms = re2.Set.FullMatchSet(options)
    for pattern in patterns:
        forms.Add(pattern)
    forms.Compile()
    return re2.compile(b"|".join(patterns), options), forms


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The (form, token) pairs of a text, in order; separators are left out.

    Tokens hold one character per byte of the UTF-8 text. Raises ValueError at the first
    character that belongs to no form, and for a text longer than ``MAX_LENGTH``.
    """
    stripped = text.strip(" \t\n\r\v\f")
    if len(stripped) > MAX_LENGTH:
        raise ValueError(f"a date text has at most {MAX_LENGTH} characters")
    # Some forms end with the terminating NUL of the original, hence the two extra ones.
    padded = stripped.encode("utf-8", "replace") + b"\0\0"
    scanner, forms = _matchers()
    position, end = 0, len(padded) - 2
    while position < end:
        match = scanner.match(padded, position)
        if match is None:
            raise ValueError(f"not a date: unexpected character at position {position + 1}")
        token = padded[position : match.end()]
        form = _FORMS[min(forms.Match(token))][0]
        position = match.end()
        if form != "blank":
            yield form, token.rstrip(b"\0").decode("latin-1")
