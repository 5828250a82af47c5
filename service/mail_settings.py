"""How mail leaves and how what comes back is fetched: the relays and the mailbox, never in clear but on this machine."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

MOST_RELAY_CONNECTIONS = 100


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_secret(path: str) -> str:
    """What the file of a secret holds, without the space around it. Raises ValueError."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {path}: {type(error).__name__}") from None


class SmtpSettings(BaseModel):
    """The relay that takes the mail; `security` is never opportunistic, and `none` is for loopback alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["implicit", "starttls", "none"] = "none"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    connections: int = Field(default=10, ge=1, le=MOST_RELAY_CONNECTIONS)
    per_second: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _with_file_twin(cls, given: Any) -> Any:
        # the twin of a nested secret arrives here as if it were a field; `load_settings` has read it already
        return {k: v for k, v in given.items() if k != "password_file"} if isinstance(given, dict) else given


class FallbackSmtpSettings(SmtpSettings):
    """A relay that takes over; in a list it has no variable of its own, so `password_file` stands beside `password`."""

    @model_validator(mode="before")
    @classmethod
    def _with_file_twin(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("password_file"):
            return given
        if given.get("password"):
            raise ValueError("password and password_file are both set: keep one")
        fields = {k: v for k, v in given.items() if k != "password_file"}
        return fields | {"password": read_secret(given["password_file"])}


class IntakeSettings(BaseModel):
    """Where mail comes back to: a domain whose `b+…` and `u+…` addresses lead to a pipe or to one mailbox (IMAP, TLS)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$")] | None = Field(
        default=None, description="The domain to which bounces come back (VERP); unset: to the sender, unread."
    )
    imap_host: str | None = Field(
        default=None, description="The server of the mailbox for it; unset: mail is piped in."
    )
    imap_port: int = Field(default=993, ge=1, le=65535, description="Its port; TLS from the first byte, verified.")
    imap_username: str | None = Field(default=None, description="The mailbox's login.")
    imap_password: SecretStr | None = Field(default=None, description="Its password.")
    imap_folder: str = Field(default="INBOX", min_length=1, description="The folder where the mail arrives.")
    imap_done_folder: str | None = Field(
        default=None, description="The folder to which read mail is moved; unset: it is marked as seen."
    )
    imap_ca_file: Path | None = Field(
        default=None, description="The only authorities believed about the server; unset: the system's."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_file_twin(cls, given: Any) -> Any:
        return {k: v for k, v in given.items() if k != "imap_password_file"} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _is_whole(self) -> IntakeSettings:
        if self.imap_host is not None and self.domain is None:
            raise ValueError("a mailbox without `domain` would get no mail that says whose it is")
        if self.imap_host is not None and (self.imap_username is None or self.imap_password is None):
            raise ValueError("the mailbox needs `imap_username` and `imap_password`")
        return self
