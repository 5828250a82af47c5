"""Makes a claimed delivery ready to leave: the last look, the words, the personal links, the address."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.canary_facts import Canary
from alerts.channels import CHANNELS, form_of
from alerts.closing_facts import CaseClosed
from alerts.destination_facts import BounceProbe, DestinationTest
from alerts.outcomes import Refused
from service.commands.canaries import KEPT_FOR
from service.commands.settling import Cancelled, Held
from service.facts import at_detail, escalation_facts, notice_facts, says_too_much, told_from_json
from service.last_look import EMPTY, WITHDRAWN
from service.queries.standing import alerts_to_tell, standing_of
from service.security.addresses import opened
from service.vocabulary import FOLLOWED, AlertKind, Detail
from service.worker.digest_words import digest_message
from service.worker.enveloping import Envelopes
from service.worker.personal_words import personal_facts
from service.worker.ready import NotReady, Ready
from service.worker.sealing import Sealer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.facts import Address, MessageFacts
    from alerts.messages import Message
    from service.commands.claims import Claim
    from service.links import Links
    from service.queries.standing import Standing, ToldAlert
    from service.worker.parts import WorkerParts
    from service.worker.sealing import Sealing

log = structlog.get_logger()

# One alert in a few languages, tiers, details and forms is all that is in hand at a time.
KEPT_MESSAGES = 256

ERASED = "The destination was erased."


class Preparer:
    """Prepares claims; keeps the words of what many readers are told alike. Used by one thread at a time."""

    def __init__(self, parts: WorkerParts) -> None:
        self._parts = parts
        self._sealer = Sealer(parts)
        self._envelopes = Envelopes(parts)
        self._kept: OrderedDict[tuple[UUID | None, str, str, str, str], Message] = OrderedDict()

    def prepare(self, session: Session, claims: Sequence[Claim]) -> list[Ready | NotReady]:
        """Look once more at all of them, then write each; one that cannot be written keeps nobody waiting.

        Raises what the database raises.
        """
        try:
            return self._prepared(session, claims) if claims else []
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - parked with its name and shown to staff
            # One of them spoils the look at all: find it, park it with its name, and let the others go.
            if len(claims) == 1:
                return [_spoilt(claims[0], error)]
            return [one for claim in claims for one in self.prepare(session, [claim])]

    def _prepared(self, session: Session, claims: Sequence[Claim]) -> list[Ready | NotReady]:
        now = self._parts.clock.now()
        alert_ids = {claim.alert_id for claim in claims if claim.alert_id is not None}
        standings = standing_of(session, [claim.id for claim in claims], now=now)
        told = alerts_to_tell(session, alert_ids)
        withdrawn = says_too_much(session, alert_ids, now=now)
        sealing = self._sealer.look_up(session, claims)
        ready: list[Ready | NotReady] = []
        for claim in claims:
            standing = standings.get(claim.id)
            if standing is None:
                ready.append(NotReady(claim, Cancelled(ERASED)))
            elif standing.gone is not None:
                ready.append(NotReady(claim, Cancelled(standing.gone)))
            elif claim.alert_id is not None and (claim.alert_id, claim.tier) in withdrawn:
                ready.append(NotReady(claim, Cancelled(WITHDRAWN)))
            elif self._is_too_old_to_repeat(claim):
                ready.append(NotReady(claim, Held()))
            else:
                alert = told.get(claim.alert_id) if claim.alert_id is not None else None
                ready.append(self._sealed(self._written(session, claim, standing, alert, now), sealing))
        return ready

    def _is_too_old_to_repeat(self, claim: Claim) -> bool:
        hold_after_s = CHANNELS[claim.channel].repeat_policy.hold_after_s
        if hold_after_s is None or not claim.maybe_sent:
            return False
        # The lease's end is the database's clock, as the first try is.
        return (claim.leased_until - claim.first_attempt_at).total_seconds() >= hold_after_s

    def _written(
        self, session: Session, claim: Claim, standing: Standing, alert: ToldAlert | None, now: datetime
    ) -> Ready | NotReady:
        try:
            address = opened(self._parts.vault, standing.channel, standing.address_sealed, claim.destination_id)
            if claim.digest_id is not None:
                return self._digest(session, claim, claim.digest_id, standing, address, now)
            message = self._message(session, claim, standing, alert)
            if message is None:
                return NotReady(claim, Cancelled(EMPTY))
            envelope = self._envelopes.around(session, claim, alert)
            return Ready(claim, message, address, envelope)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - parked with its name and shown to staff
            return _spoilt(claim, error)

    def _sealed(self, one: Ready | NotReady, sealing: Sealing) -> Ready | NotReady:
        """The same, encrypted where its reader gave a key."""
        try:
            return self._sealer.sealed(one, sealing) if isinstance(one, Ready) else one
        except Exception as error:  # noqa: BLE001 - parked with its name and shown to staff
            return _spoilt(one.claim, error)

    def _digest(
        self, session: Session, claim: Claim, digest_id: UUID, standing: Standing, address: Address, now: datetime
    ) -> Ready | NotReady:
        told = digest_message(
            session, self._parts, claim, digest_id, detail=_detail_of(claim, standing), time_zone=standing.time_zone,
            now=now,
        )  # fmt: skip
        if told is None:
            return NotReady(claim, Cancelled(EMPTY))
        message, reason = told
        return Ready(claim, message, address, self._envelopes.around(session, reason, None))

    def _message(self, session: Session, claim: Claim, standing: Standing, alert: ToldAlert | None) -> Message | None:
        form = form_of(claim.channel)
        detail = _detail_of(claim, standing)
        key = (claim.alert_id, claim.language, claim.tier.value, detail.value, form.value)
        if alert is not None and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        facts = self._facts(session, claim, standing, alert)
        if facts is None:
            return None
        said = at_detail(facts, detail, news_url=self._parts.links.news)
        message = self._parts.renderer.render(said, claim.language, form=form)
        if alert is not None and alert.kind in FOLLOWED:
            self._kept[key] = message
            if len(self._kept) > KEPT_MESSAGES:
                self._kept.popitem(last=False)
        return message

    def _facts(
        self, session: Session, claim: Claim, standing: Standing, alert: ToldAlert | None
    ) -> MessageFacts | None:
        if alert is None:
            return None
        words: dict[str, Any] = alert.facts
        match alert.kind:
            case (
                AlertKind.FOLLOW_UP
                | AlertKind.ESCALATION
                | AlertKind.URGENT_ACTION
                | AlertKind.FURTHER_INFORMATION
                | AlertKind.STOP_ACTION
                | AlertKind.CORRECTION
            ):
                return _told_at(alert.kind, words[claim.tier.value], self._parts.links)
            case (
                AlertKind.CONFIRMATION
                | AlertKind.ALREADY_FOLLOWING
                | AlertKind.MANAGE_LINK
                | AlertKind.NEW_ADDRESS
                | AlertKind.ADDRESS_CHANGED
            ):
                return personal_facts(
                    session, alert, claim.subscription_id, made_at=standing.subscription_made_at, parts=self._parts
                )
            case AlertKind.DESTINATION_FAILING | AlertKind.DESTINATION_DISABLED | AlertKind.ALERTS_STOPPED:
                vault, page_url = self._parts.vault, self._parts.links.news
                return notice_facts(session, alert.kind, words, vault=vault, page_url=page_url)
            case AlertKind.DESTINATION_TEST | AlertKind.BOUNCE_PROBE:
                is_test = alert.kind is AlertKind.DESTINATION_TEST
                return DestinationTest(destination=words["destination"]) if is_test else BounceProbe()
            case AlertKind.CASE_CLOSED:
                url = self._parts.links.case(words["case_slug"])
                return CaseClosed(case_reference=words["case_reference"], case_url=url)
            case AlertKind.CANARY:
                return Canary(receipt_url=self._parts.links.canary(alert.id, expires_at=alert.created_at + KEPT_FOR))


def _detail_of(claim: Claim, standing: Standing) -> Detail:
    """Whoever wants less said since it was queued is told less."""
    return max(claim.detail, standing.detail or claim.detail, key=lambda one: one.rank)


def _told_at(kind: AlertKind, words: dict[str, Any], links: Links) -> MessageFacts:
    """What was kept in the alert for one tier."""
    return escalation_facts(words, links=links) if kind is AlertKind.ESCALATION else told_from_json(words, kind)


def _spoilt(claim: Claim, error: Exception) -> NotReady:
    """Parked with its name and shown to staff, so that one poisoned row stops nobody."""
    name = type(error).__name__
    log.error("a delivery cannot be written", delivery_id=claim.id, channel=claim.channel, error=name)
    return NotReady(claim, Refused(permanent=True, reason=f"It could not be written: {name}.", our_mistake=True))
