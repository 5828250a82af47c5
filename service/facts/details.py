"""Facts for readers who want less said: what is above their detail never reaches the renderer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

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
from alerts.key_facts import KeyUnusable
from alerts.news_facts import CaseNews, CaseNewsDigest, News, NewsWord
from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from alerts.urgent_action_facts import CallKind, UrgentActionAlert
from service.vocabulary import Detail

if TYPE_CHECKING:
    from alerts.facts import AboutDestination, MessageFacts

    _OfNoCase = AboutDestination | BounceProbe | KeyUnusable | Canary | News | ManageLink | NewAddress | AddressChanged


def at_detail(facts: MessageFacts, detail: Detail, *, news_url: str) -> MessageFacts:
    """What of these facts, which are projected for a tier already, is said at this detail.

    `reference`: the case, one word of urgency, the link. `notice`: that there is news, to be read at `news_url`, and
    for a stop action that what was asked before must not be done any more. What tells of no case is said as it is.
    """
    match detail:
        case Detail.FULL:
            return facts
        case Detail.REFERENCE:
            return _by_reference(facts)
        case Detail.NOTICE:
            return _as_notice(facts, news_url)


def _by_reference(facts: MessageFacts) -> MessageFacts:
    match facts:
        case FollowUpAlert() | Escalation() | UrgentActionAlert() | CorrectionAlert():
            return _case_news(facts)
        case Digest():
            return CaseNewsDigest(
                cadence=facts.cadence,
                period_start=facts.period_start,
                period_end=facts.period_end,
                cases=_most_urgent_of_each_case(facts),
                updates=len(facts.alerts) + facts.more,
            )
        case Confirmation() | AlreadyFollowing():
            # Of a country or a kind there is no reference.
            return replace(facts, country=None, kind=None)
        case CaseClosed() | CaseNews() | CaseNewsDigest() | News():
            return facts
        case _:
            return _of_no_case(facts)


def _as_notice(facts: MessageFacts, news_url: str) -> MessageFacts:
    match facts:
        case FollowUpAlert() | CorrectionAlert() | CaseClosed() | Digest() | CaseNewsDigest():
            return News(url=news_url)
        case Escalation():
            return News(url=news_url, is_followed=False)
        case UrgentActionAlert():
            return News(url=news_url, must_stop=facts.kind is CallKind.STOP_ACTION)
        case CaseNews():
            must_stop = facts.word is NewsWord.STOP_ACTION
            return News(url=news_url, must_stop=must_stop, is_followed=facts.is_followed)
        case Confirmation():
            return replace(facts, case_reference=None, country=None, kind=None)
        case AlreadyFollowing():
            return replace(facts, case_reference=None, country=None, kind=None, page_url=news_url)
        case _:
            return _of_no_case(facts)


def _of_no_case(facts: _OfNoCase) -> MessageFacts:
    """Named one by one, so that a new sort of message is not said as it is because nobody thought of it."""
    match facts:
        case DestinationTest() | DestinationFailing() | DestinationDisabled() | AlertsStopped() | Canary() | News():
            return facts
        case ManageLink() | NewAddress() | AddressChanged() | BounceProbe() | KeyUnusable():
            return facts
        case _:
            assert_never(facts)


def _case_news(facts: FollowUpAlert | Escalation | UrgentActionAlert | CorrectionAlert) -> CaseNews:
    match facts:
        case UrgentActionAlert():
            word = NewsWord(facts.kind.value)
        case CorrectionAlert():
            word = NewsWord.CORRECTION
        case _:
            word = NewsWord(facts.level.value)
    return CaseNews(
        case_reference=facts.case_reference,
        case_url=facts.case_url,
        word=word,
        is_followed=not isinstance(facts, Escalation),
    )


def _most_urgent_of_each_case(digest: Digest) -> tuple[CaseNews, ...]:
    cases: dict[str, FollowUpAlert] = {}
    for alert in sorted(digest.alerts, key=lambda alert: -alert.level.rank):
        cases.setdefault(alert.case_reference, alert)
    return tuple(_case_news(alert) for alert in cases.values())
