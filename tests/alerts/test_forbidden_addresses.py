"""Which addresses are never dialled."""

from __future__ import annotations

import pytest

from alerts.forbidden_addresses import is_forbidden, is_plain_host

FORBIDDEN = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 168.63.129.16 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 2001::1 2001:1ff::1
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1
fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
""".split()  # noqa: SIM905, a list of 60 lines is no easier to read
PUBLIC = "8.8.8.8 1.1.1.1 100.63.255.255 172.32.0.1 192.0.1.1 198.20.0.1 223.255.255.255 2600::1 2a00:1450::1".split()  # noqa: SIM905


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_on_the_open_internet_is_forbidden(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_forbidden(address: str) -> None:
    assert not is_forbidden(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "::g"])
def test_what_is_not_a_number_is_forbidden(text: str) -> None:
    assert is_forbidden(text)


def test_behind_nat64_the_wrapped_address_is_judged() -> None:
    assert not is_forbidden("64:ff9b::8.8.8.8", nat64=True)
    assert is_forbidden("64:ff9b::10.0.0.1", nat64=True)
    assert is_forbidden("64:ff9b:1::8.8.8.8", nat64=True)


@pytest.mark.parametrize("host", ["example.org", "a-b.example.org", "xn--e1aybc.example", "8.8.8.8", "2a00:1450::1"])
def test_an_ordinary_host_is_plain(host: str) -> None:
    assert is_plain_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "example.org.", "exa mple.org", "ex%61mple.org", "-a.example", "a-.example", "a..b", "EXAMPLE.org"),
        *("127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "0x7f000001", "127.0.0.1.", "1.2.3.4.5", "a.0x7f"),
        *("[::1]", "::FFFF:1.2.3.4", "0:0:0:0:0:0:0:1", "fe80::1%25eth0", "a" * 64 + ".org", "a." * 130 + "org"),
    ],
)
def test_any_other_spelling_is_not_plain(host: str) -> None:
    assert not is_plain_host(host)
