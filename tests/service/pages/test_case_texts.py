"""A case page in the reader's language, and what it says where nobody has translated it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from service.commands.case_texts import set_case_text
from service.records import Case
from tests.factories import make_footing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session, sessionmaker

    from service.security.encryption import Vault
    from tests.service.pages.conftest import Browser

pytestmark = pytest.mark.anyio
NOT_TRANSLATED = "Этот текст на английском языке: его ещё никто не перевёл."


async def test_a_russian_reader_reads_russian_until_the_original_changes(
    browser: Browser, case: Case, writing: sessionmaker[Session], vault: Vault, now: datetime
) -> None:
    with writing.begin() as session:
        make_footing(session, session.get_one(Case, case.id), case.summary, "She is free.")
    page = (await browser.open(f"/c/{case.slug}?lang=ru")).text
    assert f'<p class="lead" dir="auto" lang="en">{case.summary}' in page
    assert NOT_TRANSLATED in page
    with writing.begin() as session:
        set_case_text(
            session, session.get_one(Case, case.id), language="ru", summary="Учительница.", original=case.summary,
            translated_by=None, as_of=now.date(), now=now, by="tests", vault=vault,
        )  # fmt: skip
    page = (await browser.open(f"/c/{case.slug}?lang=ru")).text
    assert '<p class="lead" dir="auto" lang="ru">Учительница.<a class="note"' in page
    assert NOT_TRANSLATED not in page
    assert '<p dir="auto" lang="ru">Учительница.</p>' in (await browser.open("/?lang=ru")).text
    english = (await browser.open(f"/c/{case.slug}?lang=en")).text
    assert case.summary in english
    assert "nobody has translated it" not in english
    with writing.begin() as session:
        session.execute(update(Case).values(summary="She is free."))
    page = (await browser.open(f"/c/{case.slug}?lang=ru")).text
    assert '<p class="lead" dir="auto" lang="en">She is free.<a class="note"' in page
    assert NOT_TRANSLATED in page
