"""The verbs of a correction: the assertion loses its ground at once, and those who were told hear of it once approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import insert

from alerts.facts import Tier
from service.commands.naming import names_one_of
from service.commands.stop_queued import raise_stop_sign
from service.commands.tell_corrected import tell_corrected
from service.commands.written import written
from service.errors import Conflict, InvalidInput, NotAllowed, Problem
from service.records import Alert, Correction
from service.records.alerts import PRIORITY_URGENT
from service.records.base import new_id
from service.vocabulary import AlertKind, CorrectionKind, CorrectionStatus, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.commands.acting import Acting
    from service.commands.issue_checks import ConsentsOf
    from service.records import Assertion, Case
    from service.security.encryption import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCorrection:
    """What is wrong, and what those who were told are told now: what was said, what is said instead, and why.

    `corrected` needs the assertion that takes the place (`replacement`), `disputed` who says otherwise (`disputed_by`).
    """

    kind: CorrectionKind
    was: str
    reason: str
    reads: str | None = None
    speaks_of_health: bool = False
    disputed_by: str | None = None
    replacement: Assertion | None = None


class Snapshot(Protocol):
    """Takes what each tier is told of a correction; `service.facts.correction_snapshot` is one."""

    def __call__(self, correction: Correction) -> Mapping[str, Any]:
        """What `Alert.facts` keeps."""
        ...


def draft_correction(
    session: Session, case: Case, assertion: Assertion, given: NewCorrection, *, now: datetime, by: Acting, vault: Vault
) -> Correction:
    """The assertion is marked at once: disputed, refuted, or replaced by another one of the case; the words wait.

    What rested on a refuted or replaced one alone is not published any more. Raises InvalidInput for words that name
    somebody, and for what its kind needs and does not get.
    """
    if problems := [*_of_kind(case, assertion, given), *_of_words(case, given)]:
        raise InvalidInput(problems)
    match given.kind:
        case CorrectionKind.DISPUTED:
            assertion.disputed_by = given.disputed_by
        case CorrectionKind.RETRACTED:
            assertion.verification = Verification.REFUTED
        case CorrectionKind.CORRECTED:
            assertion.replaced_by_id = given.replacement.id if given.replacement else None
    correction = Correction(
        id=new_id(), case=case, assertion=assertion, kind=given.kind, status=CorrectionStatus.DRAFT, was=given.was,
        reads=given.reads, reason=given.reason, speaks_of_health=given.speaks_of_health, author_id=by.member_id,
        told=0, created_at=now,
    )  # fmt: skip
    session.add(correction)
    # What a worker has in hand may rest on it.
    raise_stop_sign(session)
    detail = {"assertion_id": str(assertion.id), "kind": given.kind.value}
    written(session, correction, action="draft", detail=detail, now=now, by=by.name, vault=vault)
    return correction


def send_correction(
    session: Session, correction: Correction, *, now: datetime, by: Acting, consents_of: ConsentsOf,
    snapshot: Snapshot, vault: Vault,
) -> int:  # fmt: skip
    """Tell everybody who was told anything of the case since the assertion was recorded; returns how many.

    Raises Conflict unless it is a draft, NotAllowed for whoever wrote it, and InvalidInput for words that name somebody
    or speak of health without consent. Whether the member may at all is the policy's matter.
    """
    _require_draft(correction)
    if by.member_id is None or by.member_id == correction.author_id:
        raise NotAllowed("Another member than the one who wrote it approves it.")
    _require_sayable(session, correction, now=now, consents_of=consents_of)
    case, alert_id = correction.case, new_id()
    session.execute(
        insert(Alert).values(
            id=alert_id, dedupe_key=f"correction:{correction.id}", kind=AlertKind.CORRECTION, priority=PRIORITY_URGENT,
            tier=case.tier, case_id=case.id, country=case.country, facts=snapshot(correction), created_at=now,
        )
    )  # fmt: skip
    correction.alert_id, correction.status = alert_id, CorrectionStatus.SENT
    correction.approver_id, correction.sent_at = by.member_id, now
    session.flush()
    correction.told = tell_corrected(session, alert_id)
    written(session, correction, action="send", detail={"told": correction.told}, now=now, by=by.name, vault=vault)
    return correction.told


def drop_correction(session: Session, correction: Correction, *, now: datetime, by: Acting, vault: Vault) -> None:
    """Tell nobody. What became of the assertion stays. Raises Conflict unless it is a draft."""
    _require_draft(correction)
    correction.status = CorrectionStatus.DROPPED
    written(session, correction, action="drop", detail={}, now=now, by=by.name, vault=vault)


def _of_kind(case: Case, assertion: Assertion, given: NewCorrection) -> Iterator[Problem]:
    if (given.disputed_by is not None) is not (given.kind is CorrectionKind.DISPUTED):
        yield Problem("disputed_by", "Say who says otherwise where it is disputed, and only there.")
    other = given.replacement
    if (other is not None) is not (given.kind is CorrectionKind.CORRECTED):
        yield Problem(
            "replacement_id", "Give the assertion that takes the place where it is corrected, and only there."
        )
    elif other is not None and (other.case_id != case.id or other.id == assertion.id or not _stands(other)):
        yield Problem("replacement_id", "Give another assertion of this case, one that still stands.")
    if not _stands(assertion):
        yield Problem("assertion_id", "It is refuted or replaced already.")


def _of_words(case: Case, given: NewCorrection) -> Iterator[Problem]:
    if given.kind is CorrectionKind.CORRECTED and given.reads is None:
        yield Problem("reads", "Say what is said instead.")
    if names_one_of(case.persons, "\n".join((given.was, given.reads or "", given.reason))):
        yield Problem("was", "A correction names nobody: the reference of the case says whom it is about.")


def _stands(assertion: Assertion) -> bool:
    return assertion.verification is not Verification.REFUTED and assertion.replaced_by_id is None


def _require_draft(correction: Correction) -> None:
    if correction.status is not CorrectionStatus.DRAFT:
        raise Conflict(f"This correction is {correction.status.value}.")


def _require_sayable(session: Session, correction: Correction, *, now: datetime, consents_of: ConsentsOf) -> None:
    case, problems = correction.case, []
    if case.tier is Tier.SEALED:
        problems.append(Problem("case_id", "The case is sealed: nothing of it is told."))
    persons = {person.id for person in case.persons}
    if correction.speaks_of_health and not (persons and persons <= consents_of(session, persons, now=now).health):
        problems.append(Problem("speaks_of_health", "There is no live consent to speak of health in public."))
    if problems:
        raise InvalidInput(problems)
