"""The page of a case says how many messages following it came to, and counts no other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.facts import Tier
from service.queries.public_cases import told_lately
from service.records import Alert
from service.vocabulary import AlertKind
from tests.factories import LONG_AGO, make_case

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY = timedelta(days=1)


def test_it_counts_what_went_to_those_who_follow_the_case_in_three_months(session: Session) -> None:
    case, other = make_case(session), make_case(session)
    for n, (one, kind, tier, ago) in enumerate(
        (
            (case, AlertKind.FOLLOW_UP, Tier.PUBLIC, DAY),
            (case, AlertKind.URGENT_ACTION, Tier.PUBLIC, 90 * DAY),
            (case, AlertKind.FOLLOW_UP, Tier.PUBLIC, 91 * DAY),
            (case, AlertKind.FOLLOW_UP, Tier.RESTRICTED, DAY),
            (case, AlertKind.ESCALATION, Tier.PUBLIC, DAY),
            (other, AlertKind.FOLLOW_UP, Tier.PUBLIC, DAY),
        )
    ):
        session.add(Alert(dedupe_key=str(n), kind=kind, tier=tier, case_id=one.id, facts={}, created_at=LONG_AGO - ago))
    session.flush()
    assert told_lately(session, case, now=LONG_AGO) == 2
    assert told_lately(session, case, now=LONG_AGO - 2 * DAY) == 2
    assert told_lately(session, make_case(session), now=LONG_AGO) == 0
