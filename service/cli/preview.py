"""`vigil preview`: any message as a file, in any language, for any tier and detail."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alerts.channels import form_of
from alerts.facts import MessageFacts, Tier
from alerts.languages import Languages
from alerts.rendering import NotInThisForm, Renderer
from service.cli.exporting import written_whole
from service.cli.opening import ACTOR, opened
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.errors import InvalidInput, Problem
from service.facts import at_detail
from service.links import Links
from service.paths import TEMPLATES
from service.previews.as_file import DOMAIN, Part, file_of
from service.previews.invented import INVENTED, ORIGIN, TIERS, invented
from service.previews.on_record import facts_on_record
from service.security.tokens import Signer
from service.vocabulary import ChannelName, Detail

commands = typer.Typer()

PreviewTier = StrEnum("PreviewTier", {tier.name: tier.value for tier in TIERS})  # type: ignore[misc] # made of a tuple


@commands.command("preview")
def preview(
    kind: Annotated[str | None, typer.Argument(help="What the message tells; --list shows every kind.")] = None,
    to: Annotated[Path | None, typer.Option(help="The file to write; - is standard output.")] = None,
    language: Annotated[str, typer.Option(help="In which language (BCP 47).")] = "en",
    tier: Annotated[PreviewTier, typer.Option(help="What its reader may be told.")] = PreviewTier.PUBLIC,  # type: ignore[attr-defined]
    detail: Annotated[Detail, typer.Option(help="How much of that its reader wants said.")] = Detail.FULL,
    channel: Annotated[ChannelName, typer.Option(help="By which way it would leave.")] = ChannelName.EMAIL,
    part: Annotated[Part, typer.Option(help="The whole message, or one part of it.")] = Part.WHOLE,
    case: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="A case on record; else everybody in it is invented.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    show_kinds: Annotated[bool, typer.Option("--list", help="Show every kind and language, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a message into a file without sending it: a mail to open in a mail program (.eml), else JSON.

    A message about a case on record is what its followers of that tier were told last; looking is noted in the audit.
    """
    languages = Languages(TEMPLATES / "locale")
    if show_kinds:
        _show_kinds(languages, as_json=as_json)
        return
    if kind is None or kind not in INVENTED:
        raise InvalidInput([Problem("KIND", f"name one of: {', '.join(INVENTED)}")])
    _require_language(languages, language)
    target = _file(to, force=force)
    about = _invented(kind, Tier(tier.value)) if case is None else _on_record(kind, Tier(tier.value), case)
    said = at_detail(about.facts, detail, news_url=about.news_url)
    try:
        message = Renderer(TEMPLATES, languages).render(said, language, form=form_of(channel))
    except NotInThisForm as error:
        raise InvalidInput([Problem("--channel", str(error))]) from None
    content = file_of(message, channel, part, sender=about.sender)
    with written_whole(target) as stream:
        stream.write(content)
    talk(f"{len(content)} bytes written; nothing was sent.")


@dataclass(frozen=True, slots=True)
class _About:
    """What a message is made of."""

    facts: MessageFacts
    sender: str
    news_url: str


def _invented(kind: str, tier: Tier) -> _About:
    return _About(invented(kind, tier), formataddr(("A preview", f"alerts@{DOMAIN}")), f"{ORIGIN}/manage")


def _on_record(kind: str, tier: Tier, reference: str) -> _About:
    with opened() as parts, parts.writing.begin() as session:
        links = Links(parts.settings.public_url, Signer(parts.vault.signing_key))
        facts = facts_on_record(
            session, kind, reference=reference, tier=tier, now=parts.clock.now(), links=links, by=ACTOR,
            vault=parts.vault,
        )  # fmt: skip
        return _About(facts, formataddr((parts.settings.organisation, parts.settings.sender)), links.news)


def _file(to: Path | None, *, force: bool) -> Path:
    if to is None:
        raise InvalidInput([Problem("--to", "say which file to write")])
    if to.exists() and not force:
        raise InvalidInput([Problem("--to", f"{to} is there already; --force replaces it")])
    return to


def _require_language(languages: Languages, language: str) -> None:
    """Raises InvalidInput for a language that the message would fall back from unasked."""
    asked = language.replace("_", "-").partition("-")[0].lower()
    if languages.closest(language).partition("-")[0] != asked:
        raise InvalidInput([Problem("--language", f"known are: {', '.join(languages.available)}")])


def _show_kinds(languages: Languages, *, as_json: bool) -> None:
    words = {
        "kinds": list(INVENTED),
        "languages": list(languages.available),
        "tiers": [tier.value for tier in TIERS],
        "details": [detail.value for detail in Detail],
        "channels": [channel.value for channel in ChannelName],
        "parts": [part.value for part in Part],
    }
    if as_json:
        say_json(words)
    else:
        say_table(("what", "words"), [(name, ", ".join(known)) for name, known in words.items()])
