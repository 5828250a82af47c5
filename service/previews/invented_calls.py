"""Urgent actions about an invented person, for previews and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from alerts.urgent_action_facts import Addressee, CallKind, InLanguage, UrgentActionAlert

URGENT_ACTION = UrgentActionAlert(
    kind=CallKind.URGENT_ACTION,
    number="UA 12/15",
    case_reference="KAZ-2015-901",
    country="KZ",
    case_url="https://vigil.example.org/c/kaz-2015-901",
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
    letters=(
        InLanguage("en", ("I am worried about Aigerim Example.", "Please let independent doctors see her.")),
        InLanguage("ru", ("Меня беспокоит судьба Айгерим Экзампл.", "Пожалуйста, допустите к ней независимых врачей.")),
    ),
)
FURTHER_INFORMATION = replace(
    URGENT_ACTION,
    kind=CallKind.FURTHER_INFORMATION,
    number="UA 12/15-1",
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
