"""Log lines are JSON, and only keys on the list get into them."""

from __future__ import annotations

import json

import pytest
import structlog

from service.logs import ALLOWED_KEYS, configure_logs, keep_allowed_keys


@pytest.fixture(autouse=True)
def default_logs_afterwards() -> object:
    yield
    structlog.reset_defaults()


def test_a_careless_call_leaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    structlog.get_logger().info("sent", delivery_id=7, address="reader@example.org", person="Dana Sample")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["delivery_id"], line["level"]) == ("sent", 7, "info")
    assert "timestamp" in line
    assert not {"address", "person"} & set(line)


def test_results_on_standard_output_are_not_mixed_with_logs(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info")
    structlog.get_logger().warning("gate shut")
    assert capsys.readouterr().out == ""


def test_quieter_levels_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning")
    structlog.get_logger().info("a bell rang")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "key", ["name", "person", "address", "email", "title", "subject", "body", "token", "url", "ip"]
)
def test_nothing_that_could_name_somebody_is_on_the_list(key: str) -> None:
    assert key not in ALLOWED_KEYS
    assert keep_allowed_keys(None, "info", {key: "Dana Sample", "event": "x"}) == {"event": "x"}
