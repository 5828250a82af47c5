"""Urgent actions about an invented person, for previews and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from alerts.urgent_action_facts import (
    Addressee,
    CallKind,
    CitedSource,
    InLanguage,
    ModelLetter,
    NamedPerson,
    UrgentActionAlert,
)

URGENT_ACTION = UrgentActionAlert(
    kind=CallKind.URGENT_ACTION,
    number="UA 12/15",
    case_reference="KAZ-2015-901",
    country="KZ",
    case_url="https://vigil.example.org/c/kaz-2015-901",
    page_url="https://vigil.example.org/ua/12-2015",
    index_number="CA 7/2015",
    issued_on=date(2015, 3, 12),
    headline="Aigerim Example is kept from seeing a doctor",
    summary=("She has asked for an independent doctor since January.", "Nobody has answered her."),
    time_zone="Asia/Aqtau",
    demands=("Let independent doctors see her, and publish what they find.", "Answer her complaint."),
    addressees=(
        Addressee(
            office="Minister of Internal Affairs",
            name="Erik Sample",
            address=("1 Example Street", "Astana"),
            mailbox="minister@ministry.example.org",
            salutations=(InLanguage("en", ("Dear Minister",)), InLanguage("ru", ("Уважаемый министр",))),
        ),
        Addressee(
            office="Prosecutor General", name=None, address=("2 Example Street", "Astana"), mailbox=None, salutations=()
        ),
    ),
    act_by=date(2015, 4, 20),
    write_in=("ru", "kk", "en"),
    copies=(
        Addressee(
            office="Embassy of Kazakhstan", name=None, address=("3 Example Avenue", "Berlin"),
            mailbox="embassy@embassy.example.org", salutations=(),
        ),
    ),
    guidance=(
        InLanguage("en", ("Say how you heard of the case.",)),
        InLanguage("ru", ("Напишите, откуда вы узнали об этом деле.",)),  # noqa: RUF001 - Russian
    ),
    letters=(
        ModelLetter(
            "en", ("I am worried about Aigerim Example.", "Please let independent doctors see her."),
            "Doctors for Aigerim Example",
        ),
        ModelLetter(
            "ru", ("Меня беспокоит судьба Айгерим Экзампл.", "Пожалуйста, допустите к ней независимых врачей."),
            "Врачей для Айгерим Экзампл",
        ),
    ),
    background=("The colony lets nobody in.",),
    sources=(CitedSource("A briefing on the prisons", "https://reports.example.org/a/3337", date(2015, 1, 24)),),
    persons=(NamedPerson("Aigerim Example", "she"),),
    report_mailbox="letters@example.org",
)  # fmt: skip
FURTHER_INFORMATION = replace(
    URGENT_ACTION,
    kind=CallKind.FURTHER_INFORMATION,
    number="UA 12/15-1",
    page_url="https://vigil.example.org/ua/12-2015-1",
    previous="UA 12/15",
    what_changed=("She was moved to another colony on 2 April.",),
)
STOP_ACTION = UrgentActionAlert(
    kind=CallKind.STOP_ACTION,
    number="UA 12/15-2",
    case_reference=URGENT_ACTION.case_reference,
    country=URGENT_ACTION.country,
    case_url=URGENT_ACTION.case_url,
    headline="Stop writing",
    summary=("She is free. Thank you to everybody who wrote.",),
    time_zone=URGENT_ACTION.time_zone,
    outcome="released",
)
