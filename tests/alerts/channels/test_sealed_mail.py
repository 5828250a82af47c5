"""An encrypted mail: whole for its reader, and nothing of it on the way."""

from __future__ import annotations

import base64
import email
import quopri
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import policy
from typing import TYPE_CHECKING

import pytest
from pysequoia import Tsk, decrypt

from alerts.channels.mime import PreparedMail, Unwritable
from alerts.channels.openpgp import encrypted
from alerts.channels.sealed_mail import inside_of
from alerts.facts import Recipient
from alerts.key_facts import KeyUnusable
from alerts.messages import SealedMail
from tests.alerts.samples import EVERY_MESSAGE, KEY, NAMED, NOW, STOP, SUBSCRIBER, envelope
from tests.spoken import few_languages

if TYPE_CHECKING:
    from email.message import EmailMessage

    from alerts.facts import MessageFacts
    from alerts.messages import Mail
    from alerts.rendering import Renderer

SENDER = "Бюро «Вигил» <alerts@example.org>"
TO = "alice@example.org"
SECRET = Tsk.generate(user_id="Alice Sample <alice@example.org>")
ENCRYPTED_AT = datetime(2026, 11, 26, tzinfo=UTC)


def inside(mail: Mail, recipient: Recipient = SUBSCRIBER) -> bytes:
    return inside_of(mail, recipient, sender=SENDER, to=TO, written_at=NOW)


def sealed(mail: Mail, recipient: Recipient = SUBSCRIBER) -> SealedMail:
    key = str(SECRET.extract_certificate())
    return SealedMail(encrypted(inside(mail, recipient), armoured=key, now=ENCRYPTED_AT))


def written(mail: Mail | SealedMail, recipient: Recipient = SUBSCRIBER) -> bytes:
    return PreparedMail(mail, sender=SENDER, reply_to=None).fill_in(
        to=TO, envelope=envelope(recipient=recipient), domain="alerts.example.org"
    )


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.SMTP)
    assert not message.defects
    return message


def opened(raw: bytes) -> EmailMessage:
    """What the reader's program shows."""
    outside = parsed(raw)
    assert outside.get_content_type() == "multipart/encrypted"
    assert outside.get_param("protocol") == "application/pgp-encrypted"
    version, body = outside.iter_parts()
    assert (version.get_content_type(), version.get_payload()) == ("application/pgp-encrypted", "Version: 1\r\n")
    assert body.get_content_type() == "application/octet-stream"
    message = decrypt(str(body.get_payload()).encode(), decryptor=SECRET.decryptor()).bytes
    assert message is not None
    return parsed(message)


def forms_of(word: str) -> set[bytes]:
    """A word as it could lie in a mail: plain, in quoted-printable, in base64 at each of its alignments."""
    plain = word.encode()
    coded = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)}
    return {plain, quopri.encodestring(plain)[:70], *(code for code in coded if len(code) > 7)}


def words_of(mail: Mail) -> set[str]:
    return {word for word in re.findall(r"\w{7,}", f"{mail.subject} {mail.text}") if not word.startswith("vigil")}


def recipient_of(mail: Mail) -> Recipient:
    return SUBSCRIBER if mail.has_stop_link else Recipient()


def test_the_reader_gets_the_whole_mail_with_its_own_subject_and_links(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "ru", form="mail")
    read = opened(written(sealed(mail)))
    assert read["Subject"] == mail.subject
    assert read["From"] == SENDER
    assert (read["To"], read["Content-Language"]) == (TO, "ru")
    assert read.get_param("hp") == "cipher"
    assert read.get_param("protected-headers") == "v1"
    text, markup = read.get_body(("plain",)), read.get_body(("html",))
    assert text is not None
    assert markup is not None
    assert STOP in text.get_content()
    assert "Aigerim Example" in text.get_content()
    assert "Aigerim Example" in markup.get_content()


def test_what_stands_outside_says_nothing_and_is_named_inside(renderer: Renderer) -> None:
    raw = written(sealed(renderer.render(NAMED, "en", form="mail")))
    outside = parsed(raw)
    assert outside["Subject"] == "..."
    assert outside["Content-Language"] is None
    assert outside["Message-ID"] == f"<{KEY}@alerts.example.org>"
    named = dict(line.split(": ", 1) for line in opened(raw).get_all("HP-Outer", ()))
    assert named.keys() == {"From", "To", "Date", "Subject"}
    assert {name: outside[name] for name in named} == named


@few_languages
@pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)
def test_no_word_of_any_message_is_on_the_way(renderer: Renderer, facts: MessageFacts, language: str) -> None:
    mail = renderer.render(facts, language, form="mail")
    recipient = recipient_of(mail)
    raw, plain = written(sealed(mail, recipient), recipient), written(mail, recipient)
    words = words_of(mail) - words_of(replace(mail, subject=SENDER, text="multipart encrypted protocol"))
    assert len(words) > 2
    leaked = {word for word in words for form in forms_of(word) if form in raw}
    assert leaked <= {"example", "generated", "Subject"}  # in our own addresses and headers
    # The same search finds in a plain mail those that no soft line end parts.
    assert any(form in plain for word in words for form in forms_of(word))


def test_the_same_mail_has_the_same_inside(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    assert inside(mail) == inside(renderer.render(NAMED, "en", form="mail"))
    kept = sealed(mail)
    assert written(kept) == written(SealedMail(kept.armoured))
    assert sealed(mail) != kept


def test_a_control_character_in_a_header_is_refused(renderer: Renderer) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    with pytest.raises(Unwritable):
        inside_of(mail, SUBSCRIBER, sender=SENDER, to="alice@example.org\r\nBcc: x@example.org", written_at=NOW)


@pytest.mark.parametrize("expired_on", [None, date(2026, 3, 1)])
def test_the_notice_says_that_there_is_news_and_nothing_of_it(renderer: Renderer, expired_on: date | None) -> None:
    facts = KeyUnusable(expired_on=expired_on, key_url="https://vigil.example.org/key/abc")
    mail = renderer.render(facts, "en", form="mail")
    assert mail.subject == "There is news"
    for part in (mail.text, mail.html):
        assert "There is news for you." in part
        assert "https://vigil.example.org/key/abc" in part
        assert ("1 March 2026" in part) is (expired_on is not None)
        assert "KAZ" not in part
