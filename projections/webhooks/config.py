"""The file of webhook endpoints: read whole, checked whole, refused whole."""

from __future__ import annotations

import base64
import binascii
import ssl
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct
from yarl import URL

from projections.webhooks.addresses import is_literal, is_loopback_host, is_numeric, is_public
from schemas.topics import BY_NAME

#: Topics whose events can be delivered.
TOPICS: Final = ("rewards", "compliance", "milestones")
#: Bytes of a signing secret, as the standard has them.
LEAST_SECRET_BYTES: Final = 24
MOST_SECRET_BYTES: Final = 64
#: How secrets are told from other text.
PREFIX: Final = "whsec_"
#: Bytes: a file that is larger is refused.
FILE_BYTES: Final = 1_048_576


class ConfigError(Exception):
    """The file cannot be used; the message is one line that says where and what to do."""


class SecretFrom(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret is: in a variable of the environment, or in a file."""

    env: str | None = None
    file: str | None = None


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[endpoint]]`` as it is written."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    url: Annotated[str, Meta(max_length=2_000)]
    #: The present secret, and the one before it while receivers change over.
    secrets: Annotated[tuple[SecretFrom, ...], Meta(min_length=1, max_length=2)]
    types: Annotated[tuple[str, ...], Meta(min_length=1)]
    programs: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    start: Literal["now", "beginning"] = "now"
    concurrency: Annotated[int, Meta(ge=1, le=256)] = 8
    timeout_s: Annotated[float, Meta(gt=0, le=120)] = 20.0
    max_tries: Annotated[int, Meta(ge=1, le=1_000)] = 20
    first_retry_s: Annotated[float, Meta(gt=0, le=3_600)] = 5.0
    longest_retry_s: Annotated[float, Meta(gt=0, le=604_800)] = 28_800.0
    allow_private: bool = False
    ca_file: str | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    endpoint: Annotated[tuple[Entry, ...], Meta(min_length=1)]


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where to deliver what; ``repr`` masks the secrets. ``types`` are (topic, type) that were asked for."""

    entry: Entry
    secrets: tuple[bytes, ...]
    types: frozenset[tuple[str, str]]
    tls: ssl.SSLContext | None

    @property
    def id(self) -> str:
        """What the endpoint is called in the store, in metrics and logs."""
        return self.entry.id

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that have to be read for it."""
        return tuple(sorted({topic for topic, _ in self.types}))

    def wants(self, topic: str, type_: str, program: str | None, partner: str | None) -> bool:
        """Whether an event is to be delivered."""
        entry = self.entry
        return (
            (topic, type_) in self.types
            and (not entry.programs or program in entry.programs)
            and (not entry.partners or partner in entry.partners)
        )

    def __repr__(self) -> str:
        return f"Endpoint({self.id}, {self.entry.url})"


def load(path: Path, env: Mapping[str, str]) -> list[Endpoint]:
    """The endpoints of a file; files that it names are found from its own folder.

    Raises:
        ConfigError: it cannot be read, or something in it cannot be used.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        found = tomllib.loads(raw.decode())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    if len(raw) > FILE_BYTES:
        raise ConfigError(f"{path} is larger than {FILE_BYTES} bytes")
    try:
        entries = msgspec.convert(found, _File).endpoint
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from None
    ids = [entry.id for entry in entries]
    for entry in entries:
        if ids.count(entry.id) > 1:
            raise ConfigError(f"{path}: two endpoints are called {entry.id}")
    return [_endpoint(path, entry, env) for entry in entries]


def _endpoint(path: Path, entry: Entry, env: Mapping[str, str]) -> Endpoint:
    where = f"{path}: endpoint {entry.id}"
    _check_url(where, entry)
    return Endpoint(
        entry=entry,
        secrets=tuple(_secret(where, path.parent, one, env) for one in entry.secrets),
        types=_types(where, entry.types),
        tls=_tls(where, path.parent, entry),
    )


def _check_url(where: str, entry: Entry) -> None:
    try:
        parts = urlsplit(entry.url)
        # The host as it is asked: digits and dots of other scripts are read as those of ASCII.
        host, _ = URL(entry.url).raw_host, parts.port
        (host or "").encode("idna")
    except ValueError as error:
        raise ConfigError(f"{where}: the url is none ({error})") from None
    if not host or parts.scheme not in {"https", "http"}:
        raise ConfigError(f"{where}: the url has to begin with https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ConfigError(f"{where}: the url must not hold a login or a fragment")
    if parts.scheme == "http" and not is_loopback_host(host):
        raise ConfigError(f"{where}: http is for loopback addresses alone, use https")
    if is_numeric(host) and not is_literal(host):
        raise ConfigError(f"{where}: {host} is no address as addresses are written")
    private = is_loopback_host(host) or (is_literal(host) and not is_public(host))
    if private and not entry.allow_private:
        raise ConfigError(f"{where}: {host} is no public address; allow_private = true lets it through")


def _secret(where: str, folder: Path, source: SecretFrom, env: Mapping[str, str]) -> bytes:
    if (source.env is None) == (source.file is None):
        raise ConfigError(f"{where}: a secret has either env or file")
    if source.env is not None:
        text, name = env.get(source.env, ""), f"the variable {source.env}"
    else:
        file = folder / str(source.file)
        name = str(file)
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{where}: {name} cannot be read") from None
    text = text.strip()
    if not text.startswith(PREFIX):
        raise ConfigError(f"{where}: {name} holds no secret that begins with {PREFIX}")
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{where}: the secret of {name} is not base64") from None
    if not LEAST_SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        bounds = f"{LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes"
        raise ConfigError(f"{where}: the secret of {name} has {len(secret)} bytes instead of {bounds}")
    return secret


def _types(where: str, patterns: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    known = [(topic, type_) for topic in TOPICS for type_ in BY_NAME[topic].types]
    chosen: set[tuple[str, str]] = set()
    for pattern in patterns:
        found = {one for one in known if fnmatchcase(one[1], pattern)}
        if not found:
            raise ConfigError(f"{where}: no event is called {pattern}")
        chosen |= found
    return frozenset(chosen)


def _tls(where: str, folder: Path, entry: Entry) -> ssl.SSLContext | None:
    if not entry.url.lower().startswith("https:"):
        return None
    try:
        cafile = None if entry.ca_file is None else str(folder / entry.ca_file)
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=cafile)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"{where}: ca_file {entry.ca_file} cannot be used") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
