"""The words of closed lists that `Words.plain` says, spelled out so that the translators' collection finds them."""

from __future__ import annotations


def _msgid(english: str) -> str:
    """Marks a text for the translators."""
    return english


PLAIN_WORDS = (
    # who may read a case; a sealed one is on no page
    _msgid("Public"),
    _msgid("Restricted"),
    _msgid("Confidential"),
    # Monitoring
    _msgid("Active"),
    _msgid("Dormant"),
    _msgid("Closed"),
    # FollowUpState
    _msgid("Open"),
    _msgid("Done"),
    _msgid("Waived"),
    _msgid("Cancelled"),
    # Severity
    _msgid("Life threatening"),
    _msgid("Severe"),
    _msgid("Moderate"),
    _msgid("Mild"),
    _msgid("Unknown"),
    # Certainty
    _msgid("Confirmed independent"),
    _msgid("Confirmed custodial"),
    _msgid("Suspected"),
    _msgid("Reported"),
    _msgid("Disputed"),
    # CareAccess
    _msgid("Adequate"),
    _msgid("Partial"),
    _msgid("Delayed"),
    _msgid("Denied"),
    _msgid("Conditional"),
    # OfficialPosition
    _msgid("Satisfactory claimed"),
    _msgid("Acknowledged"),
    _msgid("No reply"),
    # CareKind
    _msgid("Exam"),
    _msgid("Treatment"),
    _msgid("Surgery"),
    _msgid("Hospital transfer"),
    _msgid("Refusal"),
    _msgid("Medication withheld"),
    # ProceedingKind
    _msgid("Arrest"),
    _msgid("Trial"),
    _msgid("Conviction"),
    _msgid("Appeal"),
    _msgid("Supreme court"),
    _msgid("Release"),
    _msgid("Forced examination"),
    _msgid("Hospitalisation"),
    _msgid("Extradition"),
    _msgid("Asylum"),
    _msgid("Deportation"),
    _msgid("Attack"),
    _msgid("Other"),
    # ParoleDecision
    _msgid("Pending"),
    _msgid("Granted"),
    _msgid("Refused"),
    _msgid("Returned"),
    _msgid("Withdrawn"),
    _msgid("Not applied on principle"),
    # AttemptOutcome
    _msgid("Started"),
    _msgid("Accepted"),
    _msgid("Refused for good"),
    _msgid("Lost"),
    # StateResponse, Implementation
    _msgid("Supported"),
    _msgid("Partially supported"),
    _msgid("Noted"),
    _msgid("No response"),
    _msgid("Not addressed"),
    _msgid("Not assessed"),
    _msgid("No action"),
    _msgid("In progress"),
    _msgid("Partially"),
    _msgid("Fully"),
    _msgid("Regressed"),
    _msgid("Moot"),
    # UrgentActionKind, UrgentActionStatus, UrgentActionOutcome
    _msgid("Initial"),
    _msgid("Further information"),
    _msgid("Stop action"),
    _msgid("Draft"),
    _msgid("In review"),
    _msgid("Approved"),
    _msgid("Issued"),
    _msgid("Expired"),
    _msgid("Suspended"),
    _msgid("Released"),
    _msgid("Improved"),
    _msgid("Care provided"),
    _msgid("Unchanged"),
    _msgid("Worsened"),
    _msgid("Died"),
    # what an import noticed
    _msgid("Contradiction"),
    _msgid("After as of"),
    _msgid("Duplicate demand"),
    _msgid("Overlapping demand"),
    _msgid("Incomplete"),
)
