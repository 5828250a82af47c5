"""Who may do what: every route for every principal."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import func, select, update

from service.api import router
from service.records import ApiToken, AuditEntry, Base, Member

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.clock import FixedClock
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

# One route of each family: the path of one record, and the name of its id in the world.
ONE = {
    "/cases/{case_id}": "case",
    "/case-texts/{text_id}": "case_text",
    "/persons/{person_id}": "person",
    "/health-conditions/{condition_id}": "condition",
    "/care-events/{event_id}": "care_event",
    "/detention-episodes/{episode_id}": "episode",
    "/detention-episodes/{episode_id}/transfer": "episode",
    "/isolation-placements/{placement_id}": "placement",
    "/proceedings/{proceeding_id}": "proceeding",
    "/sentences/{sentence_id}": "sentence",
    "/parole-reviews/{review_id}": "review",
    "/petitions/{petition_id}": "petition",
    "/petitions/{petition_id}/pauses": "petition",
    "/petitions/{petition_id}/pauses/{pause_id}": "pause",
    "/sources/{source_id}": "source",
    "/assertions/{assertion_id}": "assertion",
    "/cases/{case_id}/statements": "case",
    "/cases/{case_id}/claims": "case",
    "/corrections/{correction_id}": "correction",
    "/corrections/{correction_id}/send": "correction",
    "/corrections/{correction_id}/drop": "correction",
    "/documents/{document_id}": "document",
    "/documents/{document_id}/content": "document",
    "/documents/{document_id}/erase": "document",
    "/follow-ups/{follow_up_id}": "follow_up",
    "/follow-ups/{follow_up_id}/acknowledge": "follow_up",
    "/follow-ups/{follow_up_id}/snooze": "follow_up",
    "/follow-ups/{follow_up_id}/wake": "follow_up",
    "/follow-ups/{follow_up_id}/reassign": "follow_up",
    "/subscriptions/{subscription_id}": "subscription",
    "/destinations/{destination_id}": "destination",
    "/destinations/{destination_id}/test": "destination",
    "/destinations/{destination_id}/enable": "destination",
    "/destinations/{destination_id}/timetable": "destination",
    "/suppressions/{suppression_id}": "suppression",
    "/alerts/{alert_id}": "alert",
    "/cases/{case_id}/rules": "case",
    "/demands/{demand_id}": "demand",
    "/demands/{demand_id}/assessments": "demand",
    "/deliveries/{delivery_id}": "delivery",
    "/deliveries/{delivery_id}/retry": "delivery",
    "/target-officials/{official_id}": "official",
    "/urgent-actions/{action_id}": "action",
    "/urgent-actions/{action_id}/submit": "action",
    "/urgent-actions/{action_id}/approve": "action",
    "/urgent-actions/{action_id}/take-back": "action",
    "/urgent-actions/{action_id}/further-information": "action",
    "/urgent-actions/{action_id}/stop-action": "action",
    "/urgent-actions/{action_id}/close": "action",
    "/urgent-actions/{action_id}/letters": "action",
    "/persons/{person_id}/death": "person",
    "/persons/{person_id}/release": "person",
    "/persons/{person_id}/withdraw-consent": "person",
}
FACTS = (
    "/detention-episodes", "/isolation-placements", "/proceedings", "/sentences", "/parole-reviews", "/petitions", "/assertions",
)  # fmt: skip
# Verbs, which are only posted.
VERBS = (
    "/test", "/enable", "/retry", "/transfer", "/submit", "/approve", "/take-back", "/further-information", "/stop-action",
    "/close", "/letters", "/death", "/release", "/withdraw-consent", "/acknowledge", "/snooze", "/wake", "/reassign",
    "/send", "/drop",
    "/erase",
)  # fmt: skip
# The same for every member, whatever they were granted.
FOR_ALL = ("/destinations", "/suppressions", "/target-officials")
CHANGES: dict[str, Any] = {
    "/cases/{case_id}": {"summary": "Another summary."},
    "/case-texts/{text_id}": {"summary": "Другие слова."},
    "/persons/{person_id}": {"occupation": "Teacher"},
    "/health-conditions/{condition_id}": {"label": "Asthma"},
    "/care-events/{event_id}": {"outcome": "Seen at last"},
    "/detention-episodes/{episode_id}": {"facility": "Colony 2"},
    "/isolation-placements/{placement_id}": {"until_on": "2014-03-12"},
    "/proceedings/{proceeding_id}": {"outcome": "Sent back"},
    "/sentences/{sentence_id}": {"months": 60},
    "/parole-reviews/{review_id}": {"hearing_on": "2014-12-20"},
    "/petitions/{petition_id}": {"answered_on": "2014-11-02", "answer": "It is warm"},
    "/petitions/{petition_id}/pauses/{pause_id}": {"until_on": "2014-10-17"},
    "/assertions/{assertion_id}": {"verification": "confirmed"},
    "/documents/{document_id}": {"title": "Another title"},
    "/follow-ups/{follow_up_id}": {"due_on": "2015-01-31", "reason": "The ministry asked for time."},
    "/subscriptions/{subscription_id}": {"cadence": "weekly"},
    "/destinations/{destination_id}": {"label": "Another label"},
    "/destinations/{destination_id}/timetable": {"digest_hour": 9},
    "/target-officials/{official_id}": {"name": "Aru Sample"},
    "/urgent-actions/{action_id}": {"headline": "Another headline"},
}
# What can be posted to one record.
POSTED: dict[str, Any] = {
    "/demands/{demand_id}/assessments": {
        "assessed_on": "2014-11-01", "implementation": "no_action", "evidence": "Nothing is reported.", "source": "any",
    },
    "/urgent-actions/{action_id}/further-information": {"headline": "x", "summary": "x"},
    "/urgent-actions/{action_id}/stop-action": {"outcome": "released", "why": "x"},
    "/urgent-actions/{action_id}/close": {"outcome": "released"},
    "/urgent-actions/{action_id}/letters": {"reported_on": "2014-11-19", "language": "en", "letters": 1},
    "/persons/{person_id}/death": {"on": "2014-11-19", "in_custody": True},
    "/persons/{person_id}/release": {"on": "2014-11-19", "status": "pardoned"},
    "/persons/{person_id}/withdraw-consent": {"scope": "name_publicly"},
    "/documents/{document_id}/erase": {"reason": "She asked for it."},
    "/follow-ups/{follow_up_id}/acknowledge": {"due_revision": 1, "level": "overdue"},
    "/follow-ups/{follow_up_id}/snooze": {"until": "2014-12-02", "reason": "They promised an answer."},
    "/follow-ups/{follow_up_id}/reassign": {"owner": "dora", "reason": "Alice is away."},
    "/detention-episodes/{episode_id}/transfer": {"on": "2014-11-03", "facility": "Colony 9", "as_of": "2014-11-03"},
    "/cases/{case_id}/statements": {"statement": "A teacher who serves a sentence far from home.", "assertion_ids": []},
    "/petitions/{petition_id}/pauses": {"from_on": "2014-11-05", "reason": "Asked", "basis": "Section 9"},
}  # fmt: skip


def operations(of: APIRouter) -> set[tuple[str, str]]:
    """Every method and path below /api/v1, hidden ones too."""
    found = set()
    for context in iter_route_contexts(of.routes):
        route = context.original_route
        assert isinstance(route, APIRoute), f"{context.path}: nothing but plain routes is expected here"
        # a section of a case file is a word and no id
        path = str(context.path).removeprefix("/api/v1").replace("{section}", "follow_ups")
        found |= {(method, path) for method in route.methods or ()}
    return found


def filled(path: str, world: World, **other: object) -> str:
    """The path with the ids of the world's own records, or another id for the last of them."""
    if "{" not in path:
        return path
    value = str(other.get("value", getattr(world, ONE[path])))
    if path.count("{") > 1:
        path = path.replace("{petition_id}", str(world.petition))
    return re.sub(r"\{\w+\}", value, path)


