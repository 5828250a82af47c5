"""Urgent actions as alerts: what each tier is told of a version, and which of them say too much by now."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.facts import Tier
from alerts.urgent_action_facts import Addressee, CallKind, InLanguage, UrgentActionAlert
from service.facts.consents import gates_for
from service.records import UrgentAction
from service.records.urgent_actions import urgent_action_person
from service.vocabulary import UrgentActionKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.links import Links
    from service.records import TargetOfficial

_KINDS = {
    UrgentActionKind.INITIAL: CallKind.URGENT_ACTION,
    UrgentActionKind.FURTHER_INFORMATION: CallKind.FURTHER_INFORMATION,
    UrgentActionKind.STOP_ACTION: CallKind.STOP_ACTION,
}


def urgent_snapshot(session: Session, action: UrgentAction, *, now: datetime, links: Links) -> Mapping[str, Any]:  # noqa: ARG001 - the signature of `Snapshot`
    """What every tier that may hear of it is told, as `Alert.facts` keeps it: a public call says the same to all."""
    told = call_to_json(urgent_facts(action, links=links))
    tiers = [tier for tier in Tier if tier is not Tier.SEALED and tier.rank >= action.case.tier.rank]
    return {tier.value: told for tier in tiers}


def urgent_facts(action: UrgentAction, *, links: Links) -> UrgentActionAlert:
    """The version with the officials as they are on record now."""
    return UrgentActionAlert(
        kind=_KINDS[action.kind],
        number=action.number,
        case_reference=action.case.reference,
        country=action.case.country,
        case_url=links.case(action.case.slug),
        headline=action.headline,
        summary=_paragraphs(action.summary),
        time_zone=action.time_zone,
        what_changed=_paragraphs(action.what_changed),
        demands=tuple(one.text for one in action.demands),
        addressees=tuple(_addressee(one) for one in action.targets),
        act_by=action.act_by,
        write_in=tuple(action.write_in.split()),
        letters=tuple(InLanguage(one.language, _paragraphs(one.text)) for one in action.letters),
        outcome=action.outcome.value if action.outcome else None,
    )


def call_to_json(call: UrgentActionAlert) -> dict[str, Any]:
    """The facts as JSON can hold them: days in ISO 8601, kinds as their words."""
    return {**asdict(call), "kind": call.kind.value, "act_by": call.act_by.isoformat() if call.act_by else None}


def call_from_json(plain: Mapping[str, Any]) -> UrgentActionAlert:
    """What `call_to_json` made."""
    return UrgentActionAlert(
        **{
            **plain,
            **{name: tuple(plain[name]) for name in ("summary", "what_changed", "demands", "write_in")},
            "kind": CallKind(plain["kind"]),
            "act_by": date.fromisoformat(plain["act_by"]) if plain["act_by"] else None,
            "letters": _in_languages(plain["letters"]),
            "addressees": tuple(
                Addressee(
                    **{
                        **one,
                        "address": tuple(one["address"]),
                        "salutations": _in_languages(one["salutations"]),
                    }
                )
                for one in plain["addressees"]
            ),
        }
    )


def calls_that_say_too_much(session: Session, alert_ids: Collection[UUID], *, now: datetime) -> set[tuple[UUID, Tier]]:
    """The urgent actions among these alerts, with every tier, whose words need a consent that is not live at `now`."""
    rows = session.execute(
        select(UrgentAction.alert_id, UrgentAction.speaks_of_health, urgent_action_person.c.person_id)
        .join(urgent_action_person, urgent_action_person.c.urgent_action_id == UrgentAction.id)
        .where(UrgentAction.alert_id.in_(alert_ids))
    ).all()
    gates = gates_for(session, {row.person_id for row in rows}, now=now)
    return {
        (row.alert_id, tier)
        for row in rows
        if row.person_id not in gates.named or (row.speaks_of_health and row.person_id not in gates.health)
        for tier in Tier
    }


def _paragraphs(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def _addressee(official: TargetOfficial) -> Addressee:
    return Addressee(
        office=official.office,
        name=official.name,
        address=_paragraphs(official.address),
        mailbox=official.mailbox,
        salutations=tuple(InLanguage(tag, (text,)) for tag, text in sorted(official.salutations.items())),
    )


def _in_languages(plain: Collection[Mapping[str, Any]]) -> tuple[InLanguage, ...]:
    return tuple(InLanguage(one["language"], tuple(one["paragraphs"])) for one in plain)
