"""Bearer tokens: 256 random bits each, of which a file keeps the SHA-256 alone.

The token itself is shown once, when it is made. A random token cannot be guessed from its hash, so that a
slow hash as for passwords would only slow down reads.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from projections.api.scopes import Caller, Scope, parse_scope
from streams.engine.log import TOKENS
from streams.engine.settings import Settings

#: What every token starts with, so that scanners for leaked secrets can know it.
PREFIX: Final = "keyday_"
#: Bytes of randomness in a token, and in the id that its record is known by.
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 6
#: Tokens of one file, in all states.
MAX_TOKENS: Final = 100_000
#: Bytes: a file that is larger is refused.
_FILE_MAX_BYTES: Final = 64 * 1024 * 1024
#: Compared with where there is no record, so that this takes as long.
_NO_HASH: Final = "0" * 64


class State(StrEnum):
    """Whether a token opens anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Token(Struct, frozen=True, omit_defaults=True):
    """The record of a token; times are seconds since the epoch."""

    id: str
    sha256: str
    scope: str
    created: int
    expires: int | None = None
    revoked: int | None = None
    note: str = ""

    def state(self, now: float) -> State:
        """Revoked comes before expired."""
        if self.revoked is not None:
            return State.REVOKED
        return State.EXPIRED if self.expires is not None and self.expires <= now else State.ACTIVE


class TokensError(Exception):
    """The file of tokens cannot be used; the message is one line that says what to do."""


class _Content(Struct):
    format: int
    tokens: list[Token]


_FORMAT: Final = 1
_decode = msgspec.json.Decoder(_Content).decode


def read_tokens(path: Path) -> list[Token]:
    """The records of a file, none where there is no file.

    Raises:
        TokensError: it is no file of tokens, or others may write to it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o022:
                raise TokensError(f"{path} can be written by others: chmod 600 {path}")
            content = _decode(file.read(_FILE_MAX_BYTES + 1))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TokensError(f"{path} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError:
        raise TokensError(f"{path} is no file of tokens: restore it, or remove it") from None
    if content.format != _FORMAT:
        raise TokensError(f"{path} has format {content.format}, this keyday reads {_FORMAT}")
    return content.tokens


class TokenFile:
    """Changes a file of tokens, one process at a time; a reader sees the old file or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, scope: Scope, *, now: int, lifetime_s: int | None, note: str = "") -> tuple[str, Token]:
        """Add a token; the token, which nobody can read again, and its record."""
        name = secrets.token_hex(_ID_BYTES)
        bearer = f"{PREFIX}{name}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        expires = None if lifetime_s is None else now + lifetime_s
        record = Token(name, hash_of(bearer), str(scope), now, expires, None, note)
        with self._changing() as tokens:
            if len(tokens) >= MAX_TOKENS:
                raise TokensError(f"{self._path} holds {MAX_TOKENS} tokens: use another file")
            tokens.append(record)
        return bearer, record

    def revoke(self, name: str, *, now: int) -> Token | None:
        """Revoke the token with this id for good; ``None`` when there is none."""
        with self._changing() as tokens:
            for at, token in enumerate(tokens):
                if token.id == name:
                    if token.revoked is None:
                        tokens[at] = msgspec.structs.replace(token, revoked=now)
                    return tokens[at]
        return None

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self._path.parent, os.O_RDONLY)
        except OSError as error:
            raise TokensError(f"{self._path.parent} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            tokens = read_tokens(self._path)
            before = list(tokens)
            yield tokens
            if tokens != before:
                self._write(tokens)
                os.fsync(folder)
        except OSError as error:
            raise TokensError(f"{self._path} cannot be written: {error.strerror}") from None
        finally:
            os.close(folder)

    def _write(self, tokens: Sequence[Token]) -> None:
        fresh = self._path.with_name(f".{self._path.name}.new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(msgspec.json.format(msgspec.json.encode(_Content(_FORMAT, list(tokens)))))
            file.flush()
            os.fsync(handle)
        fresh.rename(self._path)


class TokenBook:
    """The tokens of a file as a server asks for them: a change counts from the next request on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: Mapping[str, tuple[Token, Scope]] = {}
        #: Why no token of the file is known, when the file is at fault.
        self.fault: str | None = None

    def known(self) -> bool:
        """Whether the file holds tokens, in whatever state, or cannot be read."""
        self._refresh()
        return bool(self._tokens) or self.fault is not None

    def active(self, now: float) -> bool:
        """Whether some token opens something."""
        self._refresh()
        return any(token.state(now) is State.ACTIVE for token, _ in self._tokens.values())

    def find(self, bearer: bytes, now: float) -> tuple[Caller, State] | None:
        """Whose token this is, and its state; ``None`` for what is no token of the file."""
        self._refresh()
        name = bearer.removeprefix(PREFIX.encode()).partition(b"_")[0]
        found = self._tokens.get(name.decode(errors="replace"))
        same = hmac.compare_digest(
            hashlib.sha256(bearer).hexdigest(), _NO_HASH if found is None else found[0].sha256
        )
        if found is None or not same:
            return None
        token, scope = found
        return Caller(token.id, scope), token.state(now)

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            seen = (0, 0, 0)
        if seen == self._seen:
            return
        self._seen, self._tokens, self.fault = seen, {}, None
        try:
            self._tokens = {one.id: (one, parse_scope(one.scope)) for one in read_tokens(self._path)}
        except (TokensError, ValueError) as error:
            # Nobody is let in by a file that cannot be read.
            self.fault = str(error)


def tokens_path(settings: Settings, *, of_kafka: bool) -> Path:
    """Where the tokens of a server are: beside its data, or its state where it reads Kafka."""
    return settings.tokens_file or (settings.state_dir if of_kafka else settings.data) / TOKENS


def hash_of(bearer: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(bearer.encode()).hexdigest()
