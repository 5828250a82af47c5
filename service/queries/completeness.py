"""Whether anything is missing: every reached level announced, every alert owed, every delivery final or with a time.

Each clause is one statement that reads, and looks at no more than is late, open or recent: episodes, alerts and digests of
the last seven days (business time), which is long enough for people to see that something is wrong, and short enough for
millions of deliveries. What is owed is judged by `service.commands.audience.owed` and `tell_again`. A follow-up whose time zone cannot be
read is not seen here: the check logs it each hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import case, exists, literal_column, or_, select, union_all

from alerts.facts import Level, Tier
from service.database import database_now
from service.queries.untold_members import untold_members
from service.records import (
    Alert,
    Case,
    Delivery,
    Digest,
    DigestItem,
    FollowUp,
    OverdueEpisode,
    Subscription,
    UrgentAction,
)
from service.records.alerts import PRIORITIES
from service.records.deliveries import BY_MAIL, OVER_HTTP, STRANDED
from service.records.follow_ups import ANNOUNCED, FORGOTTEN
from service.vocabulary import AlertKind, Monitoring, UrgentActionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, CompoundSelect, Select, SQLColumnExpression
    from sqlalchemy.orm import Session

RECENT = timedelta(days=7)
# The check rings each minute; three missed ones are no accident.
ANNOUNCED_WITHIN = timedelta(minutes=3)
CLOSED_WITHIN = timedelta(minutes=5)
# A message that is due waits longer than this only when nobody sends.
SENT_WITHIN = timedelta(minutes=10)

# Each clause in the words of what is wrong when it does not hold.
CLAUSES = {
    "unannounced": "follow-ups late and not announced",
    "forgotten": "follow-ups that no check will look at again",
    "without_episode": "follow-ups at a level that was never announced",
    "without_alert": "announcements without an alert",
    "owed": "alerts owed to a subscription and on their way to nobody",
    "owed_again": "later versions of urgent actions owed to whoever got an earlier one",
    "uncorrected": "corrections owed to whoever was told what they correct",
    "unissued": "urgent actions approved and kept back for more than 3 minutes after their hold-back",
    "owed_to_members": "late follow-ups of which a member responsible was not told",
    "owed_to_one": "messages to one subscriber and on their way to nobody",
    "overdue": "deliveries due for more than 10 minutes",
    "stranded": "deliveries neither open nor final",
    "not_closed": "digests whose period has ended and that are open",
    "closed_unsent": "digests closed and never queued",
}

# Beyond this many it does not matter how many more.
MOST_COUNTED = 1_000
MOST_NAMED = 5

# Written together with their one delivery. Other messages outside a case may lose theirs when a destination is erased.
_FOR_ONE = (AlertKind.CONFIRMATION, AlertKind.ALREADY_FOLLOWING, AlertKind.CANARY)


class Owed(Protocol):
    """Finds the alerts and subscriptions that must have met and did not; `service.commands.audience.owed` does."""

    def __call__(
        self,
        *columns: SQLColumnExpression[Any],
        among: Sequence[ColumnElement[bool]],
        sent: ColumnElement[bool],
        gathered: ColumnElement[bool],
    ) -> Sequence[Select[*tuple[Any, ...]]]:
        """One statement of these columns for each way to subscribe."""
        ...


class OwedAgain(Protocol):
    """Finds what ends or changes what was told, and earlier readers who did not hear of it.

    `tell_again.untold_again` does for later versions of urgent actions, `tell_corrected.uncorrected` for corrections.
    """

    def __call__(
        self, *columns: SQLColumnExpression[Any], since: datetime, until: datetime
    ) -> Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]:
        """One statement of these columns, for what was told between two instants (UTC)."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """One clause that does not hold: its name, how many (at most 1,000 are counted), and the ids of a few."""

    clause: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """What one look found missing."""

    missing: tuple[Missing, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON, without personal data."""
        return {"missing": {one.clause: {"count": one.count, "ids": list(one.ids)} for one in self.missing}}


def completeness(
    session: Session, *, now: datetime, owed: Owed, owed_again: OwedAgain, uncorrected: OwedAgain
) -> Completeness:
    """Look for what is missing at `now` (UTC, business time)."""
    missing = []
    for clause, statement in _clauses(now, owed, owed_again, uncorrected).items():
        rows = session.execute(statement.limit(MOST_COUNTED)).all()
        if rows:
            ids = tuple(" ".join(str(part) for part in row) for row in rows[:MOST_NAMED])
            missing.append(Missing(clause, len(rows), ids))
    return Completeness(tuple(missing))


