"""Which addresses may be reached. Pure.

Other systems are called by what configuration says, and configuration may be a stranger's: nothing
inside the own network is reached unless the administrator lists it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# The special purpose registries of IANA, written out: what the standard library calls global differs
# between releases of Python (CVE-2024-4032).
_CLOSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/8",  # unspecified, loopback, and the forms that hold an IPv4 address
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_6TO4: Final = ipaddress.ip_network("2002::/16")


@dataclass(frozen=True, slots=True)
class Rule:
    """One place that may be reached though it is inside: a network or a name, on a port or on all."""

    network: Network | None
    name: str = ""
    port: int | None = None


class Allowed:
    """The places inside that an administrator lists: ``host:port``, ``host``, an address or a network."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(rules)

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """Of a comma-separated list. Raises ``ValueError`` with a sentence about what cannot be read."""
        return cls(_rule(entry) for entry in filter(None, map(str.strip, text.split(","))))

    def names(self, host: str, port: int) -> bool:
        """Whether a host is listed by its name: then it may be wherever the name leads."""
        wanted = host.rstrip(".").lower()
        return any(rule.name == wanted and rule.port in (None, port) for rule in self._rules if rule.name)

    def permits(self, address: str, port: int) -> bool:
        """Whether a connection to an address may be made."""
        try:
            known = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        meant = _meant(known)
        if any(
            rule.network is not None
            and rule.port in (None, port)
            and any(each.version == rule.network.version and each in rule.network for each in (known, meant))
            for rule in self._rules
        ):
            return True
        return is_public(known)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also the one inside an address that holds another."""
    meant = _meant(address)
    return not any(meant.version == network.version and meant in network for network in _CLOSED)


def _meant(address: Address) -> Address:
    """The IPv4 address that packets to this address end at, where there is one."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFF_FFFF)
    return address


def _rule(entry: str) -> Rule:
    if "/" in entry:
        return Rule(ipaddress.ip_network(entry, strict=False))
    host, port = _split(entry)
    try:
        return Rule(ipaddress.ip_network(host), port=port)
    except ValueError:
        pass
    labels = host.rstrip(".").lower().split(".")
    if not all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
        raise ValueError(f"'{entry}' is no host:port, address or network")
    return Rule(None, ".".join(labels), port)


def _split(entry: str) -> tuple[str, int | None]:
    """``host:port``, ``[address]:port``, or one of the two alone."""
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") > 1:
        return entry, None
    else:
        host, _, port = entry.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(f"'{entry}' has a port that is none")
    return host, int(port) if port else None
