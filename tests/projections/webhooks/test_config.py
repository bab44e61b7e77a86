from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from projections.webhooks.config import ConfigError, load
from tests.projections.webhooks.receiver import OLD_SECRET, SECRET, endpoint

URL = "https://hooks.example.com/keyday"
GOOD = f"""
[[endpoint]]
id = "crm"
url = "{URL}"
secrets = [{{ env = "HOOK_SECRET" }}]
types = ["reward.*", "tier.changed"]
"""


def loaded(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> Any:
    file = tmp_path / "hooks.toml"
    file.write_text(text)
    return load(file, {"HOOK_SECRET": SECRET} if env is None else env)


def test_types_are_chosen_by_name_or_pattern_from_topics_that_exist(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, GOOD)

    assert one.topics == ("milestones", "rewards")
    assert one.wants("rewards", "reward.bonus", "acme", None)
    assert one.wants("milestones", "tier.changed", None, None)
    assert not one.wants("milestones", "goal.progressed", "acme", None)


def test_programs_and_partners_narrow_what_is_sent(tmp_path: Path) -> None:
    one = endpoint(tmp_path, URL, programs=["acme"], partners=["lea"], allow_private=False)

    assert one.wants("rewards", "reward.bonus", "acme", "lea")
    assert not one.wants("rewards", "reward.bonus", "other", "lea")
    assert not one.wants("rewards", "reward.bonus", "acme", "max")
    assert not one.wants("rewards", "reward.bonus", "acme", None)


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    text = GOOD.replace('{ env = "HOOK_SECRET" }', '{ file = "secret" }, { env = "OLD" }')

    (one,) = loaded(tmp_path, text, {"OLD": OLD_SECRET})

    assert one.secrets == (b"k" * 32, b"o" * 32)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    (one,) = loaded(tmp_path, GOOD)

    assert repr(one) == f"Endpoint(crm, {URL})"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "crm"', 'id = "CRM 1"', "$.endpoint[0].id"),
        ('id = "crm"', 'id = "crm"\nurls = "x"', "unknown field `urls`"),
        ("https://", "ftp://", "has to begin with https://"),
        ("https://", "http://", "http is for loopback addresses alone"),
        ("https://", "https://me:pass@", "must not hold a login"),
        ("hooks.example.com", "10.0.0.1", "10.0.0.1 is no public address"),
        ("hooks.example.com", "[::ffff:169.254.169.254]", "is no public address"),
        ("hooks.example.com", "localhost", "localhost is no public address"),
        ("hooks.example.com", "１２７.０.０.１", "127.0.0.1 is no public address"),  # noqa: RUF001
        ("hooks.example.com", "127。0。0。1", "127.0.0.1 is no public address"),
        ("hooks.example.com", "ⓛocalhost", "localhost is no public address"),
        ("hooks.example.com", "2130706433", "2130706433 is no address as addresses are written"),
        ("hooks.example.com", "127.1", "127.1 is no address as addresses are written"),
        ("hooks.example.com", "0x7f.0.0.1.", "is no address as addresses are written"),
        ("hooks.example.com", "hooks..example", "the url is none"),
        ("hooks.example.com", "x" * 64 + ".example", "the url is none"),
        ("reward.*", "rewards.*", "no event is called rewards.*"),
        ("reward.*", "order.placed", "no event is called order.placed"),
        ('{ env = "HOOK_SECRET" }', "", "$.endpoint[0].secrets"),
        (
            'env = "HOOK_SECRET"',
            'env = "NOT_SET"',
            "the variable NOT_SET holds no secret that begins with whsec_",
        ),
        ('env = "HOOK_SECRET"', 'file = "none"', "cannot be read"),
        ('env = "HOOK_SECRET"', 'env = "HOOK_SECRET", file = "x"', "either env or file"),
        ('id = "crm"', 'id = "crm"\nca_file = "none.pem"', "ca_file none.pem cannot be used"),
        ('id = "crm"', "id = crm", "Invalid value"),
        ("[[endpoint]]", GOOD + "[[endpoint]]", "two endpoints are called crm"),
    ],
)
def test_what_cannot_be_used_is_refused_with_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, GOOD.replace(old, new, 1))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("secret", ["whsec_" + "a" * 20, "whsec_!!!", "plain", "whsec_" + "QUJD" * 40])
def test_a_secret_of_another_form_is_refused_and_not_repeated(tmp_path: Path, secret: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, GOOD, {"HOOK_SECRET": secret})

    assert secret not in str(refused.value)


def test_http_is_allowed_on_this_machine_when_private_addresses_are(tmp_path: Path) -> None:
    assert endpoint(tmp_path, "http://127.0.0.1:8080/").tls is None
    assert endpoint(tmp_path, "http://[::1]:8080/").tls is None


def test_the_example_can_be_used_once_its_secret_is_there(tmp_path: Path) -> None:
    (tmp_path / "crm.secret").write_text(SECRET)
    example = Path(__file__).parents[3] / "examples" / "webhooks" / "webhooks.toml"

    (one,) = loaded(tmp_path, example.read_text(), {})

    assert one.topics == ("compliance", "milestones", "rewards")
