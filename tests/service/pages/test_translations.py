"""Every text of the pages and messages is said in every language, and collecting the texts loses none."""

from __future__ import annotations

from functools import cache

from service.casefile.findings import AFTER_AS_OF, CONTRADICTION, DUPLICATE_DEMAND, INCOMPLETE, OVERLAPPING_DEMAND
from service.cli.catalogue_faults import catalogue_of, faults_of
from service.cli.texts_in_use import Text, texts_in_use
from service.pages.plain_words import PLAIN_WORDS
from service.vocabulary import (
    AttemptOutcome,
    CareAccess,
    CareKind,
    Certainty,
    FollowUpState,
    Implementation,
    Monitoring,
    OfficialPosition,
    ParoleDecision,
    ProceedingKind,
    Severity,
    StateResponse,
    UrgentActionKind,
    UrgentActionOutcome,
    UrgentActionStatus,
)
from tests.spoken import CATALOGUES, every_translation

# Said by `Words.plain`.
PLAIN = (
    AttemptOutcome, CareAccess, CareKind, Certainty, FollowUpState, Implementation, Monitoring, OfficialPosition, ParoleDecision,
    ProceedingKind, Severity, StateResponse, UrgentActionKind, UrgentActionOutcome, UrgentActionStatus, (AFTER_AS_OF, CONTRADICTION, DUPLICATE_DEMAND, INCOMPLETE, OVERLAPPING_DEMAND),
)  # fmt: skip


@cache
def texts() -> tuple[Text, ...]:
    return texts_in_use()


@every_translation
def test_every_text_is_translated_and_keeps_its_placeholders(language: str) -> None:
    said = {text.singular for text in texts()}
    assert {"Check your e-mail", "Very overdue", "Life threatening", "Wait %(wait)s second, then try again."} <= said
    assert {"in %(count)d day", "Choose a language", "Write the full address, such as name@example.org"} <= said
    assert faults_of(catalogue_of(CATALOGUES / language / "LC_MESSAGES" / "vigil.po", language), texts()) == ()


def test_every_word_of_a_closed_list_is_spelled_out_for_the_translators() -> None:
    said = {word.replace("_", " ").capitalize() for words in PLAIN for word in words}
    assert said - set(PLAIN_WORDS) == set()


@every_translation
def test_collecting_the_texts_again_drops_no_translation(language: str) -> None:
    catalogue = catalogue_of(CATALOGUES / language / "LC_MESSAGES" / "vigil.po", language)
    translated = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert translated - {text.singular for text in texts()} == set()
