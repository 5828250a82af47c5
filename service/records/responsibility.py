"""Who must act when a follow-up is late, as one statement: it tells them, looks whether it still should, and whether it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, not_, or_, select

from alerts.facts import Level, Tier
from service.records.cases import Case
from service.records.follow_ups import FollowUp, OverdueEpisode
from service.records.members import Grant, Member
from service.records.people import Person
from service.records.subscribers import Destination, Subscriber
from service.vocabulary import DestinationState, Role

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, SQLColumnExpression

_OWNER_FROM = (Level.DUE, Level.OVERDUE, Level.VERY_OVERDUE, Level.CRITICAL)
_BACKUP_FROM = (Level.VERY_OVERDUE, Level.CRITICAL)

# The members who can be told, and where. Worked out once: they are few, and episodes and destinations are many.
REACHABLE = (
    select(
        Member.id.label("member_id"),
        Member.role,
        Member.mailbox_since,
        Destination.id.label("destination_id"),
        Destination.channel,
        Destination.enabled_at,
        Subscriber.language,
        Subscriber.time_zone,
    )
    .join(Destination, Destination.id == Member.destination_id)
    .join(Subscriber, Subscriber.id == Destination.subscriber_id)
    .where(Member.disabled_at.is_(None), Destination.state == DestinationState.READY)
    .cte("reachable")
    .prefix_with("MATERIALIZED")
)
_IS_RESPONSIBLE = or_(
    and_(
        OverdueEpisode.level.in_(_OWNER_FROM), REACHABLE.c.member_id == func.coalesce(FollowUp.owner_id, Case.owner_id)
    ),
    and_(OverdueEpisode.level.in_(_BACKUP_FROM), REACHABLE.c.member_id == FollowUp.backup_id),
    and_(OverdueEpisode.level == Level.CRITICAL, REACHABLE.c.role == Role.COORDINATOR),
)
# As the policy's READ_CASE, and the rule of what is shown of a case.
_MAY_READ = and_(
    exists().where(
        Grant.member_id == REACHABLE.c.member_id, or_(Grant.case_id.is_(None), Grant.case_id == FollowUp.case_id)
    ),
    Case.tier != Tier.SEALED,
    FollowUp.tier != Tier.SEALED,
    not_(exists().where(Person.id == FollowUp.person_id, Person.tier == Tier.SEALED)),
)


def responsible(*columns: SQLColumnExpression[Any], among: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The given columns for every episode `among` these and every member who is to be told of it, each once.

    The owner from `due` on (the follow-up's own, else the case's), the backup too from `very_overdue`, and at `critical`
    all coordinators; each only with a grant on the case, a mailbox that is ready, and nothing sealed about it. Joined are
    OverdueEpisode, FollowUp, Case and `REACHABLE`.
    """
    return (
        select(*columns)
        .select_from(OverdueEpisode)
        .join(FollowUp, FollowUp.id == OverdueEpisode.follow_up_id)
        .join(Case, Case.id == FollowUp.case_id)
        .join(REACHABLE, _IS_RESPONSIBLE)
        .where(among, _MAY_READ)
    )
