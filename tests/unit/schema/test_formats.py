"""The table of formats."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.schema import FORMATS, referenced_id

UUID = "b3a1c5d8-1f0e-4d5b-9a53-0f6f3f9b1c11"

VALID = {
    "bsn": ["999993653", "111222333", "010000008", "10000008"],
    "rsin": ["002564440", "111222333"],
    "kvk": ["12345678", "00000000"],
    "vestigingsnummer": ["000012345678"],
    "postcode": ["1234AB", "1234 AB", "9999ZZ"],
    "iban": ["NL91ABNA0417164300", "BE68539007547034", "GB82WEST12345698765432"],
    "countryCode": ["NL", "BE", "CW"],
    "phone": ["+31201234567", "020 123 4567", "(020) 123-4567", "06-12345678"],
    "telephone": ["0612345678"],
    "email": ["a@example.com", "first.last+tag@sub.example.nl", "o'neil@example.com"],
    "uuid": [UUID, UUID.upper()],
    "reference": [
        UUID,
        f"/api/books/{UUID}",
        f"/{UUID}",
        f"https://example.com/api/books/{UUID}",
        f"http://localhost:8080/{UUID}",
    ],
    "date": ["2024-02-29", "0001-01-01"],
    "date-time": [
        "2024-01-31T10:00:00Z",
        "2024-01-31t10:00:00.123456789z",
        "2024-01-31T10:00:00+01:00",
        "2016-12-31T23:59:60Z",
        "2017-01-01T00:59:60+01:00",
    ],
    "time": ["10:00:00Z", "23:59:60Z", "10:00:00.5-05:30", "18:29:60-05:30"],
    "duration": ["P1Y2M3DT4H5M6S", "PT1H", "P2W", "P0D"],
    "uri": ["https://example.com/a?b=c#d", "urn:isbn:123", "mailto:a@b.nl", "http://[::1]:80/", "a:b"],
    "url": ["https://example.com"],
    "uri-reference": ["/a/b", "a", "", "?q", "#f", "//host/a", "https://example.com", "%41"],
    "json-pointer": ["", "/", "/a/0", "/~0~1"],
    "hostname": ["example.com", "localhost", "a-b.c1"],
    "ipv4": ["0.0.0.0", "255.255.255.255"],
    "ipv6": ["::", "2001:db8::1", "::ffff:1.2.3.4"],
    "file": [
        "",
        "YQ==",
        "YQ",
        "YWI=",
        "YWJj",
        "data:;base64,YQ==",
        "data:text/plain;charset=utf-8;base64,YQ==",
    ],
}
INVALID = {
    "bsn": ["000000000", "00000000", "123456789", "9999936531", "99999364", "99999 653", "", "١١١٢٢٢٣٣٣"],
    "rsin": ["000000000", "123456789", "2564440", "10000008"],
    "kvk": ["1234567", "123456789", "1234567a", "1234567\n"],
    "vestigingsnummer": ["12345678901", "1234567890123"],
    "postcode": ["0234AB", "1234SS", "1234 SA", "1234SD", "1234  AB", "1234ab", "1234A", "1234AB\n"],
    "iban": ["NL91ABNA0417164301", "NL91 ABNA 0417 1643 00", "nl91abna0417164300", "NL91"],
    "countryCode": ["XX", "nl", "NLD", ""],
    "phone": ["1234567", "+31 (0)20 123 4567 89 01", "020/1234567", "--------", "02+01234567", "abcdefgh"],
    "telephone": ["112"],
    "email": ["a", "a@", "@b", "a b@c.nl", "a@b@c", ".a@b.nl", "a..b@c.nl", "a@-b.nl", f"{'a' * 65}@b.nl"],
    "uuid": ["", UUID[:-1], UUID.replace("-", ""), f"{{{UUID}}}", f"{UUID}\n"],
    "reference": [
        "",
        "books",
        "/api/books/",
        f"/api/books/{UUID}/",
        f"ftp://example.com/{UUID}",
        f"https:///{UUID}",
        f"books/{UUID}",
        f"/a b/{UUID}",
        f"/books/{UUID}?x=1",
    ],
    "date": ["2023-02-29", "2024-1-1", "20240101", "2024-W01-1", "2024-01-01T00:00:00Z", "0000-01-01", ""],
    "date-time": [
        "2024-01-31",
        "2024-01-31T10:00:00",
        "2024-01-31 10:00:00Z",
        "2024-01-31T10:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T10:00:00+0100",
        "2024-01-31T10:00:00+24:00",
        "2024-02-30T10:00:00Z",
        "2024-01-31T10:00:60Z",
        "2024-01-31T10:00:00.Z",
        "tomorrow",
    ],
    "time": ["10:00:00", "25:00:00Z", "10:00Z", "23:59:60+01:00"],
    "duration": ["P", "PT", "1D", "P1D2H", "P1H", "PT1D", "P1W2D", ""],
    "uri": [
        "/a",
        "example.com",
        "",
        "https://",
        "http://a b/",
        "http://a:99999/",
        "http://[::1",
        "a:%zz",
        "é:a",
    ],
    "url": ["/a"],
    "uri-reference": ["a b", "\\a", "%zz", "a#b#c", "http://", "\n"],
    "json-pointer": ["a", "/~", "/~2"],
    "hostname": ["", "-a", "a-", "a..b", "a_b", "a" * 64, ".".join(["a" * 60] * 5)],
    "ipv4": ["256.1.1.1", "1.2.3", "01.2.3.4", "::1"],
    "file": ["YQ=", "Y", "YQ=== ", "Y Q=", "data:,YQ==", "data:text/plain,YQ", "data:nothing;base64,YQ"],
    "ipv6": [":::", "1.2.3.4", "fe80::1%eth0", "12345::"],
}


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in VALID.items() for t in texts])
def test_accepts(name, text):
    """What a format describes passes its check."""
    assert FORMATS[name].check(text)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in INVALID.items() for t in texts])
def test_refuses(name, text):
    """What a format does not describe fails its check."""
    assert not FORMATS[name].check(text)


def test_every_format_is_tested_and_shows_an_example_of_itself():
    """Each entry of the table has cases here, an example that passes, and words for a message."""
    assert set(FORMATS) == set(VALID) == set(INVALID)
    for name, entry in FORMATS.items():
        assert entry.name == name
        assert entry.check(entry.example)
        assert entry.description


def test_personal_data_is_marked():
    """Formats whose values identify a person are sensitive by themselves."""
    sensitive = {name for name, entry in FORMATS.items() if entry.sensitive}
    assert sensitive == {"bsn", "email", "iban", "phone", "telephone"}


def test_eight_digits_are_a_bsn_exactly_when_they_are_with_a_zero_in_front():
    """Padding is the only difference between the two lengths."""
    check = FORMATS["bsn"].check
    for number in range(10_000_000, 10_000_200):
        assert check(str(number)) == check(f"0{number}")


@given(st.text() | st.from_regex(r"[0-9A-Z+:/.\-@%?#\[\]]{0,40}"))
def test_predicates_are_total(text):
    """No text makes a check raise."""
    for entry in FORMATS.values():
        assert entry.check(text) in (True, False)


@pytest.mark.parametrize("piece", ["a", "/", "1", "a.", "/a", "%41", "::", ":1", "P1D", "-", "@", "~0/"])
def test_checks_are_linear(piece):
    """A long text that almost fits takes no more than its length's worth of time."""
    hostile = piece * (100_000 // len(piece)) + "\x00"
    started = time.perf_counter()
    for entry in FORMATS.values():
        entry.check(hostile)
        entry.check("https://" + hostile)
        entry.check("a@" + hostile)
    assert time.perf_counter() - started < 5


def test_the_id_in_a_reference():
    """A reference names the uuid at its end, in lower case; other text names nothing."""
    assert referenced_id(f"https://example.com/books/{UUID.upper()}") == UUID
    assert referenced_id(UUID) == UUID
    assert referenced_id("/books/1") is None
