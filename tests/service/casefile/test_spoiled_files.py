"""Whatever is done to a case file, it is read or refused; the reader never breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.casefile.cross_checks import cross_check
from service.casefile.findings import find
from service.casefile.json_text import json_events
from service.casefile.reading import parse_case_file
from service.casefile.tree import build
from service.errors import InvalidCaseFile
from tests.service.casefile.samples import CASE_FILE, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

YAML, JSON = CASE_FILE.encode(), as_json().encode()
SNIPPETS = [b"&a ", b"*a", b"!!int ", b"- ", b": ", b"{", b"}", b"[", b"]", b'"', b"'", b"\n", b"\t", b"\x00", b"\xff"]
SNIPPETS += [b"---\n", b"null", b"true", b"-1", b"1e9", b"9" * 30, b"0001-01-01", b"9999-12-31", b"2014-02-31", b"? "]
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

STRANGE: list[Any] = [[], {}, [[]], [{}]]

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(SNIPPETS), st.binary(max_size=6))),
    min_size=1,
    max_size=4,
)


def spoil(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, removed, added in changes:
        start = int(place * len(content))
        content = content[:start] + added + content[start + removed :]
    return content


def read_or_refuse(content: bytes, *, as_json: bool) -> None:
    refused: InvalidCaseFile | None = None
    try:
        find(parse_case_file(content, as_json=as_json))
    except InvalidCaseFile as error:
        refused = error
    assert refused is None or all(problem.reason for problem in refused.problems)


@MANY
@given(edits)
def test_spoiled_yaml_is_read_or_refused(changes: list[tuple[float, int, bytes]]) -> None:
    read_or_refuse(spoil(YAML, changes), as_json=False)


@MANY
@given(edits)
def test_spoiled_json_is_read_or_refused(changes: list[tuple[float, int, bytes]]) -> None:
    read_or_refuse(spoil(JSON, changes), as_json=True)


@MANY
@given(st.binary(max_size=200), st.booleans())
def test_anything_at_all_is_read_or_refused(content: bytes, as_json: bool) -> None:
    read_or_refuse(content, as_json=as_json)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@MANY
@given(st.sampled_from(sorted({line.strip(" -{").split(":")[0] for line in CASE_FILE.splitlines()})), anything)
def test_a_field_may_hold_anything(name: str, value: object) -> None:
    tree = json.loads(JSON)
    replace(tree, name, value)
    read_or_refuse(json.dumps(tree).encode(), as_json=True)


def test_wherever_a_list_or_a_mapping_stands_in_place_of_a_word_it_is_passed_over() -> None:
    for place in places(json.loads(JSON)):
        for strange in STRANGE:
            tree = json.loads(JSON)
            *way, last = place
            parent = tree
            for step in way:
                parent = parent[step]
            parent[last] = strange
            list(cross_check(build(json_events(json.dumps(tree)))))


def places(tree: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each part."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, part in parts:
        yield (key,)
        yield from ((key, *rest) for rest in places(part))


def replace(tree: object, name: str, value: object) -> None:
    """Put the value wherever a field of this name stands."""
    if isinstance(tree, dict):
        for key in tree:
            if key == name:
                tree[key] = value
            else:
                replace(tree[key], name, value)
    elif isinstance(tree, list):
        for item in tree:
            replace(item, name, value)
