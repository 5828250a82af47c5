"""The bytes of a mail: headers as the standards want them, parts that decode to what was rendered."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import timedelta
from email import policy
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.channels.mime import PreparedMail, Unwritable
from alerts.correction_facts import CorrectionAlert
from alerts.facts import Digest, FollowUpAlert, Recipient
from alerts.messages import Mail, NotPersonal, personalise
from alerts.urgent_action_facts import UrgentActionAlert
from tests.alerts.samples import (
    CONFIRMATION,
    EVERY_MESSAGE,
    KEY,
    NAMED,
    NOW,
    ONE_CLICK,
    SUBSCRIBER,
    UNNAMED,
    envelope,
)
from tests.spoken import every_language

if TYPE_CHECKING:
    from email.message import EmailMessage

    from alerts.facts import Envelope, MessageFacts
    from alerts.rendering import Renderer

SENDER = "Vigil for Kazakhstan <alerts@example.org>"


def written(
    mail: Mail,
    to_send: Envelope | None = None,
    *,
    to: str = "alice@example.org",
) -> bytes:
    prepared = PreparedMail(mail, sender=SENDER, reply_to="office@example.org")
    return prepared.fill_in(
        to=to,
        envelope=to_send or envelope(recipient=SUBSCRIBER),
        domain="alerts.example.org",
    )


def undotted(raw: bytes) -> bytes:
    return re.sub(rb"(?m)^\.\.", b".", raw)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(undotted(raw), policy=policy.SMTP)
    assert not message.defects
    return message


def headers_of(raw: bytes) -> dict[str, str]:
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    return dict(line.split(": ", 1) for line in lines)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_headers_of_an_alert_are_those_of_the_standards(renderer: Renderer) -> None:
    headers = headers_of(written(renderer.render(NAMED, "ru", form="mail")))
    boundary = headers.pop("Content-Type")
    subject = headers.pop("Subject")
    assert headers == {
        "From": SENDER,
        "Reply-To": "office@example.org",
        "To": "alice@example.org",
        "Date": "Thu, 12 Mar 2015 09:00:00 +0000",
        "Message-ID": f"<{KEY}@alerts.example.org>",
        "MIME-Version": "1.0",
        "Content-Language": "ru",
        "List-Id": "<k7f3.alerts.example.org>",
        "List-Unsubscribe": f"<{ONE_CLICK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    assert boundary.startswith("multipart/alternative;")
    assert subject.startswith("=?utf-8?")


ON_EVERY_MAIL = {
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language",
    "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress",
}  # fmt: skip
ON_WHAT_A_SUBSCRIPTION_CAUSED = {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "References"}


@every_language
@pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)
def test_every_kind_of_mail_has_the_headers_of_its_kind(renderer: Renderer, facts: MessageFacts, language: str) -> None:
    mail = renderer.render(facts, language, form="mail")
    followed = isinstance(facts, FollowUpAlert | UrgentActionAlert | CorrectionAlert | Digest)
    assert mail.has_stop_link is followed
    stop_mailbox = "u+" + "a2" * 14 + "b@returns.example.org"
    recipient = replace(SUBSCRIBER, stop_mailbox=stop_mailbox) if followed else Recipient()
    raw = written(mail, envelope(recipient=recipient, thread=KEY if followed else None))
    assert set(headers_of(raw)) == ON_EVERY_MAIL | (ON_WHAT_A_SUBSCRIPTION_CAUSED if followed else set())
    lines = [line for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line.startswith(b"List-")]
    assert len(lines) == (3 if followed else 0)
    assert all(b"=?" not in line and line.isascii() for line in lines)


def test_a_long_unsubscribe_header_is_one_plain_line(renderer: Renderer) -> None:
    stop_mailbox = "u+" + "a2" * 14 + "b@returns.example.org"
    mail = renderer.render(NAMED, "en", form="mail")
    raw = written(mail, envelope(recipient=replace(SUBSCRIBER, stop_mailbox=stop_mailbox)))
    line = next(line for line in raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe: "))
    subject = "unsubscribe%20" + "a2" * 14 + "b"
    assert line == f"List-Unsubscribe: <{ONE_CLICK}>, <mailto:{stop_mailbox}?subject={subject}>".encode()
    assert len(line) > 78
    assert b"=?" not in line


@pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)
@every_language
def test_both_parts_decode_to_what_this_reader_is_told(renderer: Renderer, facts: MessageFacts, language: str) -> None:
    mail = renderer.render(facts, language, form="mail")
    raw = written(mail)
    message = parsed(raw)
    personal = personalise(mail, SUBSCRIBER)
    assert [piece.get_content_type() for piece in message.iter_parts()] == ["text/plain", "text/html"]
    # A long first word may begin on a folded line; the blank of the fold is no part of the subject.
    assert message["Subject"].lstrip() == personal.subject
    assert part(message, "plain").replace("\r\n", "\n") == personal.text
    assert part(message, "html").replace("\r\n", "\n").strip() == personal.html.strip()


@pytest.mark.parametrize("length", range(20, 300, 7))
def test_every_body_line_keeps_to_76_characters(renderer: Renderer, length: int) -> None:
    link = "https://vigil.example.org/u/." + "=.x&"[length % 4] * length
    recipient = replace(SUBSCRIBER, unsubscribe_url=link)
    raw = written(renderer.render(UNNAMED, "ru", form="mail"), envelope(recipient=recipient))
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in undotted(body).split(b"\r\n")) <= 76
    assert link in part(parsed(raw), "plain")
    assert link.replace("&", "&amp;") in part(parsed(raw), "html")


@given(st.lists(st.text("abczäжعن中-:", min_size=1, max_size=40), min_size=1, max_size=12).map(" ".join))
def test_a_subject_keeps_every_space_wherever_it_is_folded(subject: str) -> None:
    raw = written(Mail(subject=subject, text="x\n", html="<p>x</p>", language="ar"))
    assert parsed(raw)["Subject"] == subject
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n") if b"unsub" not in line.lower()) <= 998


def test_line_ends_are_crlf_and_leading_dots_are_doubled() -> None:
    raw = written(Mail(subject="s", text=".\n..\nx\n.end\n", html="<p>.</p>\n.\n", language="en"), envelope())
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert not re.search(rb"(?m)^\.(?!\.)", raw)
    assert part(parsed(raw), "plain").replace("\r\n", "\n") == ".\n..\nx\n.end\n"


def test_a_message_that_no_subscription_caused_has_no_list_headers(renderer: Renderer) -> None:
    headers = headers_of(written(renderer.render(CONFIRMATION, "en", form="mail"), envelope(recipient=Recipient())))
    assert not [name for name in headers if name.startswith("List-")]
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"


def test_a_repeat_has_the_same_bytes(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    later = envelope(recipient=SUBSCRIBER, now=NOW + timedelta(hours=5), attempt=7, maybe_sent=True)
    assert written(mail) == written(renderer.render(NAMED, "en", form="mail"), later)


def test_two_readers_share_all_but_what_is_personal(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    other = Recipient(
        list_id="zz99", unsubscribe_url="https://vigil.example.org/u/other", one_click_url="https://vigil.example.org/o"
    )
    first, second = written(mail), written(mail, envelope(recipient=other), to="bob@example.org")
    for word in (b"alice", b"k7f3", b"abc?x", ONE_CLICK.encode()):
        assert word in first.replace(b"=\r\n", b"").replace(b"=3D", b"=").replace(b"..", b".")
        assert word not in second.replace(b"=\r\n", b"").replace(b"=3D", b"=")


def test_an_alert_without_a_way_out_is_not_written(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    with pytest.raises(NotPersonal):
        written(mail, envelope(recipient=Recipient()))
    with pytest.raises(NotPersonal):
        written(mail, envelope(recipient=replace(SUBSCRIBER, one_click_url=None)))


CONTROLS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]


def test_5000_header_strings_inject_nothing(renderer: Renderer) -> None:
    random = Random(5322)  # noqa: S311, a fixed seed is the point
    mail = renderer.render(UNNAMED, "en", form="mail")
    prepared = PreparedMail(mail, sender=SENDER, reply_to=None)
    plain = set(headers_of(written(mail)))
    refused = 0
    for number in range(5000):
        inject = "".join(
            random.choices([*CONTROLS, "Bcc: mallory@example.org", " ", ">", "x", "é"], k=random.randrange(1, 6))
        )
        field = random.choice(
            ["key", "thread", "list_id", "one_click_url", "stop_mailbox", "unsubscribe_url", "to", "subject"]
        )
        base = envelope(recipient=SUBSCRIBER)
        if field in {"key", "thread"}:
            base = envelope(recipient=SUBSCRIBER, **{field: KEY + inject})
        elif field not in {"to", "subject"}:
            value = f"https://vigil.example.org/{inject}" if field.endswith("url") else f"k{inject}"
            base = replace(base, recipient=replace(SUBSCRIBER, **{field: value}))
        try:
            used = (
                PreparedMail(replace(mail, subject=f"s{inject}"), sender=SENDER, reply_to=None)
                if field == "subject"
                else prepared
            )
            to = f"a{inject}@example.org" if field == "to" else "alice@example.org"
            raw = used.fill_in(to=to, envelope=base, domain="alerts.example.org")
        except (Unwritable, NotPersonal):
            refused += 1
            continue
        thread = {"References"} if field == "thread" else set()
        assert set(headers_of(raw)) == plain - {"Reply-To"} | thread, (number, field, inject)
        assert b"\x00" not in raw
    assert refused > 3000


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=120))
@example("Термінова акція: не пишіть більше листів до 20 квітня, справа KAZ-2014-003, і скажіть про це іншим")
@example("Мерзімінен бұрын шұғыл акция тоқтатылды: енді хат жазбаңыз, іс KAZ-2014-003, басқаларға да айтыңыз")
@example("Please confirm: alerts about one kind of date in all the cases there are: court hearing, and no other")
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    from alerts.messages import Mail

    subject = " ".join(subject.split())
    raw = written(Mail(subject=subject, text="t\n", html="<p>t</p>", language="en"), envelope())
    assert parsed(raw)["Subject"] == subject
    assert all(len(line) <= 998 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))
