"""Every message that Vigil writes, about an invented person, as a reader of each tier is told it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.canary_facts import Canary
from alerts.closing_facts import CaseClosed
from alerts.correction_facts import CorrectedHow, CorrectionAlert
from alerts.destination_facts import (
    AlertsStopped,
    BounceProbe,
    DestinationDisabled,
    DestinationFailing,
    DestinationTest,
    OffReason,
)
from alerts.digest_facts import CaseStop
from alerts.facts import (
    Citation,
    Demand,
    Digest,
    Escalation,
    FollowUpAlert,
    Level,
    Tier,
)
from alerts.follow_up_kinds import FOLLOW_UP_KINDS
from alerts.key_facts import KeyUnusable
from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from service.previews.invented_calls import FURTHER_INFORMATION, STOP_ACTION, URGENT_ACTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alerts.facts import MessageFacts

ORIGIN = "https://vigil.example.org"
_CASE = "KAZ-2015-901"
_KIND = FOLLOW_UP_KINDS["specialist_exam"]


def invented(kind: str, tier: Tier) -> MessageFacts:
    """The facts of a message of this kind for a reader of this tier. Raises KeyError for a kind that there is not."""
    return INVENTED[kind](tier)


def _follow_up(tier: Tier) -> FollowUpAlert:
    """Her name may be said in public, her health may not: what a tier learns is what `service.facts` would tell it."""
    may_learn_kind = tier is not Tier.PUBLIC
    return FollowUpAlert(
        case_reference=_CASE,
        country="KZ",
        case_url=f"{ORIGIN}/c/kaz-2015-901",
        person_name="Aigerim Example",
        kind=_KIND.name if may_learn_kind else None,
        level=Level.VERY_OVERDUE,
        title="Ultrasound of the liver" if tier.rank >= Tier.CONFIDENTIAL.rank else None,
        due_on=date(2015, 2, 20),
        time_zone="Asia/Aqtau",
        days_late=20,
        basis=_KIND.basis if may_learn_kind else None,
        demands=(
            Demand("1S2", "Give independent doctors access to the prisons.", "Government of Kazakhstan"),
            Demand("3S2", "Investigate the allegations of torture.", "Prosecutor General"),
        ),
        sources=(
            Citation("A briefing on the prisons", "https://reports.example.org/a/3337", date(2015, 1, 24)),
            Citation("Letter of a relative", None, date(2014, 12, 1)),
        ),
    )


def _digest(tier: Tier) -> Digest:
    hers = _follow_up(tier)
    another = replace(
        hers,
        case_reference="KAZ-2015-902",
        case_url=f"{ORIGIN}/c/kaz-2015-902",
        person_name=None,
        kind="complaint_reply",
        level=Level.OVERDUE,
        title="Reply to the complaint about the cell" if hers.title else None,
        due_on=date(2015, 3, 7),
        days_late=1,
        basis=None,
        demands=(),
        sources=(),
    )
    return Digest(
        cadence="weekly", period_start=date(2015, 3, 2), period_end=date(2015, 3, 8), alerts=(hers, another), more=3,
        organisation="Example Watch", more_url=f"{ORIGIN}/manage",
        stops=(CaseStop(case_reference=hers.case_reference, stop_url=f"{ORIGIN}/u/preview"),),
    )  # fmt: skip


def _escalation(_tier: Tier) -> Escalation:
    told = _follow_up(Tier.CONFIDENTIAL)
    return Escalation(
        case_reference=told.case_reference,
        case_url=f"{ORIGIN}/staff/cases/{told.case_reference}/follow-ups",
        kind=told.kind,
        level=told.level,
        title=told.title or "",
        due_on=told.due_on,
        time_zone=told.time_zone,
        days_late=told.days_late,
        basis=told.basis,
        owner="Alice",
        backup=None,
    )


_CORRECTION = CorrectionAlert(
    how=CorrectedHow.CORRECTED,
    case_reference=_CASE,
    country="KZ",
    case_url=f"{ORIGIN}/c/kaz-2015-901",
    was=("She has not seen a lawyer since her arrest.",),
    reads=("She saw a lawyer once, on the day of her arrest.",),
    reason=("The lawyer has shown us the record of the visit.",),
)
_CASE_CLOSED = CaseClosed(case_reference=_CASE, case_url=f"{ORIGIN}/c/kaz-2015-901")
_CONFIRMATION = Confirmation(
    case_reference=_CASE,
    cadence="immediate",
    confirm_url=f"{ORIGIN}/confirm/preview",
    code="A1B2C3",
    expires_on=date(2015, 3, 16),
)
_ALREADY_FOLLOWING = AlreadyFollowing(case_reference=_CASE, page_url=f"{ORIGIN}/c/kaz-2015-901")
_MANAGE_LINK = ManageLink(open_url=f"{ORIGIN}/manage/open/preview", expires_on=date(2015, 3, 13))
_NEW_ADDRESS = NewAddress(confirm_url=f"{ORIGIN}/address/preview", expires_on=date(2015, 3, 16))
_ADDRESS_CHANGED = AddressChanged(new_address="n…@example.org")
_TEST = DestinationTest(destination="Partners' room")
_FAILING = DestinationFailing(destination="Partners' room", channel="matrix", failures=2, since=date(2015, 3, 10))
_DISABLED = DestinationDisabled(destination="hooks.example.org/…", channel="webhook", reason=OffReason.FIVE_DAYS)
_STOPPED = AlertsStopped(
    destination="r…@example.org", channel="email", on=date(2015, 3, 10), page_url=f"{ORIGIN}/manage"
)
_KEY_UNUSABLE = KeyUnusable(expired_on=date(2015, 3, 10), key_url=f"{ORIGIN}/key/preview")
_CANARY = Canary(receipt_url=f"{ORIGIN}/canary/preview")

INVENTED: Mapping[str, Callable[[Tier], MessageFacts]] = MappingProxyType(
    {
        "follow_up": _follow_up,
        "urgent_action": lambda _: URGENT_ACTION,
        "further_information": lambda _: FURTHER_INFORMATION,
        "stop_action": lambda _: STOP_ACTION,
        "correction": lambda _: _CORRECTION,
        "case_closed": lambda _: _CASE_CLOSED,
        "escalation": _escalation,
        "digest": _digest,
        "confirmation": lambda _: _CONFIRMATION,
        "already_following": lambda _: _ALREADY_FOLLOWING,
        "manage_link": lambda _: _MANAGE_LINK,
        "new_address": lambda _: _NEW_ADDRESS,
        "address_changed": lambda _: _ADDRESS_CHANGED,
        "destination_test": lambda _: _TEST,
        "destination_failing": lambda _: _FAILING,
        "destination_disabled": lambda _: _DISABLED,
        "alerts_stopped": lambda _: _STOPPED,
        "bounce_probe": lambda _: BounceProbe(),
        "key_unusable": lambda _: _KEY_UNUSABLE,
        "canary": lambda _: _CANARY,
    }
)
# Told to subscribers below this; what is sealed is told to nobody.
TIERS = Tier.CONFIDENTIAL.and_below()
