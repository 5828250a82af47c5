"""The code from a confirmation is typed on the page where the alerts were asked for: as good as the button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.facts import EmailAddress
from service.commands.confirm import Standing, confirm
from service.commands.limits import Limit, take
from service.records import Destination, Subscription
from service.security.addresses import index_of
from service.security.codes import code_for, is_code
from service.vocabulary import ChannelName, SubscriptionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.commands.wishes import Wish
    from service.security.encryption import Vault

# Five tries at one of 600 million; a new code comes with a new mail, of which there are three a day.
CODE_TRIES = Limit("code tries", 5, timedelta(days=7))
_NOBODY = (0, datetime.fromtimestamp(0, tz=UTC))


def confirmation_code(vault: Vault, subscription_id: int, made_at: datetime) -> str:
    """The code of the wish that this subscription has been since `made_at` (UTC); a wish made anew has another."""
    return code_for(vault, f"confirmation:{subscription_id}:{made_at.timestamp()}")


def enter_code(
    session: Session, wish: Wish, *, address: str, code: str, now: datetime, wall_now: datetime, vault: Vault
) -> Subscription | None:
    """The subscription that this code of this address starts; None for a wrong code, a sixth try, or nothing to start.

    For every address, known or not, the same statements are run: one look, one try taken, one comparison.
    """
    index = index_of(vault, ChannelName.EMAIL, EmailAddress(address))
    waiting = session.scalars(
        select(Subscription)
        .join(Destination, Destination.id == Subscription.destination_id)
        .where(Destination.address_hmac == index, Subscription.state == SubscriptionState.PENDING)
        .where(*wish.same_subject())
        .order_by(Subscription.id)
    ).first()
    subscription_id, made_at = (waiting.id, waiting.created_at) if waiting else _NOBODY
    tries = f"{index}:{sorted(wish.as_plain().items(), key=str)}:{subscription_id}:{made_at.timestamp()}"
    may_try = take(session, CODE_TRIES, tries, now=wall_now, vault=vault)
    is_right = is_code(code, confirmation_code(vault, subscription_id, made_at))
    if not (may_try and is_right and waiting is not None):
        return None
    return waiting if confirm(session, waiting, now=now) is Standing.ON else None
