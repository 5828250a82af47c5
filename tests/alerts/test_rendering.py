"""What the messages say, and what they never say."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import UndefinedError

from alerts.correction_facts import CorrectionAlert
from alerts.facts import Citation, Demand, FollowUpAlert, Level, MessageFacts
from alerts.follow_up_kinds import UnknownKind
from alerts.languages import Languages, text_direction
from alerts.messages import STOP_LINK_IN_HTML, STOP_LINK_IN_TEXT, Chat, Event, Mail
from alerts.rendering import NotInThisForm, Renderer
from alerts.urgent_action_facts import UrgentActionAlert
from tests.alerts.samples import (
    ALREADY_FOLLOWING,
    CANARY,
    CONFIRMATION,
    DESTINATION_DISABLED,
    DESTINATION_FAILING,
    DESTINATION_TEST,
    DIGEST,
    EVERY_MESSAGE,
    NAMED,
    UNNAMED,
)
from tests.spoken import every_language

if TYPE_CHECKING:
    from pathlib import Path

HTML_LIMIT = 100_000
every_message = pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)


class Tags(HTMLParser):
    """Every tag and every URL of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def links(self) -> set[str]:
        return {attrs["href"] or "" for tag, attrs in self.tags if tag == "a"}


def mail(renderer: Renderer, facts: MessageFacts, language: str = "en") -> Mail:
    return renderer.render(facts, language, form="mail")


def test_an_alert_opens_with_what_by_when_and_who(renderer: Renderer) -> None:
    assert mail(renderer, NAMED).text.splitlines()[:4] == [
        "What must happen: examination by a specialist",
        "Ultrasound of the liver",
        "By when: 9 March 2015 (Asia/Aqtau)",
        "Who can act: the prison's medical service",
    ]


def test_after_that_come_lateness_case_demands_rule_sources_and_the_way_out(renderer: Renderer) -> None:
    text = mail(renderer, NAMED).text
    landmarks = [
        "Who can act:",
        "Overdue by 3 days.",
        "KAZ-2014-003 · Kazakhstan",
        "Aigerim Example",
        "https://vigil.example.org/c/k3",
        "What is asked of the state, in public:",
        "The rule behind the date:",
        "UPR briefing (as of 24 October 2014)",
        "You get this because you follow case KAZ-2014-003.",
        STOP_LINK_IN_TEXT,
    ]
    assert [text.index(landmark) for landmark in landmarks] == sorted(text.index(landmark) for landmark in landmarks)


@pytest.mark.parametrize(
    ("level", "days", "subject"),
    [
        (Level.UPCOMING, -7, "Due in 7 days, case KAZ-2014-003: due 9 March 2015"),
        (Level.UPCOMING, -1, "Due in 1 day, case KAZ-2014-003: due 9 March 2015"),
        (Level.DUE, 0, "Due now, case KAZ-2014-003: due 9 March 2015"),
        (Level.OVERDUE, 1, "Overdue by 1 day, case KAZ-2014-003: due 9 March 2015"),
        (Level.VERY_OVERDUE, 14, "Overdue by 14 days, case KAZ-2014-003: due 9 March 2015"),
        (Level.CRITICAL, 30, "Critical, overdue by 30 days, case KAZ-2014-003: due 9 March 2015"),
    ],
)
def test_the_subject_says_how_late_which_case_and_since_when(
    renderer: Renderer, level: Level, days: int, subject: str
) -> None:
    facts = replace(UNNAMED, level=level, days_late=days)
    assert mail(renderer, facts).subject == subject
    assert renderer.render(facts, "en", form="chat").title == subject


@every_language
def test_no_subject_names_a_person_an_illness_or_a_kind(renderer: Renderer, language: str) -> None:
    assert mail(renderer, NAMED, language).subject == mail(renderer, UNNAMED, language).subject
    assert renderer.render(NAMED, language, form="chat").title == mail(renderer, NAMED, language).subject


def test_what_must_not_be_said_is_not_said(renderer: Renderer) -> None:
    rendered = mail(renderer, UNNAMED)
    chat = renderer.render(UNNAMED, "en", form="chat")
    for text in (rendered.text, rendered.html, "\n".join(chat.paragraphs)):
        assert "a follow-up" in text
        assert "the authority that holds the person" in text
        assert "None" not in text
        assert not re.search(r"medical|specialist|Aigerim|Person:|The rule|Sources:|asked of the state", text)


