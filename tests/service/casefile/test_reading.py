"""A case file is read whole, or every fault is named with line, field and reason."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from alerts.facts import Tier
from service.casefile.reading import LARGEST_BYTES, read_case_file
from service.casefile.tree import DEEPEST, MOST_NODES, MOST_PROBLEMS
from service.errors import InvalidCaseFile, Problem
from tests.service.casefile.samples import CASE_FILE, as_json, line_of, problems, read, spoiled

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sound_file_is_read_with_its_dates_and_words() -> None:
    file = read().file
    assert file.as_of == date(2014, 10, 24)
    assert [case.reference for case in file.cases] == ["KAZ-2099-001", "KAZ-2099-002"]
    assert file.cases[0].tier is Tier.PUBLIC
    assert file.persons[0].names[1].text == "Дана Сэмпл"


def test_json_says_the_same_as_yaml() -> None:
    assert read(as_json(), as_json=True).file == read().file


def test_the_country_code_of_norway_is_not_a_falsehood() -> None:
    assert read(spoiled("country: KZ", "country: NO")).file.country == "NO"


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("\ufeff" + CASE_FILE).file.case_file == "sample-2014"


def test_an_unknown_kind_is_named_with_its_line_and_the_known_ones() -> None:
    [problem] = problems(spoiled("kind: chronic_review", "kind: cronic_review"))
    assert problem.line == line_of("kind: chronic_review")
    assert problem.where == "cases[0].follow_ups[0].kind"
    assert "'cronic_review'" in problem.reason
    assert "chronic_review, " in problem.reason


def test_the_31st_of_february_is_no_day() -> None:
    [problem] = problems(spoiled("due: 2014-11-23", "due: 2015-02-31"))
    assert problem.line == line_of("due: 2014-11-23")
    assert problem.reason == "'2015-02-31' is not a day of the calendar, written YYYY-MM-DD"


def test_a_number_is_no_date() -> None:
    [problem] = problems(spoiled("due: 2014-11-23", "due: 0"))
    assert problem.reason == "must be a date, written YYYY-MM-DD"


def test_a_duplicate_reference_says_where_the_first_stands() -> None:
    [problem] = [p for p in problems(spoiled("KAZ-2099-002", "KAZ-2099-001")) if "twice" in p.reason]
    assert problem.line == line_of("reference: KAZ-2099-002")
    assert problem.reason == "'KAZ-2099-001' stands twice, first at cases[0]"


def test_a_file_above_ten_mebibytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as huge:
        huge.truncate(200 * 1024 * 1024)
    with pytest.raises(InvalidCaseFile, match="has 200 MiB; the most that is read is 10 MiB"):
        read_case_file(path)


def test_a_body_above_the_limit_is_refused_where_no_file_tells_its_size() -> None:
    [problem] = problems(b"#" * (LARGEST_BYTES + 1))
    assert "the most that is read is 10 MiB" in problem.reason


def test_broken_utf_8_is_told_with_offset_and_line() -> None:
    content = CASE_FILE.encode().replace("Дана".encode(), b"\xd0\xff", 1)
    [problem] = problems(content)
    assert problem.reason == f"is not UTF-8: byte 0xD0 at offset {content.index(bytes([0xD0, 0xFF]))}"
    assert problem.line == line_of("Дана")


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"k{n}: &k{n} [*a, *a, *a, *a]\n" for n in range(30))
    [problem] = problems(bomb)
    assert (problem.line, problem.reason) == (1, "&a: anchors are refused; write it out")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: *b\n", "*b: aliases are refused; write it out"),
        ("a: !!python/object/apply:os.system [x]\n", "tags are refused; the field says what it is"),
        ("a: 1\n---\nb: 2\n", "a second document begins; one file holds one"),
        ("a: [1\n", "is not YAML"),
        ("a: \x01\n", "is not YAML"),
        ("", "a case file is a mapping"),
        ("- 1\n", "a case file is a mapping"),
        ("? [a]\n: 1\n", "a key must be plain text"),
    ],
)
def test_what_yaml_allows_and_a_case_file_does_not_is_refused(text: str, reason: str) -> None:
    assert reason in problems(text)[0].reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"a": 1,}', 1, "'}' stands where a key must"),
        ('{"a"\n 1}', 2, "a value stands where a colon must"),
        ('{"a": 1}\n{}', 2, "'{' stands where the end of the file must"),
        ('{"a": 01}', 1, "a number is written wrongly"),
        ('{"a": NaN}', 1, "'N' cannot be read"),
        ('{"a": "', 1, "'\"' cannot be read"),
        ("[1, 2", 1, "the end of the file stands where a comma or the closing bracket must"),
        ("[1}", 1, "'}' stands where a comma or the closing bracket must"),
    ],
)
def test_broken_json_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    [problem] = problems(text, as_json=True)
    assert problem.line == line
    assert reason in problem.reason


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_nested_too_deep_is_refused(as_json: bool) -> None:
    assert f"nested more than {DEEPEST} levels deep" in problems("[" * 100_000, as_json=as_json)[0].reason


def test_a_file_with_too_many_parts_is_refused() -> None:
    assert problems("[" + "1," * MOST_NODES + "1]", as_json=True)[0].reason == "more than 500,000 parts"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_repeated_field_is_told(as_json: bool) -> None:
    found = problems('{"title": "a",\n"title": "b"}', as_json=as_json)
    assert Problem("title", "stands twice, first on line 1", 2) in found


@pytest.mark.parametrize(("text", "shown"), [(r'{"title": "a\u0000b"}', "U+0000"), (r'{"title": "\ud800"}', "U+D800")])
def test_characters_that_no_text_has_are_refused(text: str, shown: str) -> None:
    assert Problem("title", f"has the character {shown}, which no text has", 1) in problems(text, as_json=True)


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("status: sentenced", "status: sentence", "cases[0].status", "did you mean sentenced?"),
        ("sex: female", "sexx: female", "persons[0].sexx", "is not a field of the format"),
        ("title: Dana Sample, teacher", "title: 5", "cases[0].title", "must be text: put it in quotes"),
        ("months: 72", "months: many", "cases[0].sentences[0].months", "must be a whole number"),
        ("months: 72", "months: 99999999", "cases[0].sentences[0].months", "less than or equal to 1200"),
        ("recurrence_days: 30", "recurrence_days: 0", "cases[0].follow_ups[0].recurrence_days", "greater than or equal"),
        ("time_zone: Asia/Aqtau", "time_zone: UTC+5", "cases[1].time_zone", "is not a time zone of the IANA database"),
        ("reference: KAZ-2099-001", "reference: KAZ-1", "cases[0].reference", "a reference such as KAZ-2014-003"),
        ("url: https://reports.example.org/1", "url: javascript:1", "sources[0].url", "a link that begins with http"),
        ("persons: [dana]", "persons: [danna]", "cases[0].persons[0]", "no person of this file is called 'danna'"),
        ("main_source: briefing", "main_source: x", "main_source", "no source of this file is called 'x'"),
        ("cases: [KAZ-2099-002]", "cases: [KAZ-2099-009]", "demands[1].cases[0]", "no case of this file is called"),
        ("- key: letter", "- key: briefing", "sources[1].key", "'briefing' stands twice"),
        ("- key: arman", "- key: dana", "persons[1].key", "'dana' stands twice"),
        ("key: 002-reply", "key: 001-review", "cases[1].follow_ups[0].key", "'001-review' stands twice"),
        ("code: 1S1", "code: 1G1", "demands[1].code", "'1G1' stands twice"),
        ("until: 2014-03-20", "until: 2014-02-20", "cases[0].isolation_placements[0].until", "lies before from"),
        ("sent: 2014-09-01", "sent: 2014-09-01\n        answered: 2014-08-31", "cases[0].petitions[0].answered", "lies before sent"),
        ("sent: 2014-09-01", "sent: 2014-09-06", "cases[0].petitions[0].pauses[0].from", "lies before the petition was sent"),
        ("until: 2014-09-12", "until: 2014-09-04", "cases[0].petitions[0].pauses[0].until", "lies before from"),
        ("        reply_basis: Complaints Act, section 8\n", "", "cases[0].petitions[0].reply_within_days", "reply_basis must name the law"),
        ("mechanism: domestic_complaint", "mechanism: letter", "cases[0].petitions[0].mechanism", "domestic_complaint"),
        ("person: dana, months", "person: arman, months", "cases[0].sentences[0].person", "is not one of this case's persons"),
        ("kind: legal}\ncases", "kind: legal}\n    born: 2000-01-01\n    deceased: 1999-01-01\ncases", "persons[1].deceased", "lies before born"),
        ("[[001-term]]", "[[001-term], []]", "cases[0].rests_on", "the summary has 1 sentences, and this lists 2"),
        ("[[001-term]]", "[[001-trem]]", "cases[0].rests_on[0][0]", "no assertion of this case is called '001-trem'"),
        ("value: Six years", "tier: sealed\n        value: Six years", "cases[0].rests_on[0][0]", "'001-term' is sealed"),
        ("language: ru, summary", "language: xx-nonsense, summary", "cases[0].texts[0].language", "no language tag"),
        ("language: ru, summary", "language: en, summary", "cases[0].texts[0].language", "The original is in this language"),
        ("as_of: 2014-10-20}", "as_of: 2014-10-20}\n      - {language: ru, summary: Ещё}", "cases[0].texts[1].language", "'ru' stands twice"),
        ("as_of: 2014-10-20}", "translated_by: A}", "cases[0].texts[0].translated_by", "is not a field"),
        ("as_of: 2014-10-20}", "as_of: 2014-10-20}\n      - {language: kk, summary: ' '}", "cases[0].texts[1].summary", "empty"),
        ("pronoun: she", "pronoun: her", "persons[0].pronoun", "must be one of: she, he, they"),
        ("cases: [KAZ-2099-002]", "cases: [], duplicate_of: 1S1", "demands[1].duplicate_of", "cannot repeat itself"),
        ("cases: [KAZ-2099-002]", "cases: [], overlaps: 9G9", "demands[1].overlaps", "no demand of this file is called '9G9'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_field_and_reason(old: str, new: str, where: str, reason: str) -> None:
    text = spoiled(old, new)
    told = [problem for problem in problems(text) if problem.where == where]
    assert told, problems(text)
    assert reason in told[0].reason
    assert told[0].line is not None


def test_two_pauses_of_one_name_are_told() -> None:
    again = ", basis: Section 9}\n          - {key: 001-file, from: 2014-09-20, reason: Again, basis: Section 9}"
    [problem] = problems(spoiled(", basis: Section 9}", again))
    assert problem.where == "cases[0].petitions[0].pauses[1].key"


def test_a_month_does_not_begin_on_its_last_day() -> None:
    month = "sent: 2014-09-30\n        sent_precision: month\n        answered: 2014-09-10"
    assert read(spoiled("sent: 2014-09-01", month)).file.cases[0].petitions[0].answered


def test_a_missing_field_is_told_at_the_row_that_lacks_it() -> None:
    [problem] = problems(spoiled("    summary: A driver who waits for an answer.\n", ""))
    assert (problem.where, problem.reason) == ("cases[1].summary", "is missing")
    assert problem.line == line_of("- reference: KAZ-2099-002")


def test_all_faults_are_told_together_in_the_files_order() -> None:
    text = spoiled("kind: chronic_review", "kind: nope").replace("country: KZ", "country: Kazakhstan")
    found = problems(text.replace("due: 2014-11-10", "due: soon"))
    assert [problem.where for problem in found] == [
        "country",
        "cases[0].follow_ups[0].kind",
        "cases[1].follow_ups[0].due",
    ]


def test_more_faults_than_anybody_reads_are_counted() -> None:
    found = problems(CASE_FILE + "".join(f"extra{n}: 1\n" for n in range(MOST_PROBLEMS + 10)))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1].reason == "and 10 more"


def test_a_file_that_is_not_there_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(InvalidCaseFile, match="cannot be read: No such file or directory"):
        read_case_file(tmp_path / "none.yaml")


def test_the_ending_of_the_name_chooses_json(tmp_path: Path) -> None:
    path = tmp_path / "sample.JSON"
    path.write_text(as_json(), encoding="utf-8")
    assert read_case_file(path).file == read().file
