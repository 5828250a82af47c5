"""Translations of a summary over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World

KAZAKH = {"language": "kk", "summary": "Мұғалім.", "as_of": "2014-11-20"}


def test_a_language_is_written_once_and_then_changed(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    made = alice.post("/case-texts", {"case_id": str(world.case), **KAZAKH})
    assert made.status_code == 201, made.text
    assert made.json()["is_shown"]
    assert alice.post("/case-texts", {"case_id": str(world.case), **KAZAKH}).status_code == 409
    listed = alice.get(f"/case-texts?case_id={world.case}").json()["items"]
    assert sorted(one["language"] for one in listed) == ["kk", "ru"]
    assert alice.get(f"/case-texts?case_id={world.other_case}").json()["items"] == []


def test_a_translation_is_outdated_by_another_original_and_mended_by_a_change(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    case = alice.get(f"/cases/{world.case}").json()
    alice.patch(f"/cases/{world.case}", {"summary": "She is free."}, version=case["version"])
    path = f"/case-texts/{world.case_text}"
    outdated = alice.get(path).json()
    assert not outdated["is_shown"]
    mended = alice.patch(path, {"summary": "Она на свободе."}, version=outdated["version"]).json()
    assert mended["is_shown"]
    assert mended["translated_by"] == "Alice"


def test_what_is_removed_is_gone_and_needs_the_version_that_was_read(api: Api, world: World) -> None:
    alice, path = api.as_holder_of(world.alice), f"/case-texts/{world.case_text}"
    assert api.as_holder_of(world.bob).delete(path, version=1).status_code == 403
    assert alice.delete(path).status_code == 428
    assert alice.delete(path, version=9).status_code == 412
    assert alice.delete(path, version=1).status_code == 204
    assert alice.get(path).status_code == 404


def test_the_language_of_the_original_is_refused_by_name(api: Api, world: World) -> None:
    alice = api.as_holder_of(world.alice)
    answer = alice.post("/case-texts", {"case_id": str(world.case), **KAZAKH, "language": "en"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].endswith("language")
    nobody = api.as_holder_of(world.bob).post("/case-texts", {"case_id": str(world.case), **KAZAKH})
    assert nobody.status_code == 403