def test_russian_reads_as_russian(renderer: Renderer) -> None:
    rendered = mail(renderer, NAMED, "ru")
    assert rendered.language == "ru"
    assert rendered.subject == "Просрочено на 3 дня, дело KAZ-2014-003: срок 9 марта 2015 г."
    assert rendered.text.startswith("Что должно произойти: осмотр врачом-специалистом\n")
    assert "Казахстан" in rendered.text
    assert "срок и основание указаны организацией" in rendered.text
    for english in ("What must", "By when", "Who can", "overdue", "Overdue", "Sources", "You get", "Stop these"):
        assert english not in rendered.text + rendered.html


def test_a_rule_that_somebody_stated_is_quoted_and_not_translated(renderer: Renderer) -> None:
    assert "Order No. 7 of the colony" in mail(renderer, replace(NAMED, basis="Order No. 7 of the colony"), "ru").text


def test_a_message_with_one_missing_translation_is_english_as_a_whole(templates: Path, tmp_path: Path) -> None:
    po = (templates / "locale/ru/LC_MESSAGES/vigil.po").read_text(encoding="utf-8")
    assert '"Источники:"' in po
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "vigil.po").write_text(po.replace('"Источники:"', '""'), encoding="utf-8")
    renderer = Renderer(templates, Languages(tmp_path))
    assert mail(renderer, NAMED, "ru") == mail(renderer, NAMED, "en")
    assert mail(renderer, UNNAMED, "ru").language == "ru"
    assert renderer.render(NAMED, "ru", form="chat").language == "en"


@every_language
def test_a_confirmation_is_short_and_says_nothing_of_the_case(renderer: Renderer, language: str) -> None:
    rendered = mail(renderer, CONFIRMATION, language)
    assert len(re.findall(r"\w[\w'’-]*", re.sub(r"https?://\S+", "", rendered.text))) <= 60
    assert Tags(rendered.html).links == {CONFIRMATION.confirm_url}
    assert rendered.text.count("http") == 1
    assert "KAZ-2014-003" in rendered.text
    assert not rendered.has_stop_link


def test_a_confirmation_asks_for_one_button_behind_continue(renderer: Renderer) -> None:
    rendered = mail(renderer, CONFIRMATION)
    assert "You will be asked to press one button. Until then we send nothing." in rendered.text
    assert "\nContinue:\nhttps://vigil.example.org/confirm/abc\n" in rendered.text
    assert ">Continue</a>" in rendered.html
    assert "16 March 2015" in rendered.text


def test_a_second_request_is_answered_without_a_change(renderer: Renderer) -> None:
    rendered = mail(renderer, ALREADY_FOLLOWING)
    assert rendered.subject == "You already follow case KAZ-2014-003"
    assert "nothing has changed" in rendered.text


def test_a_digest_puts_the_most_urgent_case_first_and_counts_everything(renderer: Renderer) -> None:
    later = replace(UNNAMED, case_reference="KAZ-2014-001", level=Level.CRITICAL, days_late=30)
    facts = replace(DIGEST, alerts=(UNNAMED, later, replace(NAMED, level=Level.VERY_OVERDUE, days_late=9)))
    rendered = mail(renderer, facts)
    assert rendered.subject == "5 updates this week, Example Committee"
    assert "From 2 March 2015 to 8 March 2015\n" in rendered.text
    order = [rendered.text.index(text) for text in ("KAZ-2014-001", "KAZ-2014-003", "by 9 days", "by 3 days", "2 more")]
    assert order == sorted(order)
    assert rendered.text.count("KAZ-2014-003") == 1
    assert "2 more updates are on the case pages.\nhttps://vigil.example.org/\n" in rendered.text
    assert "What is critical does not wait for it." in rendered.text


def test_a_digest_has_a_way_out_of_each_case_for_its_reader_and_none_for_a_room(renderer: Renderer) -> None:
    rendered = mail(renderer, DIGEST)
    assert rendered.text.count("Stop the messages about this case:\nhttps://vigil.example.org/u/abc\n") == 1
    assert rendered.html.count('href="https://vigil.example.org/u/abc"') == 1
    assert "/u/" not in "".join(renderer.render(DIGEST, "en", form="chat").paragraphs)


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"cadence": "daily"}, "1 update since yesterday, Example Committee"),
        ({"cadence": "weekly"}, "1 update this week, Example Committee"),
        ({"is_late": True}, "1 update, 2 March 2015 to 8 March 2015, Example Committee"),
        ({"is_late": True, "period_start": DIGEST.period_end}, "1 update, 8 March 2015, Example Committee"),
    ],
)
def test_the_subject_of_a_digest_says_how_many_since_when_and_who_writes(
    renderer: Renderer, changes: dict[str, Any], subject: str
) -> None:
    facts = replace(DIGEST, alerts=(UNNAMED,), more=0, **changes)
    assert mail(renderer, facts).subject == subject
    assert "more" not in mail(renderer, facts).text


