"""The table of follow-up kinds: what must happen, who can act, how late is late, and by which rule."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.facts import Thresholds, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownKind(LookupError):
    """No follow-up kind bears this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no follow-up kind is called {name!r}; known are: {', '.join(sorted(FOLLOW_UP_KINDS))}")
        self.name = name


@dataclass(frozen=True, slots=True)
class FollowUpKind:
    """One kind of thing that must happen by a date.

    `words`, `actor` and `basis` are English and are translated by the catalogues. `thresholds` are days; every
    one of them is a project default. `recurrence_days` is the shortest usual rhythm; a follow-up may set its own.
    """

    name: str
    words: str
    actor: str
    thresholds: Thresholds
    basis: str
    _: KW_ONLY
    about_health: bool = False
    tier: Tier = Tier.PUBLIC
    recurrence_days: int | None = None
    template: str = "follow_up"


def kind_named(name: str) -> FollowUpKind:
    """The kind of this name. Raises UnknownKind, whose text lists the known names."""
    try:
        return FOLLOW_UP_KINDS[name]
    except KeyError:
        raise UnknownKind(name) from None


def _msgid(english: str) -> str:
    """Marks a text for the translators; `pybabel extract -k _msgid` finds it."""
    return english


def _days(upcoming: int, overdue: int, very_overdue: int, critical: int) -> Thresholds:
    return Thresholds(upcoming=upcoming, overdue=overdue, very_overdue=very_overdue, critical=critical)


_MEDICAL_SERVICE = _msgid("the prison's medical service")
_PRISON = _msgid("the prison administration")
_COURT = _msgid("the court")
_LAWYER = _msgid("the lawyer")
_GOVERNMENT = _msgid("the government")
_ORGANISATION = _msgid("the organisation that keeps this case")
_STATED_BY_THE_ORGANISATION = _msgid("date and basis stated by the organisation that keeps this case")
_NATIONAL_PAROLE_LAW = _msgid("national law on release on parole")

_STANDARD_RULES = (
    FollowUpKind(
        "intake_exam",
        _msgid("medical examination on arrival"),
        _MEDICAL_SERVICE,
        _days(0, 1, 3, 7),
        _msgid(
            "project default, derived from the Nelson Mandela Rules, rule 30, and the CPT's 3rd General Report,"
            " paragraph 33: as soon as possible after arrival"
        ),
        about_health=True,
    ),
    FollowUpKind(
        "family_contact",
        _msgid("contact with the family"),
        _PRISON,
        _days(0, 1, 3, 7),
        _msgid("project default, derived from the Nelson Mandela Rules, rule 69"),
    ),
    FollowUpKind(
        "urgent_care",
        _msgid("urgent medical care"),
        _MEDICAL_SERVICE,
        _days(0, 1, 2, 3),
        _msgid(
            "project default, derived from the Nelson Mandela Rules, rule 27(1): prompt access to medical attention"
            " in urgent cases"
        ),
        about_health=True,
    ),
    FollowUpKind(
        "chronic_review",
        _msgid("review of a chronic illness"),
        _MEDICAL_SERVICE,
        _days(7, 7, 14, 30),
        _msgid(
            "project default, derived from the Nelson Mandela Rules, rules 24(2) and 31: every 30 days for a severe"
            " condition, every 90 days for a moderate one"
        ),
        about_health=True,
        recurrence_days=30,
    ),
    FollowUpKind(
        "torture_exam",
        _msgid("medical examination after an allegation of torture"),
        _msgid("the prosecutor and an independent forensic doctor"),
        _days(0, 6, 20, 41),
        _msgid("project default, derived from the Istanbul Protocol: examination within six weeks"),
        about_health=True,
    ),
    FollowUpKind(
        "isolation_day_limit",
        _msgid("end of solitary confinement"),
        _PRISON,
        _days(5, 1, 8, 15),
        _msgid("Nelson Mandela Rules, rules 43 to 45: no more than 15 days in a row"),
    ),
    FollowUpKind(
        "isolation_daily_visit",
        _msgid("daily visit by health staff in isolation"),
        _MEDICAL_SERVICE,
        _days(0, 1, 2, 3),
        _msgid("Nelson Mandela Rules, rule 46: a visit every day"),
        recurrence_days=1,
    ),
    FollowUpKind(
        "complaint_reply",
        _msgid("reply to a complaint"),
        _msgid("the authority that received the complaint"),
        _days(7, 1, 15, 30),
        _msgid(
            "national law, or project default of 30 days, derived from the Nelson Mandela Rules, rule 57: a prompt reply"
        ),
    ),
    FollowUpKind(
        "osce_reply",
        _msgid("reply under the OSCE Vienna Mechanism"),
        _GOVERNMENT,
        _days(2, 1, 14, 30),
        _msgid("OSCE Vienna Mechanism, paragraph 2: within ten days"),
    ),
    FollowUpKind(
        "special_procedure_reply",
        _msgid("reply to a United Nations special procedure"),
        _GOVERNMENT,
        _days(7, 1, 14, 30),
        _msgid("working methods of that mandate: within 60 days"),
    ),
    FollowUpKind(
        "wgad_reply",
        _msgid("reply to the Working Group on Arbitrary Detention"),
        _GOVERNMENT,
        _days(7, 1, 14, 30),
        _msgid("A/HRC/36/38: within 60 days, one more month on request"),
    ),
    FollowUpKind(
        "wgad_followup",
        _msgid("report on an opinion of the Working Group on Arbitrary Detention"),
        _GOVERNMENT,
        _days(7, 1, 14, 30),
        _msgid("A/HRC/36/38: within six months of the opinion"),
    ),
    FollowUpKind(
        "treaty_body_followup",
        _msgid("report on a treaty body's decision"),
        _GOVERNMENT,
        _days(14, 1, 14, 30),
        _msgid(
            "that body's decision: 90 days (Convention against Torture, article 22) or 180 days"
            " (Human Rights Committee)"
        ),
    ),
    FollowUpKind(
        "parole_eligibility", _msgid("eligibility for parole"), _PRISON, _days(30, 1, 7, 30), _NATIONAL_PAROLE_LAW
    ),
    FollowUpKind("parole_hearing", _msgid("parole hearing"), _COURT, _days(14, 1, 7, 30), _NATIONAL_PAROLE_LAW),
    FollowUpKind(
        "parole_appeal", _msgid("appeal against the parole decision"), _LAWYER, _days(3, 1, 7, 30), _NATIONAL_PAROLE_LAW
    ),
    FollowUpKind(
        "upr_midterm",
        _msgid("mid-term report under the Universal Periodic Review"),
        _GOVERNMENT,
        _days(60, 1, 60, 180),
        _msgid("project default, derived from Universal Periodic Review practice: 30 months after adoption"),
    ),
    FollowUpKind(
        "information_verification",
        _msgid("check that what we know is still true"),
        _ORGANISATION,
        _days(7, 7, 30, 90),
        _msgid("project rule: every 90 days, every 14 days in critical health"),
        recurrence_days=90,
    ),
)


