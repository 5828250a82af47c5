"""What a document contradicts or repeats is told, and nothing more is told than may be."""

from __future__ import annotations

import pytest

from service.casefile.findings import find
from tests.service.casefile.samples import CASE_FILE, line_of, read, spoiled

TERM = "      - key: 001-term\n"
SECOND = "      - {key: 001-other, attribute: term, value: Seven years, locator: §2%s}\n"


def test_the_sample_has_nothing_to_tell() -> None:
    assert find(read()) == []


def test_two_values_of_one_attribute_contradict_each_other() -> None:
    text = spoiled(TERM, SECOND % "" + TERM)
    [finding] = find(read(text))
    assert (finding.code, finding.case) == ("contradiction", "KAZ-2099-001")
    assert finding.where == "assertions 001-other, 001-term"
    assert finding.message == "term: “Seven years” (§2) / “Six years” (§1)"
    assert finding.lines == (line_of("001-other", text), line_of("key: 001-term", text))


def test_the_same_value_in_other_letters_is_no_contradiction() -> None:
    assert find(read(spoiled(TERM, SECOND.replace("Seven", "SIX") % "" + TERM))) == []


@pytest.mark.parametrize("tier", ["confidential", "sealed"])
def test_a_value_that_is_held_closely_is_not_repeated(tier: str) -> None:
    [finding] = find(read(spoiled(TERM, SECOND % f", tier: {tier}" + TERM)))
    assert finding.message == "term: 2 different statements, which are not shown here"


def test_a_day_after_the_sources_own_is_told() -> None:
    [finding] = find(read(spoiled("occurred: 2013-05-02\n", "occurred: 2014-12-17\n")))
    assert finding.code == "after_as_of"
    assert finding.message == "is dated 2014-12-17, but its source speaks for 2014-10-24"


def test_a_month_that_the_source_was_written_in_is_not_after_it() -> None:
    dated = "occurred: 2014-10-31\n        occurred_precision: month\n"
    assert find(read(spoiled("occurred: 2013-05-02\n", dated))) == []


def test_a_text_that_breaks_off_is_told() -> None:
    [finding] = find(read(spoiled("occurred: 2013-05-02\n", "incomplete: true\n")))
    assert (finding.code, finding.message) == ("incomplete", "term: the source breaks off (§1)")


def test_a_duplicate_and_an_overlap_of_demands_are_told() -> None:
    more = "  - {code: 1S2, text: Again., addressee: Court, duplicate_of: 1G1}\n"
    more += "  - {code: 1S3, text: In part., addressee: Court, overlaps: 1G1}\n"
    found = find(read(CASE_FILE + more))
    assert [(finding.code, finding.where) for finding in found] == [
        ("duplicate_demand", "demands 1S2, 1G1"),
        ("overlapping_demand", "demands 1S3, 1G1"),
    ]


def test_the_same_words_without_a_link_are_told() -> None:
    [finding] = find(read(CASE_FILE + "  - {code: 1S2, text: Let  doctors in., addressee: Court}\n"))
    assert finding.message == "has the words of 1G1, and no `duplicate_of` says so"


def test_a_sentence_that_rests_on_nothing_is_told_of_a_public_case() -> None:
    text = spoiled("    rests_on: [[001-term]]\n", "").replace("from home.", "from home. Nobody visits her.")
    first, second = find(read(text))
    assert (first.code, first.case, first.where) == ("unfounded", "KAZ-2099-001", "summary")
    assert second.message.startswith("sentence 2 rests on no assertion, and is not published: ")
