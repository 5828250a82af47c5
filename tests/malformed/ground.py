"""A database with the sample in it, and a sound bundle of other cases."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.commands.apply_rules import apply_rules
from service.commands.import_case_file import import_case_file
from service.records import Case, Consent, Person
from service.rules.reading import rule_book
from service.vocabulary import ConsentScope, GivenBy
from tests.bundling import bundle_of
from tests.service.casefile.samples import CASE_FILE, read

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault


def prepared(writing: sessionmaker[Session], vault: Vault, *, now: datetime) -> bytes:
    """Import the sample; the bundle is of cases that are not here, from people who agreed to be shared."""
    with writing() as session:
        other = CASE_FILE.replace("sample-2014", "elsewhere").replace("KAZ-2099", "KAZ-2098")
        other = other.replace("briefing", "report").replace("key: letter", "key: paper")
        import_case_file(session, read(other), now=now, by="corpus", vault=vault)
        session.add_all(
            Consent(person_id=person, scope=scope, given_by=GivenBy.PERSON, since_on=date(2014, 1, 1))
            for person in session.scalars(select(Person.id))
            for scope in (ConsentScope.SHARE_PARTNERS, ConsentScope.STORE_HEALTH)
        )
        session.flush()
        for case in session.scalars(select(Case)):
            apply_rules(session, case, book=rule_book(), now=now, by="corpus", vault=vault)
        references = ("KAZ-2098-001", "KAZ-2098-002")
        bundle = bundle_of(session, references, now=now).content
        session.rollback()
    with writing.begin() as session:
        import_case_file(session, read(), now=now, by="corpus", vault=vault)
    return bundle
