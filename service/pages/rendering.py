"""Turns a template into a page: the reader's language, links that keep it, and dates in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from alerts.free_text import safe_url
from alerts.languages import ENGLISH, Languages, note_what_falls_back, text_direction
from service.errors import ConfigurationError
from service.pages.words import Words
from service.paths import TEMPLATES
from service.settings import Settings

FOLDER = TEMPLATES / "pages"


class Pages:
    """Every page of one installation, in every language it speaks."""

    def __init__(self, languages: Languages, settings: Settings) -> None:
        self.languages = languages
        self.style = (FOLDER / "vigil.css").read_bytes()
        self.mark = (FOLDER / "vigil.svg").read_bytes()
        self._organisation = settings.organisation
        self._contact = settings.reply_to or settings.sender
        self._default = settings.language
        if self._default not in languages.available:
            raise ConfigurationError(f"VIGIL_LANGUAGE: known are: {', '.join(languages.available)}")
        self._version = hashlib.sha256(self.style + self.mark).hexdigest()[:12]
        self._environments = {language: self._environment(language) for language in languages.available}

    def render(
        self,
        request: Request,
        name: str,
        /,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> HTMLResponse:
        """The page called `name`, in the reader's language; `facts` are what its template may use."""
        language = self.language_of(request)
        template = self._environments[language].get_template(f"{name}.html")
        html = template.render(self._shared(request, language), **facts)
        return HTMLResponse(html, status, headers={"Content-Language": language, **(headers or {})})

    def language_of(self, request: Request) -> str:
        """The link's, else the subscriber's, else the first that the browser asks for, else the organisation's.

        The link comes first, so that the list of languages works on a subscriber's own pages too.
        """
        chosen = chosen_language(request, self.languages)
        if chosen:
            return chosen
        if reader := getattr(request.state, "language", None):
            return self.languages.closest(reader)
        wishes = (part.partition(";") for part in request.headers.get("accept-language", "")[:200].split(","))
        weighted = sorted(((tag.strip(), _weight(rest)) for tag, _, rest in wishes), key=lambda wish: -wish[1])
        for tag, weight in weighted:
            if weight > 0 and (tag.lower().partition("-")[0] == ENGLISH or self.languages.closest(tag) != ENGLISH):
                return self.languages.closest(tag)
        return self._default

    def words(self, request: Request) -> Words:
        """The words for states and kinds in the reader's language."""
        note_what_falls_back(_fallen_back(request))
        return Words(self.languages, self.language_of(request))

    def _shared(self, request: Request, language: str) -> dict[str, Any]:
        note_what_falls_back(_fallen_back(request))
        return {
            "language": language,
            "direction": text_direction(language),
            "languages": [
                (code, self.languages.own_name(code), _with(request, lang=code)) for code in self.languages.available
            ],
            "fallen_back": _fallen_back(request),
            "organisation": self._organisation,
            "contact": self._contact,
            "style_url": f"/static/vigil.css?v={self._version}",
            "mark_url": f"/static/vigil.svg?v={self._version}",
            "url": Url(chosen_language(request, self.languages)),
            "words": Words(self.languages, language),
            "path": request.url.path,
        }

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue = self.languages.translations(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.filters["date"] = lambda day: self.languages.date(language, day)
        environment.filters["weekday"] = lambda day: self.languages.weekday(language, day)
        environment.filters["instant"] = lambda at, zone="UTC": self._instant(language, at, zone)
        environment.filters["safe_url"] = lambda url: safe_url(url) if url else None
        return environment

    def _instant(self, language: str, at: datetime, zone: str) -> str:
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.languages.instant(language, local)} {zone}"


class Url:
    """Makes the links of a page, which keep the language that the reader chose."""

    def __init__(self, chosen: str | None) -> None:
        self._chosen = chosen

    def __call__(self, path: str, /, **query: str | None) -> str:
        """The path with these query values; those that are empty are left out."""
        pairs = {key: value for key, value in {**query, "lang": self._chosen}.items() if value}
        return f"{path}?{urlencode(pairs)}" if pairs else path


def chosen_language(request: Request, languages: Languages) -> str | None:
    """The language that the link itself names, if we speak it."""
    code = request.query_params.get("lang")
    return code if code in languages.available else None


def speak_to(request: Request, language: str) -> None:
    """Answer this request in the language of the subscriber whose page it is, unless the link names another."""
    request.state.language = language


def pages_of(request: Request) -> Pages:
    """The pages that `create_app` made."""
    pages: Pages = request.app.state.pages
    return pages


def kept(request: Request, path: str, /, **query: str | None) -> str:
    """A path to go to next, in the language that the reader chose."""
    return Url(chosen_language(request, pages_of(request).languages))(path, **query)


def today(now: datetime, zone: str = "UTC") -> date:
    """The calendar day at `now` (aware) in this IANA zone."""
    return now.astimezone(ZoneInfo(zone)).date() if zone != "UTC" else now.astimezone(UTC).date()


def _fallen_back(request: Request) -> set[str]:
    """The texts of this request that no translation was found for; it fills while the page is made."""
    if not hasattr(request.state, "fallen_back"):
        request.state.fallen_back = set()
    found: set[str] = request.state.fallen_back
    return found


def _with(request: Request, **changed: str) -> str:
    query = {**request.query_params, **changed} if request.method in {"GET", "HEAD"} else changed
    return f"{request.url.path}?{urlencode(query)}"


def _weight(rest: str) -> float:
    try:
        return float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
    except ValueError:
        return 0.0
