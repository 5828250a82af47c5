"""The frozen facts that come in from the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
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
from alerts.key_facts import KeyUnusable
from alerts.news_facts import CaseNews, CaseNewsDigest, News
from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from alerts.urgent_action_facts import UrgentActionAlert

if TYPE_CHECKING:
    from datetime import date, datetime

    from alerts.digest_facts import CaseStop


class Tier(StrEnum):
    """How closely something is held, from least to most."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"
    SEALED = "sealed"

    @cached_property
    def rank(self) -> int:
        """0 for public, 3 for sealed."""
        return list(Tier).index(self)

    def and_below(self) -> tuple[Tier, ...]:
        """Every tier that somebody cleared for this one may see, itself included."""
        return tuple(tier for tier in Tier if tier.rank <= self.rank)


class Level(StrEnum):
    """How late a follow-up is."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    VERY_OVERDUE = "very_overdue"
    CRITICAL = "critical"

    @cached_property
    def rank(self) -> int:
        """1 for upcoming, 5 for critical."""
        return list(Level).index(self) + 1


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Days from the due date at which each level begins.

    `upcoming` counts days before the due date (0: no such level); the other three count days after it.
    """

    upcoming: int
    overdue: int
    very_overdue: int
    critical: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the overdue rule needs to know: days are calendar days in `time_zone` (an IANA name)."""

    due_on: date
    time_zone: str
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of the state, in public: `code` is its place in the source ("1S2")."""

    code: str
    text: str
    addressee: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from, and the day for which it was true."""

    title: str
    url: str | None
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpAlert:
    """One follow-up reached one level, projected for one tier: what is None must not be said to this reader.

    `kind` is None where the kind itself would tell of an illness that nobody agreed to publish.
    `days_late` is negative before the due date. `basis` names the rule, law or mechanism.
    """

    case_reference: str
    country: str
    case_url: str
    person_name: str | None
    kind: str | None
    level: Level
    title: str | None
    due_on: date
    time_zone: str
    days_late: int
    basis: str | None
    demands: tuple[Demand, ...] = ()
    sources: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One follow-up reached one level, for a member who is responsible for it and may read the case.

    `case_url` is the case on the staff board. `owner` and `backup` are members' names; None: there is none.
    The rest as in `FollowUpAlert`. The person is not named.
    """

    case_reference: str
    case_url: str
    kind: str | None
    level: Level
    title: str
    due_on: date
    time_zone: str
    days_late: int
    basis: str | None
    owner: str | None
    backup: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A day or week of one reader: 25 alerts, `more` at `more_url`; `is_late`: no longer "this week"; own `stops`."""

    cadence: str
    period_start: date
    period_end: date
    alerts: tuple[FollowUpAlert, ...]
    more: int
    organisation: str
    more_url: str
    is_late: bool = False
    stops: tuple[CaseStop, ...] = ()


Reduced = CaseNews | CaseNewsDigest | News
AboutDestination = DestinationTest | DestinationFailing | DestinationDisabled | AlertsStopped
Personal = Confirmation | AlreadyFollowing | ManageLink | NewAddress | AddressChanged
MessageFacts = (
    FollowUpAlert | Escalation | UrgentActionAlert | CorrectionAlert | CaseClosed | Digest | Reduced
    | Personal | AboutDestination | BounceProbe | KeyUnusable | Canary
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is personal in a message: substituted after rendering, once per delivery.

    The two links end and change the subscription that is the reason for the message, and a mail to `stop_mailbox` ends
    it. All are None for a message that no subscription caused (a confirmation, a test).
    """

    list_id: str | None = None
    unsubscribe_url: str | None = None
    one_click_url: str | None = None
    stop_mailbox: str | None = None


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A mailbox."""

    address: str


@dataclass(frozen=True, slots=True)
class SlackWebhook:
    """An incoming webhook of a Slack workspace; the URL is the secret."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MatrixRoom:
    """A room, the homeserver to reach it by, and the token of the account that speaks there."""

    homeserver_url: str
    room_id: str
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """An https endpoint and its Standard Webhooks secrets (`whsec_…`), newest first."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)


Address = EmailAddress | SlackWebhook | MatrixRoom | SignedWebhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What one try at a delivery needs beside the message.

    `key` is the same on every repeat: Message-ID, `webhook-id` and Matrix `txnId` are made from it.
    `maybe_sent` says that an earlier try may have arrived, `key_forgotten` that its receiver would no longer know the key
    of one that did. `written_at` (UTC) is fixed at the first try, `now` (UTC) is this try's, and `attempt` its number (1 for the first). `resource_url` is where a webhook's reader finds the whole.
    `ways` are the gates that it may pass: the host's own, or those of the mail relays that are open, the preferred first.
    A mail comes back to `return_path` (None: the sender's), and belongs with those of the same `thread` (None: with none).
    """

    key: str
    recipient: Recipient
    written_at: datetime
    now: datetime
    resource_url: str
    maybe_sent: bool = False
    key_forgotten: bool = False
    attempt: int = 1
    ways: tuple[str, ...] = ()
    return_path: str | None = None
    thread: str | None = None
