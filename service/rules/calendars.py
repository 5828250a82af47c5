"""Working days of a country: its weekend and its public holidays, as the `holidays` library knows them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import holidays

if TYPE_CHECKING:
    from datetime import date

SATURDAY = 5
COUNTRIES_KEPT = 32


class NationalCalendar:
    """One country's working days (ISO 3166-1 alpha-2); of a country that the library does not know, Monday to Friday.

    The library states holidays as they are known when it is released: one that is proclaimed later is missing.
    """

    def __init__(self, country: str) -> None:
        known = holidays.list_supported_countries()
        self._holidays = holidays.country_holidays(country) if country in known else None
        self._country = country

    @property
    def words(self) -> str:
        """Whose working days these are."""
        return self._country if self._holidays is not None else f"{self._country}, whose holidays are not known"

    def is_working_day(self, day: date) -> bool:
        """Whether offices and courts work on this day."""
        return self._holidays.is_working_day(day) if self._holidays is not None else day.weekday() < SATURDAY


@lru_cache(maxsize=COUNTRIES_KEPT)
def calendar_of(country: str) -> NationalCalendar:
    """The calendar of this country."""
    return NationalCalendar(country)
