"""A database is brought to the newest migration, whole or not at all, and an old one is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect, text

from service.database import open_engine
from service.errors import DatabaseNotReady
from service.migrating import current_revision, migrate, newest_revision, require_newest

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def test_a_migrated_database_is_ready(engine: Engine) -> None:
    require_newest(engine)
    assert current_revision(engine) == newest_revision()


def test_an_empty_database_is_refused_with_the_cure(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    try:
        with pytest.raises(DatabaseNotReady, match="vigil migrate"):
            require_newest(engine)
    finally:
        engine.dispose()


def test_a_database_of_another_version_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(DatabaseNotReady, match="from_the_future"):
        require_newest(engine)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "half.db"
    plain = create_engine(f"sqlite:///{path}")
    with plain.begin() as connection:
        connection.execute(text('CREATE TABLE "case" (id INTEGER)'))  # in the way of the first migration
    plain.dispose()
    engine = open_engine(f"sqlite:///{path}")
    try:
        with pytest.raises(Exception, match="already exists"):
            migrate(engine)
        assert inspect(engine).get_table_names() == ["case"]
    finally:
        engine.dispose()


def test_the_folder_may_have_a_percent_sign_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "100% ours"
    folder.mkdir()
    engine = open_engine(f"sqlite:///{folder / 'vigil.db'}")
    try:
        migrate(engine)
        require_newest(engine)
    finally:
        engine.dispose()
