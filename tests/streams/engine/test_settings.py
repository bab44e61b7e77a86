from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from streams.engine.limits import Limits
from streams.engine.settings import MASK, Settings, SettingsError, load, variable


def test_defaults_need_no_environment() -> None:
    settings = load({})

    assert (settings.host, settings.port, settings.app_id) == ("127.0.0.1", 6066, "keyday")
    assert settings.limits() == Limits()


def test_flags_win_over_the_environment() -> None:
    env = {"KEYDAY_PORT": "7000", "KEYDAY_HOST": "0.0.0.0"}  # noqa: S104

    settings = load(env, {"port": "8000", "host": None})

    assert (settings.port, settings.host) == (8000, "0.0.0.0")  # noqa: S104


def test_an_empty_variable_is_not_set() -> None:
    assert load({"KEYDAY_PORT": ""}).port == 6066


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"KEYDAY_PORT": "tcp://10.0.0.1:6066"}, "KEYDAY_PORT: 'tcp://10.0.0.1:6066' is not a whole number"),
        ({"KEYDAY_PORT": "65536"}, "KEYDAY_PORT: 65536 is not between 0 and 65535"),
        ({"KEYDAY_STALL_TIMEOUT_S": "nan"}, "KEYDAY_STALL_TIMEOUT_S: nan is not between 1 and 86400"),
        (
            {"KEYDAY_SSL_CHECK_HOSTNAME": "maybe"},
            "KEYDAY_SSL_CHECK_HOSTNAME: 'maybe' is neither true nor false",
        ),
        ({"KEYDAY_PROCESSES": "all"}, "KEYDAY_PROCESSES: 'all' is not a whole number or auto"),
        ({"KEYDAY_PROCESSES": "0"}, "KEYDAY_PROCESSES: 0 is not between 1 and 256"),
        ({"KEYDAY_LOG_FORMAT": "xml"}, "KEYDAY_LOG_FORMAT: 'xml' is not one of console, json"),
        (
            {"KEYDAY_SASL_PASSWORD_FILE": "/nowhere"},
            "KEYDAY_SASL_PASSWORD_FILE: /nowhere cannot be read (No such file or directory)",
        ),
        (
            {"KEYDAY_SASL_PASSWORD": "a", "KEYDAY_SASL_PASSWORD_FILE": "b"},
            "set KEYDAY_SASL_PASSWORD or KEYDAY_SASL_PASSWORD_FILE, not both",
        ),
    ],
)
def test_a_wrong_value_is_one_line(env: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(env)

    assert str(caught.value) == message


def test_a_wrong_flag_is_named_as_it_was_typed() -> None:
    with pytest.raises(SettingsError, match=r"^--session-timeout-ms: 'x' is not a whole number$"):
        load({}, {"session_timeout_ms": "x"})


@pytest.mark.parametrize("value", ["true", "1", "YES", "on"])
def test_true_is_written_in_many_ways(value: str) -> None:
    assert load({"KEYDAY_SSL_CHECK_HOSTNAME": value}).ssl_check_hostname is True


def test_a_secret_comes_from_a_file_without_its_newline(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")

    settings = load({"KEYDAY_SASL_PASSWORD_FILE": str(tmp_path / "password")})

    assert settings.sasl_password == "correct horse"


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "host").write_text("elsewhere")

    assert load({"KEYDAY_HOST_FILE": str(tmp_path / "host")}).host == "127.0.0.1"


def test_secrets_are_masked_wherever_settings_are_printed() -> None:
    secrets = [each.name for each in fields(Settings) if each.metadata["secret"]]
    settings = load({variable(name): f"hidden-{name}" for name in secrets})

    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)
    assert {name for name, value in settings.rows() if value == MASK} == set(secrets)
    assert set(secrets) == {"sasl_password", "oauth_client_secret", "ssl_key_password", "http_token"}


def test_every_setting_is_documented() -> None:
    assert [each.name for each in fields(Settings) if not each.metadata["doc"].endswith(".")] == []


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_auto_is_a_process_for_each_core_that_this_process_may_use() -> None:
    cores = os.sched_getaffinity(0)
    assert load({"KEYDAY_PROCESSES": "auto"}).processes == len(cores)
    try:
        os.sched_setaffinity(0, {min(cores)})
        assert load({}, {"processes": "auto"}).processes == 1
    finally:
        os.sched_setaffinity(0, cores)
