"""The Kazakhstan case file tells in public neither an illness, nor a faith, nor a name that consent could take back."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from alerts.facts import Tier
from alerts.follow_up_kinds import kind_named
from service.vocabulary import ConsentScope, GivenBy

if TYPE_CHECKING:
    from service.casefile.schema import CaseFile

# Words by which a public text would tell of an illness, of sexual violence or of a faith. General words only: a list of
# what is sealed would itself tell it.
ILLNESS = [
    "heart", "cardi", "coronary", "sclerosis", "osteochondro", "hypertens", "tumour", "tumor", "liver", "spine", "mastopath",
    "cyst", "eyesight", "blood", "diagnos", "illness", "disease", "health",
]  # fmt: skip
VIOLENCE = ["rape", "sexual", "violat"]
FAITH = ["pastor", "priest", "presbyterian", "orthodox", "christian", "atheis", "church", "congregation", "muslim"]
# A demand to the state may speak of care, of violations and of psychiatry in general.
SEALED_IN_DEMANDS = [*ILLNESS, "rape", "sexual", *FAITH, "daughter", "wife"]
SEALED_IN_PUBLIC = [
    *ILLNESS,
    *VIOLENCE,
    *FAITH,
    "doctor",
    "hospital",
    "psychiat",
    "mental",
    "medical",
    "daughter",
    "wife",
]


def in_text(text: str, words: list[str]) -> list[str]:
    return [word for word in words if re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE)]


def test_every_person_is_named_publicly_because_public_sources_do(file: CaseFile) -> None:
    assert len(file.persons) == 20
    for person in file.persons:
        scopes = {(consent.scope, consent.given_by) for consent in person.consents}
        assert (ConsentScope.NAME_PUBLICLY, GivenBy.MANIFESTLY_PUBLIC) in scopes
        assert not {ConsentScope.PUBLISH_HEALTH, ConsentScope.SHARE_STATE} & {scope for scope, _ in scopes}
        assert all(consent.since == date(2014, 10, 24) for consent in person.consents)


def test_health_is_stored_only_of_those_whose_life_may_depend_on_it(file: CaseFile) -> None:
    may_store = {p.key for p in file.persons if any(c.scope is ConsentScope.STORE_HEALTH for c in p.consents)}
    stored = {row.person for case in file.cases for row in case.health_conditions}
    stored |= {row.person for case in file.cases for row in case.care_events}
    assert stored == may_store == {"aron-atabek", "mukhtar-dzhakishev", "roza-tuletayeva"}


def test_no_birth_date_and_no_relative_under_age_is_recorded(file: CaseFile, text: str) -> None:
    assert not [person.key for person in file.persons if person.born or person.deceased or person.nationality]
    about_persons = text[text.index("reference: KAZ-2014-001") : text.index("\ndemands:")]
    assert not in_text(about_persons, ["daughter", "son", "child", "children", "minor"])


def test_no_public_text_tells_what_is_kept_back(file: CaseFile) -> None:
    for case in file.cases:
        for text in (case.title, case.summary, case.facility or ""):
            assert not in_text(text, SEALED_IN_PUBLIC), (case.reference, text)
    for demand in file.demands:
        assert not in_text(demand.text, SEALED_IN_DEMANDS), demand.code


def test_the_search_for_kept_words_can_find_one() -> None:
    assert in_text("He has a Heart complaint", SEALED_IN_PUBLIC) == ["heart"]
    assert in_text("An orthodox PRIEST", SEALED_IN_DEMANDS) == ["priest", "orthodox"]


def test_no_public_text_names_a_person(file: CaseFile) -> None:
    surnames = {name.text.split()[-1] for person in file.persons for name in person.names}
    texts = [case.summary for case in file.cases] + [demand.text for demand in file.demands]
    texts += [
        row.value + (row.quote or "") + (row.disputed_by or "")
        for case in file.cases
        for row in case.assertions
        if row.tier is Tier.PUBLIC
    ]
    assert not [(surname, text) for surname in surnames for text in texts if surname in text]


def test_what_staff_without_a_grant_to_health_may_read_tells_no_faith_and_no_illness(file: CaseFile) -> None:
    kept = [*ILLNESS, "rape", "sexual", *FAITH, "psychiat", "mental"]
    for row in (row for case in file.cases if case.persons for row in case.assertions):
        if row.tier in {Tier.PUBLIC, Tier.RESTRICTED}:
            assert not in_text(row.value + (row.quote or ""), kept), row.key
    for source in file.sources:
        if source.tier is Tier.PUBLIC:
            assert not in_text(source.title, [*FAITH, "psychiat", "lunatic"]), source.key


def test_what_is_sealed_holds_a_place_and_no_text(file: CaseFile) -> None:
    sealed = [row for case in file.cases for row in case.assertions if row.tier is Tier.SEALED]
    assert {(row.key, row.locator) for row in sealed} == {
        ("001-witnesses", "§3, Aron Atabek"),
        ("003-held-back", "§3, Roza Tuletayeva"),
    }
    assert {(row.value, row.quote) for row in sealed} == {("Held back; see the source at this place.", None)}


def test_a_basis_tells_of_health_only_where_the_kind_does(file: CaseFile) -> None:
    for follow_up in (follow_up for case in file.cases for follow_up in case.follow_ups):
        if not kind_named(follow_up.kind).about_health:
            assert not in_text(follow_up.basis, [*ILLNESS, "critical", "psychiat"]), follow_up.key
