"""Exports over HTTP: the caller's grants, a file in the format asked for, and an audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service.records import AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("what", ["cases", "case-texts", "timeline", "ledger"])
def test_each_form_is_a_file_of_its_type(what: str, kind: str, api: Api, world: World) -> None:
    answer = api.as_holder_of(world.alice).get(f"/exports/{what}", params={"format": kind})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FORMATS[kind]
    assert answer.headers["content-disposition"] == f'attachment; filename="{what}-2014-11-20.{kind}"'
    assert answer.headers["cache-control"] == "no-store"


def test_a_member_exports_the_granted_cases_alone(api: Api, world: World) -> None:
    rows = api.as_holder_of(world.alice).get("/exports/cases").json()["rows"]
    assert [row["name"] for row in rows] == ["Dana Sample"]
    assert [row["name"] for row in api.as_holder_of(world.charlie).get("/exports/cases").json()["rows"]] == [
        "Erik Other"
    ]
    assert api.as_holder_of(world.admin).get("/exports/cases").json()["rows"] == []


def test_one_case_can_be_asked_for_and_a_foreign_one_is_missing(api: Api, world: World) -> None:
    dora = api.as_holder_of(world.dora)
    reference = dora.get(f"/cases/{world.case}").json()["reference"]
    assert [row["reference"] for row in dora.get("/exports/cases", params={"reference": reference}).json()["rows"]] == [
        reference
    ]
    assert api.as_holder_of(world.charlie).get("/exports/cases", params={"reference": reference}).json()["rows"] == []


def test_the_tier_is_that_of_the_reader_of_the_file(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    titles = {
        tier: [
            row["text"] for row in alice.get("/exports/timeline", params={"tier": tier}).json()["rows"] if row["text"]
        ]
        for tier in ("public", "restricted", "confidential")
    }
    assert titles["public"] == []
    assert "held far from home" in titles["restricted"]
    assert set(titles["restricted"]) <= set(titles["confidential"])
    assert alice.get("/exports/timeline", params={"tier": "sealed"}).status_code == 422
    assert alice.get("/exports/timeline", params={"format": "pdf"}).status_code == 422


def test_an_export_is_noted_and_an_empty_one_is_not(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    api.as_holder_of(world.admin).get("/exports/cases")
    api.as_holder_of(world.alice).get("/exports/cases", params={"format": "csv"})
    with writing() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).all()
    assert [(entry.actor, entry.record, entry.detail["rows"], entry.detail["tier"]) for entry in entries] == [
        ("alice (token)", "cases", 1, "restricted")
    ]
