"""The demo's synthetic readers: invented people at example.org, a Slack channel, a Matrix room and a signed webhook."""

from __future__ import annotations

from dataclasses import dataclass

from service.vocabulary import Cadence


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows one case by e-mail."""

    address: str
    case_reference: str
    cadence: Cadence
    language: str
    time_zone: str


READERS = (
    Reader("aigul@example.org", "KAZ-2014-003", Cadence.IMMEDIATE, "ru", "Asia/Almaty"),
    Reader("marek@example.org", "KAZ-2014-003", Cadence.IMMEDIATE, "en", "Europe/Warsaw"),
    Reader("nurse@example.org", "KAZ-2014-002", Cadence.IMMEDIATE, "en", "Europe/Zurich"),
    Reader("timur@example.org", "KAZ-2014-001", Cadence.IMMEDIATE, "ru", "Asia/Almaty"),
    Reader("lucie@example.org", "KAZ-2014-004", Cadence.WEEKLY, "en", "Europe/Brussels"),
    Reader("lawyer@example.org", "KAZ-2014-006", Cadence.DAILY, "ru", "Asia/Almaty"),
    Reader("desk@example.org", "KAZ-2014-015", Cadence.IMMEDIATE, "en", "Europe/Paris"),
)
