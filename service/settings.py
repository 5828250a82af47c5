"""The one place that reads the environment: `VIGIL_` settings, `__` for nesting, a `_FILE` twin for every secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.errors import ConfigurationError
from service.mail_settings import FallbackSmtpSettings, IntakeSettings, SmtpSettings, is_loopback, read_secret

_PREFIX = "VIGIL_"
_SECRETS = (
    "SECRET_KEY",
    "DATABASE_URL",
    "SMTP__PASSWORD",
    "INTAKE__IMAP_PASSWORD",
    "HEARTBEAT_URL",
    "OPENPGP_SIGNING_KEY",
)
SECRET_KEY_LENGTH = 32


def _plain_origin(origin: str) -> str:
    scheme, _, rest = origin.partition("://")
    if scheme not in {"http", "https"} or not rest or "/" in rest or "@" in rest:
        raise ValueError("an origin is written scheme://host:port, without a path")
    return origin


Origin = Annotated[str, AfterValidator(_plain_origin)]


class Settings(BaseSettings):
    """Everything that an operator may set; built once at the door and frozen."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    home: Path = Field(default=Path("vigil-data"), description="Where the embedded database and its key lie.")
    database_url: SecretStr | None = Field(default=None, description="PostgreSQL or SQLite; unset: SQLite in `home`.")
    secret_key: SecretStr | None = Field(default=None, description="32 characters or more; unset: the file in `home`.")
    public_url: Origin = Field(default="http://127.0.0.1:8000", description="How readers reach the pages.")
    host: str = Field(default="127.0.0.1", description="The address on which the pages listen.")
    port: int = Field(default=8000, ge=1, le=65535)
    organisation: str = Field(default="Vigil", description="Who sends, in the readers' eyes.")
    language: str = Field(default="en", description="The pages' language for whoever asks for none that we speak.")
    sender: str = Field(default="vigil@example.org", description="The address in From.")
    reply_to: str | None = Field(default=None, description="Where answers go; unset: the sender.")
    postal_address: str | None = Field(
        default=None, description="The organisation's postal address, below every mail; commas part its lines."
    )
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)
    smtp_fallbacks: tuple[FallbackSmtpSettings, ...] = Field(
        default=(), description="Relays that take over while the one before cannot: a JSON list."
    )
    intake: IntakeSettings = Field(default_factory=IntakeSettings)
    trusted_origins: tuple[Origin, ...] = Field(
        default=(), description="Origins that the guarded network may reach although they are private or plain HTTP."
    )
    heartbeat_url: SecretStr | None = Field(
        default=None,
        description="Where the sign of life goes, by POST, each five minutes that all is well; unset: nowhere.",
    )
    canary_subscription: int | None = Field(
        default=None, ge=1, description="The id of a subscription that gets a canary every 15 minutes and answers it."
    )
    openpgp_signing_key: SecretStr | None = Field(
        default=None,
        description="The organisation's armoured secret key, which signs encrypted mail; unset: none does.",
    )
    rules_file: Path | None = Field(
        default=None, description="The organisation's own rules, which change and add to the standard ones."
    )
    largest_document_mib: int = Field(
        default=20, ge=1, le=100, description="The largest document that is taken as evidence, in MiB."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment; no file is read unasked."""
        return (init_settings, env_settings)

    @property
    def database(self) -> str:
        """The database URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'vigil.db'}"

    @property
    def largest_document(self) -> int:
        """How many bytes a document may have."""
        return self.largest_document_mib * 1024 * 1024

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a SQLite file of this machine."""
        return self.database.startswith("sqlite")

    @property
    def secret_key_file(self) -> Path:
        """Where the key lies when no setting holds it."""
        return self.home / "secret.key"


def load_settings(**given: Any) -> Settings:
    """Read the settings from arguments and environment.

    Raises ConfigurationError that names each bad setting and never shows a secret's value.
    """
    try:
        settings = Settings(**{**_from_files(), **given})
    except ValidationError as error:
        lines = [f"{_PREFIX}{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError("\n".join(lines)) from None
    _refuse_unsafe(settings)
    return settings


def _from_files() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SECRETS:
        path = os.environ.get(f"{_PREFIX}{name}_FILE")
        if not path:
            continue
        if os.environ.get(f"{_PREFIX}{name}"):
            raise ConfigurationError(f"{_PREFIX}{name} and {_PREFIX}{name}_FILE are both set: keep one")
        try:
            value = read_secret(path)
        except ValueError as error:
            raise ConfigurationError(f"{_PREFIX}{name}_FILE: {error}") from None
        outer, _, inner = name.lower().partition("__")
        found[outer] = {inner: value} if inner else value
    return found


def _refuse_unsafe(settings: Settings) -> None:
    if settings.secret_key is not None and len(settings.secret_key.get_secret_value()) < SECRET_KEY_LENGTH:
        raise ConfigurationError(f"VIGIL_SECRET_KEY: shorter than {SECRET_KEY_LENGTH} characters")
    for name, smtp in (
        ("SMTP__SECURITY", settings.smtp),
        *(("SMTP_FALLBACKS", one) for one in settings.smtp_fallbacks),
    ):
        if smtp.security == "none" and not is_loopback(smtp.host):
            raise ConfigurationError(
                f"{_PREFIX}{name}: mail beyond this machine travels encrypted: use starttls (587) or implicit (465)"
            )
    if settings.heartbeat_url is not None:
        _refuse_unsafe_heartbeat(settings.heartbeat_url.get_secret_value(), settings.trusted_origins)


def _refuse_unsafe_heartbeat(url: str, trusted_origins: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and "@" not in parts.netloc and url.isascii() and url.isprintable()
    except ValueError:
        is_whole = False
    if not is_whole or not (parts.scheme == "https" or f"{parts.scheme}://{parts.netloc}" in trusted_origins):
        raise ConfigurationError(
            "VIGIL_HEARTBEAT_URL: use https without a name or password, or name its origin in VIGIL_TRUSTED_ORIGINS"
        )