def everything(writing: sessionmaker[Session]) -> dict[str, list[Any]]:
    """All rows of all tables but the audit."""
    with writing() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "audit_entry"]
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}


def test_the_inventory_sees_routes_of_routers_within_routers() -> None:
    outer, inner = APIRouter(prefix="/api/v1"), APIRouter(prefix="/planted")

    @inner.post("/route")
    def planted() -> None: ...

    outer.include_router(inner)
    assert operations(outer) == {("POST", "/planted/route")}


def test_every_route_with_an_id_is_in_the_matrix() -> None:
    assert {path for _, path in operations(router) if "{" in path} == set(ONE)


def credentials(principal: str, world: World) -> tuple[str | None, dict[str, str]]:
    """What somebody sends who should not be let in."""
    match principal:
        case "anonymous":
            return None, {}
        case "cookie":
            return None, {"Cookie": f"session={world.alice}; Authorization=Bearer {world.alice}"}
        case "unknown":
            return world.alice[:-3] + ("abc" if not world.alice.endswith("abc") else "xyz"), {}
        case _:
            return world.alice, {}


@pytest.mark.parametrize("principal", ["anonymous", "unknown", "expired", "revoked", "disabled", "cookie"])
def test_whoever_has_no_live_token_gets_nothing_and_changes_nothing(
    principal: str, api: Api, world: World, writing: sessionmaker[Session], clock: FixedClock
) -> None:
    token, headers = credentials(principal, world)
    with writing.begin() as session:
        if principal == "revoked":
            session.execute(update(ApiToken).values(revoked_at=clock.now()))
        if principal == "disabled":
            session.execute(update(Member).values(disabled_at=clock.now()))
    if principal == "expired":
        clock.at += timedelta(days=1)
    before = everything(writing)
    for method, path in sorted(operations(router)):
        answer = api.as_holder_of(token).call(method, filled(path, world), json={}, headers=headers)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/unauthenticated"
    assert everything(writing) == before


