"""The format's reference shows a file that is really read, and names every finding."""

from __future__ import annotations

from pathlib import Path

from service.casefile import findings
from tests.service.casefile.samples import read

REFERENCE = Path(__file__).parents[3] / "docs" / "case-file-format.md"


def test_the_example_is_a_case_file() -> None:
    example = REFERENCE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert read(example).file.case_file == "sample-2014"


def test_every_finding_is_explained() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    codes = [value for name, value in vars(findings).items() if name.isupper() and isinstance(value, str)]
    assert len(codes) == 6
    assert [code for code in codes if f"| `{code}` |" not in text] == []
