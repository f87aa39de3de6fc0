"""The formats that schemas may name: a table from name to predicate.

A format concerns text only; JSON Schema lets other types pass. Predicates are total and
linear: they answer for any text and never raise. Adding a format is adding an entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from urllib.parse import urlsplit

from gateway_core.schema.files import is_file

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``description`` completes "must be …"; ``sensitive``: values are personal data."""

    name: str
    check: Check
    sensitive: bool
    example: str
    description: str


UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
TIME = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(\.[0-9]+)?"
OFFSET = r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"

_UUID = re.compile(UUID)
_REFERENCE = re.compile(rf"(?:(?:https?://[^\s/?#]+)?(?:/[^\s/?#]*)*/)?({UUID})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(TIME + OFFSET)
_DATE_TIME = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt]({TIME}{OFFSET})")
_DURATION = re.compile(
    r"P(?:[0-9]+W|(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)"
)
_POSTCODE = re.compile(r"[1-9][0-9]{3} ?(?!S[ADS])[A-Z]{2}")
_PHONE = re.compile(r"(?=.{8,20}\Z)(?=(?:[^0-9]*[0-9]){7})\+?[0-9() -]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_JSON_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_URI_CHARS = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_URI_TAIL = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
_AUTHORITY = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*(?:\[[0-9A-Fa-f:.]+\])?(?::[0-9]*)?"
_URI_REFERENCE = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://{_AUTHORITY}(?=[/?#]|\Z))?{_URI_CHARS}(?:\?{_URI_TAIL})?(?:#{_URI_TAIL})?"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")

# ISO 3166-1 alpha-2, officially assigned codes.
_COUNTRY_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
    "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
    "UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "
)
_COUNTRIES = frozenset(_COUNTRY_CODES.split())


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda text: pattern.fullmatch(text) is not None


def _digits(count: int) -> Check:
    return _matches(re.compile(rf"[0-9]{{{count}}}"))


_NINE_DIGITS = _digits(9)


def _passes_eleven_test(text: str) -> bool:
    """Weights 9 … 2 and -1; the sum is a multiple of 11 (the test that bsn and rsin share)."""
    if not _NINE_DIGITS(text) or text == "000000000":
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0


def _is_bsn(text: str) -> bool:
    # Numbers below 100 million are often written without their leading zero.
    return len(text) in (8, 9) and _passes_eleven_test(text.zfill(9))


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_leap_second(hour: str, minute: str, offset: str) -> bool:
    """RFC 3339, 5.7: second 60 exists at 23:59 UTC only."""
    shift = 0
    if len(offset) > 1:
        shift = int(offset[1:3]) * 60 + int(offset[4:6])
        shift = -shift if offset[0] == "-" else shift
    return (int(hour) * 60 + int(minute) - shift) % 1440 == 1439


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    return match is not None and (match[3] != "60" or _is_leap_second(match[1], match[2], match[5]))


def _is_date_time(text: str) -> bool:
    match = _DATE_TIME.fullmatch(text)
    return match is not None and _is_date(match[1]) and (match[5] != "60" or _is_time(match[2]))


def _is_email(text: str) -> bool:
    match = _EMAIL.fullmatch(text)
    return match is not None and len(match[1]) <= 64 and len(text) <= 254


def _is_uri_reference(text: str) -> bool:
    if _URI_REFERENCE.fullmatch(text) is None:
        return False
    try:
        parts = urlsplit(text)
        return (parts.port or 0) <= 65535 and (parts.scheme not in ("http", "https") or bool(parts.hostname))
    except ValueError:
        return False


def _is_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None and _is_uri_reference(text)


def _is_iban(text: str) -> bool:
    if _IBAN.fullmatch(text) is None:
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _is_address(family: type[IPv4Address | IPv6Address]) -> Check:
    def check(text: str) -> bool:
        if "%" in text:  # a zone belongs to a machine, not to an address (RFC 4007, 11)
            return False
        try:
            family(text)
        except ValueError:
            return False
        return True

    return check


def referenced_id(text: str) -> str | None:
    """The id (lower case) that a reference names, or None when the text is no reference.

    A reference is a uuid, or a path or http(s) URL whose last segment is a uuid.
    """
    match = _REFERENCE.fullmatch(text)
    return None if match is None else match[1].lower()


_PHONE_TEXT = "a phone number of 8 to 20 characters: digits, spaces, dashes, parentheses, + in front"
_URI_TEXT = "an absolute URI, with its scheme"

_TABLE = (
    Format("bsn", _is_bsn, True, "999993653", "a citizen service number that passes the eleven test"),
    Format("rsin", _passes_eleven_test, False, "002564440", "nine digits that pass the eleven test"),
    Format("kvk", _digits(8), False, "12345678", "eight digits"),
    Format("vestigingsnummer", _digits(12), False, "000012345678", "twelve digits"),
    Format("postcode", _matches(_POSTCODE), False, "1234 AB", "four digits and two capitals, like 1234AB"),
    Format("iban", _is_iban, True, "NL91ABNA0417164300", "an IBAN without spaces"),
    Format("countryCode", _COUNTRIES.__contains__, False, "NL", "an ISO 3166-1 country code of two capitals"),
    Format("phone", _matches(_PHONE), True, "+31 20 123 4567", _PHONE_TEXT),
    Format("telephone", _matches(_PHONE), True, "+31 20 123 4567", _PHONE_TEXT),
    Format("email", _is_email, True, "name@example.com", "an e-mail address"),
    Format("uuid", _matches(_UUID), False, "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11", "a UUID"),
    Format(
        "reference",
        lambda text: _REFERENCE.fullmatch(text) is not None,
        False,
        "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11",
        "a UUID, or a path or URL that ends in one",
    ),
    Format("date", _is_date, False, "2024-01-31", "a date like 2024-01-31"),
    Format(
        "date-time", _is_date_time, False, "2024-01-31T13:45:00Z", "a date and time with offset (RFC 3339)"
    ),
    Format("time", _is_time, False, "13:45:00Z", "a time with offset (RFC 3339)"),
    Format("duration", _matches(_DURATION), False, "P1DT12H", "an ISO 8601 duration like P1DT12H"),
    Format("uri", _is_uri, False, "https://example.com/a", _URI_TEXT),
    Format("url", _is_uri, False, "https://example.com/a", _URI_TEXT),
    Format("uri-reference", _is_uri_reference, False, "/a/b", "a URI or a relative reference"),
    Format("json-pointer", _matches(_JSON_POINTER), False, "/a/0", "a JSON pointer"),
    Format(
        "hostname",
        lambda text: len(text) <= 253 and _HOSTNAME.fullmatch(text) is not None,
        False,
        "www.example.com",
        "a host name",
    ),
    Format("ipv4", _is_address(IPv4Address), False, "192.0.2.1", "an IPv4 address"),
    Format("file", is_file, False, "SGVsbG8=", "a file in base64, or a data URL with base64"),
    Format("ipv6", _is_address(IPv6Address), False, "2001:db8::1", "an IPv6 address"),
)

FORMATS: Mapping[str, Format] = MappingProxyType({entry.name: entry for entry in _TABLE})
CHECKS: Mapping[str, Check] = MappingProxyType({entry.name: entry.check for entry in _TABLE})
