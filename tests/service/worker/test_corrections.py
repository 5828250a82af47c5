"""A correction reaches everybody who was told anything of the case since the wrong assertion was recorded."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from alerts.facts import Level, SlackWebhook, Tier
from service.commands.corrections import NewCorrection, draft_correction, drop_correction, send_correction
from service.errors import Conflict, InvalidInput, NotAllowed
from service.facts import correction_snapshot, gates_for
from service.records import Assertion, AuditEntry, Case, Consent, Correction, Delivery, Subscription
from service.vocabulary import (
    Cadence,
    ConsentScope,
    CorrectionKind,
    CorrectionStatus,
    SubscriptionState,
    Verification,
)
from service.worker.jobs import check_overdue, close_ended_digests
from tests import factories
from tests.service.worker.test_urgent_actions import FIRST, Office

if TYPE_CHECKING:
    from uuid import UUID

    from tests.service.worker.conftest import Worker

SUBJECT = "Correction"
WORDS: dict[str, Any] = {
    "kind": CorrectionKind.RETRACTED, "was": "She was moved in March.", "reason": "The colony's own list shows her there.",
}  # fmt: skip


class Newsroom(Office):
    """The office, with an assertion that turns out to be wrong."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker, reference="KAZ-2099-777")
        with worker.writing.begin() as session:
            case = session.get_one(Case, self.case_id)
            self.assertion_id = factories.make_assertion(session, case, factories.make_source(session)).id
            factories.make_follow_up(session, case, due_on=date(2014, 11, 10))

    def announce(self) -> list[str]:
        check_overdue(self.worker)
        return self.subjects()

    def draft(self, **changed: Any) -> UUID:
        with self.worker.writing.begin() as session:
            assertion, desk = session.get_one(Assertion, self.assertion_id), self.desk(session)
            given = NewCorrection(**{**WORDS, **changed})
            return draft_correction(
                session, session.get_one(Case, self.case_id), assertion, given, now=desk.now, by=desk.alice,
                vault=desk.vault,
            ).id  # fmt: skip

    def send(self, correction_id: UUID, *, by_author: bool = False) -> int:
        with self.worker.writing.begin() as session:
            desk = self.desk(session)
            return send_correction(
                session, session.get_one(Correction, correction_id), now=desk.now,
                by=desk.alice if by_author else desk.dora, consents_of=gates_for,
                snapshot=partial(correction_snapshot, links=desk.links), vault=desk.vault,
            )  # fmt: skip

    def corrected(self, **changed: Any) -> list[str]:
        """What leaves when a correction is drafted and approved a minute later."""
        self.worker.clock.at += timedelta(minutes=1)
        self.send(self.draft(**changed))
        return self.subjects()


@pytest.fixture
def newsroom(worker: Worker) -> Newsroom:
    return Newsroom(worker)


