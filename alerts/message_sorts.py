"""What each sort of message is called, where it leads, and whether it says what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.canary_facts import Canary
from alerts.closing_facts import CaseClosed
from alerts.correction_facts import CorrectionAlert
from alerts.destination_facts import (
    AlertsStopped,
    BounceProbe,
    DestinationDisabled,
    DestinationFailing,
    DestinationTest,
)
from alerts.facts import Digest, Escalation, FollowUpAlert
from alerts.follow_up_kinds import kind_named
from alerts.free_text import cleaned
from alerts.key_facts import KeyUnusable
from alerts.news_facts import CaseNews, CaseNewsDigest, News, NewsWord
from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from alerts.urgent_action_facts import UrgentActionAlert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from gettext import NullTranslations

    from alerts.facts import MessageFacts

_FOLDERS: Mapping[type, str] = {
    Escalation: "escalation",
    CorrectionAlert: "correction",
    CaseClosed: "case_closed",
    Confirmation: "confirmation",
    AlreadyFollowing: "already_following",
    ManageLink: "manage_link",
    NewAddress: "new_address",
    AddressChanged: "address_changed",
    DestinationTest: "destination_test",
    DestinationFailing: "destination_failing",
    DestinationDisabled: "destination_disabled",
    AlertsStopped: "alerts_stopped",
    BounceProbe: "bounce_probe",
    Canary: "canary",
    Digest: "digest",
    CaseNews: "case_news",
    CaseNewsDigest: "case_news_digest",
    News: "news",
    KeyUnusable: "key_unusable",
}
# What a machine is told of each sort of call.
_CALLS: Mapping[NewsWord, str] = {
    NewsWord.URGENT_ACTION: "issued",
    NewsWord.FURTHER_INFORMATION: "further_information",
    NewsWord.STOP_ACTION: "stop_action",
}


def folder(facts: MessageFacts) -> str:
    """The folder of its templates. Raises UnknownKind."""
    if isinstance(facts, FollowUpAlert):
        return kind_named(facts.kind).template if facts.kind else "follow_up"
    if isinstance(facts, UrgentActionAlert):
        return facts.kind.value
    return _FOLDERS[type(facts)]


def event_type(facts: MessageFacts) -> str:
    """What a webhook calls it, such as `follow_up.overdue`."""
    match facts:
        case FollowUpAlert():
            return f"follow_up.{facts.level}"
        case UrgentActionAlert():
            return f"urgent_action.{_CALLS[NewsWord(facts.kind.value)]}"
        case CaseNews(word=NewsWord.CORRECTION):
            return "correction"
        case CaseNews():
            return f"{'urgent_action' if facts.word in _CALLS else 'follow_up'}.{_CALLS.get(facts.word, facts.word)}"
        case CaseNewsDigest():
            return "digest"
        case News():
            return "news.stop" if facts.must_stop else "news"
        case CorrectionAlert():
            return f"correction.{facts.how}"
        case _:
            return _FOLDERS[type(facts)].replace("_", ".")


def event_data(facts: MessageFacts) -> Mapping[str, str]:
    """What a webhook carries beside its id and its address: nothing, but for a canary."""
    return {"receipt_url": cleaned(facts).receipt_url} if isinstance(facts, Canary) else {}


def chat_url(facts: MessageFacts) -> str | None:
    """The one link of a message to a room."""
    match facts:
        case UrgentActionAlert():
            return facts.page_url or facts.case_url
        case FollowUpAlert() | CorrectionAlert() | CaseClosed() | CaseNews():
            return facts.case_url
        case News():
            return facts.url
        case Canary():
            return facts.receipt_url
        case _:
            return None


def url_label(facts: MessageFacts, catalogue: NullTranslations) -> str:
    """The words on that link. Raises Untranslated."""
    match facts:
        case Canary():
            return catalogue.gettext("It has arrived")
        case News():
            return catalogue.gettext("Read the news")
        case UrgentActionAlert() if facts.page_url:
            return catalogue.gettext("Open the urgent action")
        case _:
            return catalogue.gettext("Open the case")


def names_no_case(facts: MessageFacts) -> bool:
    """Whether its reader asked for messages from which nobody learns what they are about."""
    match facts:
        case News():
            return True
        case Confirmation() | AlreadyFollowing():
            return facts.names_nothing
        case _:
            return False
