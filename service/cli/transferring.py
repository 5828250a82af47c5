"""`vigil record transfer`: one stay ends, and another begins elsewhere on the same day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import select

from alerts.facts import Tier
from service.api.detention_episodes import EpisodeShown, TransferGiven
from service.cli.following import follow_rules
from service.cli.named import person_of
from service.cli.opening import ACTOR, opened
from service.cli.recordable import checked, fields_of
from service.cli.recording import PersonOf, Reference, named_values
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.commands.record_facts import transfer
from service.errors import InvalidInput, NotFound, Problem
from service.queries.visible import about_nobody_sealed
from service.records import Case, DetentionEpisode

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

commands = typer.Typer()

Values = Annotated[list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Where to, and on which day.")]
Stay = Annotated[
    UUID | None,
    typer.Option("--episode", metavar="ID", help="The stay that ends; where one alone is open, it is that one."),
]
_FIELDS = "\n".join(f"  {name}: {what}" for name, what in fields_of(TransferGiven).items())


@commands.command("transfer", help=f"{TransferGiven.__doc__}\n\n\b\nFields:\n{_FIELDS}")
def take_elsewhere(
    reference: Reference,
    values: Values = None,
    episode: Stay = None,
    person: PersonOf = None,
    as_json: AsJson = False,
) -> None:
    """End the stay and begin another."""
    given = {name: value for name, value in named_values(values or []).items() if value is not None}
    with opened() as parts, parts.writing.begin() as session:
        case = session.scalar(select(Case).where(Case.reference == reference, Case.tier != Tier.SEALED))
        if case is None:
            raise NotFound(f"no case bears the reference {reference}")
        now = parts.clock.now()
        today = now.astimezone(ZoneInfo(case.time_zone)).date()
        stated = checked(TransferGiven, {"as_of": today, **given}).stated()
        stay = _stay(session, case, episode, person)
        following = transfer(session, case, stay, **stated, now=now, by=ACTOR, vault=parts.vault)
        followed = follow_rules(session, case, parts)
        shown = EpisodeShown.model_validate(following).model_dump(mode="json")
    if as_json:
        say_json({"detention_episode": shown})
    else:
        say_table(("field", "value"), [(name, str(value)) for name, value in shown.items() if value is not None])
        talk("The transfer is written: the stay before has ended, and this one has begun.")
    for line in followed:
        talk(line)


def _stay(session: Session, case: Case, episode: UUID | None, person: str | None) -> DetentionEpisode:
    """The stay that ends. Raises InvalidInput where it is not said which of several."""
    stays = select(DetentionEpisode).where(DetentionEpisode.case_id == case.id, about_nobody_sealed(DetentionEpisode))
    if episode is not None:
        stay = session.scalar(stays.where(DetentionEpisode.id == episode))
        if stay is None:
            raise NotFound(f"no detention episode of this case bears the id {episode}")
        return stay
    stays = stays.where(DetentionEpisode.until_on.is_(None))
    if person is not None:
        stays = stays.where(DetentionEpisode.person_id == person_of(case, person, is_needed=True))
    found = session.scalars(stays).all()
    if len(found) != 1:
        raise InvalidInput(
            [
                Problem(
                    "--episode", f"{len(found)} stays are open here: say which; see `record detention-episode --list`."
                )
            ]
        )
    return found[0]
