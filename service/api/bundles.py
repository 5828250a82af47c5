"""Bundles over HTTP: cases for another installation, and those that another one gave."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from service.api.access import Reader
from service.api.exports import MOST_REFERENCES
from service.api.idempotency import Key, once
from service.api.shapes import Reference, example
from service.api.uploads import JSON, BundleBody, Changes, DryRun, Importer, RowChanged, refused_as
from service.bundles.document import parsed
from service.bundles.shape import SCHEMA, SECTIONS
from service.commands.audit import audit
from service.commands.differences import difference
from service.commands.import_bundle import import_bundle
from service.commands.note_export import note_export
from service.exports.bundles import make_bundle
from service.rules.reading import rule_book
from service.web import Now, PartsDep, WallNow, Writing, undone_unless

router = APIRouter(prefix="/bundles", tags=["Exports"])

# A header has its bounds.
MOST_NOTES = 20
_SAMPLE = {"schema": SCHEMA, "checksum": f"sha256:{'0' * 64}", "content": {section: [] for section in SECTIONS}}
_DOCUMENT = {"type": "object", "description": "As `vigil schema bundle` prints it."}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "The bundle. The header `Vigil-Left-Out` says in how many ways something was left out, and the first twenty: "
            "the case, how many of what, and why."
        ),
        "content": {JSON: {"schema": _DOCUMENT | {"examples": [_SAMPLE]}}},
    }
}
_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": _DOCUMENT | {"examples": [_SAMPLE]}}}}}


class BundleTaken(BaseModel):
    """What an import did, by section. `removed`: in an earlier bundle and not in this one, kept here; `left_alone`: a rule
    had opened the same follow-up here. `changes` are told of a dry run alone, at most a thousand; `more` counts the others.
    """

    model_config = ConfigDict(frozen=True) | example(
        dry_run=True, references=["ABC-2030-001"], created={"cases": 0, "follow_ups": 1},
        updated={"cases": 1, "follow_ups": 0}, unchanged={"cases": 0, "follow_ups": 7}, removed=[], left_alone=[],
        changes=[
            {
                "what": "changed", "kind": "cases", "key": "01932a10-7a3e-7c11-8f4e-5f1d2c3b4a59",
                "fields": [{"field": "detention_status", "before": "pre_trial", "now": "sentenced"}],
            }
        ],
        more=0,
    )  # fmt: skip

    dry_run: bool
    references: tuple[str, ...]
    created: dict[str, int]
    updated: dict[str, int]
    unchanged: dict[str, int]
    removed: tuple[str, ...]
    left_alone: tuple[str, ...]
    changes: tuple[RowChanged, ...]
    more: int


@router.get("", summary="Export cases as a bundle", response_class=Response, responses=_ANSWER)
def export_bundle(
    session: Writing,
    caller: Reader,
    parts: PartsDep,
    now: Now,
    references: Annotated[
        tuple[Reference, ...],
        Query(
            alias="reference", min_length=1, max_length=MOST_REFERENCES, description="The cases; may be repeated",
            examples=["ABC-2030-001"],
        ),
    ],
) -> Response:  # fmt: skip
    """Whole cases for another installation: what the persons agreed to share with partners, and nothing that is sealed."""
    book = rule_book(parts.settings.rules_file)
    made = make_bundle(session, caller.actor, references, book=book, now=now)
    note_export(
        session, "bundle", made.references, rows=made.rows, tier="confidential", now=now, by=caller.name,
        vault=parts.vault,
    )  # fmt: skip
    headers = {
        "Content-Disposition": f'attachment; filename="bundle-{now:%Y-%m-%d}.json"',
        "Cache-Control": "no-store",
        "Vigil-Left-Out": "; ".join([str(len(made.left_out)), *made.left_out[:MOST_NOTES]]),
    }
    return Response(made.content, media_type=JSON, headers=headers)


@router.post("", summary="Import a bundle", openapi_extra=_BODY)
def take_bundle(
    content: BundleBody, session: Writing, caller: Importer, parts: PartsDep, now: Now, wall_now: WallNow,
    key: Key = None, dry_run: DryRun = False,
) -> BundleTaken:  # fmt: skip
    """All of it or, when anything is wrong with it, nothing; at most 32 MiB. For administrators and coordinators who may
    write in all cases. A dry run needs no Idempotency-Key.
    """

    # Read before the transaction begins: whoever writes waits for nobody's parsing.
    with refused_as("bundle"):
        bundle = parsed(content)

    def take() -> BundleTaken:
        changes = Changes(difference)
        with refused_as("bundle"), undone_unless(session, kept=not dry_run):
            report = import_bundle(
                session, bundle, now=now, by=caller.name, vault=parts.vault, heard=changes.hear if dry_run else None
            )
        if dry_run:
            audit(
                session, at=now, actor=caller.name, action="try_import", record="bundle", record_id="several",
                detail={"references": list(report.references)}, key=parts.vault.audit_key,
            )  # fmt: skip
        shown = tuple(RowChanged.model_validate(one) for one in changes.first)
        return BundleTaken.model_validate(
            report.as_dict() | {"dry_run": dry_run, "changes": shown, "more": changes.more}
        )

    if dry_run:
        return take()
    asked = hashlib.sha256(content).hexdigest()
    return once(
        session, caller, key, route="POST /bundles", request=asked, status=200, now=wall_now, answer=take,
        shape=BundleTaken,
    )  # fmt: skip
