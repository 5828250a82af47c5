"""How much the organisation's own destinations are told, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.service.api.calling import Api
    from tests.service.api.conftest import World


def test_a_subscription_says_everything_unless_less_is_wished(api: Api, world: World) -> None:
    alice, path = api.as_holder_of(world.alice), f"/subscriptions/{world.subscription}"
    there = alice.get(path).json()
    assert there["detail"] == "full"
    changed = alice.patch(path, {"detail": "notice"}, version=there["version"])
    assert changed.status_code == 200, changed.text
    assert alice.get(path).json()["detail"] == "notice"


def test_what_is_no_detail_is_refused(api: Api, world: World) -> None:
    alice, path = api.as_holder_of(world.alice), f"/subscriptions/{world.subscription}"
    version = alice.get(path).json()["version"]
    for wrong in ("everything", None):
        answer = alice.patch(path, {"detail": wrong}, version=version)
        assert answer.status_code == 422
    assert alice.get(path).json()["detail"] == "full"


def test_a_new_subscription_may_begin_with_less(api: Api, world: World) -> None:
    wish = {"destination_id": str(world.destination), "country": "KZ", "detail": "reference"}
    made = api.as_holder_of(world.dora).post("/subscriptions", wish)
    assert made.status_code == 201, made.text
    assert made.json()["detail"] == "reference"
