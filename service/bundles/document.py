"""A bundle as bytes, the same for the same content, and back; whatever was altered on the way is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import ValidationError

from alerts.facts import Tier
from service.bundles.shape import MODELS, OLDER_SCHEMAS, REFERENCES, SCHEMA, SECTION_OF_SORT, Bundle
from service.casefile.bounded import bounded, require_bounded
from service.casefile.json_text import json_events
from service.casefile.tree import MOST_PROBLEMS, build
from service.casefile.wording import problems_of
from service.errors import InvalidBundle, InvalidCaseFile, Problem
from service.translations import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from service.casefile.tree import Tree

LARGEST_BYTES = 32 * 1024 * 1024


def written(content: Mapping[str, Any]) -> bytes:
    """The document of this content, which is plain JSON data."""
    whole = {"schema": SCHEMA, "checksum": _checksum(content), "content": content}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def read_bundle(path: Path) -> Bundle:
    """The bundle in the file. Raises InvalidBundle."""
    return parsed(bounded(path, LARGEST_BYTES, InvalidBundle))


def parsed(content: bytes) -> Bundle:
    """The bundle in these bytes. Raises InvalidBundle with every problem (the first 50)."""
    require_bounded(len(content), LARGEST_BYTES, InvalidBundle)
    try:
        text = content.decode("utf-8-sig")
        tree = build(json_events(text))
    except UnicodeDecodeError as error:
        raise InvalidBundle(f"is not UTF-8: byte 0x{content[error.start]:02X} at offset {error.start}") from None
    except InvalidCaseFile as error:
        raise InvalidBundle(error.problems) from None
    if tree.problems:
        raise InvalidBundle(tree.problems[:MOST_PROBLEMS])
    _require_whole(tree)
    try:
        # halves of surrogate pairs in names of fields are no fields, whatever stands for them here
        plain = json.dumps(tree.value, ensure_ascii=False).encode(errors="replace")
        bundle = Bundle.model_validate_json(plain, strict=True)
    except ValidationError as error:
        raise InvalidBundle(list(islice(problems_of(error, tree), MOST_PROBLEMS))) from None
    if problems := list(islice(_foreign_parts(bundle.content), MOST_PROBLEMS)):
        raise InvalidBundle(problems)
    return bundle


def _require_whole(tree: Tree) -> None:
    value = tree.value
    if isinstance(value, dict) and value.get("schema") in OLDER_SCHEMAS:
        raise InvalidBundle(f"this is a bundle of an older version, {value['schema']}: ask for one that is {SCHEMA}")
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise InvalidBundle(f"this is no case bundle: it does not begin with `schema: {SCHEMA}`")
    stated = value.get("checksum")
    if not isinstance(stated, str) or not isinstance(value.get("content"), dict):
        raise InvalidBundle("the bundle lacks its checksum or its content")
    if not hmac.compare_digest(stated.encode(), _checksum(value["content"]).encode()):
        reason = "the content is not what the checksum was made of: the bundle was edited or damaged; ask for it again"
        raise InvalidBundle([Problem("checksum", reason, tree.line_of(("checksum",)))])


def _foreign_parts(content: Any) -> Iterator[Problem]:
    """Whatever names something that is not in the bundle, stands twice, or is sealed."""
    ids = {section: {row.id for row in getattr(content, section)} for section in MODELS}
    seen = set()
    for section in MODELS:
        for row in getattr(content, section):
            where = f"{section} {row.id}"
            if row.id in seen:
                yield Problem(where, "stands twice")
            seen.add(row.id)
            if getattr(row, "tier", None) is Tier.SEALED:
                yield Problem(where, "is sealed, and what is sealed travels in no bundle")
            for name, target in REFERENCES.items():
                value = getattr(row, name, None)
                for named in value if isinstance(value, list) else [value] if value is not None else []:
                    if named not in ids[target]:
                        yield Problem(where, f"{name} {named} is foreign: it is not in the bundle")
    yield from _without_their_facts(content.follow_ups, ids)
    yield from _no_translations(content.case_texts)


def _without_their_facts(follow_ups: Sequence[Any], ids: Mapping[str, set[UUID]]) -> Iterator[Problem]:
    """Follow-ups of a rule that do not name one fact in the bundle, each another one."""
    seen = set()
    for row in follow_ups:
        where = f"follow_ups {row.id}"
        if (row.rule is None) != (row.trigger is None):
            yield Problem(where, "a rule and the fact that it follows from stand together or not at all")
        elif row.rule is not None:
            sort, _, key = row.trigger.partition(":")
            if sort not in SECTION_OF_SORT or UUID(key) not in ids[SECTION_OF_SORT[sort]]:
                yield Problem(where, f"trigger {row.trigger} is foreign: it is not in the bundle")
            if (one := (row.case_id, row.rule, row.trigger)) in seen:
                yield Problem(where, f"rule {row.rule} opened two follow-ups for one fact")
            seen.add(one)


def _no_translations(texts: Sequence[Any]) -> Iterator[Problem]:
    """What staff could not have written as a translation, and a second one of a case into the same language."""
    seen = set()
    for row in texts:
        where = f"case_texts {row.id}"
        for name, reason in faults_of(row.language, row.summary):
            yield Problem(where, f"{name}: {reason}")
        if (one := (row.case_id, row.language)) in seen:
            yield Problem(where, f"case {row.case_id} has two texts in {row.language}")
        seen.add(one)


def _checksum(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()}"
