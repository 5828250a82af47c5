"""`vigil destination timetable` shows and changes when the organisation's own readers are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.cli.speaking import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service.cli.conftest import Said

    Vigil = Callable[..., Said]


@pytest.fixture
def room(installed: Vigil) -> str:
    """The id of a mailbox of the organisation's."""
    added = installed(
        "destination", "add", "email", "--label", "Duty desk", "--address", "desk@example.org", "--time-zone",
        "Asia/Almaty", "--json",
    )  # fmt: skip
    made: str = json.loads(added.out)["id"]
    return made


def test_what_is_named_changes_and_the_rest_stays(vigil: Vigil, room: str) -> None:
    assert "digest hour: 8" in vigil("destination", "timetable", room).out
    vigil("destination", "timetable", room, "--quiet", "22:00-06:30", "--digest-weekday", "5", "--critical-waits")
    said = json.loads(vigil("destination", "timetable", room, "--digest-hour", "9", "--json").out)
    assert said == {
        "schema": 1, "id": room, "time_zone": "Asia/Almaty", "digest_hour": 9, "digest_weekday": 5, "quiet_from": "22:00",
        "quiet_until": "06:30", "critical_may_wake": False,
    }  # fmt: skip
    assert "quiet from: none" in vigil("destination", "timetable", room, "--no-quiet").out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--quiet", "22-6"), "--quiet"),
        (("--quiet", "22:00"), "--quiet"),
        (("--quiet", "07:00-07:00"), "quiet_until"),
        (("--quiet", "22:00-06:00", "--no-quiet"), "--no-quiet"),
        (("--digest-hour", "24"), "digest_hour"),
        (("--digest-weekday", "0"), "digest_weekday"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(vigil: Vigil, room: str, options: tuple[str, ...], named: str) -> None:
    refused = vigil("destination", "timetable", room, *options)
    assert refused.code == ExitCode.FAILED
    assert named in refused.err
    assert "quiet from: none" in vigil("destination", "timetable", room).out
