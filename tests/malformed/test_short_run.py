"""A few hundred of the ten thousand: none crashes, none leaves a row; `python -m tests.malformed` sends all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from tests.malformed.corpus import files
from tests.malformed.ground import prepared
from tests.malformed.running import run

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault

NOW = datetime(2014, 10, 24, 6, 0, tzinfo=UTC)
REFUSALS = 250


def test_malformed_files_are_refused_with_a_reason_and_leave_nothing(
    writing: sessionmaker[Session], vault: Vault, tmp_path: Path
) -> None:
    bundle = prepared(writing, vault, now=NOW)
    verdict = run(files(7, bundle), refusals=REFUSALS, writing=writing, folder=tmp_path, now=NOW, vault=vault)
    assert verdict.crashes == []
    assert verdict.partial == []
    assert verdict.wordless == []
    assert verdict.refused == REFUSALS
    assert set(verdict.by_name) == {"table.csv", "table.xlsx", "case.yaml", "case.json", "bundle.json", "mapping.yaml"}


def test_a_corpus_is_the_same_for_the_same_seed() -> None:
    first, again, other = (
        [one.content for one in islice(files(seed, b'{"content": {"cases": [{}]}}'), 40)] for seed in (3, 3, 4)
    )
    # a workbook bears the time at which its zip was made
    assert [one for one in first if not one.startswith(b"PK")] == [one for one in again if not one.startswith(b"PK")]
    assert first != other
