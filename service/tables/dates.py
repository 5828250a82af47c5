"""Days as tables write them: one way per table, said beforehand, since 03/04 is two days."""

from __future__ import annotations

import re
from datetime import date, datetime, time

DATE_FORMATS = {
    "YYYY-MM-DD": re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"),
    "YYYY/MM/DD": re.compile(r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})"),
    "DD.MM.YYYY": re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
    "DD/MM/YYYY": re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"),
    "MM/DD/YYYY": re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),
}


def day_of(cell: object, written: str) -> str:
    """The day as YYYY-MM-DD. Raises ValueError with the reason."""
    if isinstance(cell, datetime):
        if cell.time() != time.min:
            raise ValueError("has a time of day: a day alone is wanted")
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if not isinstance(cell, str):
        raise ValueError("is a number, not a day")  # noqa: TRY004 - one error for whatever is no day
    found = DATE_FORMATS[written].fullmatch(cell.strip())
    if found is None:
        raise ValueError(f"is not a day written {written}; --dates says how they are written")
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
