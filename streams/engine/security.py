"""Kafka security: the settings with the standard names become the arguments of aiokafka's clients."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiokafka.abc import AbstractTokenProvider

from streams.engine.limits import SECRET_BYTES, TOKEN_REFRESH_SHARE, TOKEN_TIMEOUT_S
from streams.engine.settings import Settings, SettingsError


class TokenError(Exception):
    """No token could be had; the message never holds the token or the client secret."""


def kafka_arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for every aiokafka client; secrets in them must not be logged.

    Call it inside the event loop that the client runs in: an OAuth provider belongs to one loop.
    """
    arguments: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol in {"SSL", "SASL_SSL"}:
        arguments["ssl_context"] = ssl_context(settings)
    if settings.security_protocol.startswith("SASL_"):
        arguments |= _sasl(settings)
    return arguments


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or newer; certificates are always verified, host names unless that was switched off."""
    try:
        context = ssl.create_default_context(
            ssl.Purpose.SERVER_AUTH,
            cafile=None if settings.ssl_ca_file is None else str(settings.ssl_ca_file),
        )
    except (OSError, ssl.SSLError) as error:
        raise _unusable("ssl_ca_file", settings.ssl_ca_file, error) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = settings.ssl_check_hostname
    if settings.ssl_key_file is not None and settings.ssl_cert_file is None:
        raise SettingsError("ssl_key_file needs ssl_cert_file")
    if settings.ssl_cert_file is not None:
        try:
            # A callable, since OpenSSL would else ask for a missing password on the terminal.
            context.load_cert_chain(
                settings.ssl_cert_file,
                settings.ssl_key_file,
                password=lambda: settings.ssl_key_password or "",
            )
        except (OSError, ssl.SSLError) as error:
            raise _unusable("ssl_cert_file", settings.ssl_cert_file, error) from None
    return context


def _unusable(name: str, path: Path | None, error: OSError) -> SettingsError:
    return SettingsError(f"{name}: {path} cannot be used ({error.strerror or error})")


def _sasl(settings: Settings) -> dict[str, Any]:
    if settings.sasl_mechanism == "OAUTHBEARER":
        return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": token_provider(settings)}
    for name in ("sasl_username", "sasl_password"):
        if getattr(settings, name) is None:
            raise SettingsError(f"{settings.sasl_mechanism} needs {name}: set KEYDAY_{name.upper()}")
    return {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": settings.sasl_password,
    }


def token_provider(settings: Settings) -> AbstractTokenProvider:
    """The provider of OAUTHBEARER tokens: a file, or the client credentials grant of an endpoint."""
    if settings.oauth_token_file is not None:
        return FileToken(settings.oauth_token_file)
    url, client, secret = settings.oauth_token_url, settings.oauth_client_id, settings.oauth_client_secret
    if url is None or client is None or secret is None:
        raise SettingsError(
            "OAUTHBEARER needs oauth_token_file, or oauth_token_url, oauth_client_id and oauth_client_secret"
        )
    return ClientCredentials(url, client, secret, settings.oauth_scope)


class FileToken(AbstractTokenProvider):
    """The token that a file holds now; whoever mounts the file renews it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The content of the file without surrounding white space."""
        try:
            text = await asyncio.to_thread(self._path.read_text, "utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TokenError(
                f"oauth_token_file: {self._path} cannot be read ({type(error).__name__})"
            ) from None
        if not text.strip():
            raise TokenError(f"oauth_token_file: {self._path} is empty")
        return text.strip()


class _Granted(msgspec.Struct, frozen=True):
    """The part of RFC 6749 section 5.1 that is needed; ``expires_in`` is in seconds."""

    access_token: str
    expires_in: float = 300.0


class ClientCredentials(AbstractTokenProvider):
    """Tokens of the client credentials grant (RFC 6749 section 4.4), kept for most of their life."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        scope: str | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        # As they are, like Kafka's own clients: many providers do not undo the form encoding of RFC 6749.
        login = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._clock = clock
        self._token = ""
        self._renew_at = 0.0
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """A token with life left; many logins at once lead to one request."""
        async with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                asked_at = self._clock()
                granted = await self._ask()
                self._token = granted.access_token
                self._renew_at = asked_at + granted.expires_in * TOKEN_REFRESH_SHARE
            return self._token

    async def _ask(self) -> _Granted:
        timeout = aiohttp.ClientTimeout(total=TOKEN_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.post(self._url, data=self._form, allow_redirects=False) as answer,
            ):
                if answer.status != HTTPStatus.OK:
                    raise TokenError(f"{self._url} answered {answer.status} instead of a token")
                return msgspec.json.decode(await answer.content.read(SECRET_BYTES), type=_Granted)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TokenError(f"{self._url} cannot be reached ({type(error).__name__})") from None
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise TokenError(f"{self._url} answered something else than a token") from None
