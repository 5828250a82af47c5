"""The engines keep their promises: clocks, read-only sessions, one writer at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from service.database import database_now, open_engine, reading_sessions
from service.errors import ConfigurationError
from service.records import Heartbeat

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker


def beat(name: str, at: datetime) -> Heartbeat:
    return Heartbeat(name=name, at=at, detail={})


def test_the_databases_clock_is_the_machines_within_a_second(session: Session) -> None:
    told = session.execute(select(database_now())).scalar_one()
    told = told if told.tzinfo else told.replace(tzinfo=UTC)  # SQLite keeps no zone
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize("plus_s", [-90.5, 0.25, 3600.0])
def test_the_databases_clock_can_be_asked_for_later(session: Session, plus_s: float) -> None:
    row = session.execute(select(database_now(plus_s).label("then"), database_now().label("now"))).one()
    assert abs((row.then - row.now) - timedelta(seconds=plus_s)) < timedelta(milliseconds=5)


def test_statements_that_differ_only_in_their_seconds_are_compiled_once(engine: Engine) -> None:
    compiled: dict[object, object] = {}
    with engine.connect().execution_options(compiled_cache=compiled) as connection:
        for plus_s in (0.0, 30.0, 60.0):
            connection.execute(select(database_now(plus_s)))
    assert len(compiled) == 1


def test_stored_instants_compare_with_the_databases_clock(session: Session) -> None:
    session.add_all(
        [
            beat("past", datetime.now(UTC) - timedelta(seconds=2)),
            beat("future", datetime.now(UTC) + timedelta(seconds=60)),
        ]
    )
    session.flush()
    due = session.scalars(select(Heartbeat.name).where(Heartbeat.at <= database_now())).all()
    assert due == ["past"]


def test_an_instant_comes_back_aware_and_in_utc(session: Session) -> None:
    almaty = datetime.fromisoformat("2014-11-10T00:00:00+06:00")
    session.add(beat("one", almaty))
    session.flush()
    session.expire_all()
    at = session.get_one(Heartbeat, "one").at
    assert at == almaty
    assert at.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(session: Session) -> None:
    session.add(beat("naive", datetime(2014, 11, 10)))  # noqa: DTZ001 - that is the fault
    with pytest.raises(Exception, match="naive datetime"):
        session.flush()


def test_a_reading_session_cannot_write(engine: Engine) -> None:
    with reading_sessions(engine)() as reading:
        reading.add(beat("written", datetime.now(UTC)))
        with pytest.raises(DBAPIError):
            reading.flush()


def test_a_connection_that_has_read_can_write_again(engine: Engine, writing: sessionmaker[Session]) -> None:
    for n in range(3):
        with reading_sessions(engine)() as reading:
            assert len(reading.scalars(select(Heartbeat)).all()) == n
        with writing.begin() as session:
            session.add(beat(f"beat {n}", datetime.now(UTC)))


def test_two_writers_take_turns_and_lose_nothing(writing: sessionmaker[Session]) -> None:
    failures: list[BaseException] = []
    with writing.begin() as session:
        session.add(Heartbeat(name="counter", at=datetime.now(UTC), detail={"n": 0}))

    def count_up() -> None:
        try:
            for _ in range(20):
                with writing.begin() as session:
                    row = session.get_one(Heartbeat, "counter", with_for_update=True)
                    row.detail = {"n": row.detail["n"] + 1}
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    threads = [Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with writing() as session:
        assert failures == []
        assert session.get_one(Heartbeat, "counter").detail == {"n": 80}


@pytest.mark.parametrize("url", ["not a url hunter2", "mysql://vigil:hunter2@127.0.0.1/vigil"])
def test_another_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_engine(url)
    assert "VIGIL_DATABASE_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value)
