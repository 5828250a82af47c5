"""What became of a demand is assessed, with its evidence and its source."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import Tier
from service.commands.audit import audit
from service.errors import InvalidInput, Problem
from service.records import DemandAssessment, Source
from service.records.base import new_id

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from service.records import Demand
    from service.security.encryption import Vault
    from service.vocabulary import Implementation, StateResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssessment:
    """What was found on a day; `source` is the key of the source that shows it, `locator` the place there."""

    assessed_on: date
    implementation: Implementation
    evidence: str
    source: str
    state_response: StateResponse | None = None
    locator: str | None = None


def assess(
    session: Session, demand: Demand, given: NewAssessment, *, now: datetime, by: str, vault: Vault
) -> DemandAssessment:
    """Write what was found; the demand then stands as its latest assessment says.

    Nothing is written over: an earlier day is added to the history and changes nothing of today. Evidence and source are
    public, so the source must be. Raises InvalidInput for a day to come and for a source that is not there or not public.
    """
    if given.assessed_on > now.date():
        raise InvalidInput([Problem("assessed_on", f"{given.assessed_on} has not come yet.")])
    source = session.scalar(select(Source).where(Source.key == given.source))
    if source is None or source.tier is not Tier.PUBLIC:
        raise InvalidInput([Problem("source", f"No public source has the key {given.source!r}.")])
    columns = {name: value for name, value in asdict(given).items() if name != "source"}
    found = DemandAssessment(
        id=new_id(), demand_id=demand.id, source_id=source.id, recorded_by=by, created_at=now, **columns
    )
    session.add(found)
    session.flush()
    stand_as_assessed(session, demand)
    audit(
        session, at=now, actor=by, action="assess", record="demand", record_id=str(demand.id),
        detail={"assessed_on": str(given.assessed_on), "implementation": given.implementation.value},
        key=vault.audit_key,
    )  # fmt: skip
    return found


def stand_as_assessed(session: Session, demand: Demand) -> None:
    """Let a demand that was assessed stand as its latest day says; of one day, as it was written down last."""
    history = session.scalars(
        select(DemandAssessment)
        .where(DemandAssessment.demand_id == demand.id)
        .order_by(DemandAssessment.assessed_on, DemandAssessment.created_at, DemandAssessment.id)
    ).all()
    demand.implementation = history[-1].implementation
    answers = [one.state_response for one in history if one.state_response is not None]
    if answers:
        demand.state_response = answers[-1]
    session.flush()
