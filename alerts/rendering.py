"""Turns the facts of a message into words, in one language and for one kind of channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from alerts.canary_facts import Canary
from alerts.closing_facts import CaseClosed
from alerts.correction_facts import CorrectionAlert
from alerts.facts import (
    AboutDestination,
    Digest,
    FollowUpAlert,
    MessageFacts,
    Reduced,
)
from alerts.free_text import cleaned
from alerts.languages import ENGLISH, Languages, Untranslated, text_direction
from alerts.letter_links import letter_links
from alerts.message_sorts import chat_url, event_data, event_type, folder, names_no_case, url_label
from alerts.messages import STOP_LINK_IN_HTML, STOP_LINK_IN_TEXT, Chat, Event, Form, Mail, Message
from alerts.phrases import Phrases
from alerts.urgent_action_facts import UrgentActionAlert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A reader acts on the first few; all of them stand on the case page.
MOST_DEMANDS = 10
MOST_SOURCES = 10
# Mailboxes cut a mail off at about 100 kB, and a letter may take four bytes.
MOST_LETTERS = 500
MOST_IN_A_NAME = 200

# What reaches a room or a machine: never what concerns one person's subscription.
_SHARED = (
    FollowUpAlert | UrgentActionAlert | CorrectionAlert | CaseClosed | AboutDestination | Canary | Digest | Reduced
)


class NotInThisForm(ValueError):
    """This message is for a mailbox only."""


class Renderer:
    """Renders from the files under `templates_folder`; texts from cases are never template source.

    `postal_address` is the organisation's own, and stands below every mail; commas part its lines.
    """

    def __init__(self, templates_folder: Path, languages: Languages, *, postal_address: str | None = None) -> None:
        self._languages = languages
        self._postal_address = [line.strip() for line in (postal_address or "").split(",") if line.strip()]
        self._environments = {
            language: self._environment(templates_folder, language) for language in languages.available
        }
        # Without these two the dark-mode rules are dropped.
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)

    @overload
    def render(self, facts: MessageFacts, language: str, *, form: Literal[Form.MAIL, "mail"]) -> Mail: ...
    @overload
    def render(self, facts: MessageFacts, language: str, *, form: Literal[Form.CHAT, "chat"]) -> Chat: ...
    @overload
    def render(self, facts: MessageFacts, language: str, *, form: Literal[Form.EVENT, "event"]) -> Event: ...
    @overload
    def render(self, facts: MessageFacts, language: str, *, form: Form) -> Message: ...
    def render(self, facts: MessageFacts, language: str, *, form: Form | str) -> Message:
        """The message in this language, or as a whole in English where a translation is missing.

        The result is the same for every reader of one alert, language and tier, and may be kept.
        Raises NotInThisForm, UnknownKind, and ValueError if one of our own links is not a plain URL.
        """
        form = Form(form)
        if form is not Form.MAIL and not isinstance(facts, _SHARED):
            raise NotInThisForm(f"a {type(facts).__name__} goes to a mailbox only")
        if form is Form.EVENT:
            return Event(type=event_type(facts), data=event_data(facts))
        language = self._languages.closest(language)
        say = self._mail if form is Form.MAIL else self._chat
        try:
            return say(facts, language)
        except Untranslated:
            return say(facts, ENGLISH)

    def _mail(self, facts: MessageFacts, language: str) -> Mail:
        place = f"email/{folder(facts)}"
        words = self._words(facts, language)
        text = self._template(f"{place}/body.txt", language).render(words, stop_link=STOP_LINK_IN_TEXT).strip()
        return Mail(
            subject=" ".join(self._template(f"{place}/subject.txt", language).render(words).split()),
            text="\n".join([text, *([""] if words["postal_address"] else []), *words["postal_address"]]) + "\n",
            html=self._inliner.inline(
                self._template(f"{place}/body.html", language).render(words, stop_link=STOP_LINK_IN_HTML)
            ),
            language=language,
            names_nobody=names_no_case(facts),
        )

    def _chat(self, facts: MessageFacts, language: str) -> Chat:
        text = self._template(f"chat/{folder(facts)}.txt", language).render(self._words(facts, language))
        title, *paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
        catalogue = self._languages.complete_translations(language)
        return Chat(
            title=" ".join(title.split()),
            paragraphs=tuple(paragraphs),
            url=chat_url(cleaned(facts)),
            url_label=url_label(facts, catalogue),
            repeat_label=catalogue.gettext("(repeat)"),
            language=language,
        )

    def _words(self, facts: MessageFacts, language: str) -> dict[str, Any]:
        """What the templates may use: the facts, made harmless, and the words of the kinds."""
        clean = cleaned(facts)
        return {
            "facts": clean,
            "cases": _by_case(clean) if isinstance(clean, Digest) else (),
            "stops": {one.case_reference: one.stop_url for one in clean.stops} if isinstance(clean, Digest) else {},
            "say": Phrases(self._languages, language),
            "language": language,
            "direction": text_direction(language),
            # An address by post says who writes, and so what about.
            "postal_address": [] if names_no_case(facts) else self._postal_address,
            "most_demands": MOST_DEMANDS,
            "most_sources": MOST_SOURCES,
            **_of_call(clean, language),
            "most_letters": MOST_LETTERS,
            "most_in_a_name": MOST_IN_A_NAME,
        }

    def _template(self, name: str, language: str) -> Template:
        return self._environments[language].get_template(name)

    def _environment(self, folder: Path, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue = self._languages.complete_translations(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        return environment


def _of_call(facts: MessageFacts, language: str) -> Mapping[str, Any]:
    """What the templates of an urgent action may use beside its facts."""
    if not isinstance(facts, UrgentActionAlert):
        return {}
    return {
        "guidance": facts.guidance_in(language),
        "letters": tuple(zip(facts.letters, letter_links(facts.letters, facts.addressees), strict=True)),
    }


def _by_case(digest: Digest) -> list[list[FollowUpAlert]]:
    """The alerts by case, the most urgent first, within a case too."""
    cases: dict[str, list[FollowUpAlert]] = {}
    for alert in sorted(digest.alerts, key=lambda alert: (-alert.level.rank, -alert.days_late)):
        cases.setdefault(alert.case_reference, []).append(alert)
    return list(cases.values())
