"""What leaves encrypted is kept before it leaves, so that a repeat after any accident is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.messages import SealedMail
from service.commands.ciphertexts import keep_ciphertexts
from service.commands.settling import PutBack
from service.worker.ready import NotReady, Ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from service.commands.ciphertexts import Kept


def must_keep(ready: Sequence[Ready | NotReady]) -> bool:
    """Whether any of them is encrypted anew."""
    return any(isinstance(one, Ready) and one.to_keep is not None for one in ready)


def kept_first(session: Session, ready: Sequence[Ready | NotReady]) -> list[Ready | NotReady]:
    """What left encrypted is kept before it leaves; a claim that is not ours any more goes back."""
    made = {one.claim: one.to_keep for one in ready if isinstance(one, Ready) and one.to_keep is not None}
    kept = keep_ciphertexts(session, made)
    return [_as_kept(one, kept) if one.claim in made else one for one in ready]


def _as_kept(one: Ready | NotReady, kept: Mapping[int, Kept]) -> Ready | NotReady:
    if isinstance(one, NotReady):
        return one
    stored = kept.get(one.claim.id)
    if stored is None or not isinstance(one.message, SealedMail):
        return NotReady(one.claim, PutBack())
    return replace(one, message=replace(one.message, armoured=stored.armoured))
