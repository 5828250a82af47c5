"""Which hosts and internet addresses may never be written to on somebody else's word."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# A list of our own: Python's is_global changes between patch releases and lets 6to4, NAT64 and multicast through.
_FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this" network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service
        "169.254.0.0/16",  # link-local, with the metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo among others
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# What the C library would read as a number: 127.1, 0x7f.0.0.1, 2130706433.
_LOOKS_NUMERIC = re.compile(r"0x[0-9a-f]*|[0-9]+")


def is_forbidden(address: str, *, nat64: bool = False) -> bool:
    """Whether this numeric address must not be dialled; what is not a numeric address must not.

    `nat64`: the host has no IPv4 and its resolver wraps IPv4 answers (RFC 6052), so those are judged as IPv4.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    if isinstance(parsed, IPv6Address):
        if nat64 and parsed in _NAT64:
            return _is_forbidden_v4(IPv4Address(int(parsed) & 0xFFFF_FFFF))
        return parsed not in _GLOBAL_V6 or any(parsed in network for network in _FORBIDDEN_V6)
    return _is_forbidden_v4(parsed)


def is_plain_host(host: str) -> bool:
    """Whether a lower-case host is an ordinary name, or a number in its one canonical spelling."""
    try:
        return str(ip_address(host)) == host and "%" not in host
    except ValueError:
        labels = host.split(".")
        return (
            len(host) <= 253
            and all(_LABEL.fullmatch(label) for label in labels)
            and not _LOOKS_NUMERIC.fullmatch(labels[-1])
        )


def _is_forbidden_v4(address: IPv4Address) -> bool:
    return any(address in network for network in _FORBIDDEN_V4)
