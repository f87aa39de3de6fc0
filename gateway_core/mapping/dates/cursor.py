"""Reading numbers and words out of one token of a date text."""

from __future__ import annotations

import re
from typing import Final

_DIGIT: Final = re.compile(r"[0-9]")
_LETTERS: Final = re.compile(r"[A-Za-z]*")
_SIGNED: Final = re.compile(r"[^0-9+-]*([+-]*)[^0-9]*([0-9]+)")
_FRACTION: Final = re.compile(r"[.:]([0-9]*)[.:0-9]*")
_MERIDIAN: Final = re.compile(r"([AaPp])\.?[Mm]?\.?")
_BLANKS: Final = re.compile(r"(?:[ \t]|\xc2\xa0|\xe2\x80\xaf)*")
_UNIT: Final = re.compile(r"[^\0 ,\t;:/.()-]*")

_MONTHS: Final = (
    ("jan", "january", "i"),
    ("feb", "february", "ii"),
    ("mar", "march", "iii"),
    ("apr", "april", "iv"),
    ("may", "may", "v"),
    ("jun", "june", "vi"),
    ("jul", "july", "vii"),
    ("aug", "august", "viii"),
    ("sep", "september", "ix", "sept"),
    ("oct", "october", "x"),
    ("nov", "november", "xi"),
    ("dec", "december", "xii"),
)
_MONTH_NUMBERS: Final = {name: index for index, names in enumerate(_MONTHS, 1) for name in names}


class Cursor:
    """A place in a token. A read skips what is not its own and stops behind what it took."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.position = 0

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.token[self.position : self.position + 1]

    def rest(self) -> str:
        return self.token[self.position :]

    def digits(self, most: int) -> str:
        """The next run of digits, cut after ``most``; empty when there is none."""
        start = _DIGIT.search(self.token, self.position)
        if start is None:
            self.position = len(self.token)
            return ""
        end = start.start()
        while end < len(self.token) and end - start.start() < most and self.token[end] in "0123456789":
            end += 1
        self.position = end
        return self.token[start.start() : end]

    def number(self, most: int = 2) -> int:
        """The next number; 0 when there is none, which the forms rule out."""
        return int(self.digits(most) or 0)

    def year(self, most: int = 4) -> int | None:
        """A year; with fewer than four digits 0..69 mean 2000..2069 and 70..99 mean 1970..1999."""
        digits = self.digits(most)
        if not digits:
            return None
        year = int(digits)
        if len(digits) < 4 and year < 100:
            year += 2000 if year < 70 else 1900
        return year

    def signed(self) -> int:
        """A number whose minus signs count (``--1`` is 1)."""
        match = _SIGNED.match(self.token, self.position)
        if match is None:
            raise ValueError("not a date: a number is missing")
        self.position = match.end()
        number = int(match[2])
        return -number if match[1].count("-") % 2 else number

    def fraction(self) -> int:
        """Microseconds of ``.123456``, cut after six digits."""
        match = _FRACTION.search(self.token, self.position)
        if match is None:
            return 0
        self.position = match.end()
        return int(match[1][:6].ljust(6, "0"))

    def month(self) -> int:
        """A month by its name, 0 for anything else."""
        while self.peek() and self.peek() in " \t-./":
            self.position += 1
        return _MONTH_NUMBERS.get(self.word(), 0)

    def word(self) -> str:
        """Letters, in lower case."""
        match = _LETTERS.match(self.token, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0].lower()

    def unit(self) -> str:
        """The rest of a word that may hold other characters (``µs``), in lower case."""
        match = _UNIT.match(self.token, self.position)
        if match is None:
            return ""
        self.position = match.end()
        # ASCII only: the characters stand for bytes.
        return match[0].encode("latin-1").lower().decode("latin-1")

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.token, self.position)
        if match is not None:
            self.position = match.end()

    def skip_suffix(self) -> None:
        """``st``, ``nd``, ``rd``, ``th``."""
        if self.token[self.position : self.position + 2].lower() in ("st", "nd", "rd", "th"):
            self.position += 2

    def meridian(self, hour: int) -> int:
        """The hour of 0..23 for an hour of 1..12 before ``am`` or ``pm``."""
        match = _MERIDIAN.search(self.token, self.position)
        if match is None:
            return hour
        self.position = match.end()
        if match[1] in "Aa":
            return 0 if hour == 12 else hour
        return hour if hour == 12 else hour + 12
