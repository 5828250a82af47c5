"""`vigil record`: what happened in a case is written down, changed, and listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import select

from alerts.facts import Tier
from service.cli.following import follow_rules
from service.cli.named import person_of, source_of
from service.cli.opening import ACTOR, opened
from service.cli.recordable import KINDS, PAUSE, Kind, checked
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.commands.audit import audit
from service.commands.change import change
from service.commands.record_facts import add_fact, add_pause
from service.errors import InvalidInput, NotFound, Problem
from service.queries.visible import open_rows
from service.records import Case, Petition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from service.cli.opening import Opened

commands = typer.Typer()
record = typer.Typer(no_args_is_help=True)
commands.add_typer(
    record,
    name="record",
    help="Write down what happened: `vigil record KIND CASE FIELD=VALUE...`; `vigil record KIND --help` lists the fields.",
)

_NOT_LISTED = frozenset({"case_id", "petition_id", "created_at", "locator", "version"})

Reference = Annotated[str, typer.Argument(metavar="CASE", help="The reference of the case.")]
Values = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FIELD=VALUE]...", help="What is known; FIELD= with nothing behind it empties the field."),
]
PersonOf = Annotated[
    str | None, typer.Option("--person", help="A name, or the id, of a person of the case, where it has several.")
]
OfPetition = Annotated[UUID | None, typer.Option("--petition", metavar="ID", help="Whose clock stands still.")]
Changed = Annotated[
    UUID | None, typer.Option("--change", metavar="ID", help="Change this one instead of writing a new.")
]
Listed = Annotated[bool, typer.Option("--list", help="List those of the case, with their ids, and write nothing.")]


def _command_for(kind: Kind) -> Callable[..., None]:
    def command(
        case: Reference,
        values: Values = None,
        person: PersonOf = None,
        change_id: Changed = None,
        listed: Listed = False,
        as_json: AsJson = False,
    ) -> None:
        _run(case, _Wish(kind, values or [], change_id, listed, as_json, person=person))

    return command


def _pause(
    case: Reference,
    values: Values = None,
    petition: OfPetition = None,
    change_id: Changed = None,
    listed: Listed = False,
    as_json: AsJson = False,
) -> None:
    _run(case, _Wish(PAUSE, values or [], change_id, listed, as_json, petition=petition))


def _help_of(kind: Kind) -> str:
    fields = "\n".join(f"  {name}: {what}" for name, what in kind.fields().items())
    note = " A date without its precision is known to the day." if kind is not PAUSE else ""
    return f"{kind.says}{note}\n\n\b\nFields:\n{fields}"


for _kind in KINDS:
    record.command(_kind.name, help=_help_of(_kind))(_pause if _kind is PAUSE else _command_for(_kind))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for at the command line."""

    kind: Kind
    values: Sequence[str]
    change_id: UUID | None
    listed: bool
    as_json: bool
    person: str | None = None
    petition: UUID | None = None

    def named(self) -> dict[str, str | None]:
        """The values by their fields. Raises InvalidInput for what cannot be meant."""
        named = named_values(self.values)
        self._require_meant(named)
        return named

    def _require_meant(self, named: dict[str, str | None]) -> None:
        whose = self.person is not None or self.petition is not None
        if self.listed and (named or whose or self.change_id is not None):
            raise InvalidInput("--list writes nothing: leave everything else away.")
        if self.change_id is not None and not named:
            raise InvalidInput("Say what is to change, as FIELD=VALUE.")
        if self.change_id is not None and whose:
            raise InvalidInput("--change cannot make it somebody else's: leave --person and --petition away.")


def named_values(values: Sequence[str]) -> dict[str, str | None]:
    """What was written as FIELD=VALUE, by field; None where nothing stands behind it. Raises InvalidInput."""
    named: dict[str, str | None] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise InvalidInput("Write what is known as FIELD=VALUE, with quotes around both where there are spaces.")
        if name in named:
            raise InvalidInput([Problem(name, "This is given twice.")])
        named[name] = text.strip() or None
    return named


