"""An urgent action for Mukhtar Dzhakishev, from the draft to the stop action: by HTTP and messages alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from alerts.facts import EmailAddress, MatrixRoom, SignedWebhook, SlackWebhook, Tier
from service.app import build_parts, create_app
from service.casefile.reading import read_case_file
from service.clock import FixedClock, SystemClock
from service.commands.destinations import new_webhook_secret
from service.commands.import_case_file import import_case_file
from service.demo.certificates import issue_certificate
from service.demo.inbox import Captured, Inbox
from service.demo.play import CASE_FILE
from service.demo.receivers import Receivers
from service.mail_settings import SmtpSettings
from service.records import Case, Source
from service.vocabulary import Role
from service.worker.jobs import check_completeness
from service.worker.running import run_until_drained
from service.worker.urgent_jobs import move_urgent_actions
from tests.factories import make_destination, make_subscriber, make_subscription
from tests.service.api.calling import make_member, make_token
from tests.service.pages.conftest import ORIGIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, sessionmaker

    from alerts.facts import Address
    from service.security.encryption import Vault
    from service.settings import Settings
    from service.web import Parts

pytestmark = pytest.mark.anyio
REFERENCE = "KAZ-2014-002"
AT_THE_START = datetime(2014, 10, 27, 9, 0, tzinfo=UTC)
MONTH = timedelta(days=31)


@dataclass
class Member:
    """Somebody of the staff who works through the API."""

    http: httpx.AsyncClient
    token: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.http.request(method, f"/api/v1{path}", json=body, headers=sent)

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def change(self, method: str, path: str, body: Any = None, *, verb: str = "") -> httpx.Response:
        """Change what was just read."""
        version = (await self.get(path))["version"]
        return await self.call(method, path + verb, body, **{"If-Match": f'"{version}"'})

    async def do(self, path: str, verb: str, body: Any = None) -> Any:
        answer = await self.change("POST", path, body, verb=f"/{verb}")
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@dataclass
class Organisation:
    """Olga writes, Boris approves; readers follow the case by mail in two languages, in rooms and by a webhook."""

    olga: Member
    boris: Member
    inbox: Inbox
    clock: FixedClock
    parts: Parts
    case_id: str = ""
    person_id: str = ""
    source_id: str = ""
    seen: int = 0

    async def wait(self, **time: int) -> list[Captured]:
        """Let time pass and the worker work; what the receivers took since the last look."""
        self.clock.at += timedelta(**time)
        move_urgent_actions(self.parts)
        await run_until_drained(self.parts)
        found = check_completeness(self.parts)
        assert found is None or found.holds, found
        new = self.inbox.messages[self.seen :]
        self.seen = len(self.inbox.messages)
        return sorted(new, key=lambda one: (one.channel, one.receiver))

    async def put_official_on_record(self, verified_on: str) -> str:
        body = {
            "office": "Minister of Internal Affairs of Kazakhstan", "country": "KZ", "last_verified_on": verified_on,
            "address": "1 Example Street\nAstana", "mailbox": "minister@ministry.example.org",
            "salutations": {"en": "Dear Minister", "ru": "Уважаемый господин министр"},
        }  # fmt: skip
        answer = await self.olga.call("POST", "/target-officials", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def put_embassy_on_record(self) -> str:
        body = {
            "office": "Embassy of Kazakhstan, Example City", "country": "KZ", "last_verified_on": "2014-10-20",
            "address": "2 Example Avenue\nExample City",
        }  # fmt: skip
        answer = await self.olga.call("POST", "/target-officials", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def words(self, official: str) -> dict[str, Any]:
        return {
            "headline": "Let independent observers visit Mukhtar Dzhakishev",
            "summary": (
                "Mukhtar Dzhakishev, former president of the national company Kazatomprom, was convicted in 2009.\n"
                "The case materials are classified, so the evidence is not known to the public."
            ),
            "act_by": "2014-11-24", "write_in": ["ru", "kk", "en"], "person_ids": [self.person_id],
            "target_ids": [official],
            "demands": [{"text": "Let independent observers visit him."}, {"text": "Publish the evidence."}],
            "letters": {
                "en": "I write about Mukhtar Dzhakishev.\nPlease let independent observers visit him.",
                "ru": "Я пишу о Мухтаре Джакишеве.\nПожалуйста, допустите к нему независимых наблюдателей.",
            },
            "letter_subjects": {"en": "Observers for Mukhtar Dzhakishev"}, "index_number": "CA 1/2014",
            "guidance": {"en": "Say how you heard of the case.", "ru": "Напишите, откуда вы узнали об этом деле."},
            "background": "Independent doctors were not let in.",
            "sources": [{"source_id": self.source_id, "as_of": "2014-10-24"}], "report_to": "letters@example.org",
        }  # fmt: skip

    async def draft(self, **changed: Any) -> str:
        """The path of a draft by Olga."""
        official = changed.pop("official", None) or await self.put_official_on_record("2014-10-20")
        copies = [await self.put_embassy_on_record()]
        body = {"case_id": self.case_id, **self.words(official), "copy_ids": copies, **changed}
        answer = await self.olga.call("POST", "/urgent-actions", body)
        assert answer.status_code == 201, answer.text
        return f"/urgent-actions/{answer.json()['id']}"

    async def rest(self, statement: str, *assertions: str) -> None:
        """Olga ties a sentence to assertions of the case."""
        body = {"statement": statement, "assertion_ids": assertions}
        answer = await self.olga.call("POST", f"/cases/{self.case_id}/statements", body)
        assert answer.status_code == 200, answer.text

    async def assertion(self, attribute: str) -> str:
        """The one of this attribute that the case file holds."""
        items = (await self.olga.get(f"/assertions?case_id={self.case_id}"))["items"]
        [one] = [item["id"] for item in items if item["attribute"] == attribute]
        return str(one)

    async def found_words(self) -> None:
        """What `words` say rests on what the case file holds."""
        words = self.words("")
        await self.rest(words["headline"], await self.assertion("independent-doctors"))
        await self.rest(words["background"], await self.assertion("independent-doctors"))
        await self.rest(words["summary"].splitlines()[0], await self.assertion("occupation"))

    async def record(self, attribute: str, value: str) -> str:
        """A new assertion, taken from a letter."""
        source = {"key": f"letter-{attribute}", "title": "A letter from the family", "tier": "restricted"}
        source_id = (await self.olga.call("POST", "/sources", source)).json()["id"]
        body = {
            "case_id": self.case_id, "source_id": source_id, "attribute": attribute, "value": value,
            "locator": "page 1", "as_of": "2014-10-27", "connection": "family",
        }  # fmt: skip
        answer = await self.olga.call("POST", "/assertions", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def refusal(self, path: str) -> dict[str, str]:
        """Why Boris cannot approve it: what, by where."""
        answer = await self.boris.change("POST", path, verb="/approve")
        assert answer.status_code == 422, answer.text
        return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}


@pytest.fixture
async def organisation(
    settings: Settings, engine: Engine, vault: Vault, writing: sessionmaker[Session], tmp_path: Path
) -> AsyncIterator[Organisation]:
    """An installation on the demonstration case file, with receivers that really listen."""
    authority, tls = issue_certificate(tmp_path, now=SystemClock().now())
    clock, wall_clock = FixedClock(AT_THE_START), SystemClock()
    with Receivers(Inbox(), tls, new_webhook_secret()) as receivers:
        smtp = SmtpSettings(host="127.0.0.1", port=receivers.smtp_port, security="starttls", ca_file=authority)
        own = settings.model_copy(update={"smtp": smtp, "trusted_origins": (receivers.origin,)})
        parts = build_parts(own, clock=clock, wall_clock=wall_clock, engine=engine, vault=vault)
        with writing.begin() as session:
            import_case_file(session, read_case_file(CASE_FILE), now=clock.now(), by="tests", vault=vault)
            case = session.query(Case).filter_by(reference=REFERENCE).one()
            members = (
                make_member(session, "olga", cases=[case]),
                make_member(session, "boris", role=Role.COORDINATOR, cases=[case]),
            )
            tokens = [make_token(session, member, now=wall_clock.now(), vault=vault) for member in members]
            _let_them_follow(session, vault, case, receivers)
            case_id, person_id = str(case.id), str(case.persons[0].id)
            source_id = str(session.query(Source).filter_by(tier=Tier.PUBLIC).order_by(Source.key).limit(1).one().id)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(parts)), base_url=ORIGIN) as http:
            olga, boris = (Member(http, token) for token in tokens)
            yield Organisation(olga, boris, receivers.inbox, clock, parts, case_id, person_id, source_id)


def _let_them_follow(session: Session, vault: Vault, case: Case, receivers: Receivers) -> None:
    addresses: tuple[tuple[str, Address], ...] = (
        ("en", EmailAddress("marek@example.org")),
        ("ru", EmailAddress("aigul@example.org")),
        ("en", SlackWebhook(f"{receivers.origin}/services/T0/B0")),
        ("en", MatrixRoom(receivers.origin, "!room:example.org", secrets.token_urlsafe(16))),
        ("en", SignedWebhook(f"{receivers.origin}/hooks/partner", (receivers.webhook_secret,))),
    )
    for language, address in addresses:
        subscriber = make_subscriber(session, language=language)
        destination = make_destination(session, vault, address=address, subscriber=subscriber)
        make_subscription(session, vault, case=case, destination=destination)


async def test_from_the_draft_to_the_stop_action(organisation: Organisation) -> None:
    olga, boris = organisation.olga, organisation.boris

    # An official who was not looked at for months, a day that is past, and words about health that nobody agreed to.
    official = await organisation.put_official_on_record("2014-06-01")
    path = await organisation.draft(official=official, act_by="2014-10-26", speaks_of_health=True)
    await olga.do(path, "submit")
    refused = await organisation.refusal(path)
    assert set(refused) == {"#/target_ids", "#/act_by", "#/speaks_of_health", "#/headline", "#/summary", "#/background"}
    assert refused["#/summary"].startswith("No assertion carries this sentence: “Mukhtar Dzhakishev, former president")
    assert "was last verified on 2014-06-01, more than 90 days ago" in refused["#/target_ids"]
    assert "The last day to act, 2014-10-26, is not in the future." in refused["#/act_by"]
    assert "no live consent" in refused["#/speaks_of_health"]
    verified = await olga.change("PATCH", f"/target-officials/{official}", {"last_verified_on": "2014-10-27"})
    assert verified.status_code == 200
    await organisation.found_words()
    assert set(await organisation.refusal(path)) == {"#/act_by", "#/speaks_of_health"}
    await olga.do(path, "take-back")
    await olga.change("PATCH", path, {"act_by": "2014-11-24", "speaks_of_health": False})
    await olga.do(path, "submit")
    assert (await olga.change("POST", path, verb="/approve")).status_code == 403

    pronoun = await olga.change("PATCH", f"/persons/{organisation.person_id}", {"pronoun": "he"})
    assert pronoun.json()["pronoun"] == "he"

    # Approved by a second member, kept back for a minute, and then told on every channel.
    approved = await boris.do(path, "approve")
    assert (approved["number"], approved["leaves_at"]) == ("UA 1/14", "2014-10-27T09:01:00Z")
    assert await organisation.wait(seconds=59) == []
    told = await organisation.wait(seconds=1)
    assert [one.channel for one in told] == ["email", "email", "matrix", "slack", "webhook"]
    russian, english = told[:2]
    assert english.title == f"Urgent action by 24 November, case {REFERENCE}"
    assert russian.title == f"Срочная акция до 24 ноября, дело {REFERENCE}"
    for line in (
        "Let independent observers visit Mukhtar Dzhakishev", "- Publish the evidence.",
        "Minister of Internal Affairs of Kazakhstan", "1 Example Street", "minister@ministry.example.org",
        "Salutation: Dear Minister (English)", "Please let independent observers visit him.",
        "Embassy of Kazakhstan, Example City", "Subject: Observers for Mukhtar Dzhakishev", "letters@example.org",
        "Say how you heard of the case.", "Independent doctors were not let in.", "Person: Mukhtar Dzhakishev (he)",
        "https://vigil.example.org/ua/1-2014", "UA 1/14 · Index: CA 1/2014 · Kazakhstan · Issued: 27 October 2014",
    ):  # fmt: skip
        assert line in english.text.splitlines(), line
    assert "Dzhakishev" not in english.title + russian.title
    assert "https://vigil.example.org/u/" in english.text
    assert "(он)" in russian.text
    assert "Напишите, откуда вы узнали об этом деле." in russian.text
    page = await olga.http.get("/ua/1-2014")
    assert page.status_code == 200
    assert "mailto:minister@ministry.example.org?subject=Observers%20for%20Mukhtar%20Dzhakishev&amp;body=" in page.text
    assert (await olga.get(path))["status"] == "issued"
    assert (await olga.change("PATCH", path, {"headline": "Other"})).status_code == 409

    # The webhook says where to read on, and the API shows it to whoever was granted the case.
    event = told[-1].payload or {}
    assert event["type"] == "urgent_action.issued"
    [alert] = (await boris.get("/alerts"))["items"]
    assert (alert["kind"], alert["told"]["number"]) == ("urgent_action", "UA 1/14")

    # Letters are counted; something changes; everybody hears of it, with a new last day.
    counted = await olga.call("POST", f"{path}/letters", {"reported_on": "2014-10-27", "language": "ru", "letters": 40})
    assert counted.json() == {"by_language": {"ru": 40}, "total": 40}
    further = {**organisation.words(official), "what_changed": "A visit was promised.", "act_by": "2014-12-24"}
    later = f"/urgent-actions/{(await olga.do(path, 'further-information', further))['id']}"
    await olga.do(later, "submit")
    assert set(await organisation.refusal(later)) == {"#/what_changed"}
    promise = await organisation.record("promise", "The colony promised a visit.")
    await organisation.rest("A visit was promised.", promise)
    await boris.do(later, "approve")
    told = await organisation.wait(seconds=60)
    assert [one.channel for one in told] == ["email", "email", "matrix", "slack", "webhook"]
    assert told[1].title.strip() == f"Urgent action, new facts: by 24 December, case {REFERENCE}"
    assert "There is newer information." in (await olga.http.get("/ua/1-2014")).text
    assert "40 letters reported" in (await olga.http.get("/ua/1-2014-1")).text
    assert "A visit was promised." in told[1].text.splitlines()
    assert (await olga.get(path))["status"] == "closed"

    # The promise turns out to be none: everybody who was told hears that too, in their language and on their channel.
    wrong = {
        "assertion_id": promise, "kind": "retracted", "was": "A visit was promised.",
        "reason": "The colony says that it promised nothing.",
    }  # fmt: skip
    correction = f"/corrections/{(await olga.call('POST', '/corrections', wrong)).json()['id']}"
    assert (await olga.change("POST", correction, verb="/send")).status_code == 403
    assert (await boris.do(correction, "send"))["told"] == 5
    told = await organisation.wait(seconds=1)
    assert [one.channel for one in told] == ["email", "email", "matrix", "slack", "webhook"]
    assert told[1].title.strip() == "Correction, case KAZ-2014-002"
    assert "The colony says that it promised nothing." in told[1].text.splitlines()
    assert "Поправка" in told[0].title
    assert (told[-1].payload or {})["type"] == "correction.retracted"

    # A release: the stop action drafts itself, a second member approves it, and whoever was asked to write hears it.
    stopped = await olga.do(
        f"/persons/{organisation.person_id}", "release", {"on": "2014-10-26", "status": "released_parole"}
    )
    [stop_id] = stopped["stop_actions"]
    stop = f"/urgent-actions/{stop_id}"
    assert (await olga.get(stop))["status"] == "draft"
    await olga.do(stop, "submit")
    assert (await olga.change("POST", stop, verb="/approve")).status_code == 403
    await boris.do(stop, "approve")
    told = await organisation.wait(seconds=60)
    assert [one.channel for one in told] == ["email", "email", "matrix", "slack", "webhook"]
    assert told[1].title.strip() == f"Urgent action over: write no more letters, case {REFERENCE}"
    assert "The person is free." in told[1].text
    assert "minister@" not in told[1].text
    assert "Stop: please write no more letters" in (await olga.http.get("/ua/1-2014-2")).text
    assert "minister@" not in (await olga.http.get("/ua/1-2014-1")).text
    assert (await olga.get(later))["outcome"] == "released"
    assert await organisation.wait(days=100) == []


async def test_a_withdrawn_consent_keeps_back_what_names_the_person_and_stops_what_is_out(
    organisation: Organisation,
) -> None:
    olga, boris = organisation.olga, organisation.boris
    await organisation.found_words()
    out, waiting = await organisation.draft(), await organisation.draft()
    for path in (out, waiting):
        await olga.do(path, "submit")
    await boris.do(out, "approve")
    assert len(await organisation.wait(seconds=60)) == 5
    person = f"/persons/{organisation.person_id}"
    assert (await olga.http.get("/ua/1-2014")).status_code == 200
    stopped = await boris.do(person, "withdraw-consent", {"scope": "name_publicly"})
    assert (await olga.http.get("/ua/1-2014")).status_code == 404
    assert stopped["suspended"] == [waiting.rpartition("/")[2]]
    await olga.do(waiting, "take-back")
    await olga.do(waiting, "submit")
    refused = await organisation.refusal(waiting)
    assert refused == {"#/person_ids": "Somebody whom it names has no live consent to be named in public."}
    stop = f"/urgent-actions/{stopped['stop_actions'][0]}"
    await olga.do(stop, "submit")
    assert (await boris.change("POST", stop, verb="/approve")).status_code == 403  # he recorded it
