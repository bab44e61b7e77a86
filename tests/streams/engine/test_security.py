from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from streams.engine.security import ClientCredentials, FileToken, TokenError, kafka_arguments
from streams.engine.settings import Settings, SettingsError


def test_plaintext_asks_for_nothing() -> None:
    assert kafka_arguments(Settings()) == {"security_protocol": "PLAINTEXT"}


def test_certificates_and_host_names_are_checked() -> None:
    context = kafka_arguments(Settings(security_protocol="SSL"))["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_host_name_check_can_be_switched_off_alone() -> None:
    context = kafka_arguments(Settings(security_protocol="SSL", ssl_check_hostname=False))["ssl_context"]

    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_REQUIRED)


def test_scram_passes_user_and_password() -> None:
    settings = Settings(security_protocol="SASL_PLAINTEXT", sasl_username="lea", sasl_password="s")

    assert kafka_arguments(settings) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "lea",
        "sasl_plain_password": "s",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            Settings(security_protocol="SASL_SSL"),
            "SCRAM-SHA-512 needs sasl_username: set KEYDAY_SASL_USERNAME",
        ),
        (
            Settings(security_protocol="SSL", ssl_ca_file=Path("/nowhere")),
            "ssl_ca_file: /nowhere cannot be used (No such file or directory)",
        ),
        (Settings(security_protocol="SSL", ssl_key_file=Path("key.pem")), "ssl_key_file needs ssl_cert_file"),
        (
            Settings(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER"),
            "OAUTHBEARER needs oauth_token_file, or oauth_token_url, oauth_client_id and oauth_client_secret",
        ),
    ],
)
def test_what_is_missing_is_named(settings: Settings, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        kafka_arguments(settings)

    assert str(caught.value) == message


def test_a_token_file_is_read_at_each_login(tmp_path: Path) -> None:
    file = tmp_path / "token"
    provider = FileToken(file)

    file.write_text("first\n")
    first = asyncio.run(provider.token())
    file.write_text("second\n")
    second = asyncio.run(provider.token())

    assert (first, second) == ("first", "second")


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_token_file_without_a_token_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)

    with pytest.raises(TokenError, match="oauth_token_file: "):
        asyncio.run(FileToken(tmp_path / "token").token())


class Endpoint:
    """An identity provider that counts what it grants."""

    def __init__(self, status: int = 200, body: str | None = None) -> None:
        self.forms: list[dict[str, str]] = []
        self.logins: list[str] = []
        self._status = status
        self._body = body

    async def grant(self, request: web.Request) -> web.Response:
        self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        self.logins.append(base64.b64decode(request.headers["Authorization"].split()[1]).decode())
        if self._body is not None or self._status != 200:
            return web.Response(status=self._status, text=self._body or "secret words of the provider")
        return web.json_response({"access_token": f"token-{len(self.forms)}", "expires_in": 100})

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/token", self.grant)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        finally:
            await runner.cleanup()


def test_a_token_is_kept_for_most_of_its_life_and_then_renewed() -> None:
    endpoint = Endpoint()
    now = [1000.0]

    async def run() -> list[str]:
        async with endpoint.serve() as url:
            provider = ClientCredentials(url, "keyday", "s3cret", "kafka", clock=lambda: now[0])
            tokens = [*await asyncio.gather(*(provider.token() for _ in range(5)))]
            now[0] += 79
            tokens.append(await provider.token())
            now[0] += 2
            tokens.append(await provider.token())
            return tokens

    assert asyncio.run(run()) == [*["token-1"] * 6, "token-2"]
    assert endpoint.forms == [{"grant_type": "client_credentials", "scope": "kafka"}] * 2
    assert endpoint.logins == ["keyday:s3cret"] * 2


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, None, "answered 401 instead of a token"),
        (200, "<html>", "answered something else than a token"),
        (200, "{}", "answered something else than a token"),
    ],
)
def test_a_refusal_is_told_without_secrets(status: int, body: str | None, reason: str) -> None:
    async def run() -> None:
        async with Endpoint(status, body).serve() as url:
            await ClientCredentials(url, "keyday", "s3cret", None).token()

    with pytest.raises(TokenError) as caught:
        asyncio.run(run())

    assert str(caught.value).endswith(reason)
    assert "secret" not in str(caught.value).replace("s3cret", "secret")


def test_an_endpoint_out_of_reach_is_named() -> None:
    provider = ClientCredentials("http://127.0.0.1:1/token", "keyday", "s3cret", None)

    with pytest.raises(TokenError, match=r"^http://127.0.0.1:1/token cannot be reached"):
        asyncio.run(provider.token())
