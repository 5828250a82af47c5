"""Urgent actions as alerts: what each tier is told of a version, and which of them say too much by now."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.facts import Tier
from alerts.free_text import safe_mailbox
from alerts.urgent_action_facts import (
    Addressee,
    CallKind,
    CitedSource,
    InLanguage,
    ModelLetter,
    NamedPerson,
    UrgentActionAlert,
    is_in,
)
from service.facts.consents import gates_for
from service.records import UrgentAction
from service.records.urgent_actions import urgent_action_person
from service.vocabulary import UrgentActionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.links import Links
    from service.records import Person, TargetOfficial

_KINDS = {
    UrgentActionKind.INITIAL: CallKind.URGENT_ACTION,
    UrgentActionKind.FURTHER_INFORMATION: CallKind.FURTHER_INFORMATION,
    UrgentActionKind.STOP_ACTION: CallKind.STOP_ACTION,
}
_TEXTS = ("summary", "what_changed", "background", "demands", "write_in")


def urgent_snapshot(session: Session, action: UrgentAction, *, now: datetime, links: Links) -> Mapping[str, Any]:
    """What every tier that may hear of it is told, as `Alert.facts` keeps it: a public call says the same to all."""
    named = gates_for(session, {person.id for person in action.persons}, now=now).named
    told = call_to_json(urgent_facts(action, named=named, now=now, links=links))
    tiers = [tier for tier in Tier if tier is not Tier.SEALED and tier.rank >= action.case.tier.rank]
    return {tier.value: told for tier in tiers}


def urgent_facts(action: UrgentAction, *, named: Collection[UUID], now: datetime, links: Links) -> UrgentActionAlert:
    """The version as issued at `now` (UTC), with the officials as they are on record and the persons who may be `named`."""
    write_in = tuple(action.write_in.split())
    languages = (*write_in, *(one.language for one in action.letters)) if write_in else ()
    report_mailbox = safe_mailbox(action.report_to or "")
    return UrgentActionAlert(
        kind=_KINDS[action.kind],
        number=action.number,
        case_reference=action.case.reference,
        country=action.case.country,
        case_url=links.case(action.case.slug),
        page_url=links.call(action.slug) if action.case.tier is Tier.PUBLIC else None,
        index_number=action.index_number,
        issued_on=now.astimezone(ZoneInfo(action.time_zone)).date(),
        previous=action.previous.number if action.previous else None,
        headline=action.headline,
        summary=_paragraphs(action.summary),
        time_zone=action.time_zone,
        what_changed=_paragraphs(action.what_changed),
        demands=tuple(one.text for one in action.demands),
        addressees=tuple(_addressee(one, languages) for one in action.targets),
        copies=tuple(replace(_addressee(one, ()), salutations=()) for one in action.copies),
        act_by=action.act_by,
        write_in=write_in,
        guidance=tuple(InLanguage(tag, _paragraphs(text)) for tag, text in sorted(action.guidance.items())),
        letters=tuple(ModelLetter(one.language, _paragraphs(one.text), one.subject) for one in action.letters),
        background=_paragraphs(action.background),
        sources=tuple(CitedSource(one.source.title, one.source.url, one.as_of) for one in action.sources),
        persons=tuple(_named(person) for person in action.persons if person.id in named),
        report_mailbox=report_mailbox,
        report_url=None if report_mailbox else action.report_to,
        outcome=action.outcome.value if action.outcome else None,
    )


def call_to_json(call: UrgentActionAlert) -> dict[str, Any]:
    """The facts as JSON can hold them: days in ISO 8601, kinds as their words."""
    plain: dict[str, Any] = _in_plain(asdict(call))
    return {**plain, "kind": call.kind.value}


def call_from_json(plain: Mapping[str, Any]) -> UrgentActionAlert:
    """What `call_to_json` made; what an earlier release did not keep is left out."""
    read: Mapping[str, Callable[[Any], Any]] = {
        **dict.fromkeys(_TEXTS, tuple),
        **dict.fromkeys(("act_by", "issued_on"), _day),
        **dict.fromkeys(("addressees", "copies"), _addressees),
        "kind": CallKind,
        "guidance": _in_languages,
        "letters": lambda many: tuple(ModelLetter(**{**one, "paragraphs": tuple(one["paragraphs"])}) for one in many),
        "sources": lambda many: tuple(CitedSource(**{**one, "as_of": _day(one["as_of"])}) for one in many),
        "persons": lambda many: tuple(NamedPerson(**one) for one in many),
    }
    return UrgentActionAlert(**{name: read[name](value) if name in read else value for name, value in plain.items()})


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


def _named(person: Person) -> NamedPerson:
    return NamedPerson(person.name, person.pronoun.value if person.pronoun else None)


def _addressee(official: TargetOfficial, languages: Iterable[str]) -> Addressee:
    """The official, with salutations in the languages to write in, in their order; in all where none is named."""
    known = sorted(official.salutations.items())
    wanted = [(tag, text) for language in languages for tag, text in known if is_in(tag, language)]
    return Addressee(
        office=official.office,
        name=official.name,
        address=_paragraphs(official.address),
        mailbox=official.mailbox,
        salutations=tuple(InLanguage(tag, (text,)) for tag, text in dict(wanted or known).items()),
    )


def _addressees(plain: Collection[Mapping[str, Any]]) -> tuple[Addressee, ...]:
    return tuple(
        Addressee(**{**one, "address": tuple(one["address"]), "salutations": _in_languages(one["salutations"])})
        for one in plain
    )


def _in_languages(plain: Collection[Mapping[str, Any]]) -> tuple[InLanguage, ...]:
    return tuple(InLanguage(one["language"], tuple(one["paragraphs"])) for one in plain)


def _in_plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _in_plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_in_plain(one) for one in value]
        case date():
            return value.isoformat()
        case _:
            return value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
