"""A small case file about invented people, and ways to spoil it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service.casefile.reading import parse_case_file
from service.errors import InvalidCaseFile

if TYPE_CHECKING:
    from service.casefile.reading import Document
    from service.errors import Problem

CASE_FILE = """\
schema: vigil-casefile/1
case_file: sample-2014
title: A sample of two cases
as_of: 2014-10-24
country: KZ
time_zone: Asia/Almaty
main_source: briefing
sources:
  - key: briefing
    title: A briefing on two prisoners
    url: https://reports.example.org/1
  - key: letter
    title: A letter from the family
    published: 2014-09-01
persons:
  - key: dana
    names:
      - {text: Dana Sample, kind: legal, script: Latn, language: en}
      - {text: Дана Сэмпл, kind: transliteration, script: Cyrl, language: ru}
    sex: female
    pronoun: she
    consents:
      - {scope: name_publicly, given_by: manifestly_public, since: 2014-10-24}
  - key: arman
    names:
      - {text: Arman Example, kind: legal}
cases:
  - reference: KAZ-2099-001
    title: Dana Sample, teacher
    summary: A teacher who serves a sentence far from home.
    rests_on: [[001-term]]
    texts:
      - {language: ru, summary: "Учительница, которая отбывает наказание далеко от дома.", as_of: 2014-10-20}
    status: sentenced
    tier: public
    persons: [dana]
    assertions:
      - {key: 001-arrest, attribute: arrest, value: Arrested in spring, locator: §1, tier: public}
      - key: 001-term
        attribute: term
        value: Six years
        locator: §1
        occurred: 2013-05-02
    health_conditions:
      - {key: 001-heart, person: dana, label: A heart condition, severity: severe, locator: §1}
    care_events:
      - {key: 001-exam, person: dana, kind: exam, outcome: Refused, locator: §1, requested: 2014-09-01}
    detention_episodes:
      - {key: 001-stay, person: dana, facility: Colony 1, from: 2013-05-02, from_precision: day, locator: §1}
    isolation_placements:
      - {key: 001-cell, person: dana, from: 2014-03-01, until: 2014-03-20, from_precision: day, locator: §1}
    proceedings:
      - {key: 001-trial, person: dana, kind: trial, occurred: 2013-05-02, occurred_precision: day, locator: §1}
    sentences:
      - {key: 001-sentence, person: dana, months: 72, locator: §1}
    parole_reviews:
      - {key: 001-parole, person: dana, decision: refused, locator: §1}
    petitions:
      - key: 001-complaint
        person: dana
        mechanism: domestic_complaint
        addressee: Prosecutor General
        subject: The cell is not heated
        sent: 2014-09-01
        reply_within_days: 15
        reply_basis: Complaints Act, section 8
        counts_working_days: true
        locator: §1
        pauses:
          - {key: 001-file, from: 2014-09-05, until: 2014-09-12, reason: The file was asked for, basis: Section 9}
    follow_ups:
      - key: 001-review
        kind: chronic_review
        title: Review of the heart condition
        due: 2014-11-23
        basis: Rule 31; 30 days after 24 October 2014
        person: dana
        recurrence_days: 30
  - reference: KAZ-2099-002
    title: Arman Example, driver
    summary: A driver who waits for an answer.
    status: unknown
    persons: [arman]
    time_zone: Asia/Aqtau
    follow_ups:
      - {key: 002-reply, kind: complaint_reply, title: Reply to the complaint, due: 2014-11-10, basis: Thirty days}
demands:
  - {code: 1G1, text: Let doctors in., addressee: Government of Kazakhstan, cases: [KAZ-2099-001], persons: [dana]}
  - {code: 1S1, text: Answer complaints in time., addressee: Government of Kazakhstan, cases: [KAZ-2099-002]}
"""


def read(text: str = CASE_FILE, *, as_json: bool = False) -> Document:
    """The document that this text holds."""
    return parse_case_file(text.encode(), as_json=as_json)


def spoiled(old: str, new: str) -> str:
    """The sample with one place changed; the place must be there."""
    assert old in CASE_FILE
    return CASE_FILE.replace(old, new, 1)


def line_of(part: str, text: str = CASE_FILE) -> int:
    """The line on which this part stands first."""
    return text[: text.index(part)].count("\n") + 1


def problems(text: str | bytes, *, as_json: bool = False) -> list[Problem]:
    """What the reader says is wrong."""
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(InvalidCaseFile) as refused:
        parse_case_file(content, as_json=as_json)
    return list(refused.value.problems)


def as_json() -> str:
    """The sample in JSON, one field a line."""
    return json.dumps(read().tree.value, indent=1, ensure_ascii=False)
