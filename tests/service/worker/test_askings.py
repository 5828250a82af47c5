"""A form that was put down is looked at once, by whoever lives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from service.commands.askings import LEFT_BEHIND_AFTER, leave_asking
from service.commands.wishes import Wish
from service.records import Asking, Delivery, Subscription
from service.vocabulary import AskingKind
from service.worker.asking_jobs import answer_askings
from tests.factories import make_case

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session, sessionmaker

    from service.worker.parts import WorkerParts


def put_down(worker: WorkerParts, *, age: timedelta) -> UUID:
    with worker.writing.begin() as session:
        wish = Wish(case_id=make_case(session).id).as_plain()
        fields = {"address": "reader@example.org", "wish": wish, "language": "en", "time_zone": "UTC"}
        return leave_asking(
            session, AskingKind.SUBSCRIBE, fields, wall_now=worker.wall_clock.now() - age, vault=worker.vault
        )


def counts(writing: sessionmaker[Session]) -> tuple[int, int, int]:
    with writing() as session:
        forms, wishes, mails = (session.scalars(select(one.id)).all() for one in (Asking, Subscription, Delivery))
        return len(forms), len(wishes), len(mails)


def test_what_a_dead_process_left_behind_is_looked_at_once(worker: WorkerParts, writing: sessionmaker[Session]) -> None:
    put_down(worker, age=LEFT_BEHIND_AFTER + timedelta(seconds=1))
    assert answer_askings(worker) == 1
    assert counts(writing) == (0, 1, 1)
    assert answer_askings(worker) == 0
    assert counts(writing) == (0, 1, 1)


def test_what_its_own_process_is_about_to_look_at_is_left_to_it(
    worker: WorkerParts, writing: sessionmaker[Session]
) -> None:
    put_down(worker, age=timedelta(seconds=1))
    assert answer_askings(worker) == 0
    assert counts(writing) == (1, 0, 0)


def test_a_form_that_nobody_can_open_stops_no_other(worker: WorkerParts, writing: sessionmaker[Session]) -> None:
    spoilt = put_down(worker, age=timedelta(minutes=2))
    with worker.writing.begin() as session:
        session.execute(update(Asking).where(Asking.id == spoilt).values(fields_sealed="v1|x|AAAA|AAAA"))
    put_down(worker, age=timedelta(minutes=1))
    assert answer_askings(worker) == 2
    assert counts(writing) == (0, 1, 1)


def test_neither_address_nor_wish_can_be_read_in_the_row(worker: WorkerParts, writing: sessionmaker[Session]) -> None:
    put_down(worker, age=timedelta())
    with writing() as session:
        assert "reader" not in session.scalars(select(Asking.fields_sealed)).one()
