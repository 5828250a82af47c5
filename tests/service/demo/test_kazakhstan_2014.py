"""The Kazakhstan case file holds what its source says, with every link, place and contradiction."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml

from service.vocabulary import DetentionStatus, Implementation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.casefile.schema import Case, CaseFile, Cited

REPORTS = {
    "§1": {3337, 4036, 745, 4759},
    "§2": {3420, 3319, 4040, 3102, 1198, 3336, 988},
    "§3": {1297, 4748, 3879, 1156, 991, 1255, 4317, 4323},
    "§4": {1050, 3128},
    "§5": {3149, 1261, 1300},
}
# One general and one specific number a section, in the document's order.
DEMANDS = {"1": (8, 5), "2": (7, 6), "3": (8, 4), "4": (3, 2), "5": (3, 1), "6": (2, 0)}


def test_there_is_a_country_case_and_twenty_more(cases: dict[str, Case]) -> None:
    assert list(cases) == [f"{number:03d}" for number in range(21)]


def test_every_section_has_its_demands_in_the_order_of_the_document(file: CaseFile) -> None:
    expected = [
        f"{section}{scope}{order}"
        for section, (general, specific) in DEMANDS.items()
        for scope, most in (("G", general), ("S", specific))
        for order in range(1, most + 1)
    ]
    assert len(expected) == 49
    assert [demand.code for demand in file.demands] == expected


def test_the_repeated_demand_is_linked_and_48_are_different(file: CaseFile) -> None:
    repeated = {demand.code: demand.duplicate_of for demand in file.demands if demand.duplicate_of}
    assert repeated == {"1G7": "1G4"}
    assert {demand.code: demand.overlaps for demand in file.demands if demand.overlaps} == {"3G8": "1G4"}
    assert len({demand.text for demand in file.demands}) == 48


def test_no_demand_is_called_fulfilled_or_answered(file: CaseFile) -> None:
    assert {demand.implementation for demand in file.demands} == {Implementation.NOT_ASSESSED}
    assert {demand.state_response for demand in file.demands} == {None}


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("001", "1S2"),
        ("002", "1S2"),
        ("003", "1S2 3S2"),
        ("004", "1S2 3S1"),
        ("005", "1S2 3S2"),
        ("006", "3S3"),
        ("007", "1S1 3S2"),
        ("008", "1G8 5G1 5G2 5G3"),
        ("009", "5S1"),
        ("010", "5G1 5G2 5G3"),
        ("011", "2G1"),
        ("012", "2G1"),
        ("013", "2S5"),
        ("014", "2S6"),
        ("015", "3S4"),
        ("016", "3S4"),
        ("017", "3S4"),
        ("018", "3S4"),
        ("019", "3S4"),
        ("020", "1S1 3G6"),
    ],
)
def test_a_case_has_the_demands_that_speak_of_it(file: CaseFile, case: str, codes: str) -> None:
    assert [d.code for d in file.demands if f"KAZ-2014-{case}" in d.cases] == codes.split()


def test_a_demand_about_no_case_in_particular_is_the_countrys(file: CaseFile) -> None:
    for demand in file.demands:
        assert (demand.cases == ["KAZ-2014-000"]) or (demand.cases and "KAZ-2014-000" not in demand.cases), demand.code
    assert sum(demand.cases == ["KAZ-2014-000"] for demand in file.demands) == 49 - 15


def test_the_status_of_each_case_is_the_documents(cases: dict[str, Case]) -> None:
    status = {number: case.status for number, case in cases.items()}
    expected = dict.fromkeys(cases, DetentionStatus.UNKNOWN)
    expected |= dict.fromkeys(["001", "002", "003", "004", "005", "007"], DetentionStatus.SENTENCED)
    expected |= dict.fromkeys(["009", "011", "013", "016", "017", "018"], DetentionStatus.AT_LIBERTY)
    expected |= {
        "006": DetentionStatus.FORCED_PSYCHIATRIC,
        "015": DetentionStatus.WANTED_ABROAD,
        "019": DetentionStatus.RESTRICTED_LIBERTY,
    }
    assert status == expected


def test_every_cited_report_is_there_with_its_link(file: CaseFile) -> None:
    for section, numbers in REPORTS.items():
        links = [source.url or "" for source in file.sources if source.cited_in == section]
        found = {
            int(m[1]) for link in links if (m := re.match(r"http://en\.odfoundation\.eu/a/(\d+),[a-z0-9-]+$", link))
        }
        assert found == numbers
        assert len(links) == len(numbers)


def test_the_three_footnotes_and_the_document_itself_are_sources(file: CaseFile) -> None:
    footnotes = [source for source in file.sources if "footnote" in (source.cited_in or "")]
    assert len(footnotes) == 3
    assert all(source.url for source in footnotes)
    assert [source.key for source in file.sources if source.cited_in is None] == [file.main_source]
    assert len(file.sources) == 24 + 3 + 1


def test_every_statement_says_where_it_stands(file: CaseFile) -> None:
    rows = [row for case in file.cases for row in cited(case)]
    assert len(rows) > 190
    for row in rows:
        assert re.search(r"§[1-6]|Introduction|^Preliminary remarks|^title$", row.locator), row.locator
        of_another_source = row.locator == "title" or row.locator.startswith("as cited")
        assert (row.source is not None) == of_another_source, row.locator


def test_a_date_after_the_document_and_a_name_that_breaks_off_are_kept_as_they_are(cases: dict[str, Case]) -> None:
    dates = {row.occurred for row in cases["000"].assertions if row.attribute == "shetpe-date"}
    assert dates == {date(2014, 12, 17), date(2011, 12, 17)}
    assert [row.key for case in cases.values() for row in case.assertions if row.incomplete] == ["006-hospital"]


def test_contradictions_stand_side_by_side(file: CaseFile) -> None:
    found = set()
    for case in file.cases:
        values = Counter(attribute for attribute, _ in {(row.attribute, row.value) for row in case.assertions})
        found |= {(case.reference[-3:], attribute) for attribute, number in values.items() if number > 1}
    assert found == {
        ("000", "shetpe-date"),
        ("002", "state-of-proceedings"),
        ("009", "charge"),
        ("013", "perpetrators"),
    }


def test_the_file_needs_no_anchors_and_its_lines_are_short(text: str) -> None:
    assert not [event for event in yaml.parse(text) if getattr(event, "anchor", None)]
    assert max(map(len, text.splitlines())) <= 160


def cited(case: Case) -> Iterator[Cited]:
    yield from case.assertions
    yield from case.health_conditions
    yield from case.care_events
    yield from case.detention_episodes
    yield from case.isolation_placements
    yield from case.proceedings
    yield from case.sentences
    yield from case.parole_reviews
