"""What commands about urgent actions are given: a number, a member who acts, a file with the words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.refusals import refused
from service.api.urgent_action_shapes import WordsGiven
from service.commands.acting import Acting
from service.commands.urgent_action_words import Words
from service.errors import InvalidInput, NotAllowed, NotFound, Problem
from service.queries.members import actor_of, member_named
from service.records import Case, UrgentAction
from service.security.policy import Action, may

# Nobody writes more by hand, and a slip of the hand is not read to its end.
LARGEST_FILE = 200_000
_NUMBER = re.compile(r"(?:UA )?(?P<given>[0-9]{1,6})/(?P<year>[0-9]{2})(?:-(?P<edition>[0-9]{1,4}))?")

Number = Annotated[str, typer.Argument(help='As it is written: "UA 12/14", or 12/14-1 for a later version.')]
By = Annotated[str, typer.Option("--by", metavar="MEMBER", help="The member who does it; their grants are asked.")]
WordsFile = Annotated[
    Path, typer.Argument(help="A JSON file with the words, as the API takes them; see docs/urgent-actions.md.")
]


def action_numbered(session: Session, number: str) -> UrgentAction:
    """The version of this number; of two centuries the later one. Raises NotFound."""
    parts = _NUMBER.fullmatch(number.strip())
    action = None
    if parts is not None:
        statement = select(UrgentAction).where(
            UrgentAction.given == int(parts["given"]),
            UrgentAction.year % 100 == int(parts["year"]),
            UrgentAction.edition == int(parts["edition"] or 0),
        )
        action = session.scalars(statement.order_by(UrgentAction.year.desc())).first()
    if action is None:
        raise NotFound("No urgent action bears this number; it is written like UA 12/14 or 12/14-1.")
    return action


def acting_as(session: Session, name: str, action: Action, *case_ids: object) -> Acting:
    """The member of this name, who may do this on each of these cases. Raises NotFound and NotAllowed."""
    member = member_named(session, name)
    if member is None or member.disabled_at is not None:
        raise NotFound("No member who may act bears this name.")
    actor = actor_of(member)
    for case_id in case_ids or (None,):
        if not may(actor, action, case_id):  # type: ignore[arg-type] # ids of cases
            raise NotAllowed("This member may not do this.")
    return Acting(member.id, f"{member.name} (command line)")


def case_of(session: Session, reference: str) -> Case:
    """The case of this reference. Raises NotFound."""
    case = session.scalar(select(Case).where(Case.reference == reference))
    if case is None:
        raise NotFound(f"no case bears the reference {reference}")
    return case


def words_in(file: Path) -> Words:
    """The words in the file. Raises InvalidInput, which names each place."""
    try:
        text = file.read_bytes()[: LARGEST_FILE + 1]
    except OSError as error:
        raise InvalidInput([Problem(file.name, f"cannot be read: {error.strerror}")]) from None
    if len(text) > LARGEST_FILE:
        raise InvalidInput([Problem(file.name, f"is larger than {LARGEST_FILE} bytes")])
    try:
        return WordsGiven.model_validate_json(text).words()
    except ValidationError as error:
        found = [refused({**item, "loc": ("body", *item["loc"])}) for item in error.errors()]
        raise InvalidInput([Problem(one.pointer, one.detail) for one in found]) from None
