"""Which addresses other systems may stand at."""

from __future__ import annotations

import ipaddress

import pytest

from gateway_core.outgoing.addresses import Allowed, is_public

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "2001::1",
    "3fff::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "145.21.165.1",
    "172.32.0.1",
    "2a00:1450:400e::8a",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_closed(address: str) -> None:
    """An address of the own network, of this machine or of nobody is not reached, however it is wrapped."""
    assert not is_public(ipaddress.ip_address(address))
    assert not Allowed().permits(address, 443)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are_open(address: str) -> None:
    """An address of the open internet may be reached."""
    assert Allowed().permits(address, 443)


def test_what_is_no_address_is_closed() -> None:
    """A text that is no address permits nothing."""
    assert not Allowed().permits("localhost", 80)


@pytest.mark.parametrize(
    ("rule", "address", "port", "permitted"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "127.0.0.1", 8081, False),
        ("127.0.0.1:8080", "::ffff:127.0.0.1", 8080, True),
        ("127.0.0.1", "127.0.0.1", 1, True),
        ("127.0.0.1", "127.0.0.2", 1, False),
        ("10.1.0.0/16", "10.1.200.3", 443, True),
        ("10.1.0.0/16", "10.2.0.1", 443, False),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 80, False),
        ("fd00::/8", "fd12::1", 80, True),
        ("::1", "::1", 80, True),
        ("intranet:443, 10.0.0.1:80", "10.0.0.1", 80, True),
    ],
)
def test_listed_addresses_are_open(rule: str, address: str, port: int, permitted: bool) -> None:
    """What the administrator lists is open, on the port that is named or on all; nothing beside it."""
    assert Allowed.parse(rule).permits(address, port) is permitted


def test_names_are_compared_whole() -> None:
    """A host is listed by its whole name, in any case, on its port."""
    allowed = Allowed.parse("zaken.intern:8443,brp.intern")
    assert allowed.names("Zaken.intern.", 8443)
    assert not allowed.names("zaken.intern", 443)
    assert allowed.names("brp.intern", 1234)
    assert not allowed.names("x.brp.intern", 1234)
    assert not allowed.names("brp.intern.evil.example", 1234)


@pytest.mark.parametrize("text", ["a b", "host:0", "host:70000", "host:x", "*", "10.0.0.0/99", "http://x"])
def test_a_rule_that_means_nothing_is_refused(text: str) -> None:
    """A rule that cannot be read is an error, not a rule that lets nothing or everything through."""
    with pytest.raises(ValueError):
        Allowed.parse(text)