def _stated(name: str, words: str, actor: str, *, about_health: bool = False, tier: Tier = Tier.PUBLIC) -> FollowUpKind:
    return FollowUpKind(
        name, words, actor, _days(7, 1, 7, 30), _STATED_BY_THE_ORGANISATION, about_health=about_health, tier=tier
    )


_DATED_BY_MEMBERS = (
    _stated("specialist_exam", _msgid("examination by a specialist"), _MEDICAL_SERVICE, about_health=True),
    _stated("surgery", _msgid("surgical operation"), _MEDICAL_SERVICE, about_health=True),
    _stated("medication", _msgid("supply of medicine"), _MEDICAL_SERVICE, about_health=True),
    _stated("hunger_strike_check", _msgid("check during a hunger strike"), _MEDICAL_SERVICE, about_health=True),
    _stated(
        "psychiatric_review",
        _msgid("review of a psychiatric placement"),
        _msgid("the hospital and the court"),
        about_health=True,
    ),
    _stated("lawyer_access", _msgid("access to a lawyer"), _PRISON),
    _stated("independent_visit", _msgid("visit by independent observers"), _PRISON),
    _stated(
        "npm_visit", _msgid("visit by the national preventive mechanism"), _msgid("the national preventive mechanism")
    ),
    _stated("court_hearing", _msgid("court hearing"), _COURT),
    _stated("appeal_deadline", _msgid("filing of an appeal"), _LAWYER),
    _stated("detention_extension", _msgid("decision on extending detention"), _COURT),
    _stated("sentence_end", _msgid("release at the end of the sentence"), _PRISON),
    _stated("transfer_check", _msgid("check after a transfer"), _PRISON),
    _stated("authority_reply", _msgid("reply by an authority"), _msgid("the authority that was asked")),
    _stated("recommendation_review", _msgid("review of a recommendation"), _GOVERNMENT),
    _stated("act_by", _msgid("last day to act on an urgent action"), _msgid("everybody who follows the case")),
    _stated("ua_review", _msgid("review of an urgent action"), _ORGANISATION, tier=Tier.RESTRICTED),
    _stated("target_verification", _msgid("check of an official's address"), _ORGANISATION, tier=Tier.RESTRICTED),
    _stated("consent_review", _msgid("review of consent"), _ORGANISATION, tier=Tier.RESTRICTED),
    _stated("retention_review", _msgid("review of what is kept"), _ORGANISATION, tier=Tier.RESTRICTED),
)

FOLLOW_UP_KINDS: Mapping[str, FollowUpKind] = MappingProxyType(
    {kind.name: kind for kind in _STANDARD_RULES + _DATED_BY_MEMBERS}
)
