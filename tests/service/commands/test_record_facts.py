"""Facts are written and changed by one way in, and dates that cannot be are refused by the field's name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from service.commands.change import change
from service.commands.record_facts import add_fact, add_pause, transfer
from service.errors import Conflict, InvalidInput
from service.records import (
    AuditEntry,
    CareEvent,
    DetentionEpisode,
    IsolationPlacement,
    ParoleReview,
    Petition,
    Proceeding,
    Sentence,
)
from service.vocabulary import CareKind, DatePrecision, ParoleDecision, Regime
from tests.factories import make_case, make_person
from tests.service.api.recorded import AS_OF, PAUSE, STATED, make_fact

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.records import Case
    from service.security.encryption import Vault

BEFORE, AFTER = date(2014, 3, 1), date(2014, 3, 20)
IN_THIS_ORDER = [
    (CareEvent, "requested_on", "occurred_on"),
    (DetentionEpisode, "from_on", "until_on"),
    (IsolationPlacement, "from_on", "until_on"),
    (Sentence, "pronounced_on", "ends_on"),
    (ParoleReview, "hearing_on", "decided_on"),
    (ParoleReview, "decided_on", "appeal_by"),
    (Petition, "sent_on", "answered_on"),
    (Petition, "sent_on", "decided_on"),
    (Petition, "sent_on", "withdrawn_on"),
]
WITH_PRECISION = [
    (CareEvent, "occurred_on", "occurred_precision"),
    (DetentionEpisode, "from_on", "from_precision"),
    (DetentionEpisode, "until_on", "until_precision"),
    (IsolationPlacement, "from_on", "from_precision"),
    (Proceeding, "occurred_on", "occurred_precision"),
    (Sentence, "pronounced_on", "pronounced_precision"),
    (Petition, "sent_on", "sent_precision"),
]
WITH_CARE: dict[type[Any], dict[str, Any]] = {**STATED, CareEvent: {"kind": CareKind.EXAM, "outcome": "Seen"}}
# The same without dates.
BARE = {
    kind: {name: value for name, value in stated.items() if not name.endswith("_on")}
    for kind, stated in WITH_CARE.items()
}


class Desk:
    """Writes facts of one case into the test's session."""

    def __init__(self, session: Session, vault: Vault, now: datetime) -> None:
        self.session, self.now, self.vault = session, now, vault
        self.case: Case = make_case(session)

    @property
    def person(self) -> Any:
        return self.case.persons[0]

    def add(self, kind: type[Any], **stated: object) -> Any:
        columns = {"person_id": self.person.id, "as_of": AS_OF, **BARE[kind], **stated}
        return add_fact(self.session, self.case, kind, columns, now=self.now, by="x", vault=self.vault)

    def change(self, fact: Any, **changes: object) -> None:
        change(self.session, fact, changes, now=self.now, by="x", vault=self.vault)

    def pause(self, petition: Petition, **stated: object) -> Any:
        return add_pause(self.session, petition, {**PAUSE, **stated}, now=self.now, by="x", vault=self.vault)


@pytest.fixture
def desk(session: Session, vault: Vault, now: datetime) -> Desk:
    return Desk(session, vault, now)


def refused(deed: Any, *given: object, **stated: object) -> list[str]:
    """The fields that the refusal names."""
    with pytest.raises(InvalidInput) as refusal:
        deed(*given, **stated)
    return [problem.where for problem in refusal.value.problems]


@pytest.mark.parametrize("kind", STATED, ids=lambda kind: kind.__tablename__)
def test_a_fact_is_written_with_its_entry_in_the_audit(desk: Desk, kind: type[Any]) -> None:
    fact = make_fact(desk.session, desk.case, kind, desk.person.id, now=desk.now, vault=desk.vault)
    assert (fact.version, fact.created_at, fact.case_id) == (1, desk.now, desk.case.id)
    entry = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.record, entry.record_id) == ("add", kind.__tablename__, str(fact.id))
    desk.change(fact, as_of=date(2014, 11, 9))
    assert fact.version == 2
    entry = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.record, entry.detail) == ("change", kind.__tablename__, {"columns": ["as_of"]})


@pytest.mark.parametrize("kind", STATED, ids=lambda kind: kind.__tablename__)
def test_a_fact_of_somebody_else_is_not_written_into_a_case(desk: Desk, kind: type[Any]) -> None:
    stranger = make_person(desk.session, "Erik Other")
    assert refused(desk.add, kind, person_id=stranger.id) == ["person_id"]
    assert desk.session.scalar(select(func.count()).select_from(kind)) == 0


def test_a_column_that_is_nobodys_to_state_is_a_mistake_of_ours(desk: Desk) -> None:
    with pytest.raises(ValueError, match="created_at"):
        desk.add(Petition, created_at=desk.now)
    with pytest.raises(ValueError, match="person_id"):
        desk.change(desk.add(Petition), person_id=desk.person.id)


@pytest.mark.parametrize(("kind", "begins", "ends"), IN_THIS_ORDER)
def test_an_end_before_its_beginning_is_refused_by_the_field_that_was_stated(
    desk: Desk, kind: type[Any], begins: str, ends: str
) -> None:
    decided: dict[str, object] = {"decision": ParoleDecision.REFUSED} if kind is ParoleReview else {}
    assert refused(desk.add, kind, **{begins: AFTER, ends: BEFORE, **decided}) == [ends]
    sound = desk.add(kind, **{begins: BEFORE, ends: AFTER, **decided})
    assert refused(desk.change, sound, **{ends: BEFORE - timedelta(days=1)}) == [ends]
    desk.session.expire(sound)
    assert refused(desk.change, sound, **{begins: AFTER + timedelta(days=1)}) == [begins]
    desk.session.expire(sound)
    desk.change(sound, **{ends: BEFORE})
    assert getattr(sound, ends) == BEFORE


