"""Who listens for commits goes on listening when the database has been away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from service.worker.waking import listen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_a_file_that_cannot_be_opened_for_a_while_stops_nobody(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/away/vigil.db")
    woken = asyncio.Event()
    listening = asyncio.create_task(listen(engine, wake=woken.set, again_after_s=0.01))
    await asyncio.sleep(0.05)
    assert not listening.done()
    (tmp_path / "away").mkdir()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE something (n INTEGER)"))
    async with asyncio.timeout(10):
        await woken.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    engine.dispose()
