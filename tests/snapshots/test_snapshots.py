"""Every mail says what its snapshot says; who changes words takes them anew and reads the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.paths import TEMPLATES
from service.previews.invented import INVENTED
from tests.snapshots.taking import KEPT, snapshots, write

if TYPE_CHECKING:
    from pathlib import Path

ANEW = "make snapshots takes them anew; read the difference before you keep it"


def test_every_mail_in_every_language_reads_as_its_snapshot() -> None:
    wanted = snapshots()
    kept = {path.relative_to(KEPT): path.read_text(encoding="utf-8") for path in KEPT.rglob("*.txt")}
    differing = sorted(str(path) for path in wanted.keys() | kept.keys() if wanted.get(path) != kept.get(path))
    assert differing == [], ANEW


def test_every_mail_template_is_in_the_snapshots() -> None:
    # Those that say less are what the others become at a lower detail.
    reduced = {"news", "case_news", "case_news_digest"}
    folders = {path.name for path in (TEMPLATES / "email").iterdir() if path.is_dir()}
    assert folders == set(INVENTED) | reduced


def test_a_changed_word_is_found_and_taken_anew(tmp_path: Path) -> None:
    write(tmp_path)
    changed = tmp_path / "en" / "follow_up.txt"
    changed.write_text(changed.read_text(encoding="utf-8").replace("What must happen", "What may happen"))
    (tmp_path / "en" / "gone.txt").write_text("no kind is called so")
    assert write(tmp_path) == [changed, tmp_path / "en" / "gone.txt"]
    assert write(tmp_path) == []
