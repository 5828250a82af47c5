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
from alerts.languages import ENGLISH, Languages, text_direction
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
        """The language of the link, else the first that the browser asks for and we speak, else English."""
        chosen = chosen_language(request, self.languages)
        if chosen:
            return chosen
        wishes = (part.partition(";") for part in request.headers.get("accept-language", "")[:200].split(","))
        weighted = sorted(((tag.strip(), _weight(rest)) for tag, _, rest in wishes), key=lambda wish: -wish[1])
        for tag, weight in weighted:
            if weight > 0 and (tag.lower().startswith(ENGLISH) or self.languages.closest(tag) != ENGLISH):
                return self.languages.closest(tag)
        return ENGLISH

    def words(self, request: Request) -> Words:
        """The words for states and kinds in the reader's language."""
        return Words(self.languages, self.language_of(request))

    def _shared(self, request: Request, language: str) -> dict[str, Any]:
        return {
            "language": language,
            "direction": text_direction(language),
            "languages": [
                (code, self.languages.own_name(code), _with(request, lang=code)) for code in self.languages.available
            ],
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
        return f"{self.languages.date(language, local.date())}, {local:%H:%M} {zone}"


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


def _with(request: Request, **changed: str) -> str:
    query = {**request.query_params, **changed} if request.method in {"GET", "HEAD"} else changed
    return f"{request.url.path}?{urlencode(query)}"


def _weight(rest: str) -> float:
    try:
        return float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
    except ValueError:
        return 0.0
