"""Where templates and migrations lie: beside an installed package, or in the checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGES = Path(__file__).resolve().parent.parent
_SHIPPED = PACKAGES / "vigil_files"
_ROOT = _SHIPPED if _SHIPPED.is_dir() else PACKAGES

TEMPLATES = _ROOT / "templates"
MIGRATIONS = _ROOT / "migrations"
