"""A word of its own in every column that is not public: found only by those who may, secrets by nobody."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import JSON, Enum, String, Text, select, update

from alerts.facts import SlackWebhook, Tier
from service.records import Base, Case, Destination, FollowUp, HealthCondition, Person
from service.records.base import classified
from service.security.addresses import sealed
from service.vocabulary import ChannelName
from tests.service.api.test_access import FACTS, FOR_ALL, ONE, VERBS, filled, operations

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

# What the code must be able to read, or SQL to match, cannot hold a word of ours.
_SPEAK = {
    ("case", "time_zone"), ("case", "reference"), ("follow_up", "time_zone"), ("follow_up", "kind"),
    ("delivery", "time_zone"), ("subscriber", "time_zone"), ("destination", "address_sealed"),
    ("api_token", "token_hash"), ("subscription", "follow_up_kind"), ("api_token", "scopes"), ("alert", "facts"),
}  # fmt: skip


def planted_columns() -> list[Column[Any]]:
    """Every column of free text that is not public."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info["tier"] is not Tier.PUBLIC
        and isinstance(column.type, (String, Text))
        and not isinstance(column.type, (Enum, JSON))
        and not column.foreign_keys
        and (table.name, column.name) not in _SPEAK
    ]


def word_for(column: Column[Any]) -> str:
    """A word that stands nowhere else, short enough for the narrowest column."""
    width = getattr(column.type, "length", None) or 40
    return "q" + hashlib.sha256(str(column).encode()).hexdigest()[: min(width, 12) - 1]


def plant(session: Session, vault: Vault, world: World) -> dict[tuple[str, str], str]:
    """Write the words; returns them by table and column."""
    words = {}
    for column in planted_columns():
        width = getattr(column.type, "length", None) or 40
        if width < 8:
            continue  # two letters are found everywhere
        word = word_for(column)
        words[column.table.name, column.name] = word
        if not column.primary_key and not column.unique:
            session.execute(update(column.table).values({column.name: word}))
    # Private mailboxes stay without a label; else they would become the organisation's own.
    session.execute(update(Destination).where(Destination.id == world.private_destination).values(label=""))
    secret = SlackWebhook("https://hooks.slack.com/services/T/B/qsecretz")
    address = sealed(vault, ChannelName.SLACK, secret, world.destination)
    session.execute(update(Destination).where(Destination.id == world.destination).values(address_sealed=address))
    words["destination", "address_sealed"] = "qsecretz"
    return words


def answers_to(api: Api, token: str | None, world: World) -> str:
    """Everything that every reading route says to the holder, headers too."""
    said = []
    for method, path in sorted(operations_of()):
        if method == "GET":
            answer = api.as_holder_of(token).get(filled(path, world))
            said.append(answer.text + str(answer.headers))
    return "".join(said)


def operations_of() -> set[tuple[str, str]]:
    """The routes of the API."""
    from service.api import router

    return operations(router)


def spellings(word: str) -> set[str]:
    """The ways in which a word could hide."""
    coded = {base64.b64encode(("-" * n + word).encode()).decode()[4 if n else 0 : -4] for n in range(3)}
    return {word, html.escape(word), quote(word), *(one for one in coded if len(one) > 4)}


@pytest.mark.parametrize("principal", ["charlie", "admin", None])
def test_nothing_leaks_to_those_without_a_grant(
    principal: str | None, api: Api, world: World, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        words = plant(session, vault, world)
        # Charlie's own case would hold the same words.
        session.execute(update(Case).where(Case.id == world.other_case).values(title="x", facility="x"))
        others = select(Person.id).where(Person.id != world.person)
        table = Base.metadata.tables["name_variant"]
        session.execute(update(table).where(table.c.person_id.in_(others)).values(text="x", language="en", script=None))
        session.execute(update(Person).where(Person.id.in_(others)).values(occupation="x", sex=None))
        # The name of the organisation's own destination is for all of its members.
        session.execute(update(Destination).where(Destination.label != "").values(label="x", disabled_reason=None))
    said = answers_to(api, getattr(world, principal) if principal else None, world)
    leaked = {place for place, word in words.items() if any(spelling in said for spelling in spellings(word))}
    assert leaked == set()


def test_secrets_and_what_is_sealed_leak_to_nobody(
    api: Api, world: World, writing: sessionmaker[Session], vault: Vault
) -> None:
    with writing.begin() as session:
        words = plant(session, vault, world)
    said = answers_to(api, world.dora, world)
    leaked = {place for place, word in words.items() if any(spelling in said for spelling in spellings(word))}
    kept = {
        (column.table.name, column.name)
        for column in planted_columns()
        if column.info["tier"] is Tier.SEALED or column.info["credential"] or column.info["about"] == "source"
    } | {("destination", "address_sealed")}
    # Where a source is not sealed, whoever may read what rests on it may read how it is cited.
    kept -= {("source", name) for name in ("title", "publisher", "url", "cited_in")}
    assert leaked & kept == set()
    # The walk would pass if it found nothing at all: what a member may read is found.
    assert {("case", "title"), ("health_condition", "label"), ("follow_up", "title")} <= leaked
    assert "a sealed title" not in said


@pytest.mark.parametrize("record", [Case, Person, FollowUp])
def test_what_becomes_sealed_is_missing_for_everybody(
    record: type[Any], api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    with writing.begin() as session:
        session.execute(update(record).values(tier=Tier.SEALED))
    gone = {
        Case: set(ONE) - {path for path in ONE if path.startswith(FOR_ALL)},
        Person: {
            path
            for path, name in ONE.items()
            # An assertion is about the case.
            if name in {"person", "condition", "care_event"} or (path.startswith(FACTS) and name != "assertion")
        },
        FollowUp: {"/follow-ups/{follow_up_id}", "/alerts/{alert_id}", "/deliveries/{delivery_id}"},
    }[record]
    for path in gone:
        if not path.endswith(VERBS):
            assert api.as_holder_of(world.dora).get(filled(path, world)).status_code == 404, path


def test_the_walk_sees_an_unclassified_leak() -> None:
    assert HealthCondition.__table__.c.label in planted_columns()
    assert classified(Tier.PUBLIC)["tier"] is Tier.PUBLIC
    assert Case.__table__.c.summary not in planted_columns()
