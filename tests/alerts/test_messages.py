"""What is personal in a mail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Recipient
from alerts.free_text import MARKER
from alerts.messages import NotPersonal, personalise
from tests.alerts.samples import CONFIRMATION, NAMED, STOP, SUBSCRIBER

if TYPE_CHECKING:
    from alerts.rendering import Renderer


def test_the_stop_link_is_put_into_both_parts_and_escaped_for_each(renderer: Renderer) -> None:
    mail = personalise(renderer.render(NAMED, "en", form="mail"), SUBSCRIBER)
    assert f"\n{STOP}\n" in mail.text
    assert f'href="{STOP.replace("&", "&amp;")}"' in mail.html
    assert MARKER not in mail.text + mail.html + mail.subject


def test_a_mail_without_a_stop_link_needs_no_recipient(renderer: Renderer) -> None:
    mail = renderer.render(CONFIRMATION, "en", form="mail")
    assert personalise(mail, Recipient()) == mail


def test_an_alert_without_a_way_to_stop_it_does_not_leave(renderer: Renderer) -> None:
    with pytest.raises(NotPersonal, match="recipient has none"):
        personalise(renderer.render(NAMED, "en", form="mail"), Recipient())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/\r\nBcc: a@example.org",
        "https://example.org/\x00",
        "javascript:x",
        'https://example.org/"><script>',
        "https://example.org/" + "x" * 1000,
    ],
)
def test_a_stop_link_that_is_not_plain_is_refused(renderer: Renderer, url: str) -> None:
    mail = renderer.render(NAMED, "en", form="mail")
    with pytest.raises(NotPersonal):
        personalise(mail, replace(SUBSCRIBER, unsubscribe_url=url))
