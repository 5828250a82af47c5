"""Settings come from the environment alone, secrets also from files, and no error shows one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.errors import ConfigurationError
from service.mail_settings import is_loopback
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2 hunter2 hunter2 hunter2 hunter2"
SECRETS = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": SECRET,
    "SMTP__PASSWORD": SECRET,
    "INTAKE__IMAP_PASSWORD": SECRET,
    "HEARTBEAT_URL": "https://hc.example.org/ping/hunter2",
}


def read_back(settings: Settings, name: str) -> str | None:
    nested = {"SMTP__PASSWORD": settings.smtp.password, "INTAKE__IMAP_PASSWORD": settings.intake.imap_password}
    secret = nested[name] if name in nested else getattr(settings, name.lower())
    return secret.get_secret_value() if secret else None


def test_without_any_setting_everything_stays_on_this_machine() -> None:
    settings = load_settings()
    assert settings.is_embedded
    assert is_loopback(settings.host)
    assert is_loopback(settings.smtp.host)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_PORT", "8123")
    monkeypatch.setenv("VIGIL_SMTP__HOST", "relay.example.org")
    monkeypatch.setenv("VIGIL_SMTP__SECURITY", "starttls")
    settings = load_settings()
    assert (settings.port, settings.smtp.host) == (8123, "relay.example.org")


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_PORT", "8123")
    assert load_settings(port=8200).port == 8200


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_lie_in_a_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRETS[name]}\n", encoding="utf-8")
    monkeypatch.setenv(f"VIGIL_{name}_FILE", str(path))
    assert read_back(load_settings(), name) == SECRETS[name]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"imap_host": "mail.example.org", "imap_username": "vigil", "imap_password": SECRET}, "domain"),
        ({"domain": "returns.example.org", "imap_host": "mail.example.org"}, "imap_username"),
        ({"domain": "returns.example.org\r\nBcc: x"}, "DOMAIN"),
        ({"domain": "Returns Example"}, "DOMAIN"),
    ],
)
def test_an_intake_that_could_not_work_is_refused_by_name(given: dict[str, str], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f"VIGIL_INTAKE.*{missing}") as refused:
        load_settings(intake=given)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_given_twice_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET, encoding="utf-8")
    monkeypatch.setenv(f"VIGIL_{name}_FILE", str(path))
    monkeypatch.setenv(f"VIGIL_{name}", SECRET)
    with pytest.raises(ConfigurationError, match=f"VIGIL_{name}") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_a_secret_file_that_is_missing_or_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    monkeypatch.setenv("VIGIL_SECRET_KEY_FILE", str(path))
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        load_settings()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UnicodeDecodeError"):
        load_settings()


def test_the_other_mail_settings_stay_when_the_password_lies_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET, encoding="utf-8")
    monkeypatch.setenv("VIGIL_SMTP__PASSWORD_FILE", str(path))
    monkeypatch.setenv("VIGIL_SMTP__HOST", "relay.example.org")
    monkeypatch.setenv("VIGIL_SMTP__SECURITY", "implicit")
    smtp = load_settings().smtp
    assert (smtp.host, smtp.security) == ("relay.example.org", "implicit")
    assert smtp.password is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "hunter2"),
        ("PUBLIC_URL", "https://vigil.example.org/hunter2"),
        ("TRUSTED_ORIGINS", '["https://user:hunter2@chat.example.org"]'),
        ("SMTP__SECURITY", "hunter2"),
        ("LOG_LEVEL", "hunter2"),
        ("SECRET_KEY", "hunter2"),
        ("HEARTBEAT_URL", "hunter2"),
        ("HEARTBEAT_URL", "http://hc.example.org/hunter2"),
        ("HEARTBEAT_URL", "https://vigil:hunter2@hc.example.org/"),
        ("HEARTBEAT_URL", "https://[hc.example.org/hunter2"),
        ("HEARTBEAT_URL", "https:///hunter2"),
        ("HEARTBEAT_URL", "https://hc.example.org/hunter2\x7f"),
        ("CANARY_SUBSCRIPTION", "hunter2"),
        ("CANARY_SUBSCRIPTION", "0"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"VIGIL_{name}", value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert f"VIGIL_{name}" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_heartbeat_over_plain_http_needs_an_origin_that_the_operator_trusts() -> None:
    url = "http://127.0.0.1:8900/ping"
    assert load_settings(heartbeat_url=url, trusted_origins=["http://127.0.0.1:8900"]).heartbeat_url is not None
    with pytest.raises(ConfigurationError, match="VIGIL_HEARTBEAT_URL"):
        load_settings(heartbeat_url=url, trusted_origins=["http://127.0.0.1:8901"])


def test_mail_beyond_this_machine_is_never_sent_in_the_clear() -> None:
    with pytest.raises(ConfigurationError, match="VIGIL_SMTP__SECURITY"):
        load_settings(smtp={"host": "relay.example.org", "security": "none"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_known_by_name_and_number(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "localhost.example.org", "10.0.0.1", "127.0.0.1.example.org"])  # noqa: S104
def test_what_only_looks_like_loopback_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_secrets_are_not_in_what_settings_print() -> None:
    url = "postgresql://vigil:hunter2@127.0.0.1/vigil"
    heartbeat_url = SECRETS["HEARTBEAT_URL"]
    settings = load_settings(
        secret_key=SECRET, database_url=url, smtp={"password": "hunter2"}, heartbeat_url=heartbeat_url
    )
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_settings_cannot_be_changed_once_they_are_built() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc] # that is the fault
