"""Facts about invented people, and the envelopes they are sent in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from alerts.canary_facts import Canary
from alerts.closing_facts import CaseClosed
from alerts.correction_facts import CorrectedHow, CorrectionAlert
from alerts.destination_facts import (
    AlertsStopped,
    BounceProbe,
    DestinationDisabled,
    DestinationFailing,
    DestinationTest,
    OffReason,
)
from alerts.digest_facts import CaseStop
from alerts.facts import (
    Citation,
    Demand,
    Digest,
    Envelope,
    Escalation,
    FollowUpAlert,
    Level,
    MessageFacts,
    Recipient,
)
from alerts.key_facts import KeyUnusable
from alerts.messages import Chat, Mail
from alerts.personal_facts import AddressChanged, AlreadyFollowing, Confirmation, ManageLink, NewAddress
from alerts.urgent_action_facts import (
    Addressee,
    CallKind,
    CitedSource,
    InLanguage,
    ModelLetter,
    NamedPerson,
    UrgentActionAlert,
)

NOW = datetime(2015, 3, 12, 9, 0, tzinfo=UTC)
KEY = "5f1d3c1e-0000-5000-8000-000000000001"
STOP = "https://vigil.example.org/u/abc?x=1&y=2"
ONE_CLICK = "https://vigil.example.org/u/" + "t" * 120
SUBSCRIBER = Recipient(list_id="k7f3", unsubscribe_url=STOP, one_click_url=ONE_CLICK)

UNNAMED = FollowUpAlert(
    case_reference="KAZ-2014-003",
    country="KZ",
    case_url="https://vigil.example.org/c/k3",
    person_name=None,
    kind=None,
    level=Level.OVERDUE,
    title=None,
    due_on=date(2015, 3, 9),
    time_zone="Asia/Aqtau",
    days_late=3,
    basis=None,
)
NAMED = replace(
    UNNAMED,
    person_name="Aigerim Example",
    kind="specialist_exam",
    title="Ultrasound of the liver",
    basis="date and basis stated by the organisation that keeps this case",
    demands=(
        Demand("1S2", "Give independent doctors access & publish <what> they find.", "Government of Kazakhstan"),
        Demand("3S2", "Investigate the allegations of torture.", "Prosecutor General"),
    ),
    sources=(
        Citation("UPR briefing", "https://reports.example.org/a/3337", date(2014, 10, 24)),
        Citation("Letter of a relative", None, date(2014, 9, 1)),
    ),
)
URGENT_ACTION = UrgentActionAlert(
    kind=CallKind.URGENT_ACTION,
    number="UA 12/15",
    case_reference="KAZ-2014-003",
    country="KZ",
    case_url="https://vigil.example.org/c/k3",
    page_url="https://vigil.example.org/ua/12-2015",
    index_number="CA 7/2015",
    issued_on=date(2015, 3, 12),
    headline="Aigerim Example is kept from seeing a doctor",
    summary=("She has asked for an independent doctor.", "Nobody has answered her."),
    time_zone="Asia/Aqtau",
    demands=("Let independent doctors see her & publish <what> they find.", "Answer her complaint."),
    addressees=(
        Addressee(
            office="Minister of Internal Affairs",
            name="Erik Sample",
            address=("1 Example Street", "Astana"),
            mailbox="minister@ministry.example.org",
            salutations=(InLanguage("en", ("Dear Minister",)), InLanguage("ru", ("Уважаемый министр",))),
        ),
        Addressee(office="Prosecutor General", name=None, address=("2 Example Street",), mailbox=None, salutations=()),
    ),
    act_by=date(2015, 4, 20),
    write_in=("ru", "kk", "en"),
    copies=(
        Addressee(
            office="Embassy of Kazakhstan",
            name=None,
            address=("3 Example Avenue", "Berlin"),
            mailbox="embassy@embassy.example.org",
            salutations=(),
        ),
    ),
    guidance=(
        InLanguage("en", ("Say how you heard of the case.",)),
        InLanguage("ru", ("Напишите, откуда вы узнали об этом деле.",)),
    ),
    letters=(
        ModelLetter(
            "en", ("I am worried about Aigerim Example.", "Please let doctors see her."), "Doctors for Aigerim Example"
        ),
    ),
    background=("The colony lets nobody in.",),
    sources=(
        CitedSource("UPR briefing", "https://reports.example.org/a/3337", date(2014, 10, 24)),
        CitedSource("Letter of a relative", None, date(2014, 9, 1)),
    ),
    persons=(NamedPerson("Aigerim Example", "she"),),
    report_mailbox="letters@example.org",
)
FURTHER_INFORMATION = replace(
    URGENT_ACTION,
    kind=CallKind.FURTHER_INFORMATION,
    number="UA 12/15-1",
    page_url="https://vigil.example.org/ua/12-2015-1",
    previous="UA 12/15",
    what_changed=("She was moved to another colony.",),
)
STOP_ACTION = UrgentActionAlert(
    kind=CallKind.STOP_ACTION,
    number="UA 12/15-2",
    case_reference="KAZ-2014-003",
    country="KZ",
    case_url="https://vigil.example.org/c/k3",
    page_url="https://vigil.example.org/ua/12-2015-2",
    issued_on=date(2015, 4, 2),
    previous="UA 12/15-1",
    headline="Stop writing",
    summary=("We have learned of a release.",),
    time_zone="Asia/Aqtau",
    outcome="released",
)
CORRECTION = CorrectionAlert(
    how=CorrectedHow.CORRECTED,
    case_reference="KAZ-2014-003",
    country="KZ",
    case_url="https://vigil.example.org/c/k3",
    was=("She has not seen a lawyer since her arrest.",),
    reads=("She saw a lawyer once, on the day of her arrest.",),
    reason=("The lawyer has shown us the record of the visit.",),
)
CASE_CLOSED = CaseClosed(case_reference="KAZ-2014-003", case_url="https://vigil.example.org/c/k3")
CALLS = (URGENT_ACTION, FURTHER_INFORMATION, STOP_ACTION)
ESCALATION = Escalation(
    case_reference="KAZ-2014-003",
    case_url="https://vigil.example.org/staff/cases/KAZ-2014-003/follow-ups",
    kind="specialist_exam",
    level=Level.VERY_OVERDUE,
    title="Ultrasound of the liver",
    due_on=date(2015, 2, 20),
    time_zone="Asia/Aqtau",
    days_late=20,
    basis="date and basis stated by the organisation that keeps this case",
    owner="alice",
    backup=None,
)
CONFIRMATION = Confirmation(
    case_reference="KAZ-2014-003",
    cadence="immediate",
    confirm_url="https://vigil.example.org/confirm/abc",
    code="K7MPQ2",
    expires_on=date(2015, 3, 16),
)
CONFIRM_COUNTRY = replace(CONFIRMATION, case_reference=None, country="KZ")
CONFIRM_KIND = replace(CONFIRMATION, case_reference=None, kind="court_hearing")
ALREADY_FOLLOWING = AlreadyFollowing(case_reference="KAZ-2014-003", page_url="https://vigil.example.org/c/k3")
FOLLOWS_COUNTRY = AlreadyFollowing(case_reference=None, page_url="https://vigil.example.org/", country="KZ")
MANAGE_LINK = ManageLink(open_url="https://vigil.example.org/manage/open/abc", expires_on=date(2015, 3, 10))
NEW_ADDRESS = NewAddress(confirm_url="https://vigil.example.org/address/abc", expires_on=date(2015, 3, 16))
TAKEN_ADDRESS = NewAddress(confirm_url=None, expires_on=date(2015, 3, 16))
ADDRESS_CHANGED = AddressChanged(new_address="n…@example.org")
DESTINATION_TEST = DestinationTest(destination="the room of Alice")
DESTINATION_FAILING = DestinationFailing(
    destination="the room of Alice", channel="matrix", failures=2, since=date(2015, 3, 10)
)
DESTINATION_DISABLED = DestinationDisabled(destination="hooks.example.org/…", channel="webhook", reason=OffReason.GONE)
ALERTS_STOPPED = AlertsStopped(
    destination="r…@example.org", channel="email", on=date(2015, 3, 10), page_url="https://vigil.example.org/manage"
)
BOUNCE_PROBE = BounceProbe()
CANARY = Canary(receipt_url="https://vigil.example.org/canary/abc")
KEY_UNUSABLE = KeyUnusable(expired_on=date(2015, 3, 1), key_url="https://vigil.example.org/key/abc")
DIGEST = Digest(
    cadence="weekly",
    period_start=date(2015, 3, 2),
    period_end=date(2015, 3, 8),
    alerts=(UNNAMED, NAMED),
    more=2,
    organisation="Example Committee",
    more_url="https://vigil.example.org/",
    stops=(CaseStop(case_reference="KAZ-2014-003", stop_url="https://vigil.example.org/u/abc"),),
)
EVERY_MESSAGE: tuple[MessageFacts, ...] = (
    UNNAMED,
    NAMED,
    *CALLS,
    CORRECTION,
    CASE_CLOSED,
    ESCALATION,
    CONFIRMATION,
    CONFIRM_COUNTRY,
    CONFIRM_KIND,
    ALREADY_FOLLOWING,
    FOLLOWS_COUNTRY,
    MANAGE_LINK,
    NEW_ADDRESS,
    TAKEN_ADDRESS,
    ADDRESS_CHANGED,
    DESTINATION_TEST,
    DESTINATION_FAILING,
    DESTINATION_DISABLED,
    ALERTS_STOPPED,
    BOUNCE_PROBE,
    CANARY,
    DIGEST,
    KEY_UNUSABLE,
)

MAIL = Mail(subject="Overdue by 3 days", text="Stop:\nvigil0stop0link0text\n", html="", language="en")
CHAT = Chat(
    title="Overdue by 3 days, case KAZ-2014-003",
    paragraphs=("What must happen: a follow-up\nBy when: 9 March 2015", "Who can act: <the> court & others"),
    url="https://vigil.example.org/c/k3?a=1&b=2",
    url_label="Open the case",
    repeat_label="(repeat)",
    language="en",
)


def envelope(**changes: Any) -> Envelope:
    plain = Envelope(
        key=KEY, recipient=Recipient(), written_at=NOW, now=NOW, resource_url="https://vigil.example.org/api/v1/a/1"
    )
    return replace(plain, **changes)
