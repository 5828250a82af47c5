"""The one adapter to the OpenPGP library: looks at keys, encrypts and signs (RFC 4880 and RFC 9580)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pysequoia import Cert, PySigner, Tsk, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from alerts.key_facts import KeyFault

if TYPE_CHECKING:
    from collections.abc import Sequence

# A key with a portrait and hundreds of signatures of others is longer; nothing is encrypted to those.
LONGEST_KEY = 64 * 1024
_SECRET = (Tag.SecretKey, Tag.SecretSubkey)
_BEGINS_A_PART = (Tag.PublicKey, Tag.PublicSubkey, Tag.UserID, Tag.UserAttribute)
_BLOCK = "-----BEGIN PGP "
_PRIVATE = f"{_BLOCK}PRIVATE KEY"
_PROBE = b"x"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class UnusableKey(ValueError):
    """Nothing can be encrypted to this key, or signed with it; `expired_at` (UTC) only where it has expired."""

    def __init__(self, fault: KeyFault, *, expired_at: datetime | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.expired_at = expired_at


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that mail can be encrypted to until `expires_at` (UTC; None: without end).

    `fingerprint` is in capital hexadecimal digits; `armoured` holds the key itself.
    """

    fingerprint: str
    expires_at: datetime | None
    armoured: str


class SigningKey:
    """The organisation's own key; `certificate` is its public half, armoured.

    Raises UnusableKey unless it can sign without a passphrase.
    """

    def __init__(self, armoured: str) -> None:
        try:
            key = Tsk.from_bytes(armoured.encode())
            self.signer: PySigner = key.signer()
        except RuntimeError:
            raise UnusableKey(KeyFault.NOT_A_KEY) from None
        self.certificate = str(key.extract_certificate())
        self.fingerprint = key.extract_certificate().fingerprint.upper()

    @property
    def in_groups(self) -> str:
        """The fingerprint as people compare it."""
        return in_groups(self.fingerprint)


def in_groups(fingerprint: str) -> str:
    """A fingerprint in groups of four, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def public_key(text: str, *, now: datetime) -> PublicKey:
    """The one key in the text, if mail can be encrypted to it at `now` (UTC). Raises UnusableKey."""
    if len(text.encode()) > LONGEST_KEY:
        raise UnusableKey(KeyFault.TOO_LONG)
    try:
        return _looked_at(text, now)
    except RuntimeError:
        raise UnusableKey(KeyFault.NOT_A_KEY) from None


def encrypted(content: bytes, *, armoured: str, now: datetime, signing: SigningKey | None = None) -> str:
    """The content as an armoured message for this key, signed as well where there is a signing key.

    The library encrypts to keys that have expired, and to subkeys that have, without a word: so it is given only the
    parts of the key that are alive at `now` (UTC). Raises UnusableKey.
    """
    cert = _certificate(_packets(armoured))
    ended_at = None
    try:
        alive, ended_at = _alive_part(cert, now=now)
        message = encrypt(bytes=content, recipients=[alive], signer=signing.signer if signing else None)
    except RuntimeError as error:
        raise _fault_of(error, ended_at) from None
    return message.decode("ascii")


def _looked_at(text: str, now: datetime) -> PublicKey:
    packets = _packets(text)
    if _PRIVATE in text or any(packet.tag in _SECRET for packet in packets):
        raise UnusableKey(KeyFault.SECRET)
    # The library reads the first block of a text and passes over the others.
    if text.count(_BLOCK) > 1 or sum(packet.tag == Tag.PublicKey for packet in packets) > 1:
        raise UnusableKey(KeyFault.SEVERAL)
    cert = _certificate(packets)
    encrypted(_PROBE, armoured=str(cert), now=now)
    return PublicKey(cert.fingerprint.upper(), _end_of_use(cert, now=now), str(cert))


def _packets(text: str) -> list[Packet]:
    try:
        return list(PacketPile.from_bytes(text.encode()))
    except RuntimeError:
        raise UnusableKey(KeyFault.NOT_A_KEY) from None


def _certificate(packets: Sequence[Packet]) -> Cert:
    try:
        return Cert.from_packets(packets)
    except RuntimeError:
        raise UnusableKey(KeyFault.NOT_A_KEY) from None


def _alive_part(cert: Cert, *, now: datetime) -> tuple[Cert, datetime | None]:
    """The key without the subkeys that have expired, and when the last of those that encrypt did."""
    if cert.is_revoked:
        raise UnusableKey(KeyFault.REVOKED)
    if cert.expiration is not None and cert.expiration <= now:
        raise UnusableKey(KeyFault.EXPIRED, expired_at=cert.expiration)
    kept: list[Packet] = []
    ended: list[datetime] = []
    for part in _parts(cert):
        ends_at = _ends_at(part)
        if ends_at is None or ends_at > now:
            kept += part
        elif _encrypts(part):
            ended.append(ends_at)
    return _certificate(kept), max(ended, default=None)


def _end_of_use(cert: Cert, *, now: datetime) -> datetime | None:
    """When the last of the parts that encrypt expires, or the whole before that."""
    ends = [_ends_at(part) for part in _parts(cert) if part[0].tag == Tag.PublicSubkey and _encrypts(part)]
    if not ends or _primary_encrypts(cert, now=now):
        return cert.expiration
    last = None if None in ends else max(end for end in ends if end is not None)
    known = [end for end in (cert.expiration, last) if end is not None]
    return min(known, default=None)


def _primary_encrypts(cert: Cert, *, now: datetime) -> bool:
    primary = [packet for part in _parts(cert) if part[0].tag != Tag.PublicSubkey for packet in part]
    try:
        encrypted(_PROBE, armoured=str(_certificate(primary)), now=now)
    except UnusableKey:
        return False
    return True


def _parts(cert: Cert) -> list[list[Packet]]:
    """The packets of the key: itself, each name, each subkey, every one with the signatures that follow it."""
    parts: list[list[Packet]] = []
    for packet in PacketPile.from_bytes(bytes(cert)):
        if packet.tag in _BEGINS_A_PART:
            parts.append([])
        parts[-1].append(packet)
    return parts


def _binding(part: Sequence[Packet]) -> Packet | None:
    """The newest signature that binds a subkey to its key; it says what the subkey is for, and how long it lives."""
    bindings = [packet for packet in part if packet.signature_type == SignatureType.SubkeyBinding]
    return max(bindings, key=lambda packet: packet.signature_created or _BEGINNING, default=None)


def _ends_at(part: Sequence[Packet]) -> datetime | None:
    binding, created = _binding(part), part[0].key_created
    lives = binding.key_validity_period if binding else None
    return created + lives if created and lives else None


def _encrypts(part: Sequence[Packet]) -> bool:
    binding = _binding(part)
    flags = binding.key_flags if binding else None
    return flags is not None and (flags.transport_encryption or flags.storage_encryption)


def _fault_of(error: RuntimeError, ended_at: datetime | None) -> UnusableKey:
    """What the library's words mean; they hold names from the key, so none of them goes any further."""
    if "No suitable encryption subkey" not in str(error).partition("\n")[0]:
        return UnusableKey(KeyFault.WEAK)
    if ended_at is not None:
        return UnusableKey(KeyFault.EXPIRED, expired_at=ended_at)
    return UnusableKey(KeyFault.CANNOT_ENCRYPT)