@pytest.mark.parametrize(("kind", "day", "precision"), WITH_PRECISION)
def test_a_precision_fits_its_date(desk: Desk, kind: type[Any], day: str, precision: str) -> None:
    assert refused(desk.add, kind, **{day: BEFORE, precision: DatePrecision.UNKNOWN}) == [precision]
    assert refused(desk.add, kind, **{precision: DatePrecision.MONTH}) == [day]
    fact = desk.add(kind, **{day: BEFORE})
    assert getattr(fact, precision) is DatePrecision.DAY
    desk.change(fact, **{day: None})
    assert getattr(fact, precision) is DatePrecision.UNKNOWN
    assert refused(desk.change, fact, **{precision: DatePrecision.YEAR}) == [day]
    desk.session.expire(fact)
    desk.change(fact, **{day: AFTER, precision: DatePrecision.MONTH})
    assert getattr(fact, precision) is DatePrecision.MONTH


def test_a_date_that_was_wrong_before_does_not_stop_another_change(desk: Desk) -> None:
    event = desk.add(CareEvent)
    event.occurred_on = BEFORE  # as a case file may have it: no precision
    desk.session.flush()
    desk.change(event, outcome="Refused again")
    assert event.outcome == "Refused again"


def test_a_decided_review_is_not_pending(desk: Desk) -> None:
    assert refused(desk.add, ParoleReview, decided_on=BEFORE) == ["decision"]
    review = desk.add(ParoleReview, hearing_on=BEFORE)
    assert refused(desk.change, review, decided_on=BEFORE) == ["decision"]
    desk.session.expire(review)
    desk.change(review, decided_on=BEFORE, decision=ParoleDecision.REFUSED, appeal_by=AFTER)
    assert review.version == 2


def test_a_term_needs_the_law_that_gives_it(desk: Desk) -> None:
    assert refused(desk.add, Petition, reply_within_days=15) == ["reply_basis"]
    assert refused(desk.add, Petition, reply_basis="Section 8") == ["reply_within_days"]
    assert desk.add(Petition, reply_within_days=15, reply_basis="Section 8", counts_working_days=True).version == 1


def test_a_clock_that_does_not_run_yet_cannot_stand_still(desk: Desk) -> None:
    petition = desk.add(Petition, sent_on=BEFORE)
    assert refused(desk.pause, petition, from_on=BEFORE - timedelta(days=1)) == ["from_on"]
    desk.session.rollback()


def test_a_pause_ends_after_it_began_and_holds_its_petition_to_its_date(desk: Desk) -> None:
    petition = desk.add(Petition, sent_on=BEFORE)
    pause = desk.pause(petition, from_on=AFTER)
    assert pause.petition is petition
    assert refused(desk.change, pause, until_on=BEFORE) == ["until_on"]
    desk.session.expire(pause)
    desk.change(pause, until_on=AFTER)
    assert (pause.until_on, pause.version) == (AFTER, 2)
    assert refused(desk.change, petition, sent_on=AFTER + timedelta(days=1)) == ["sent_on"]


def test_a_change_of_the_sending_is_noted_although_the_pauses_are_looked_at(desk: Desk) -> None:
    petition = desk.add(Petition, sent_on=BEFORE)
    desk.pause(petition, from_on=AFTER)
    desk.session.expire_all()
    desk.change(petition, sent_on=BEFORE + timedelta(days=1))
    entry = desk.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (entry.action, entry.record) == ("change", "petition")
    assert (petition.sent_on, petition.version) == (BEFORE + timedelta(days=1), 2)


def test_pauses_are_read_in_the_order_of_their_days(desk: Desk) -> None:
    petition = desk.add(Petition, sent_on=BEFORE)
    later, earlier = desk.pause(petition, from_on=AFTER), desk.pause(petition, from_on=BEFORE)
    desk.session.expire_all()
    assert [pause.id for pause in petition.pauses] == [earlier.id, later.id]


def test_a_transfer_ends_one_stay_and_begins_another(desk: Desk) -> None:
    stay = desk.add(DetentionEpisode, from_on=BEFORE, regime=Regime.STRICT)
    following = transfer(
        desk.session, desk.case, stay, on=AFTER, facility="Prison hospital", regime=Regime.PRISON_HOSPITAL, as_of=AFTER,
        now=desk.now, by="x", vault=desk.vault,
    )  # fmt: skip
    assert (stay.until_on, stay.until_precision, stay.regime) == (AFTER, DatePrecision.DAY, Regime.STRICT)
    assert (following.from_on, following.until_on, following.facility) == (AFTER, None, "Prison hospital")
    with pytest.raises(Conflict):
        transfer(
            desk.session, desk.case, stay, on=AFTER, facility="Colony 9", as_of=AFTER, now=desk.now, by="x",
            vault=desk.vault,
        )  # fmt: skip


def test_nobody_is_transferred_before_they_came(desk: Desk) -> None:
    stay = desk.add(DetentionEpisode, from_on=AFTER)
    assert refused(
        transfer, desk.session, desk.case, stay, on=BEFORE, facility="Colony 9", as_of=AFTER, now=desk.now, by="x",
        vault=desk.vault,
    ) == ["on"]  # fmt: skip