@pytest.mark.parametrize(
    ("count", "subject"), [(1, "1 обновление"), (3, "3 обновления"), (5, "5 обновлений"), (21, "21 обновление")]
)
def test_the_subject_of_a_digest_has_its_plural_forms(renderer: Renderer, count: int, subject: str) -> None:
    facts = replace(DIGEST, alerts=(UNNAMED,), more=count - 1)
    assert mail(renderer, facts, "ru").subject == f"{subject} за неделю, Example Committee"


def test_the_name_of_the_organisation_is_no_markup(renderer: Renderer) -> None:
    rendered = mail(renderer, replace(DIGEST, organisation='<b>A & "B"</b>'))
    assert "&lt;b&gt;A &amp;" in rendered.html
    assert "<b>" not in rendered.html


@pytest.mark.parametrize("facts", EVERY_MESSAGE, ids=lambda facts: type(facts).__name__)
def test_the_organisations_postal_address_stands_below_every_mail(templates: Path, facts: MessageFacts) -> None:
    renderer = Renderer(templates, Languages(templates / "locale"), postal_address="Desk & Co, 1 Example Street,, Town")
    mail = renderer.render(facts, "en", form="mail")
    assert mail.text.endswith("\n\nDesk & Co\n1 Example Street\nTown\n")
    assert mail.html.rindex("Desk &amp; Co<br>1 Example Street<br>Town") > mail.html.rindex(
        "</h1>" if "</h1>" in mail.html else "<p"
    )


def test_an_unknown_cadence_or_kind_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="hourly"):
        mail(renderer, replace(CONFIRMATION, cadence="hourly"))
    with pytest.raises(UnknownKind):
        mail(renderer, replace(NAMED, kind="dentist"))


@every_language
@every_message
def test_the_html_is_one_plain_column_that_loads_nothing(
    renderer: Renderer, facts: MessageFacts, language: str
) -> None:
    page = mail(renderer, facts, language).html
    tags = Tags(page).tags
    names = [tag for tag, _ in tags]
    assert len(page.encode()) < HTML_LIMIT
    assert not {"script", "img", "link", "iframe", "form", "object", "svg"} & set(names)
    assert all(attrs.get("role") == "presentation" for tag, attrs in tags if tag == "table")
    assert ("html", {"lang": language, "dir": text_direction(language)}) in tags
    assert not re.search(r"url\(|@import|@font-face|\bsrc=|\bon\w+=", page)
    assert "font-size: 16px" in page.partition("<body")[2]
    assert "@media (prefers-color-scheme: dark)" in page


@every_language
@every_message
def test_the_text_holds_every_link_of_the_html(renderer: Renderer, facts: MessageFacts, language: str) -> None:
    rendered = mail(renderer, facts, language)
    links = {link.replace(STOP_LINK_IN_HTML, STOP_LINK_IN_TEXT) for link in Tags(rendered.html).links}
    # A letter in a link is nothing to read: the text has the address, and the letter.
    shown = {link.partition("?")[0].removeprefix("mailto:") for link in links if link.startswith("mailto:")}
    plain = {link for link in links if not link.startswith("mailto:")}
    assert all(f"{link}\n" in rendered.text for link in plain | shown)


@every_language
@every_message
def test_the_stop_link_stands_once_in_each_part_and_alone_on_its_line(
    renderer: Renderer, facts: MessageFacts, language: str
) -> None:
    rendered = mail(renderer, facts, language)
    has_one = isinstance(facts, FollowUpAlert | UrgentActionAlert | CorrectionAlert) or facts is DIGEST
    assert rendered.text.splitlines().count(STOP_LINK_IN_TEXT) == has_one
    assert rendered.html.count(STOP_LINK_IN_HTML) == has_one


HOSTILE = '<script>alert(1)</script> "{{ 7*7 }}" {% raw %} \'><img src=x> & http://evil.example \u202ex\x00'


def typed(text: str, url: str | None) -> FollowUpAlert:
    return replace(
        NAMED,
        case_reference=text,
        country=text,
        person_name=text,
        title=text,
        basis=text,
        time_zone=text,
        demands=(Demand(text, text, text),),
        sources=(Citation(text, url, NAMED.due_on),),
    )


