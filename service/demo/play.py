"""Plays the case file: loads it, lets the days pass, and delivers what they bring to real receivers."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from alerts.facts import MatrixRoom, SignedWebhook, SlackWebhook
from service.app import build_parts, create_app
from service.casefile.reading import read_case_file
from service.clock import FixedClock, SystemClock
from service.commands.add_member import add_member
from service.commands.destinations import add_destination, new_webhook_secret
from service.commands.import_case_file import import_case_file
from service.database import open_engine
from service.demo.audience import ask_to_subscribe, press_the_buttons, subscribe_country
from service.demo.certificates import issue_certificate
from service.demo.inbox import Inbox
from service.demo.inbox_pages import DemoState, router
from service.demo.ledger import LedgerLine, ledger_lines, totals
from service.demo.receivers import Receivers
from service.migrating import migrate
from service.security.encryption import open_vault
from service.settings import SmtpSettings, load_settings
from service.vocabulary import ChannelName, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.web import Parts

CASE_FILE = Path(__file__).with_name("kazakhstan_2014.yaml")
FIRST_DAY, LAST_DAY = date(2014, 10, 24), date(2015, 3, 1)
# Midday in Almaty: the day's own midnight has passed in every zone of the case file.
TIME_OF_CHECK = time(6, tzinfo=UTC)
COUNTRY, TIME_ZONE = "KZ", "Asia/Almaty"
MEMBER = "demo"
