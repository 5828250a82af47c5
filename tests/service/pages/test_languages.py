"""In which language a page answers, and that words without a translation are marked."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from alerts.languages import Languages
from service.app import create_app
from service.errors import ConfigurationError
from service.pages.rendering import Pages
from tests.service.pages.conftest import ORIGIN, Browser
from tests.service.pages.visiting import a_reader
from tests.spoken import CATALOGUES

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session, sessionmaker

    from service.links import Links
    from service.records import Case
    from service.security.encryption import Vault
    from service.web import Parts

pytestmark = pytest.mark.anyio


async def spoken(parts: Parts, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(parts)), base_url=ORIGIN) as client:
        return await client.get(path, headers=headers)


async def test_the_link_comes_before_the_browser_and_the_browser_before_the_organisation(parts: Parts) -> None:
    arabic = replace(parts, settings=parts.settings.model_copy(update={"language": "ar"}))
    for path, asked, answered in (
        ("/help?lang=ru", "en", "ru"),
        ("/help?lang=xx", "en", "en"),
        ("/help", "ru-KZ, en;q=0.5", "ru"),
        ("/help", "zz, *;q=0.1", "ar"),
        ("/help", "", "ar"),
    ):
        page = await spoken(arabic, path, **{"Accept-Language": asked})
        assert page.headers["content-language"] == answered, (path, asked)


async def test_a_subscribers_page_speaks_their_language_unless_the_link_names_another(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, links: Links
) -> None:
    reader = a_reader(writing, vault, case)
    with writing.begin() as session:
        session.merge(reader).subscriber.language = "ar"
    path = links.unsubscribe(reader.id).removeprefix(ORIGIN)
    page = await browser.open(path, **{"Accept-Language": "ru"})
    assert page.headers["content-language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in page.text
    assert (await browser.open(f"{path}?lang=ru")).headers["content-language"] == "ru"


def test_an_organisations_language_that_we_do_not_speak_is_refused(parts: Parts) -> None:
    with pytest.raises(ConfigurationError, match="VIGIL_LANGUAGE: known are: en, "):
        Pages(parts.languages, parts.settings.model_copy(update={"language": "xx"}))


async def test_a_page_with_words_that_nobody_translated_says_so(parts: Parts, tmp_path: Path) -> None:
    shutil.copytree(CATALOGUES / "ru", tmp_path / "ru")
    po = tmp_path / "ru" / "LC_MESSAGES" / "vigil.po"
    whole = po.read_text(encoding="utf-8")
    po.write_text(
        whole.replace('"Как получать сообщения?"', '""').replace('"Некоторые слова', '"Ряд слов'), encoding="utf-8"
    )
    lacking = replace(parts, languages=Languages(tmp_path))
    page = await spoken(lacking, "/help?lang=ru")
    assert "How do I get alerts?" in page.text
    assert "Ряд слов" in page.text
    assert "Ряд слов" not in (await spoken(lacking, "/privacy?lang=ru")).text
    for language in ("ru", "en"):
        assert 'role="note"' not in (await spoken(parts, f"/help?lang={language}")).text