def test_hostile_text_stays_text_in_every_form(renderer: Renderer) -> None:
    facts = typed(HOSTILE, "javascript:alert(1)")
    rendered = mail(renderer, facts)
    hostile, harmless = Tags(rendered.html), Tags(mail(renderer, typed("plain", None)).html)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert hostile.links == {"https://vigil.example.org/c/k3", STOP_LINK_IN_HTML}
    for text in (rendered.subject, rendered.text, rendered.html, str(renderer.render(facts, "en", form="chat"))):
        assert "49" not in text
        assert "://evil" not in text
        assert "\u202e" not in text
        assert "\x00" not in text


def test_a_long_list_is_cut_and_says_so(renderer: Renderer) -> None:
    demand = Demand("1G1", "x" * 5000, "y" * 5000)
    source = Citation("z" * 5000, "https://reports.example.org/" + "a" * 300, NAMED.due_on)
    rendered = mail(renderer, replace(NAMED, demands=(demand,) * 49, sources=(source,) * 40))
    assert len(rendered.html.encode()) < HTML_LIMIT
    assert rendered.text.count("The others are on the case page.") == 2


def test_right_to_left_languages_turn_the_page(templates: Path, tmp_path: Path) -> None:
    po = (
        (templates / "locale/ru/LC_MESSAGES/vigil.po")
        .read_text(encoding="utf-8")
        .replace("Language: ru", "Language: fa")
    )
    folder = tmp_path / "fa" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "vigil.po").write_text(po, encoding="utf-8")
    page = mail(Renderer(templates, Languages(tmp_path)), UNNAMED, "fa").html
    assert '<html lang="fa" dir="rtl">' in page
    assert 'align="right"' in page


def test_a_chat_message_has_a_title_paragraphs_and_one_link(renderer: Renderer) -> None:
    chat = renderer.render(NAMED, "en", form="chat")
    assert isinstance(chat, Chat)
    assert chat.paragraphs[0].splitlines() == [
        "What must happen: examination by a specialist (Ultrasound of the liver)",
        "By when: 9 March 2015 (Asia/Aqtau)",
        "Who can act: the prison's medical service",
    ]
    assert (chat.url, chat.url_label) == ("https://vigil.example.org/c/k3", "Open the case")
    assert renderer.render(DESTINATION_TEST, "ru", form="chat").title.startswith("Проверка")


def test_an_event_says_only_that_something_happened(renderer: Renderer) -> None:
    assert renderer.render(NAMED, "en", form="event") == Event(type="follow_up.overdue")
    assert renderer.render(DESTINATION_TEST, "en", form="event") == Event(type="destination.test")
    assert renderer.render(DESTINATION_FAILING, "en", form="event") == Event(type="destination.failing")
    assert renderer.render(DESTINATION_DISABLED, "en", form="event") == Event(type="destination.disabled")


def test_a_canary_says_in_every_form_where_it_is_answered(renderer: Renderer) -> None:
    assert CANARY.receipt_url in mail(renderer, CANARY).text.splitlines()
    assert CANARY.receipt_url in Tags(mail(renderer, CANARY).html).links
    assert renderer.render(CANARY, "ru", form="chat").url == CANARY.receipt_url
    event = Event(type="canary", data={"receipt_url": CANARY.receipt_url})
    assert renderer.render(CANARY, "en", form="event") == event


@pytest.mark.parametrize("form", ["chat", "event"])
@pytest.mark.parametrize("facts", [CONFIRMATION, ALREADY_FOLLOWING], ids=["confirmation", "already_following"])
def test_what_concerns_one_subscription_goes_to_a_mailbox_only(
    renderer: Renderer, facts: MessageFacts, form: str
) -> None:
    with pytest.raises(NotInThisForm):
        renderer.render(facts, "en", form=form)  # type: ignore[call-overload]


def test_a_template_that_asks_for_what_it_never_got_is_an_error(templates: Path, tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "layout.html").write_text((templates / "email/layout.html").read_text())
    (tmp_path / "email" / "already_following").mkdir()
    for name in ("subject.txt", "body.txt", "body.html"):
        (tmp_path / "email" / "already_following" / name).write_text("{{ facts.person_name }}")
    with pytest.raises(UndefinedError):
        mail(Renderer(tmp_path, Languages(tmp_path)), ALREADY_FOLLOWING)