def test_a_token_for_reading_changes_nothing(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    before = everything(writing)
    for method, path in sorted(operations(router)):
        if method == "GET":
            continue
        answer = api.as_holder_of(world.read_only).call(method, filled(path, world), json={})
        assert answer.status_code == 403, (method, path)
    assert everything(writing) == before


def test_a_granted_member_reads_and_changes_the_case(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    for path in ONE:
        if path.endswith(VERBS):
            continue
        read = alice.get(filled(path, world))
        assert read.status_code == 200, (path, read.text)
        if path in CHANGES and "destination" not in path:
            answer = alice.patch(filled(path, world), CHANGES[path], version=read.json()["version"])
            assert answer.status_code == 200, (path, answer.text)
            assert answer.headers["ETag"] == f'"{read.json()["version"] + 1}"'


def test_a_grant_for_reading_does_not_write(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    bob = api.as_holder_of(world.bob)
    before = everything(writing)
    for path, changes in CHANGES.items():
        version = bob.get(filled(path, world)).json()["version"]
        assert bob.patch(filled(path, world), changes, version=version).status_code == 403, path
    assert everything(writing) == before


@pytest.mark.parametrize("principal", ["charlie", "admin"])
def test_what_is_foreign_reads_like_what_is_missing(principal: str, api: Api, world: World) -> None:
    holder = api.as_holder_of(getattr(world, principal))
    for method, path in sorted(operations(router)):
        if "{" not in path or path.startswith(FOR_ALL):
            continue
        missing = 999_999 if ONE[path] in {"delivery", "subscription"} else uuid4()
        body = CHANGES.get(path) if method == "PATCH" else POSTED.get(path, {})
        foreign = holder.call(method, filled(path, world), json=body)
        nothing = holder.call(method, filled(path, world, value=missing), json=body)
        nonsense = holder.call(method, filled(path, world, value="nonsense"), json=body)
        assert foreign.status_code == 404, (method, path)
        assert foreign.content == nothing.content == nonsense.content
        assert dict(foreign.headers) == dict(nothing.headers) == dict(nonsense.headers)


@pytest.mark.parametrize("principal", ["charlie", "admin"])
def test_lists_hold_nothing_foreign(principal: str, api: Api, world: World) -> None:
    holder = api.as_holder_of(getattr(world, principal))
    for path in (
        "/case-texts",
        "/persons",
        "/health-conditions",
        "/care-events",
        *FACTS,
        "/documents",
        "/follow-ups",
        "/subscriptions",
        "/alerts",
        "/deliveries",
        "/demands",
        "/urgent-actions",
        "/sources",
        "/corrections",
    ):
        theirs = [item["id"] for item in holder.get(path).json()["items"]]
        assert not {str(getattr(world, name)) for name in ONE.values()} & set(map(str, theirs)), path
    assert str(world.case) not in holder.get("/cases").text


def test_an_administrator_without_a_grant_sees_no_case(api: Api, world: World) -> None:
    assert api.as_holder_of(world.admin).get("/cases").json() == {"items": [], "next": None}


def test_only_coordinators_and_administrators_manage_destinations(api: Api, world: World) -> None:
    body = {"channel": "webhook", "label": "Case system", "url": "https://hooks.example.org/vigil"}
    assert api.as_holder_of(world.alice).post("/destinations", body).status_code == 403
    assert api.as_holder_of(world.dora).post("/destinations", body).status_code == 201


def test_a_private_mailbox_is_never_listed(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    assert [item["label"] for item in dora.get("/destinations").json()["items"]] == ["Team"]
    assert dora.get(f"/destinations/{world.private_destination}").status_code == 404


def test_a_private_subscription_can_be_ended_but_not_rewritten(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/subscriptions/{world.private_subscription}"
    version = alice.get(path).json()["version"]
    assert alice.patch(path, {"cadence": "weekly"}, version=version).status_code == 403
    assert alice.delete(path, version=version).status_code == 204
    assert alice.get(path).json()["ended_reason"] == "by_member"


def test_a_sealed_person_is_missing_even_with_a_grant_on_everything(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    assert dora.get(f"/persons/{world.sealed_person}").status_code == 404
    assert str(world.sealed_person) not in dora.get("/persons").text + dora.get(f"/cases/{world.case}").text


def test_reading_what_is_confidential_is_noted(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    for path in (
        "/case-texts",
        f"/case-texts/{world.case_text}",
        "/health-conditions",
        f"/health-conditions/{world.condition}",
        "/care-events",
        *FACTS,
        f"/petitions/{world.petition}",
        f"/petitions/{world.petition}/pauses",
        f"/petitions/{world.petition}/pauses/{world.pause}",
        "/documents",
        f"/documents/{world.document}",
        "/follow-ups",
        "/alerts",
        f"/assertions/{world.assertion}",
        f"/cases/{world.case}/claims",
        "/corrections",
        f"/corrections/{world.correction}",
    ):
        with writing() as session:
            before = session.scalar(select(func.max(AuditEntry.seq))) or 0
        api.as_holder_of(world.alice).get(path)
        with writing() as session:
            entries = session.scalars(select(AuditEntry).where(AuditEntry.seq > before)).all()
        assert [(entry.actor, entry.action) for entry in entries] == [("alice (token)", "read")], path


def test_a_read_that_finds_nothing_is_not_noted(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    with writing() as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
    api.as_holder_of(world.charlie).get("/health-conditions")
    with writing() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
