"""Every table keeps the rules: classified columns, named constraints, and migrations that say the same."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, String, Table, inspect, select, text
from sqlalchemy.orm import Session

from alerts.facts import Tier
from service.database import open_engine
from service.migrating import current_revision, migrate, newest_revision, require_newest
from service.paths import MIGRATIONS
from service.records import Base, IsolationPlacement
from service.records.base import ABOUT_PERSON, PUBLIC, UtcDateTime
from service.vocabulary import DatePrecision
from tests.factories import make_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

# Words that a column's name may hold only when the column is marked as a credential.
CREDENTIALS = ("secret", "token", "password", "hmac", "sealed", "totp_last", "chain")
WHOM = {None, "person", "source", "subscriber", "member"}


def unclassified(metadata: MetaData) -> Iterator[str]:
    for table in metadata.tables.values():
        for column in table.columns:
            info = column.info
            if not isinstance(info.get("tier"), Tier):
                yield f"{column}: no tier"
            elif set(info) > {"tier"} and (info.get("about") not in WHOM or not isinstance(info["credential"], bool)):
                yield f"{column}: {info}"


def careless(metadata: MetaData) -> Iterator[str]:
    for table in metadata.tables.values():
        for column in table.columns:
            if any(word in column.name for word in CREDENTIALS) and not column.info.get("credential"):
                yield str(column)


def naive(metadata: MetaData) -> Iterator[str]:
    for table in metadata.tables.values():
        for column in table.columns:
            is_instant = isinstance(column.type, DateTime | UtcDateTime)
            if is_instant and not isinstance(column.type, UtcDateTime):
                yield f"{column}: instants are UtcDateTime"
            if column.name.endswith("_at") and not isinstance(column.type, UtcDateTime):
                yield f"{column}: _at is an instant"


def configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def definitions(engine: Engine) -> dict[str, str]:
    """Every index with its predicate, as the engine itself writes it down."""
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    return {name: " ".join(definition.replace('"', "").split()) for name, definition in rows}


def test_every_column_is_classified() -> None:
    assert list(unclassified(Base.metadata)) == []


def test_an_unclassified_column_would_be_found() -> None:
    planted = MetaData()
    Table("planted", planted, Column("id", Integer, info=PUBLIC), Column("diagnosis", String))
    assert list(unclassified(planted)) == ["planted.diagnosis: no tier"]


def test_what_unlocks_something_is_marked_as_a_credential() -> None:
    assert list(careless(Base.metadata)) == []


def test_an_unmarked_credential_would_be_found() -> None:
    planted = MetaData()
    Table("planted", planted, Column("token_hash", String, info=PUBLIC), Column("name", String, info=ABOUT_PERSON))
    assert list(careless(planted)) == ["planted.token_hash"]


def test_every_instant_is_kept_in_utc() -> None:
    assert list(naive(Base.metadata)) == []


def test_a_naive_instant_would_be_found() -> None:
    planted = MetaData()
    Table("planted", planted, Column("read_at", DateTime, info=PUBLIC))
    assert len(list(naive(planted))) == 2


def test_tables_are_nouns_in_the_singular_and_columns_speak_plainly() -> None:
    odd = [name for name in Base.metadata.tables if name != name.lower() or name.endswith("s")]
    assert odd == []
    wrong = [
        str(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Boolean) and column.name.endswith(("_at", "_on", "_until"))
    ]
    assert wrong == []


def test_every_constraint_has_a_name_that_a_migration_can_find(engine: Engine) -> None:
    found = inspect(engine)
    for table in Base.metadata.tables:
        names = [key["name"] for key in found.get_foreign_keys(table)]
        names += [key["name"] for key in found.get_unique_constraints(table)]
        names.append(found.get_pk_constraint(table)["name"])
        assert all(names), table


def test_the_migrations_and_the_records_say_the_same(engine: Engine) -> None:
    with engine.begin() as connection:
        command.check(configured(connection))


def test_a_column_that_no_migration_makes_would_be_found(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE heartbeat ADD COLUMN unknown_to_records TEXT"))
    with engine.begin() as connection, pytest.raises(Exception, match="unknown_to_records"):
        command.check(configured(connection))


def test_indexes_have_the_predicates_that_the_records_give_them(engine: Engine) -> None:
    migrated = definitions(engine)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    assert migrated == definitions(engine)
    assert " WHERE " in migrated["ix_delivery_by_mail"]


def test_a_migration_can_be_taken_back_and_run_again(engine: Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(configured(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert current_revision(engine) is None
    migrate(engine)
    require_newest(engine)


def test_facts_that_an_import_wrote_before_are_kept_and_count_their_changes_from_one(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        case = make_case(session)
        columns = {"case_id": case.id, "person_id": case.persons[0].id, "as_of": date(2014, 10, 24)}
        session.add(IsolationPlacement(**columns, from_on=date(2014, 3, 1), from_precision=DatePrecision.DAY))
    with engine.begin() as connection:
        command.downgrade(configured(connection), "20261124_completeness")
    migrate(engine)
    with Session(engine) as session, session.begin():
        placement = session.scalars(select(IsolationPlacement)).one()
        assert (placement.from_on, placement.version, placement.created_at) == (date(2014, 3, 1), 1, None)
        placement.until_on = date(2014, 3, 12)
        session.flush()
        assert placement.version == 2


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    before = definitions(engine)
    migrate(engine)
    assert definitions(engine) == before
    assert current_revision(engine) == newest_revision()


def test_a_new_sqlite_file_is_migrated_from_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    try:
        migrate(engine)
        assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
