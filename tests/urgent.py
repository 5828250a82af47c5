"""An urgent action for tests: officials, words, and the members who write and approve it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from alerts.facts import Tier
from service.commands.acting import Acting
from service.commands.issue_urgent_action import issue
from service.commands.target_officials import NewOfficial, add_official
from service.commands.urgent_action_words import Asked, Cited, Words
from service.commands.urgent_actions import HOLD_BACK, approve, draft, submit
from service.facts import gates_for, urgent_snapshot
from service.records import Member
from service.records.base import new_id
from service.vocabulary import Role
from tests import factories

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.links import Links
    from service.records import Case, Source, TargetOfficial, UrgentAction
    from service.security.encryption import Vault

TESTS = "tests"


@dataclass
class Desk:
    """Alice writes and Dora approves, at `now`."""

    session: Session
    vault: Vault
    links: Links
    now: datetime
    alice: Acting
    dora: Acting

    def at(self, **later: int) -> Desk:
        """The same, when time has passed."""
        return replace(self, now=self.now + timedelta(**later))

    def official(
        self, *, verified_on: date | None = None, office: str = "Minister of Internal Affairs"
    ) -> TargetOfficial:
        """Somebody to write to, verified today unless the test says when."""
        given = NewOfficial(
            office=office, country="KZ", last_verified_on=verified_on or self.now.date(), name="Erik Sample",
            address="1 Example Street\nAstana", mailbox="minister@ministry.example.org",
            salutations={"en": "Dear Minister", "ru": "Уважаемый министр"},
        )  # fmt: skip
        return add_official(self.session, given, now=self.now, by=TESTS, vault=self.vault)

    def words(self, case: Case, **changed: Any) -> Words:
        """Words that may go out, but for what the test changes; every sentence of them rests on an assertion."""
        whole: dict[str, Any] = {
            "headline": "Dana Sample is kept from independent observers",
            "summary": "Nobody from outside has been let in.\nThe administration does not answer.",
            "act_by": self.now.date() + timedelta(days=14),
            "write_in": ("ru", "en"),
            "person_ids": tuple(person.id for person in case.persons),
            "target_ids": changed.pop("target_ids", None) or (self.official().id,),
            "demands": (Asked(text="Let independent observers visit."),),
            "letters": {"en": "I am worried about Dana Sample.\nPlease let observers in."},
        }
        words = Words(**{**whole, **changed})
        factories.make_footing(self.session, case, words.headline, words.summary, words.what_changed, words.background)
        return words

    def draft(self, case: Case, **changed: Any) -> UrgentAction:
        """A draft by Alice."""
        return draft(self.session, case, self.words(case, **changed), now=self.now, by=self.alice, vault=self.vault)

    def submit(self, action: UrgentAction) -> None:
        """Alice asks for a look."""
        submit(self.session, action, now=self.now, by=self.alice, vault=self.vault)

    def approve(self, action: UrgentAction, by: Acting | None = None) -> None:
        """Dora, or somebody else, says yes."""
        approve(self.session, action, now=self.now, by=by or self.dora, consents_of=gates_for, vault=self.vault)

    def approved(self, case: Case, **changed: Any) -> UrgentAction:
        """A version in its hold-back."""
        action = self.draft(case, **changed)
        self.submit(action)
        self.approve(action)
        return action

    def issue(self, action: UrgentAction) -> None:
        """Out it goes, if it may."""
        snapshot = partial(urgent_snapshot, links=self.links)
        issue(self.session, action, now=self.now, by=TESTS, consents_of=gates_for, snapshot=snapshot, vault=self.vault)

    def issued(self, case: Case, **changed: Any) -> UrgentAction:
        """A version that went out when its hold-back was over."""
        action = self.approved(case, **changed)
        replace(self, now=self.now + HOLD_BACK).issue(action)
        return action


def cited(*sources: Source, as_of: date) -> tuple[Cited, ...]:
    """The sources of a background, each for this day."""
    return tuple(Cited(source_id=one.id, as_of=as_of) for one in sources)


def named_case(session: Session, **about: Any) -> Case:
    """A public case whose one person may be named."""
    person = factories.make_person(session)
    factories.make_consent(session, person)
    return factories.make_case(session, persons=(person,), tier=Tier.PUBLIC, **about)


def desk_at(session: Session, vault: Vault, links: Links, now: datetime, *, writer: str = "alice") -> Desk:
    """A desk with two members."""
    members = {}
    for name, role in ((writer, Role.OFFICER), ("dora", Role.COORDINATOR)):
        member = Member(id=new_id(), name=name, role=role, password_hash="none", totp_sealed="none", created_at=now)
        session.add(member)
        members[name] = Acting(member.id, name)
    session.flush()
    return Desk(session, vault, links, now, alice=members[writer], dora=members["dora"])
