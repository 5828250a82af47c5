"""Mails that came in are sorted as the formats of real servers ask; hostile ones cost little and say nothing."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.returned_mail import LONGEST_READ, Sort, read_returned

MAILS = Path(__file__).parent / "mails"
TOKEN, STOP_TOKEN = "a2" * 14 + "b", "c3" * 14 + "d"
VERP, STOP = f"b+{TOKEN}", f"u+{STOP_TOKEN}"
MOST_BYTES = 50 * 1024 * 1024


def mail(name: str) -> bytes:
    """One mail of the corpus, written to our addresses."""
    text = (MAILS / f"{name}.eml").read_text(encoding="utf-8")
    for place, value in (("verp", f"{VERP}@example.org"), ("stop_token", STOP_TOKEN), ("stop", f"{STOP}@example.org")):
        text = text.replace(f"{{{place}}}", value)
    return text.replace("\n", "\r\n").encode()


CORPUS = {
    "postfix_no_such_user": (Sort.FAILED, "5.1.1", VERP),
    "postfix_mailbox_full": (Sort.FAILED, "5.2.2", VERP),
    "postfix_unable_to_route": (Sort.FAILED, "5.4.4", VERP),
    "postfix_expired": (Sort.FAILED, "4.4.7", VERP),
    "postfix_delayed": (Sort.DELAYED, None, VERP),
    "exim_without_report": (Sort.FAILED, "5.1.1", VERP),
    "exim_report": (Sort.FAILED, "5.2.2", VERP),
    "exchange_online": (Sort.FAILED, "5.1.10", VERP),
    "exchange_server_in_russian": (Sort.FAILED, "5.7.1", VERP),
    "gmail": (Sort.FAILED, "5.1.1", VERP),
    "qmail": (Sort.FAILED, "5.1.1", VERP),
    "complaint_whole": (Sort.COMPLAINT, None, VERP),
    "complaint_redacted": (Sort.COMPLAINT, None, STOP),
    "complaint_taken_back": (Sort.LETTER, None, None),
    "away_exchange": (Sort.AUTO_REPLY, None, VERP),
    "away_vacation": (Sort.AUTO_REPLY, None, VERP),
    "away_in_russian": (Sort.AUTO_REPLY, None, VERP),
    "letter": (Sort.LETTER, None, VERP),
    "stop_by_address": (Sort.LETTER, None, STOP),
    "stop_by_subject": (Sort.LETTER, None, STOP),
}


def test_every_mail_of_the_corpus_has_its_line() -> None:
    assert {path.stem for path in MAILS.iterdir()} == set(CORPUS)


@pytest.mark.parametrize("name", CORPUS)
def test_a_mail_is_sorted_as_its_format_asks(name: str) -> None:
    sort, status, ours = CORPUS[name]
    found = read_returned(mail(name))
    assert (found.sort, found.status) == (sort, status)
    assert found.ours[:1] == ((ours,) if ours else ())


@pytest.mark.parametrize("name", CORPUS)
def test_line_ends_and_a_cut_after_the_report_change_nothing(name: str) -> None:
    whole = read_returned(mail(name))
    assert read_returned(mail(name).replace(b"\r\n", b"\n")) == whole
    assert read_returned(mail(name) + b"\r\nx" * LONGEST_READ) == whole


def test_the_envelope_tells_where_the_headers_do_not() -> None:
    away = mail("qmail").replace(VERP.encode(), b"postmaster")
    assert read_returned(away).ours == ()
    assert read_returned(away, recipients=[f"{VERP.upper()}@EXAMPLE.ORG"]).ours == (VERP,)


def test_the_message_id_is_what_tells_two_mails_apart() -> None:
    assert read_returned(mail("gmail")).message_id == "<55015a9c.0a1b2c3d.4e5f.0001.GMR@mx.example.net>"
    assert read_returned(mail("qmail")).message_id is None


REPORT = b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
STATUS = b"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\n"
HOSTILE = {
    "nothing": b"",
    "ten megabytes of letters": b"To: x\r\n\r\n" + b"a" * 10_000_000,
    "ten megabytes of lines": b"To: x\r\n\r\n" + b"a\r\n" * 3_300_000,
    "ten megabytes of headers": b"a:\r\n" * 2_500_000,
    "one header of ten megabytes": b"To: " + b"x" * 10_000_000,
    "a header that is folded for ever": b"To: x\r\n" + b" y\r\n" * 2_500_000,
    "mails within mails": b"Content-Type: message/rfc822\r\n\r\n" * 300_000,
    "mails within mails, spelled otherwise": b"CONTENT-TYPE : message/rfc822\r\nContent-Type:message/rfc822\r\n\r\n"
    * 45,
    "parts within parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(49)
    )
    + b"\r\n" * 3_000_000,
    "a hundred thousand parts": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 100_000,
    "a report that is never closed": REPORT + STATUS + b"Action: failed\r\nStatus: 5.1.1\r\n" * 300_000,
    "a charset that nobody knows": b"Subject: =?nonsense?b?AAAA?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff",
    "a charset with a NUL": b'Content-Type: text/plain; charset="utf\x00-8"\r\n\r\n\x00',
    "bytes that are no text": b"To: \xff\xfe\x00\r\nSubject: \x80\r\n\r\n" + bytes(range(256)) * 1_000,
    "a transfer encoding that lies": b"Content-Transfer-Encoding: base64\r\nFrom: mailer-daemon\r\n\r\n%%%=\r\n" * 9,
    "many brackets": b"From: mailer-daemon\r\n\r\n" + b"<" * 10_000_000,
    "many quotes": b"From: mailer-daemon\r\nSubject: failure\r\n\r\n" + (b'"' * 997 + b"\n") * 4_000,
    "headers in the report": REPORT + STATUS + b"Action: failed\r\nStatus: 5.1.1\r\nBcc: x@example.org\r\n\r\n--x--",
    "parameters that quote badly": b"Content-Type: multipart/report; boundary*0*=x''%; boundary*1=\"\r\n\r\n--x\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_less_than_50_megabytes_and_crashes_nothing(name: str) -> None:
    raw = HOSTILE[name]
    tracemalloc.start()
    try:
        found = read_returned(raw)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert found.ours == ()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CORPUS)), st.randoms(use_true_random=False), st.integers(1, 40))
def test_a_damaged_mail_is_sorted_as_something(name: str, chance: object, cuts: int) -> None:
    raw = bytearray(mail(name))
    for _ in range(cuts):
        at = chance.randrange(len(raw))  # type: ignore[attr-defined] # hypothesis' own random
        raw[at : at + chance.randrange(4)] = bytes(  # type: ignore[attr-defined]
            chance.randrange(256)  # type: ignore[attr-defined]
            for _ in range(chance.randrange(4))  # type: ignore[attr-defined]
        )
    assert read_returned(bytes(raw)).sort in Sort


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_sorted_as_something(raw: bytes) -> None:
    assert read_returned(raw).sort in Sort
