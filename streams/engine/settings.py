"""One frozen settings object, from the environment (``KEYDAY_…``) and flags; flags win."""

# ruff: noqa: RUF009 -- `setting` is `dataclasses.field` with documentation, not a shared default

from __future__ import annotations

import os
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, get_args, get_type_hints

from streams.engine.limits import MESSAGE_BYTES, SECRET_BYTES, Limits

PREFIX: Final = "KEYDAY_"
MASK: Final = "********"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line that says which and what to do."""


class Processes(int):
    """How many processes: a number, or ``auto``, the cores that this process may use."""

    def __new__(cls, value: str | int) -> Self:
        return super().__new__(cls, _cores() if value == "auto" else int(value))


def _cores() -> int:
    # Containers and `taskset` give a process fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def setting(
    default: Any,
    doc: str,
    *,
    secret: bool = False,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """Declare a field of ``Settings`` with its documentation and bounds."""
    about = {"doc": doc, "secret": secret, "choices": choices, "least": least, "most": most}
    return field(default=default, metadata=about)


_LIMITS: Final = Limits()


_KINDS: Final[Mapping[type, str]] = {
    int: "a whole number",
    float: "a number",
    Processes: "a whole number or auto",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a process of Keyday is told from outside. ``repr`` and ``rows`` mask the secrets."""

    # What to run
    programs: Path | None = setting(None, "Program file (TOML), or a folder of them.")
    data: Path = setting(Path("keyday-data"), "Directory of the embedded log.")
    state_dir: Path = setting(
        Path("keyday-state"), "Directory of the stores of a Kafka worker or server; lost ones are rebuilt."
    )
    webhooks: Path | None = setting(None, "File of the endpoints (TOML) that webhooks go to.")
    app_id: str = setting("keyday", "Prefix of the consumer group and of transactional ids.")
    processes: Processes = setting(
        1,
        "Processes of a worker, each with a core to itself; `auto` is one for each core that it may use.",
        least=1,
        most=256,
    )

    # Kafka
    brokers: str = setting("", "Kafka bootstrap servers, `host:port`, separated by commas.")
    partitions: int = setting(
        8,
        "Partitions of the topics that share one count, when they are created.",
        least=1,
        most=10_000,
    )
    replication: int = setting(
        -1, "Copies of each topic when it is created; -1 takes the broker's default.", least=-1, most=32_767
    )
    group_instance_id: str | None = setting(
        None, "Static membership: a name that stays when this worker restarts, so that no rebalance follows."
    )
    session_timeout_ms: int = setting(
        30_000,
        "Milliseconds without a heartbeat after which a worker counts as dead.",
        least=1_000,
        most=1_800_000,
    )

    # Kafka security
    security_protocol: str = setting(
        "PLAINTEXT",
        "How to talk to the brokers.",
        choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    )
    sasl_mechanism: str = setting(
        "SCRAM-SHA-512",
        "How to log in when the protocol is SASL_….",
        choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"),
    )
    sasl_username: str | None = setting(None, "User of PLAIN and SCRAM.")
    sasl_password: str | None = setting(None, "Password of PLAIN and SCRAM.", secret=True)
    oauth_token_file: Path | None = setting(
        None,
        "OAUTHBEARER: a file with the token, read again at each login (a mounted service account token).",
    )
    oauth_token_url: str | None = setting(
        None, "OAUTHBEARER: token endpoint for the client credentials grant."
    )
    oauth_client_id: str | None = setting(None, "OAUTHBEARER: client id at the token endpoint.")
    oauth_client_secret: str | None = setting(
        None, "OAUTHBEARER: client secret at the token endpoint.", secret=True
    )
    oauth_scope: str | None = setting(None, "OAUTHBEARER: scope to ask for.")
    ssl_ca_file: Path | None = setting(
        None, "PEM file of the authorities that sign the brokers' certificates; else the system's."
    )
    ssl_cert_file: Path | None = setting(None, "PEM file of the client certificate (mTLS).")
    ssl_key_file: Path | None = setting(
        None, "PEM file of the client key (mTLS); may be in the certificate's file."
    )
    ssl_key_password: str | None = setting(None, "Password of the client key.", secret=True)
    ssl_check_hostname: bool = setting(True, "Whether a broker's certificate must name its host.")

    # HTTP
    host: str = setting("127.0.0.1", "Address that the HTTP server listens on.")
    port: int = setting(6066, "Port of the HTTP server; 0 takes a free one.", least=0, most=65_535)
    metrics_port: int | None = setting(
        None,
        "Port of /metrics, /healthz and /readyz of `worker` and `webhooks`; none when not set.",
        least=0,
        most=65_535,
    )
    http_token: str | None = setting(
        None, "A token for operators: requests need `Authorization: Bearer …` with it.", secret=True
    )
    tokens_file: Path | None = setting(
        None,
        "File of the tokens that `keyday token` makes; else tokens.json in the data or state directory.",
    )
    http_cert_file: Path | None = setting(
        None, "PEM file of the HTTP server's certificate, and of those between it and its authority."
    )
    http_key_file: Path | None = setting(
        None, "PEM file of the HTTP server's key; may be in the certificate's file."
    )
    http_cors: str = setting("", "Origins whose pages may ask, separated by commas; `*` is all.")
    http_rate: float = setting(
        100.0,
        "Requests a second of one token, and twice that at once; 0 is no limit.",
        least=0,
        most=1_000_000,
    )
    http_streams: int = setting(100, "Live streams at once; one token has up to 20.", least=0, most=1_000_000)
    http_connections: int = setting(1_000, "Connections to the HTTP server at once.", least=1, most=1_000_000)

    # Time
    clock: str = setting(
        "wall",
        "Who ticks: `wall` lets the worker of partition 0 publish the time, `none` leaves it to an import.",
        choices=("wall", "none"),
    )

    # Limits
    batch_max_records: int = setting(
        _LIMITS.batch_max_records, "Records of one batch, which is one transaction.", least=1, most=100_000
    )
    cache_entities: int = setting(
        _LIMITS.cache_entities, "Entities that a task keeps decoded, per kind.", least=0, most=10_000_000
    )
    max_task_idle_ms: int = setting(
        _LIMITS.max_task_idle_ms,
        "Milliseconds that a task waits for an input with more to read, so that inputs are merged by time.",
        least=0,
        most=3_600_000,
    )
    stall_timeout_s: float = setting(
        _LIMITS.stall_timeout_s,
        "Seconds with lag and without a commit after which a worker ends with an error; without a record, "
        "who reads topics to their end (`topics_silent`).",
        least=1,
        most=86_400,
    )
    max_lateness_days: int = setting(
        _LIMITS.max_lateness_days,
        "Days before stream time after which an event is `too_late`.",
        least=1,
        most=3_660,
    )
    dedupe_days: int = setting(
        _LIMITS.dedupe_days, "Days of event time that an event's identity is remembered.", least=1, most=3_660
    )
    order_memory_days: int = setting(
        _LIMITS.order_memory_days,
        "Days of event time that business ids are remembered and a refund waits for its order.",
        least=1,
        most=3_660,
    )
    max_message_bytes: int = setting(
        MESSAGE_BYTES, "Bytes of the largest record that is produced.", least=1_024, most=104_857_600
    )

    # Logs
    log_format: str = setting("console", "Form of the log lines on stderr.", choices=("console", "json"))
    log_level: str = setting(
        "info", "Least level that is logged.", choices=("debug", "info", "warning", "error")
    )

    def limits(self) -> Limits:
        """The limits of a task as these settings have them."""
        return Limits(
            batch_max_records=self.batch_max_records,
            cache_entities=self.cache_entities,
            max_task_idle_ms=self.max_task_idle_ms,
            stall_timeout_s=self.stall_timeout_s,
            max_lateness_days=self.max_lateness_days,
            dedupe_days=self.dedupe_days,
            order_memory_days=self.order_memory_days,
        )

    def rows(self) -> Iterator[tuple[str, str]]:
        """Name and value of every setting for printing; secrets are masked, unset ones are empty."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None:
                yield each.name, ""
            else:
                yield each.name, MASK if each.metadata["secret"] else str(value)

    def __repr__(self) -> str:
        """All settings on one line, without secrets."""
        return "Settings(" + ", ".join(f"{name}={value}" for name, value in self.rows() if value) + ")"


def load(env: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> Settings:
    """Settings from the environment and flags; a flag that is ``None`` was not given.

    A secret may also come from a file: ``KEYDAY_<NAME>_FILE``. An empty variable counts as not set.
    """
    values = {each.name: _from_env(each, env) for each in fields(Settings)}
    values |= {name: _checked(name, value) for name, value in (flags or {}).items() if value is not None}
    return Settings(**{name: value for name, value in values.items() if value is not None})


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def about(name: str) -> Mapping[str, Any]:
    """What was declared about a setting: doc, secret, choices, least, most."""
    return next(each.metadata for each in fields(Settings) if each.name == name)


def _from_env(each: Field[Any], env: Mapping[str, str]) -> Any:
    name = variable(each.name)
    text = env.get(name, "")
    path = env.get(f"{name}_FILE", "") if each.metadata["secret"] else ""
    if text and path:
        raise SettingsError(f"set {name} or {name}_FILE, not both")
    if path:
        text = _secret_file(f"{name}_FILE", Path(path))
    if not text:
        return None
    return _bounded(name, _parsed(name, text, each), each)


def _checked(name: str, value: Any) -> Any:
    each = next(f for f in fields(Settings) if f.name == name)
    flag = "--" + name.replace("_", "-")
    if isinstance(value, str) and _type(name) is not str:
        value = _parsed(flag, value, each)
    return _bounded(flag, value, each)


def _parsed(name: str, text: str, each: Field[Any]) -> Any:
    type_ = _type(each.name)
    shown = MASK if each.metadata["secret"] else repr(text)
    if type_ is bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise SettingsError(f"{name}: {shown} is neither true nor false")
    try:
        return type_(text)
    except ValueError:
        kind = _KINDS.get(type_, "valid")
        raise SettingsError(f"{name}: {shown} is not {kind}") from None


def _bounded(name: str, value: Any, each: Field[Any]) -> Any:
    about_it = each.metadata
    if about_it["choices"] and value not in about_it["choices"]:
        raise SettingsError(f"{name}: {value!r} is not one of {', '.join(about_it['choices'])}")
    least, most = about_it["least"], about_it["most"]
    if least is not None and not least <= value <= most:
        raise SettingsError(f"{name}: {value} is not between {least} and {most}")
    return value


def _secret_file(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(SECRET_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{name}: {path} cannot be read ({reason})") from None
    if len(text) > SECRET_BYTES:
        raise SettingsError(f"{name}: {path} is larger than {SECRET_BYTES} bytes")
    # Editors and `echo` leave a newline that is no part of the secret.
    secret = text.rstrip("\r\n")
    if not secret:
        raise SettingsError(f"{name}: {path} is empty")
    return secret


@cache
def _type(name: str) -> type:
    """The type of a setting without its ``None``."""
    hint = get_type_hints(Settings)[name]
    if isinstance(hint, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not types.NoneType)
    result: type = hint
    return result


def default(name: str) -> Any:
    """The default of a setting, ``None`` when it has none."""
    each = next(f for f in fields(Settings) if f.name == name)
    return None if each.default is MISSING else each.default
