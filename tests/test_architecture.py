"""The house rules that no linter knows: who may end a transaction, read the clock or the environment, and name a file."""

from __future__ import annotations

import ast
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
PACKAGES = ("service", "alerts")
DOORS = ("service/web.py", "service/worker/", "service/cli/", "service/demo/", "service/simulation/")
# Not requests or jobs: they run before there are any, or speak to the driver.
BELOW_TRANSACTIONS = ("service/migrating.py", "service/database.py")
CEILING = 250
# Lists, not logic: to split them would scatter what is read as one.
LISTS = ("service/vocabulary.py", "service/casefile/schema.py")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "service"}
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "func.now",
    "func.current_timestamp",
}


def faults_of(rule: Callable[[str, str], Iterator[str]], *folders: str) -> list[str]:
    """What the rule finds in the source files below these folders of the checkout."""
    return [
        f"{path.relative_to(ROOT)}: {fault}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        for fault in rule(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]


def transactions_at_the_doors(path: str, source: str) -> Iterator[str]:
    if path.startswith((*DOORS, *BELOW_TRANSACTIONS)):
        return
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"commit", "rollback", "begin"}
        ):
            yield f"line {node.lineno} calls {node.func.attr}()"


def one_clock(path: str, source: str) -> Iterator[str]:
    if path == "service/clock.py":
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in CLOCKS:
            yield f"line {node.lineno} reads the clock: {ast.unparse(node.func)}()"


def one_reader_of_the_environment(path: str, source: str) -> Iterator[str]:
    if path == "service/settings.py":
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}:
            yield f"line {node.lineno} reads the environment"
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & {"environ", "getenv"}:
            yield f"line {node.lineno} imports the environment"


def short_enough(path: str, source: str) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > CEILING and path not in LISTS:
        yield f"{lines} lines, more than {CEILING}"


def named_for_what_it_does(path: str, source: str) -> Iterator[str]:
    if Path(path).stem in VAGUE_NAMES or Path(path).parent.name in VAGUE_NAMES - {"service"}:
        yield "a name that says nothing"


def opened_with_one_sentence(path: str, source: str) -> Iterator[str]:
    tree = ast.parse(source)
    first = (ast.get_docstring(tree) or "").split("\n\n")[0]
    if not first.rstrip().endswith("."):
        yield "does not open with a sentence"
    has_more = any(not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.Assign) for node in tree.body)
    if has_more and "from __future__ import annotations" not in source:
        yield "lacks `from __future__ import annotations`"


def collected_by_pytest(path: str, source: str) -> Iterator[str]:
    if Path(path).name.startswith("test_"):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield f"line {node.lineno}: {node.name} never runs in a file of this name"


def patches_nothing(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith(("mock.patch", "mocker.patch", "monkeypatch.setattr")) or name == "patch":
                yield f"line {node.lineno} patches: pass a double in"


RULES = [
    (transactions_at_the_doors, PACKAGES),
    (one_clock, PACKAGES),
    (one_reader_of_the_environment, PACKAGES),
    (short_enough, PACKAGES),
    (named_for_what_it_does, (*PACKAGES, "tests")),
    (opened_with_one_sentence, (*PACKAGES, "tests", "migrations")),
    (collected_by_pytest, ("tests",)),
    (patches_nothing, ("tests",)),
]
PLANTED = [
    (transactions_at_the_doors, "service/commands/complete.py", "session.commit()"),
    (transactions_at_the_doors, "service/queries/due.py", "with engine.begin() as connection: pass"),
    (one_clock, "alerts/overdue.py", "today = datetime.date.today()"),
    (one_clock, "service/commands/complete.py", "at = datetime.now(UTC)"),
    (one_clock, "service/commands/complete.py", "select(sqlalchemy.func.now())"),
    (one_reader_of_the_environment, "service/links.py", "import os\nurl = os.environ['URL']"),
    (one_reader_of_the_environment, "service/links.py", "from os import getenv"),
    (short_enough, "service/links.py", "\n" * 251),
    (named_for_what_it_does, "service/worker/utils.py", ""),
    (named_for_what_it_does, "service/common/links.py", ""),
    (opened_with_one_sentence, "service/links.py", "import os"),
    (opened_with_one_sentence, "service/links.py", '"""Links."""\ndef link() -> None: ...'),
    (collected_by_pytest, "tests/service/links_test.py", "def test_a_link_is_absolute(): ..."),
    (patches_nothing, "tests/service/test_links.py", "monkeypatch.setattr('service.clock.now', None)"),
]


@pytest.mark.parametrize(("rule", "folders"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_the_house_keeps_its_rules(rule: Callable[[str, str], Iterator[str]], folders: tuple[str, ...]) -> None:
    assert faults_of(rule, *folders) == []


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_a_broken_rule_would_be_found(rule: Callable[[str, str], Iterator[str]], path: str, source: str) -> None:
    assert list(rule(path, source))


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in RULES} == {rule for rule, _, _ in PLANTED}


def test_tests_cannot_reach_beyond_this_machine() -> None:
    with socket.socket() as plug, pytest.raises(Exception, match=r"192\.0\.2\.1"):
        plug.connect(("192.0.2.1", 80))
