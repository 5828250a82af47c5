"""The ledger of recommendations over the API: what was found of a demand is added, and nothing is written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.facts import Tier
from tests.factories import make_source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker

    from service.records import Source
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


def found(source: str, **fields: str) -> dict[str, str]:
    """An assessment to post."""
    return {
        "assessed_on": "2014-11-01", "implementation": "no_action", "evidence": "Nothing is reported.", "source": source,
        **fields,
    }  # fmt: skip


def a_source(writing: sessionmaker[Session], tier: Tier = Tier.PUBLIC) -> str:
    """The key of a document."""
    with writing.begin() as session:
        source: Source = make_source(session, tier=tier)
        return source.key


def test_an_assessment_is_added_and_the_demand_stands_as_the_latest_says(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    alice, source = api.as_holder_of(world.alice), a_source(writing)
    path = f"/demands/{world.demand}"
    first = alice.post(f"{path}/assessments", found(source, state_response="noted"))
    assert first.status_code == 201
    assert (
        alice.post(f"{path}/assessments", found(source, assessed_on="2014-11-10", implementation="fully")).status_code
        == 201
    )
    demand = alice.get(path).json()
    assert (demand["implementation"], demand["state_response"]) == ("fully", "noted")
    listed = alice.get(f"{path}/assessments").json()["items"]
    assert [(one["assessed_on"], one["source"], one["recorded_by"]) for one in listed] == [
        ("2014-11-01", source, "alice (token)"), ("2014-11-10", source, "alice (token)"),
    ]  # fmt: skip
    assert [one["id"] for one in alice.get("/demands?implementation=fully").json()["items"]] == [str(world.demand)]
    assert alice.get("/demands?implementation=no_action").json()["items"] == []


def test_a_day_to_come_and_a_source_that_is_not_public_are_refused_by_name(
    api: Api, world: World, writing: sessionmaker[Session]
) -> None:
    alice = api.as_holder_of(world.alice)
    path = f"/demands/{world.demand}/assessments"
    later = alice.post(path, found(a_source(writing), assessed_on="2030-01-01"))
    hidden = alice.post(path, found(a_source(writing, Tier.RESTRICTED)))
    assert (later.status_code, hidden.status_code) == (422, 422)
    assert "has not come yet" in later.text
    assert "No public source has the key" in hidden.text
    assert alice.get(path).json()["items"] == []


def test_whoever_only_reads_assesses_nothing(api: Api, world: World, writing: sessionmaker[Session]) -> None:
    answer = api.as_holder_of(world.bob).post(f"/demands/{world.demand}/assessments", found(a_source(writing)))
    assert answer.status_code == 403


def test_the_dates_of_a_case_are_explained_to_those_who_may_read_it(api: Api, world: World) -> None:
    answer = api.as_holder_of(world.bob).get(f"/cases/{world.case}/rules")
    assert answer.status_code == 200
    told = answer.json()
    assert told["time_zone"] == "Asia/Almaty"
    stated = [one for one in told["follow_ups"] if one["state"] == "open"]
    assert [one["working"] for one in stated] == ["Stated by people, not computed."]
    assert api.as_holder_of(world.charlie).get(f"/cases/{world.case}/rules").status_code == 404
