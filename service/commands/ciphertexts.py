"""Keeps encrypted mails until their deliveries are final, so that a repeat is the same to the byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from service.commands.inserting import insert_into
from service.records import Ciphertext, Delivery
from service.vocabulary import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from service.commands.claims import Claim

# What may have arrived is kept: a repeat of it must be the same.
_OVER = (DeliveryState.ACCEPTED, DeliveryState.CANCELLED, DeliveryState.DEAD)


@dataclass(frozen=True, slots=True)
class Kept:
    """An encrypted mail as it leaves, and the keyed hash of what it was made from."""

    made_from_hmac: str
    armoured: str


def kept_ciphertexts(session: Session, delivery_ids: Collection[int]) -> dict[int, Kept]:
    """What is kept for these deliveries."""
    if not delivery_ids:
        return {}
    rows = session.execute(
        select(Ciphertext.delivery_id, Ciphertext.made_from_hmac, Ciphertext.armoured).where(
            Ciphertext.delivery_id.in_(delivery_ids)
        )
    )
    return {row.delivery_id: Kept(row.made_from_hmac, row.armoured) for row in rows}


def keep_ciphertexts(session: Session, made: Mapping[Claim, Kept]) -> dict[int, Kept]:
    """Keep these, each only while its claim is ours; what is kept afterwards, which is what must be sent.

    One that was made from the same stays as it was.
    """
    table: Any = Ciphertext.__table__
    ours: Any = Delivery.__table__
    insert = insert_into(session, Ciphertext).from_select(
        ["delivery_id", "made_from_hmac", "armoured"],
        select(ours.c.id, bindparam("of_made_from", type_=table.c.made_from_hmac.type), bindparam("of_armoured", type_=table.c.armoured.type)).where(
            ours.c.id == bindparam("of_id"), ours.c.lease_token == bindparam("of_token")
        ),
    )  # fmt: skip
    upsert = insert.on_conflict_do_update(
        index_elements=["delivery_id"],
        set_={"made_from_hmac": insert.excluded.made_from_hmac, "armoured": insert.excluded.armoured},
        where=table.c.made_from_hmac != insert.excluded.made_from_hmac,
    )
    session.connection().execute(
        upsert,
        [
            {
                "of_id": claim.id,
                "of_token": claim.lease_token,
                "of_made_from": one.made_from_hmac,
                "of_armoured": one.armoured,
            }
            for claim, one in sorted(made.items(), key=lambda pair: pair[0].id)
        ],
    )
    kept = kept_ciphertexts(session, [claim.id for claim in made])
    return {
        claim.id: kept[claim.id]
        for claim, one in made.items()
        if claim.id in kept and kept[claim.id].made_from_hmac == one.made_from_hmac
    }


def forget_ciphertexts(session: Session) -> None:
    """Delete those whose deliveries are over."""
    over = select(Delivery.id).where(Delivery.id == Ciphertext.delivery_id, Delivery.state.in_(_OVER))
    session.execute(delete(Ciphertext).where(over.exists()).execution_options(synchronize_session=False))
