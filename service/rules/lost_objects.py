"""Which follow-ups lose their object when somebody is not in custody any more."""

from __future__ import annotations

# What a prison, a court or a lawyer owes to somebody who is held. What an authority still has to answer, and what the
# organisation has to check or review, is owed after a release and after a death too.
OWED_IN_CUSTODY = frozenset(
    {
        "intake_exam", "family_contact", "urgent_care", "chronic_review", "isolation_day_limit",
        "isolation_daily_visit", "parole_eligibility", "parole_hearing", "parole_appeal", "specialist_exam", "surgery",
        "medication", "hunger_strike_check", "psychiatric_review", "lawyer_access", "independent_visit", "npm_visit",
        "detention_extension", "sentence_end", "transfer_check", "act_by",
    }
)  # fmt: skip
