"""What `vigil doctor` looks at, each answer in one plain sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from alerts.channels.relay import InsecureRelay, Relay, RelayRefused, Sessions
from service.cli.speaking import ExitCode
from service.database import open_engine, reading_sessions
from service.errors import ConfigurationError, DatabaseNotReady
from service.migrating import require_newest
from service.queries.channels import troubled_destinations, unheard_cases
from service.queries.signs_of_life import outside_heartbeat, signs_of_life
from service.security.encryption import open_vault
from service.settings import Settings
from service.vocabulary import CaseChannels
from service.worker.mailbox import MailboxTrouble, open_mailbox
from service.worker.sending import relays_of

RELAY_ANSWERS_WITHIN_S = 10
# One line of a terminal; the board names them all.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `code` is what the whole command ends with when it is not well."""

    name: str
    ok: bool
    message: str
    code: ExitCode = ExitCode.FINE


def check_installation(settings: Settings, *, live: bool, now: datetime) -> Iterator[Finding]:
    """Look at key and database, and unless `live` at the worker's signs of life and at the mail relay.

    `now` is the machine's time (UTC). What rests on something broken is not looked at.
    """
    yield _key(settings)
    engine = open_engine(settings.database)
    try:
        database = _database(engine, settings)
        yield database
        if not database.ok or live:
            return
        with reading_sessions(engine)() as session:
            yield from _signs(session, settings, now)
            yield _destinations(session)
            yield _channels(session)
    finally:
        engine.dispose()
    yield from _relays(settings)
    if settings.intake.imap_host is not None:
        yield _mailbox(settings)


def _key(settings: Settings) -> Finding:
    try:
        open_vault(settings)
    except ConfigurationError as error:
        return Finding("key", False, str(error), ExitCode.CONFIGURATION)
    return Finding("key", True, "the key is there and nobody else may read it")


def _database(engine: Engine, settings: Settings) -> Finding:
    # opening a SQLite file that is not there would make one
    if settings.is_embedded and settings.database_url is None and not (settings.home / "vigil.db").exists():
        message = f"there is no database in {settings.home}: run `vigil migrate`"
        return Finding("database", False, message, ExitCode.DATABASE)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        require_newest(engine)
    except DatabaseNotReady as error:
        return Finding("database", False, str(error), ExitCode.DATABASE)
    except DBAPIError as error:
        return Finding("database", False, f"cannot be used: {type(error.orig).__name__}", ExitCode.DATABASE)
    return Finding("database", True, f"{engine.dialect.name} answers and is at the newest migration")


def _signs(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    signs = signs_of_life(session, now=now, canary=settings.canary_subscription)
    if settings.heartbeat_url is not None:
        signs.append(outside_heartbeat(session, now=now))
    for sign in signs:
        yield Finding(sign.name, sign.ok, sign.message, ExitCode.FINE if sign.ok else ExitCode.FINDINGS)


def _destinations(session: Session) -> Finding:
    troubled = troubled_destinations(session)
    if not troubled:
        return Finding("destinations", True, "all of the organisation's destinations take their messages")
    message = f"{len(troubled)} of the organisation's destinations fail or are off: "
    message += _some([f"{one.label} ({one.disabled_reason or f'{one.failures} failures'})" for one in troubled])
    return Finding("destinations", False, f"{message}; see `vigil destination list`", ExitCode.FINDINGS)


def _channels(session: Session) -> Finding:
    cases = unheard_cases(session)
    unfollowed = [case.reference for case in cases if case.channels is CaseChannels.NOBODY]
    deaf = [f"{case.reference} ({case.channels.value})" for case in cases if case.channels is not CaseChannels.NOBODY]
    if deaf:
        message = f"no alert can reach the followers of {len(deaf)} watched cases: {_some(deaf)}"
        return Finding("channels", False, message, ExitCode.FINDINGS)
    nobody = f"; nobody follows {len(unfollowed)}: {_some(unfollowed)}"
    return Finding(
        "channels", True, f"every watched case that is followed can be told of{nobody if unfollowed else ''}"
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _relays(settings: Settings) -> Iterator[Finding]:
    try:
        relays = relays_of(settings)
    except InsecureRelay as error:
        yield Finding("relay", False, str(error), ExitCode.CONFIGURATION)
        return
    for relay in relays:
        yield _relay(relay)


def _relay(relay: Relay) -> Finding:
    place = f"{relay.host}:{relay.port}"
    try:
        asyncio.run(_greet(relay))
    except TimeoutError:
        return Finding("relay", False, f"{place} did not answer within {RELAY_ANSWERS_WITHIN_S} s", ExitCode.FINDINGS)
    except RelayRefused as error:
        answer = f" ({error.code})" if error.code else ""
        return Finding("relay", False, f"{place}: {error}{answer}", ExitCode.FINDINGS)
    how = "without TLS, on this machine" if relay.security == "none" else "over TLS that is verified"
    return Finding("relay", True, f"{place} takes our mail {how}")


def _mailbox(settings: Settings) -> Finding:
    place = f"{settings.intake.imap_host}:{settings.intake.imap_port}"
    try:
        with open_mailbox(settings.intake):
            return Finding("intake", True, f"the mailbox at {place} can be read over TLS that is verified")
    except MailboxTrouble as error:
        return Finding("intake", False, f"{place}: {error}", ExitCode.FINDINGS)


async def _greet(relay: Relay) -> None:
    sessions = Sessions(relay)
    async with asyncio.timeout(RELAY_ANSWERS_WITHIN_S):
        async with sessions.session():
            pass
        await sessions.aclose()
