"""The engines: how each is opened, how a transaction begins, and what its own clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, create_engine, event, literal, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import DateTime

from service.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, ColumnElement, Connection, Engine
    from sqlalchemy.orm import QueryableAttribute
    from sqlalchemy.sql.compiler import SQLCompiler

# How long a writer waits for another on SQLite before it gives up.
BUSY_TIMEOUT_S = 30
POOL_SIZE = 10

_READS_ONLY = "vigil reads only"


def open_engine(url: str) -> Engine:
    """Open PostgreSQL (psycopg) or SQLite.

    Raises ConfigurationError for another database or an unreadable URL, without showing its password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("VIGIL_DATABASE_URL: not a database URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_size=POOL_SIZE, max_overflow=POOL_SIZE, pool_pre_ping=True
        )
    raise ConfigurationError(f"VIGIL_DATABASE_URL: {parsed.get_backend_name()} is neither postgresql nor sqlite")


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions that write; a door opens and commits them."""
    return sessionmaker(engine, expire_on_commit=False)


def reading_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions in which the database itself refuses every write."""
    return sessionmaker(
        engine.execution_options(vigil_read_only=True, postgresql_readonly=True), expire_on_commit=False
    )


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's own clock at the start of the statement, plus `seconds`: leases need no agreement between hosts."""

    type = DateTime(timezone=True)
    inherit_cache = True

    def __init__(self, plus_s: float | BindParameter[float] = 0.0) -> None:
        # A parameter in any case, so that the statement is compiled once and for all.
        super().__init__(literal(float(plus_s), Double()) if isinstance(plus_s, int | float) else plus_s)


def instant_of(session: Session, *, plus_s: float = 0.0) -> datetime:
    """The database's own clock as a value (UTC), plus so many seconds."""
    at: datetime = session.execute(select(database_now())).scalar_one()
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) + timedelta(seconds=plus_s)


@compiles(database_now, "postgresql")
def _postgresql_now(element: database_now, compiler: SQLCompiler, **given: Any) -> str:
    # clock_timestamp() changes within the statement and defeats the index; now() is the transaction's start.
    return f"(statement_timestamp() + make_interval(secs => {compiler.process(element.clauses, **given)}))"


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: SQLCompiler, **given: Any) -> str:
    # Six decimals, as SQLAlchemy writes instants, so that text compares as time does.
    seconds = compiler.process(element.clauses, **given)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


class seconds_before(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The instant so many seconds before the one in a column."""

    type = DateTime(timezone=True)
    inherit_cache = True

    def __init__(self, column: ColumnElement[datetime] | QueryableAttribute[datetime], seconds: float) -> None:
        super().__init__(column, literal(seconds, Double()))


@compiles(seconds_before, "postgresql")
def _postgresql_before(element: seconds_before, compiler: SQLCompiler, **given: Any) -> str:
    column, seconds = (compiler.process(clause, **given) for clause in element.clauses)
    return f"({column} - make_interval(secs => {seconds}))"


@compiles(seconds_before, "sqlite")
def _sqlite_before(element: seconds_before, compiler: SQLCompiler, **given: Any) -> str:
    column, seconds = (compiler.process(clause, **given) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, -{seconds} || ' seconds')"


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would open no transaction for WITH … UPDATE
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("vigil_read_only"):
            connection.info[_READS_ONLY] = True
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
        else:
            # A deferred BEGIN that turns writer later ignores the busy timeout.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "reset")
    def reset(connection: Any, record: Any, _state: Any) -> None:
        connection.rollback()
        if record.info.pop(_READS_ONLY, False):
            connection.execute("PRAGMA query_only=OFF")

    return engine
