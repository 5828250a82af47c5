"""`vigil document`: files are added as evidence, listed, saved again and erased."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.facts import Tier
from service.api.document_shapes import DocumentGiven, DocumentShown
from service.casefile.bounded import bounded
from service.cli.exporting import written_whole
from service.cli.opening import ACTOR, opened
from service.cli.recordable import checked
from service.cli.speaking import AsJson, say_json, say_table, talk
from service.cli.urgent_action_words import By, acting_as
from service.commands.acting import Acting
from service.commands.audit import audit
from service.commands.documents import NewDocument, add_document, erase_document, hand_out
from service.documents.hashes import require_hash
from service.documents.names import endings, kind_by_ending
from service.documents.recognising import recognised
from service.errors import Conflict, InvalidInput, NotFound, Problem
from service.queries.documents import DocumentLine, document_in, documents_of_case
from service.records import Case, Document, Source
from service.security.policy import Action
from service.vocabulary import DocumentType

commands = typer.Typer()
documents = typer.Typer(help="Papers that are evidence: files with their hash.", no_args_is_help=True)
commands.add_typer(documents, name="document")

OfCase = Annotated[str, typer.Option("--case", metavar="REFERENCE", help="The reference of the case.")]
DocumentId = Annotated[UUID, typer.Argument(metavar="ID", help="The document's id, as `list` shows it.")]


@documents.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="PDF, PNG, JPEG, TIFF, WebP, UTF-8 text, DOCX or ODT.")],
    case: OfCase,
    title: Annotated[str, typer.Option(help="What it is, in a few words.")],
    tier: Annotated[str, typer.Option(help="restricted, confidential or sealed.")] = Tier.RESTRICTED.value,
    source: Annotated[str | None, typer.Option(metavar="KEY", help="The source whose paper it is.")] = None,
    language: Annotated[str | None, typer.Option(help="BCP 47, such as ru.")] = None,
    dated_on: Annotated[
        datetime | None, typer.Option("--dated-on", formats=["%Y-%m-%d"], help="The day that it bears.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="Refuse it if it has another hash.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a file to a case: encrypted, and the same file once."""
    with opened() as parts, parts.writing.begin() as session:
        content = bounded(file, parts.settings.largest_document, InvalidInput)
        if sha256 is not None:
            require_hash(content, sha256, where="sha256")
        kind = _kind(file, content)
        theirs = _case(session, case)
        said = {
            "title": title, "tier": tier, "language": language, "source_id": _source_id(session, source),
            "dated_on": dated_on.date() if dated_on else None,
        }  # fmt: skip
        given = checked(DocumentGiven, said, case_id=theirs.id).model_dump(exclude={"case_id", "sha256", "file_name"})
        new = NewDocument(**given, kind=kind, content=content, file_name=file.name)
        document = add_document(
            session, theirs, new, now=parts.clock.now(), by=Acting(None, ACTOR), vault=parts.vault
        )  # fmt: skip
        shown = _shown(document)
    if as_json:
        say_json({"document": shown})
    else:
        print(f"{shown['id']}\t{shown['media_type']}\t{shown['size']} bytes\tsha256 {shown['sha256']}")


@documents.command("list")
def show_all(case: OfCase, as_json: AsJson = False) -> None:
    """List the documents of a case, the latest first; what is sealed is on no list."""
    with opened() as parts, parts.writing.begin() as session:
        lines = documents_of_case(session, _case(session, case))
        rows = [{**_shown(line.document), "source": line.source} for line in lines]
        if rows:
            audit(
                session, at=parts.clock.now(), actor=ACTOR, action="read", record="document", record_id="several",
                detail={"ids": [row["id"] for row in rows]}, key=parts.vault.audit_key,
            )  # fmt: skip
    if as_json:
        say_json({"documents": rows})
        return
    headings = ("id", "title", "type", "bytes", "day", "tier", "source", "sha256")
    say_table(headings, [_row(line) for line in lines], numbers=("bytes",))


@documents.command("save")
def save(
    document_id: DocumentId,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to save it; - is standard output.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Save a document as it was given, checked against its hash, readable by its owner alone."""
    with opened() as parts, parts.writing() as session:
        document = _open_document(session, document_id)
        content = hand_out(session, document, now=parts.clock.now(), by=ACTOR, vault=parts.vault)
        with written_whole(to) if force or str(to) == "-" else _new_file(to) as stream:
            stream.write(content)
            session.commit()
    talk(f"{len(content)} bytes. The file may say more than its text: who wrote it, where, with what.")


@documents.command("erase")
def erase(
    document_id: DocumentId,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it must go; it is kept.")],
) -> None:
    """Destroy a document for good; its type, size and hash stay. For administrators and coordinators alone."""
    if not reason.strip():
        raise InvalidInput([Problem("reason", "Say why it must go.")])
    with opened() as parts, parts.writing.begin() as session:
        document = session.get(Document, document_id)
        if document is None:
            raise NotFound("no document bears this id")
        who = acting_as(session, by, Action.ERASE_DOCUMENT, document.case_id)
        erase_document(
            session, document, reason=reason.strip(), now=parts.clock.now(), by=who.name, vault=parts.vault
        )  # fmt: skip
    talk("Erased. Backups and copies that were saved elsewhere are not.")


def _kind(file: Path, content: bytes) -> DocumentType:
    """What the file is. Raises InvalidInput when its name says something else."""
    kind = recognised(content)
    if file.suffix and kind_by_ending(file.name) is not kind:
        raise InvalidInput([Problem(file.name, f"This is really {kind.media_type}: name it .{endings(kind)[0]}.")])
    return kind


def _case(session: Session, reference: str) -> Case:
    case = session.scalar(select(Case).where(Case.reference == reference, Case.tier != Tier.SEALED))
    if case is None:
        raise NotFound(f"no case bears the reference {reference}")
    return case


def _source_id(session: Session, key: str | None) -> UUID | None:
    if key is None:
        return None
    found = session.scalar(select(Source.id).where(Source.key == key, Source.tier != Tier.SEALED))
    if found is None:
        raise InvalidInput([Problem("source", "There is no such source.")])
    return found


def _open_document(session: Session, document_id: UUID) -> Document:
    case = session.scalar(
        select(Case)
        .join(Document, Document.case_id == Case.id)
        .where(Document.id == document_id, Case.tier != Tier.SEALED)
    )
    if case is None:
        raise NotFound("no document bears this id")
    return document_in(session, case, document_id)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that was not there before, readable by its owner alone; nothing of it stays when something fails."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(f"{path} is there already: --force overwrites it") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _shown(document: Document) -> dict[str, Any]:
    return DocumentShown.model_validate(document).model_dump(mode="json")


def _row(line: DocumentLine) -> tuple[str, ...]:
    one = line.document
    return (
        str(one.id), one.title or f"erased: {one.erased_because}", one.document_type.value, str(one.size),
        str(one.dated_on or ""), one.tier.value, line.source or "", one.sha256[:12],
    )  # fmt: skip