def _run(reference: str, wish: _Wish) -> None:
    given = wish.named()
    with opened() as parts, parts.writing.begin() as session:
        case = session.scalar(select(Case).where(Case.reference == reference, Case.tier != Tier.SEALED))
        if case is None:
            raise NotFound(f"no case bears the reference {reference}")
        done = _done(session, parts, case, wish, given)
        followed = [] if wish.listed else follow_rules(session, case, parts)
        rows = [wish.kind.shown.model_validate(row).model_dump(mode="json") for row in done]
    _say(wish, rows)
    for line in followed:
        talk(line)


def _done(session: Session, parts: Opened, case: Case, wish: _Wish, given: dict[str, str | None]) -> Sequence[Any]:
    if wish.listed:
        return _of_case(session, parts, wish.kind, case)
    if wish.change_id is not None:
        return [_change(session, parts, wish.kind, case, wish.change_id, given)]
    if wish.kind is PAUSE:
        return [_add_pause(session, parts, case, wish.petition, given)]
    return [_add(session, parts, wish.kind, case, wish.person, given)]


def _say(wish: _Wish, rows: Sequence[dict[str, Any]]) -> None:
    if wish.as_json:
        say_json({wish.kind.name.replace("-", "_"): rows if wish.listed else rows[0]})
    elif wish.listed:
        headings = [name for name in wish.kind.shown.model_fields if name not in _NOT_LISTED]
        say_table(headings, [[_text(row[name]) for name in headings] for row in rows])
    else:
        say_table(("field", "value"), [(name, _text(value)) for name, value in rows[0].items() if value is not None])
        talk(f"The {wish.kind.words} is {'written' if wish.change_id is None else 'changed'}.")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _add(
    session: Session, parts: Opened, kind: Kind, case: Case, person: str | None, given: dict[str, str | None]
) -> Any:
    now = parts.clock.now()
    today = now.astimezone(ZoneInfo(case.time_zone)).date()
    fields = kind.given.model_fields
    whole = {"as_of": today, **{name: value for name, value in given.items() if value is not None}}
    known: dict[str, Any] = {"case_id": case.id}
    if "person_id" in fields:
        known["person_id"] = person_of(case, person, is_needed=fields["person_id"].is_required())
    elif person is not None:
        raise InvalidInput([Problem("--person", f"An {kind.words} is about the whole case: leave this away.")])
    if "source_id" in whole:
        whole["source_id"] = source_of(session, whole["source_id"])
    stated = checked(kind.given, whole, **known).stated()
    del stated["case_id"]
    return add_fact(session, case, kind.record, stated, now=now, by=ACTOR, vault=parts.vault)


def _add_pause(
    session: Session, parts: Opened, case: Case, petition_id: UUID | None, given: dict[str, str | None]
) -> Any:
    petition = session.get(Petition, petition_id) if petition_id is not None else None
    if petition is None or petition.case_id != case.id:
        raise InvalidInput(
            [Problem("--petition", "Give the id of a petition of this case; see `record petition --list`.")]
        )
    stated = checked(PAUSE.given, {name: value for name, value in given.items() if value is not None}).stated()
    return add_pause(session, petition, stated, now=parts.clock.now(), by=ACTOR, vault=parts.vault)


def _change(
    session: Session, parts: Opened, kind: Kind, case: Case, change_id: UUID, given: dict[str, str | None]
) -> Any:
    row = session.scalar(_those_of(kind, case).where(kind.record.id == change_id))
    if row is None:
        raise NotFound(f"no {kind.words} of this case bears the id {change_id}")
    changes = checked(kind.changes, given).named()
    change(session, row, changes, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
    return row


def _of_case(session: Session, parts: Opened, kind: Kind, case: Case) -> Sequence[Any]:
    rows = session.scalars(_those_of(kind, case).order_by(kind.record.id)).all()
    if rows:
        audit(
            session, at=parts.clock.now(), actor=ACTOR, action="read", record=kind.record.__tablename__,
            record_id="several", detail={"ids": [str(row.id) for row in rows]}, key=parts.vault.audit_key,
        )  # fmt: skip
    return rows


def _those_of(kind: Kind, case: Case) -> Select[Any]:
    """Those of the case but what is about somebody sealed."""
    query = select(kind.record)
    if kind is PAUSE:
        query = query.join(Petition, kind.record.petition_id == Petition.id)
    of = Petition if kind is PAUSE else kind.record
    return query.where(of.case_id == case.id, open_rows(of))
