"""The time zones that a reader may choose from."""

from __future__ import annotations

from zoneinfo import available_timezones

# Names that people do not look for: their offsets are signed the other way, or they are kept for old programs.
_LEFT_OUT = ("Etc/", "SystemV/", "US/", "Canada/", "Mexico/", "Brazil/", "Chile/")
TIME_ZONES: tuple[str, ...] = (
    "UTC",
    *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(_LEFT_OUT)),
)
