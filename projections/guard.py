"""Who may ask for account data over HTTP: bearers of the token, or, without a token, this machine alone."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

_LOCAL_NAMES: Final = frozenset({"localhost"})
#: Characters: a shorter token could be guessed.
MIN_TOKEN_CHARS: Final = 16


class BindingError(ValueError):
    """The server would have to answer everybody; the message is one line that says what to do."""


class Guard(Struct, frozen=True):
    """The rule for one server: ``token`` or loopback only."""

    token: str | None = None

    def check_binding(self, host: str) -> None:
        """Refuse to listen beyond loopback without a token.

        Raises:
            BindingError: what is wrong and what to do.
        """
        if self.token is None:
            if not is_loopback(host):
                raise BindingError(
                    f"listening on {host} needs a token: set KEYDAY_HTTP_TOKEN, or use 127.0.0.1"
                )
        elif len(self.token) < MIN_TOKEN_CHARS:
            raise BindingError(
                f"KEYDAY_HTTP_TOKEN is shorter than {MIN_TOKEN_CHARS} characters: choose a longer one"
            )

    def admits_host(self, host_header: str | None) -> bool:
        """Whether the Host header may ask: without a token only loopback names, against DNS rebinding."""
        return self.token is not None or (host_header is not None and is_loopback(host_name(host_header)))

    def admits_bearer(self, authorization: str | None) -> bool:
        """Whether the Authorization header carries the token; always true without a token."""
        if self.token is None:
            return True
        scheme, _, given = (authorization or "").partition(" ")
        # Header bytes that are no UTF-8 arrive as surrogates.
        same = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), self.token.encode())
        return same and scheme.lower() == "bearer"


def host_name(host_header: str) -> str:
    """The name or address in a Host header, without port and brackets."""
    if host_header.startswith("["):
        return host_header[1:].partition("]")[0]
    return host_header.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name or address."""
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
