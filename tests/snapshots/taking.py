"""Every mail in every language, at every detail and tier, as readable text: one file for each language and kind."""

from __future__ import annotations

import email
import re
from email import policy
from email.utils import formataddr
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.languages import Languages
from alerts.messages import Form
from alerts.rendering import Renderer
from service.facts import at_detail
from service.paths import TEMPLATES
from service.previews.as_file import whole_mail
from service.previews.invented import INVENTED, ORIGIN, TIERS, invented
from service.vocabulary import Detail

if TYPE_CHECKING:
    from alerts.facts import MessageFacts

KEPT = Path(__file__).parent / "mails"
SENDER = formataddr(("The Organisation", "alerts@vigil.example.org"))
# What says the same of each mail is kept once, in the tests of the headers.
_SHOWN = ("From", "Subject", "List-Id", "Content-Language")
_ENDS_A_LINE = {"p", "br", "h1", "h2", "li", "ul", "ol", "div", "tr", "title", "blockquote", "table", "address"}


@cache
def snapshots() -> dict[Path, str]:
    """The text of every file, by its path below the folder."""
    languages = Languages(TEMPLATES / "locale")
    renderer = Renderer(TEMPLATES, languages)
    return {
        Path(language) / f"{kind}.txt": _file(renderer, language, kind)
        for language in languages.available
        for kind in INVENTED
    }


def write(folder: Path) -> list[Path]:
    """Write all of them and delete what is no snapshot any more; the paths that changed."""
    wanted = {folder / path: text for path, text in snapshots().items()}
    stale = set(folder.rglob("*.txt")) - set(wanted)
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    for path in stale:
        path.unlink()
    return sorted([*changed, *stale])


def _file(renderer: Renderer, language: str, kind: str) -> str:
    """What reads alike at several details and tiers stands once, under all of them."""
    told: dict[MessageFacts, list[str]] = {}
    for detail in Detail:
        for tier in TIERS:
            facts = at_detail(invented(kind, tier), detail, news_url=f"{ORIGIN}/manage")
            told.setdefault(facts, []).append(f"{detail}, {tier}")
    said: dict[str, list[str]] = {}
    for facts, readers in told.items():
        said.setdefault(_mail(renderer, language, facts), []).extend(readers)
    return "\n".join(f"==== {'; '.join(readers)}\n{text}" for text, readers in said.items())


def _mail(renderer: Renderer, language: str, facts: MessageFacts) -> str:
    mail = email.message_from_bytes(
        whole_mail(renderer.render(facts, language, form=Form.MAIL), sender=SENDER), policy=policy.default
    )
    text_part, html_part = mail.iter_parts()
    text = "\n".join(text_part.get_content().strip().splitlines())
    headers = [f"{name}: {mail[name]}" for name in _SHOWN if mail[name] is not None]
    # The HTML is told apart by its words: of it is kept what the text does not say.
    words = " ".join(text.split())
    only_html = [f"  {line}" for line in seen_in(html_part.get_content()) if line not in words]
    return "\n".join([*headers, "", text, "", "-- only in the HTML:", *only_html, ""])


def seen_in(page: str) -> list[str]:
    """The lines of an HTML page as a reader sees them, the hidden preheader and the title among them."""
    reading = _Reading()
    reading.feed(page)
    lines = (" ".join(line.split()) for line in "".join(reading.pieces).split("\n"))
    return [line for line in lines if line]


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"
        self.pieces.append("\n" if tag in _ENDS_A_LINE else "")

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False
        self.pieces.append("\n" if tag in _ENDS_A_LINE else "")

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.pieces.append(re.sub(r"\s", " ", data))