def _clauses(
    now: datetime, owed: Owed, owed_again: OwedAgain, uncorrected: OwedAgain
) -> Mapping[str, Select[Any] | CompoundSelect[Any]]:
    lately = {"since": now - RECENT, "until": now}
    return {
        "unannounced": _unannounced(now),
        "forgotten": select(FollowUp.id).where(FORGOTTEN),
        "without_episode": _without_episode(),
        "without_alert": _without_alert(now),
        "owed": _owed(now, owed),
        "owed_again": owed_again(Alert.id, Subscription.id, **lately),
        "uncorrected": uncorrected(Alert.id, Subscription.id, **lately),
        "unissued": _unissued(now),
        "owed_to_members": untold_members(**lately),
        "owed_to_one": _owed_to_one(now),
        "overdue": _overdue(),
        "stranded": select(Delivery.id).where(STRANDED),
        "not_closed": select(Digest.id).where(Digest.closed_at.is_(None), Digest.period_end <= now - CLOSED_WITHIN),
        "closed_unsent": _closed_unsent(now),
    }


def _unannounced(now: datetime) -> Select[Any]:
    """Late for minutes, in a case that is watched; what was changed or resumed just now has a check still to come."""
    settled_at = now - ANNOUNCED_WITHIN
    return (
        select(FollowUp.id)
        .join(Case, Case.id == FollowUp.case_id)
        .where(
            # Spelled like the index, or neither engine uses it.
            FollowUp.state == literal_column("'open'"),
            FollowUp.next_level_at <= settled_at,
            FollowUp.updated_at <= settled_at,
            Case.monitoring == Monitoring.ACTIVE,
            or_(Case.resumed_at.is_(None), Case.resumed_at <= settled_at),
        )
    )


def _without_episode() -> Select[Any]:
    """Said to be at a level, and neither that level nor a later one was ever announced at this date.

    A later one is enough: looser thresholds bring a follow-up back to a level that is not announced again.
    """
    announced = exists().where(
        OverdueEpisode.follow_up_id == FollowUp.id,
        OverdueEpisode.due_revision == FollowUp.due_revision,
        _rank(OverdueEpisode.level) >= _rank(FollowUp.level),
    )
    return select(FollowUp.id).where(ANNOUNCED, FollowUp.level.in_(Level), ~announced)


def _without_alert(now: datetime) -> Select[Any]:
    """Announced, not sealed then, and told to nobody."""
    told = exists().where(Alert.overdue_episode_id == OverdueEpisode.id)
    return select(OverdueEpisode.id).where(
        OverdueEpisode.announced_at >= now - RECENT, OverdueEpisode.tier != Tier.SEALED, ~told
    )


def _owed(now: datetime, owed: Owed) -> CompoundSelect[Any]:
    """An alert and a subscription that have no delivery and, where a digest was asked for, no digest item either."""
    sent = exists().where(Delivery.alert_id == Alert.id, Delivery.destination_id == Subscription.destination_id)
    gathered = exists().where(DigestItem.destination_id == Subscription.destination_id, DigestItem.alert_id == Alert.id)
    # A stop action goes to whoever got an earlier version, and to nobody else.
    kinds = (AlertKind.FOLLOW_UP, AlertKind.URGENT_ACTION, AlertKind.FURTHER_INFORMATION)
    recent = (Alert.kind.in_(kinds), Alert.created_at.between(now - RECENT, now))
    return union_all(*owed(Alert.id, Subscription.id, among=recent, sent=sent, gathered=gathered))


def _unissued(now: datetime) -> Select[Any]:
    """Approved, and ripe for minutes; each minute somebody should have issued or suspended it."""
    return select(UrgentAction.id).where(
        UrgentAction.status == UrgentActionStatus.APPROVED, UrgentAction.leaves_at <= now - ANNOUNCED_WITHIN
    )


def _owed_to_one(now: datetime) -> Select[Any]:
    """A confirmation, a notice or a canary that nobody will send."""
    sent = exists().where(Delivery.alert_id == Alert.id)
    return select(Alert.id).where(
        Alert.created_at.between(now - RECENT, now),
        Alert.kind.in_(_FOR_ONE),
        Alert.subscription_id.is_not(None),
        ~sent,
    )


def _overdue() -> CompoundSelect[Any]:
    """Due for minutes by the database's clock: nobody claims it, or a lease ran out long ago."""
    too_long_ago = database_now(plus_s=-SENT_WITHIN.total_seconds())
    return union_all(
        *(
            select(Delivery.id).where(line, Delivery.priority.in_(PRIORITIES), Delivery.due_at <= too_long_ago)
            for line in (BY_MAIL, OVER_HTTP)
        )
    )


def _closed_unsent(now: datetime) -> Select[Any]:
    """A digest that was closed with something in it, and owes nobody a delivery."""
    filled = exists().where(DigestItem.digest_id == Digest.id)
    queued = exists().where(Delivery.digest_id == Digest.id)
    return select(Digest.id).where(Digest.closed_at >= now - RECENT, filled, ~queued)


def _rank(column: Any) -> ColumnElement[int]:
    return case(*((column == level, level.rank) for level in Level), else_=0)
