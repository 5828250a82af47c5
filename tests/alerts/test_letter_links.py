"""A link opens the reader's own mail program with the letter as it stands, or says that it cannot hold it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.letter_links import ALL_LINKS, LONGEST_LINK, letter_links, mailto
from alerts.urgent_action_facts import Addressee, InLanguage, ModelLetter
from tests.alerts.samples import URGENT_ACTION

if TYPE_CHECKING:
    from alerts.rendering import Renderer

MINISTER = URGENT_ACTION.addressees[0]
# What RFC 6068, section 2, lets stand in a link as it is, and "%" with two digits.
PLAIN = re.compile(r"mailto:(?:[0-9A-Za-z._~@-]|%[0-9A-F]{2})+(?:\?(?:[0-9A-Za-z._~=&-]|%[0-9A-F]{2})*)?")
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
mailboxes = st.from_regex(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,20}@[a-z]{1,10}\.example\.org", fullmatch=True)


def taken_apart(url: str) -> tuple[str, dict[str, str]]:
    """What a mail program reads: the address and the fields, each taken out of its percent signs ("+" is a plus)."""
    scheme, _, path, query, fragment = urlsplit(url)
    assert (scheme, fragment) == ("mailto", "")
    fields = (part.partition("=") for part in query.split("&") if part)
    return unquote(path, errors="strict"), {name: unquote(text, errors="strict") for name, _, text in fields}


@given(mailbox=mailboxes, subject=texts, body=texts)
def test_whatever_is_written_arrives_as_it_was(mailbox: str, subject: str, body: str) -> None:
    url = mailto(mailbox, subject=subject, body=body)
    assert PLAIN.fullmatch(url)
    address, fields = taken_apart(url)
    assert (address, fields["subject"]) == (mailbox, subject)
    assert fields["body"] == re.sub(r"\r\n|\r|\n", "\r\n", body)


@pytest.mark.parametrize(
    "text",
    [
        "Уважаемый министр, пожалуйста, допустите врачей.",
        "السيد الوزير، اسمحوا للأطباء بزيارتها.\n\nمع الاحترام",
        "100% & more? #1 = \"a+b\"; <c> 'd'",
        "\u200fعربي and English\u200e",
        "emoji 🕊 and ﷽",
    ],
    ids=["cyrillic", "arabic", "signs", "directions", "beyond-the-plane"],
)
def test_every_script_and_every_sign_arrives(text: str) -> None:
    address, fields = taken_apart(mailto("minister@ministry.example.org", subject=text.partition("\n")[0], body=text))
    assert address == "minister@ministry.example.org"
    assert fields == {"subject": text.partition("\n")[0], "body": text.replace("\n", "\r\n")}


def test_a_letter_cannot_add_a_receiver_or_a_field() -> None:
    url = mailto("a&bcc=x@example.org", subject="x&bcc=y@example.org", body="\r\nBcc: z@example.org?cc=q")
    assert set(taken_apart(url)[1]) == {"subject", "body"}
    assert url.count("@") == 1
    assert url.count("&") == 1


def test_an_address_alone_is_a_link_too() -> None:
    assert mailto("minister@ministry.example.org") == "mailto:minister@ministry.example.org"


def test_the_letter_begins_with_the_salutation_in_its_language() -> None:
    letters = (ModelLetter("ru", ("Первый.", "Второй."), "Врачи"), ModelLetter("kk", ("Бір.",)))
    [[russian], [kazakh]] = letter_links(letters, (MINISTER,))
    assert taken_apart(russian.url)[1] == {
        "subject": "Врачи", "body": "Уважаемый министр\r\n\r\nПервый.\r\n\r\nВторой.",
    }  # fmt: skip
    assert taken_apart(kazakh.url)[1] == {"body": "Бір."}


def test_whoever_has_no_mailbox_gets_no_link() -> None:
    [links] = letter_links(URGENT_ACTION.letters, URGENT_ACTION.addressees)
    assert [link.mailbox for link in links] == ["minister@ministry.example.org"]


def test_a_letter_that_is_too_long_leaves_a_link_without_it() -> None:
    [[link]] = letter_links((ModelLetter("ru", ("ш" * 400,), "Врачи"),), (MINISTER,))
    assert not link.holds_letter
    assert taken_apart(link.url) == ("minister@ministry.example.org", {"subject": "Врачи"})


@given(
    letters=st.lists(
        st.builds(ModelLetter, st.sampled_from(["en", "ru"]), st.tuples(texts), st.none() | texts), max_size=5
    ),
    many=st.integers(0, 12),
    at_most=st.integers(0, 5_000),
)
def test_no_link_and_no_mail_full_of_links_is_too_long(letters: list[ModelLetter], many: int, at_most: int) -> None:
    found = letter_links(letters, (MINISTER,) * many, at_most=at_most)
    assert len(found) == len(letters)
    urls = [link.url for links in found for link in links]
    assert all(len(url) <= LONGEST_LINK for url in urls)
    assert sum(map(len, urls)) <= at_most


class Hrefs(HTMLParser):
    """The links of a mail, as a mail program reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if tag == "a" and name == "href"]


def test_the_link_stands_in_the_mail_and_its_text_part_holds_the_address(renderer: Renderer) -> None:
    mail = renderer.render(URGENT_ACTION, "en", form="mail")
    [link] = [url for url in Hrefs(mail.html).found if url.startswith("mailto:")]
    assert taken_apart(link) == (
        "minister@ministry.example.org",
        {
            "subject": "Doctors for Aigerim Example",
            "body": "Dear Minister\r\n\r\nI am worried about Aigerim Example.\r\n\r\nPlease let doctors see her.",
        },
    )
    assert "mailto:" not in mail.text
    assert "minister@ministry.example.org" in mail.text.splitlines()
    assert "too long for a link" not in mail.html


def test_the_mail_says_where_a_letter_is_too_long_for_a_link(renderer: Renderer) -> None:
    long = replace(URGENT_ACTION, letters=(ModelLetter("en", ("x" * LONGEST_LINK,)),))
    assert "too long for a link: copy it" in renderer.render(long, "en", form="mail").html


def test_many_officials_do_not_fill_the_mail_with_links(renderer: Renderer) -> None:
    official = Addressee(
        office="Minister", name=None, address=(), mailbox="m@example.org", salutations=(InLanguage("en", ("Dear",)),)
    )
    many = replace(URGENT_ACTION, addressees=(official,) * 10, letters=(ModelLetter("en", ("x" * 1_800,)),) * 4)
    links = [url for url in Hrefs(renderer.render(many, "en", form="mail").html).found if url.startswith("mailto:")]
    assert 0 < sum(map(len, links)) <= ALL_LINKS