def test_whoever_was_told_hears_of_it_and_whoever_came_since_does_not(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.follow(case=None, country="KZ")
    assert len(newsroom.announce()) == 2
    newsroom.worker.clock.at += timedelta(minutes=2)
    newsroom.follow()
    assert newsroom.corrected() == [SUBJECT, SUBJECT]
    assert newsroom.missing() == []


def test_what_was_told_before_the_assertion_was_recorded_did_not_rest_on_it(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    with newsroom.worker.writing.begin() as session:
        session.get_one(Assertion, newsroom.assertion_id).created_at = newsroom.worker.clock.now() + timedelta(
            seconds=30
        )
    assert newsroom.corrected() == []


def test_a_reader_of_a_digest_hears_of_it_at_once(newsroom: Newsroom) -> None:
    newsroom.follow(cadence=Cadence.DAILY, least_level=Level.UPCOMING)
    assert newsroom.announce() == []
    newsroom.worker.clock.at += timedelta(days=1, hours=1)
    close_ended_digests(newsroom.worker)
    assert len(newsroom.subjects()) == 1
    assert newsroom.corrected() == [SUBJECT]
    assert newsroom.missing() == []


def test_one_who_was_told_twice_hears_of_it_once(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    newsroom.issue_first()
    assert newsroom.subjects() == [FIRST]
    assert newsroom.corrected() == [SUBJECT]


def test_whoever_paused_hears_of_it_and_whoever_left_does_not(newsroom: Newsroom) -> None:
    paused, left = newsroom.follow(), newsroom.follow()
    newsroom.announce()
    with newsroom.worker.writing.begin() as session:
        session.get_one(Subscription, paused).paused_until = newsroom.worker.clock.now() + timedelta(days=90)
        session.get_one(Subscription, left).state = SubscriptionState.ENDED
    assert newsroom.corrected() == [SUBJECT]


def test_a_room_is_told_of_a_public_case_and_nothing_of_a_restricted_one(newsroom: Newsroom) -> None:
    with newsroom.worker.writing.begin() as session:
        room = factories.make_destination(
            session, newsroom.worker.vault, address=SlackWebhook("https://hooks.slack.com/services/T/B/x")
        )
    newsroom.follow(destination=room)
    newsroom.follow(tier=Tier.RESTRICTED)
    assert len(newsroom.announce()) == 2
    with newsroom.worker.writing.begin() as session:
        session.get_one(Case, newsroom.case_id).tier = Tier.RESTRICTED
    assert newsroom.corrected() == [SUBJECT]


def test_nobody_is_told_before_another_member_approves(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    correction = newsroom.draft()
    assert newsroom.subjects() == []
    with pytest.raises(NotAllowed):
        newsroom.send(correction, by_author=True)
    assert newsroom.send(correction) == 1
    with pytest.raises(Conflict):
        newsroom.send(correction)


def test_one_that_is_dropped_is_told_to_nobody_and_the_assertion_stays_refuted(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    correction = newsroom.draft()
    with newsroom.worker.writing.begin() as session:
        desk = newsroom.desk(session)
        one = session.get_one(Correction, correction)
        drop_correction(session, one, now=desk.now, by=desk.alice, vault=desk.vault)
        assert one.status is CorrectionStatus.DROPPED
        assert one.assertion.verification is Verification.REFUTED
    with pytest.raises(Conflict):
        newsroom.send(correction)
    assert newsroom.subjects() == []


def test_one_that_is_missing_is_noticed(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    newsroom.corrected()
    with newsroom.worker.writing.begin() as session:
        alert_id = session.scalars(select(Correction.alert_id)).one()
        session.execute(delete(Delivery).where(Delivery.alert_id == alert_id))
    assert newsroom.missing() == ["uncorrected"]


def test_it_speaks_of_health_only_while_everybody_agrees(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    correction = newsroom.draft(speaks_of_health=True)
    with pytest.raises(InvalidInput, match="no live consent"):
        newsroom.send(correction)
    with newsroom.worker.writing.begin() as session:
        [person] = session.get_one(Case, newsroom.case_id).persons
        consent = factories.make_consent(session, person, ConsentScope.PUBLISH_HEALTH).id
    assert newsroom.send(correction) == 1
    with newsroom.worker.writing.begin() as session:
        session.get_one(Consent, consent).withdrawn_at = newsroom.worker.clock.now()
    assert newsroom.subjects() == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"was": "Dana Sample was moved."}, "names nobody"),
        ({"reason": "So says the lawyer of DANA SAMPLE."}, "names nobody"),
        ({"kind": CorrectionKind.DISPUTED}, "who says otherwise"),
        ({"disputed_by": "The colony"}, "who says otherwise"),
        ({"kind": CorrectionKind.CORRECTED, "reads": "She was moved in April."}, "takes the place"),
    ],
)
def test_words_that_cannot_be_are_refused_and_nothing_is_marked(
    newsroom: Newsroom, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        newsroom.draft(**changed)
    with newsroom.worker.reading() as session:
        assertion = session.get_one(Assertion, newsroom.assertion_id)
        assert (assertion.verification, assertion.disputed_by) == (Verification.ALLEGED, None)
        assert session.scalars(select(Correction)).all() == []


def test_another_assertion_takes_the_place_of_a_corrected_one(newsroom: Newsroom) -> None:
    with newsroom.worker.writing.begin() as session:
        case = session.get_one(Case, newsroom.case_id)
        other = factories.make_assertion(session, case, factories.make_source(session), value="moved in April")
        session.expunge(other)
    newsroom.draft(kind=CorrectionKind.CORRECTED, reads="She was moved in April.", replacement=other)
    with newsroom.worker.reading() as session:
        assert session.get_one(Assertion, newsroom.assertion_id).replaced_by_id == other.id
    with pytest.raises(InvalidInput, match="already"):
        newsroom.draft()


def test_an_urgent_action_that_rests_on_what_fell_does_not_leave(newsroom: Newsroom) -> None:
    newsroom.follow()
    action_id = newsroom.approve_first()
    newsroom.wait(seconds=60)
    with newsroom.worker.writing.begin() as session:
        case = session.get_one(Case, newsroom.case_id)
        for assertion in session.scalars(select(Assertion).where(Assertion.case_id == case.id)):
            newsroom.assertion_id = assertion.id if assertion.id != newsroom.assertion_id else newsroom.assertion_id
    newsroom.draft()
    assert newsroom.subjects() == []
    assert [one.reason for one in newsroom.deliveries()] == ["An assertion on which it rests has lost its ground."]
    assert newsroom.status(action_id).value == "issued"


def test_the_audit_keeps_who_wrote_and_who_approved_and_no_words(newsroom: Newsroom) -> None:
    newsroom.follow()
    newsroom.announce()
    newsroom.corrected()
    with newsroom.worker.reading() as session:
        entries = session.execute(
            select(AuditEntry.actor, AuditEntry.action, AuditEntry.detail).where(AuditEntry.record == "correction")
        ).all()
    assert [(actor, action) for actor, action, _ in entries] == [("alice", "draft"), ("dora", "send")]
    assert "March" not in str(entries)
