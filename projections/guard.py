"""Who asks over HTTP: the bearer of a token, or, where there are no tokens, this machine alone."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

from projections.api.scopes import OPERATOR, Caller
from projections.api.tokens import State, TokenBook
from projections.problems import ProblemCode

_LOCAL_NAMES: Final = frozenset({"localhost"})
#: Characters: a shorter token could be guessed.
MIN_TOKEN_CHARS: Final = 16
#: Who asks with the token of the settings, and who asks where there are no tokens.
_OF_SETTINGS: Final = Caller("settings", OPERATOR)
LOCAL: Final = Caller("local", OPERATOR)

_DENIED: Final = {State.EXPIRED: ProblemCode.TOKEN_EXPIRED, State.REVOKED: ProblemCode.TOKEN_REVOKED}


class BindingError(ValueError):
    """The server would have to answer everybody; the message is one line that says what to do."""


class Guard:
    """The rule for one server: an operator's ``token``, those of a ``book``, or loopback only.

    Once a token was needed it is needed as long as the server runs, whatever becomes of the book.
    """

    def __init__(
        self,
        token: str | None = None,
        book: TokenBook | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._token = token
        self._book = book
        self._now = now
        self._needed = token is not None

    @property
    def needs_token(self) -> bool:
        """Whether callers must show a token."""
        self._needed = self._needed or (self._book is not None and self._book.known())
        return self._needed

    def check_binding(self, host: str) -> None:
        """Refuse to listen beyond loopback without a token, or with a file of tokens that cannot be read.

        Raises:
            BindingError: what is wrong and what to do.
        """
        if self._token is not None and len(self._token) < MIN_TOKEN_CHARS:
            raise BindingError(
                f"KEYDAY_HTTP_TOKEN is shorter than {MIN_TOKEN_CHARS} characters: choose a longer one"
            )
        if self._book is not None and self._book.known() and self._book.fault is not None:
            raise BindingError(self._book.fault)
        if self._token is None and not is_loopback(host) and not self._has_active_token():
            raise BindingError(
                f"listening on {host} needs a token: make one with keyday token create, set "
                "KEYDAY_HTTP_TOKEN, or use 127.0.0.1"
            )

    def admits_host(self, host_header: str | None) -> bool:
        """Whether the Host header may ask: without tokens only loopback names, against DNS rebinding."""
        return self.needs_token or (host_header is not None and is_loopback(host_name(host_header)))

    def admits_origin(self, origin: str | None) -> bool:
        """Whether a page of this origin may ask for a change: without tokens only one of this machine."""
        if self.needs_token or origin is None:
            return True
        return is_loopback(host_name(origin.partition("://")[2]))

    def identify(self, authorizations: Sequence[str]) -> Caller | ProblemCode:
        """Who asks by the Authorization headers, or why nobody is let in."""
        if not self.needs_token:
            return LOCAL
        scheme, _, given = (authorizations[0] if len(authorizations) == 1 else "").partition(" ")
        # Header bytes that are no UTF-8 arrive as surrogates.
        bearer = given.strip().encode(errors="surrogateescape")
        of_settings = self._token is not None and hmac.compare_digest(bearer, self._token.encode())
        found = None if self._book is None else self._book.find(bearer, self._now())
        if scheme.lower() != "bearer":
            return ProblemCode.UNAUTHORIZED
        if of_settings:
            return _OF_SETTINGS
        if found is None:
            return ProblemCode.UNAUTHORIZED
        caller, state = found
        return _DENIED.get(state, caller)

    def _has_active_token(self) -> bool:
        return self._book is not None and self._book.active(self._now())


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
