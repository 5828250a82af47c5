"""`vigil urgent-action`: drafted, reviewed, approved by a second member, followed up, stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.urgent_action_shapes import UrgentActionShown
from service.cli.opening import Opened, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.cli.urgent_action_words import By, Number, WordsFile, acting_as, action_numbered, case_of, words_in
from service.commands.acting import Acting
from service.commands.close_urgent_action import close, report_letters
from service.commands.later_versions import further_information, stop_action
from service.commands.urgent_actions import approve, draft, redraft, submit, take_back
from service.facts import gates_for
from service.records import UrgentAction
from service.security.policy import Action
from service.vocabulary import UrgentActionOutcome

commands = typer.Typer()
actions = typer.Typer(no_args_is_help=True)
commands.add_typer(actions, name="urgent-action", help="Public calls to write to officials.")

Step = Callable[[Session, UrgentAction, Acting, Opened], UrgentAction | None]
Outcome = Annotated[UrgentActionOutcome, typer.Option(help="What became of the person.")]


@actions.command("list")
def show_all(
    case: Annotated[str | None, typer.Option(metavar="REFERENCE", help="Only of this case.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every version, the newest number first."""
    with opened() as parts, parts.reading() as session:
        statement = select(UrgentAction).order_by(
            UrgentAction.year.desc(), UrgentAction.given.desc(), UrgentAction.edition
        )
        if case is not None:
            statement = statement.where(UrgentAction.case_id == case_of(session, case).id)
        found = session.scalars(statement).all()
        rows = [
            [one.number, one.kind.value, one.status.value, one.case.reference, str(one.act_by or ""), one.headline]
            for one in found
        ]
        shown = [_as_dict(one) for one in found] if as_json else []
    if as_json:
        say_json({"urgent_actions": shown})
    else:
        say_table(("number", "kind", "status", "case", "act by", "headline"), rows)


@actions.command("show")
def show(number: Number, as_json: AsJson = False) -> None:
    """Show one version with all its words."""
    with opened() as parts, parts.reading() as session:
        shown = _as_dict(action_numbered(session, number))
    if as_json:
        say_json(shown)
        return
    for name, value in shown.items():
        print(f"{name.replace('_', ' ')}: {'' if value is None else value}")


@actions.command("draft")
def make(
    file: WordsFile,
    case: Annotated[str, typer.Option(metavar="REFERENCE", help="The case that it is about.")],
    by: By,
) -> None:
    """Draft a new urgent action; prints its number."""
    words = words_in(file)
    with opened() as parts, parts.writing.begin() as session:
        about = case_of(session, case)
        who = acting_as(session, by, Action.WRITE_CASE, about.id)
        action = draft(session, about, words, now=parts.clock.now(), by=who, vault=parts.vault)
        print(action.number)


@actions.command("change")
def change(number: Number, file: WordsFile, by: By) -> None:
    """Replace the words of a draft; what was issued is never edited."""
    words = words_in(file)
    _step(number, by, lambda s, a, who, p: redraft(s, a, words, now=p.clock.now(), by=who, vault=p.vault))


@actions.command("submit")
def send_in(number: Number, by: By) -> None:
    """Ask a second member to look at a draft."""
    _step(number, by, lambda s, a, who, p: submit(s, a, now=p.clock.now(), by=who, vault=p.vault))


@actions.command("approve")
def say_yes(number: Number, by: By) -> None:
    """Approve what another member wrote: it goes out 60 seconds later."""
    _step(
        number, by,
        lambda s, a, who, p: approve(s, a, now=p.clock.now(), by=who, consents_of=gates_for, vault=p.vault),
        needs=Action.APPROVE_URGENT_ACTION,
    )  # fmt: skip


@actions.command("take-back")
def undo(number: Number, by: By) -> None:
    """Make an unissued version a draft again."""
    _step(number, by, lambda s, a, who, p: take_back(s, a, now=p.clock.now(), by=who, vault=p.vault))


@actions.command("further")
def follow(number: Number, file: WordsFile, by: By) -> None:
    """Draft further information on what is out; prints its number."""
    words = words_in(file)
    _step(number, by, lambda s, a, who, p: further_information(s, a, words, now=p.clock.now(), by=who, vault=p.vault))


@actions.command("stop")
def stop(
    number: Number,
    outcome: Outcome,
    why: Annotated[str, typer.Option(help="For the public, in one sentence that names nobody.")],
    by: By,
) -> None:
    """Draft the stop action for what is out; prints its number."""
    _step(
        number, by,
        lambda s, a, who, p: stop_action(s, a, outcome=outcome, why=why, now=p.clock.now(), by=who, vault=p.vault),
    )  # fmt: skip


@actions.command("close")
def end(number: Number, outcome: Outcome, by: By) -> None:
    """Close what is out with its outcome; nobody is told."""
    _step(number, by, lambda s, a, who, p: close(s, a, outcome=outcome, now=p.clock.now(), by=who.name, vault=p.vault))


@actions.command("report")
def report(
    number: Number,
    letters: Annotated[int, typer.Option(min=1, help="How many; by whom is nowhere kept.")],
    language: Annotated[str, typer.Option(help="In which language (BCP 47).")],
    by: By,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On which day (today).")] = None,
) -> None:
    """Add letters that were reported."""
    _step(
        number, by,
        lambda s, a, who, p: report_letters(
            s, a, reported_on=(on or p.clock.now()).date(), language=language, letters=letters, now=p.clock.now(),
            by=who.name, vault=p.vault,
        ),
    )  # fmt: skip


def _step(number: str, by: str, step: Step | Callable[..., object], *, needs: Action = Action.WRITE_CASE) -> None:
    """Take one step in one transaction, and say where the version stands that it leads to."""
    with opened() as parts, parts.writing.begin() as session:
        action = action_numbered(session, number)
        made = step(session, action, acting_as(session, by, needs, action.case_id), parts)
        result = made if isinstance(made, UrgentAction) else action
        print(result.number)
        talk(f"It is {result.status.value} now.")


def _as_dict(action: UrgentAction) -> dict[str, object]:
    return UrgentActionShown.of(action).model_dump(mode="json")
