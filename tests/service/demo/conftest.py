"""The Kazakhstan case file, read once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from service.casefile.schema import Case, CaseFile

FILE = Path(__file__).parents[3] / "service" / "demo" / "kazakhstan_2014.yaml"


@pytest.fixture(scope="session")
def text() -> str:
    return FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def file(text: str) -> CaseFile:
    return CaseFile.model_validate(yaml.safe_load(text))


@pytest.fixture(scope="session")
def cases(file: CaseFile) -> dict[str, Case]:
    """By the last three digits of the reference."""
    return {case.reference[-3:]: case for case in file.cases}
