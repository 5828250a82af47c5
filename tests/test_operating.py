"""The operator's page names every setting, with the default that is in force, and no setting that is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "operating.md"


def told() -> dict[str, tuple[str, str]]:
    """The default and the meaning of every variable in the page's table."""
    rows = re.findall(r"^\| `(VIGIL_\w+)` \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: (default.strip("`"), meaning) for name, default, meaning in rows}


def in_force(model: type[BaseModel], prefix: str = "VIGIL_") -> Iterator[tuple[str, Any, str | None]]:
    """Every variable with its default and what the settings themselves say of it."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from in_force(field.annotation, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field.default, field.description


def written(default: Any) -> str:
    """A default as the page writes it."""
    if default is None or default == "":
        return "unset"
    return json.dumps(list(default)) if isinstance(default, tuple) else str(default)


def test_the_page_lists_exactly_the_settings_there_are() -> None:
    assert set(told()) == {name for name, _, _ in in_force(Settings)}


def test_the_page_tells_the_defaults_in_force() -> None:
    wrong = {
        name: (told()[name][0], default)
        for name, default, _ in in_force(Settings)
        if told()[name][0] != written(default)
    }
    assert wrong == {}


def test_the_page_says_what_the_settings_say() -> None:
    wrong = [
        name
        for name, _, description in in_force(Settings)
        if description and told()[name][1].removeprefix("*Secret.* ") != description
    ]
    assert wrong == []


def test_every_secret_is_marked_as_one() -> None:
    marked = {name for name, (_, meaning) in told().items() if meaning.startswith("*Secret.*")}
    assert marked == {
        "VIGIL_DATABASE_URL", "VIGIL_HEARTBEAT_URL", "VIGIL_OPENPGP_SIGNING_KEY", "VIGIL_INTAKE__IMAP_PASSWORD", "VIGIL_SECRET_KEY",
        "VIGIL_SMTP__PASSWORD",
    }  # fmt: skip
