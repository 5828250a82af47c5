"""One fact of every family, as somebody recorded it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from service.commands.record_facts import add_fact, add_pause
from service.records import DetentionEpisode, IsolationPlacement, ParoleReview, Petition, Proceeding, Sentence
from service.vocabulary import Mechanism, ParoleDecision, Position, ProceedingKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

AS_OF = date(2014, 11, 1)
# What each family states beside the person and `as_of`.
STATED: dict[type[Any], dict[str, Any]] = {
    DetentionEpisode: {"facility": "Colony 1", "from_on": date(2013, 5, 2)},
    IsolationPlacement: {"from_on": date(2014, 3, 1)},
    Proceeding: {"kind": ProceedingKind.APPEAL, "occurred_on": date(2014, 2, 1)},
    Sentence: {"months": 72, "pronounced_on": date(2013, 5, 2)},
    ParoleReview: {
        "hearing_on": date(2014, 12, 1), "decision": ParoleDecision.PENDING, "prosecutor_position": Position.SUPPORT,
        "administration_position": Position.UNKNOWN,
    },
    Petition: {
        "mechanism": Mechanism.DOMESTIC_COMPLAINT, "addressee": "Prosecutor General", "subject": "The cell is cold",
        "sent_on": date(2014, 10, 1),
    },
}  # fmt: skip
PAUSE = {"from_on": date(2014, 10, 10), "reason": "The file was asked for", "basis": "Section 9"}
_NAMES = {
    DetentionEpisode: "episode", IsolationPlacement: "placement", Proceeding: "proceeding", Sentence: "sentence",
    ParoleReview: "review", Petition: "petition",
}  # fmt: skip


def make_fact(
    session: Session, case: Case, kind: type[Any], person_id: UUID, *, now: datetime, vault: Vault, **stated: object
) -> Any:
    """A fact of this kind, with the usual columns where none are stated."""
    columns = {"person_id": person_id, "as_of": AS_OF, **STATED[kind], **stated}
    return add_fact(session, case, kind, columns, now=now, by="tests", vault=vault)


def make_facts(session: Session, case: Case, person_id: UUID, *, now: datetime, vault: Vault) -> dict[str, UUID]:
    """The ids of one of each, by name."""
    facts = {kind: make_fact(session, case, kind, person_id, now=now, vault=vault) for kind in STATED}
    pause = add_pause(session, facts[Petition], PAUSE, now=now, by="tests", vault=vault)
    return {**{_NAMES[kind]: fact.id for kind, fact in facts.items()}, "pause": pause.id}
