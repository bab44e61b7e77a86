"""Checked reading of one table of a program file: a wrong value becomes an error and a harmless default."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from events.limits import AMOUNT_MAX_MINOR
from events.time import parse_time
from schemas.program import ProgramError, Ratio
from schemas.toml_lines import line_of

#: Digits before and after the point of a decimal.
DIGITS_MAX: Final = 18
DECIMALS_MAX: Final = 9
_DECIMAL: Final = re.compile(rf"(-?)(\d{{1,{DIGITS_MAX}}})(?:\.(\d{{1,{DECIMALS_MAX}}}))?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
#: Characters: the longest id or name of a program file.
TEXT_LIMIT: Final = 200
#: The greatest rate and multiplier, so that no grant leaves the range of the ledger's integers.
RATIO_LIMIT: Final = 1_000_000


class Problems:
    """What was found wrong, and what is suspicious, in the order in which the file is read."""

    def __init__(self, lines: Mapping[str, int], *, lenient: bool = False) -> None:
        self._lines = dict(lines)
        #: Whether keys that are not known are ignored, as in events, instead of refused.
        self.lenient = lenient
        self.errors: list[ProgramError] = []
        self.warnings: list[ProgramError] = []
        #: Names that were declared, by the kind of table.
        self.ids: dict[str, set[str]] = {}

    def error(self, path: str, message: str) -> None:
        self.errors.append(ProgramError(path, line_of(self._lines, path), message))

    def warn(self, path: str, message: str) -> None:
        self.warnings.append(ProgramError(path, line_of(self._lines, path), message))


class Table:
    """One table. Each reader method takes its key off; ``done`` refuses the keys that nobody asked for."""

    def __init__(self, value: object, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._left: dict[str, Any] = {}
        if isinstance(value, dict):
            self._left = dict(value)
        else:
            problems.error(path, "must be a table")

    def at(self, key: str) -> str:
        """The path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        return self._left.get(key) is not None

    def peek(self, key: str) -> Any:
        """The value as it stands, which stays to be read."""
        return self._left.get(key)

    def raw(self, key: str) -> Any:
        """The value as it stands, ``None`` when absent."""
        return self._left.pop(key, None)

    def wrong(self, key: str, message: str) -> None:
        self.problems.error(self.at(key), message)

    def done(self) -> None:
        for key in self._left:
            if self.problems.lenient:
                self.problems.warn(self.at(key), "is not known here and ignored")
            else:
                self.wrong(key, "is not known here")

    def table(self, key: str) -> Table | None:
        value = self.raw(key)
        return None if value is None else Table(value, self.at(key), self.problems)

    def tables(self, key: str) -> list[Table]:
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, f"must be a list of tables ([[{key}]])")
            return []
        return [Table(item, f"{self.at(key)}[{n}]", self.problems) for n, item in enumerate(value)]

    def entries(self) -> list[str]:
        """The keys that are left, for tables whose keys are names."""
        return list(self._left)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw(key)
        if value is None:
            if default is None:
                self.wrong(key, "is missing")
            return default or ""
        if not isinstance(value, str) or not value or len(value) > TEXT_LIMIT or not value.isprintable():
            self.wrong(key, f"must be a text of 1 to {TEXT_LIMIT} printable characters")
            return default or ""
        return value

    def maybe_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else self.raw(key)

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if value not in choices or not isinstance(value, str):
            self.wrong(key, ("is missing" if value is None else "must be") + " (" + ", ".join(choices) + ")")
            return default or next(iter(choices))
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.maybe_flag(key)
        return default if value is None else value

    def maybe_flag(self, key: str) -> bool | None:
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, "must be true or false")
        return None

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self.raw(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(key, f"must be a whole number from {least} to {most}")
            return default
        return value

    def maybe_whole(self, key: str, least: int, most: int) -> int | None:
        return self.whole(key, least, least, most) if self.has(key) else self.raw(key)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, ``None`` when absent."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.wrong(key, "must be a list of texts")
            return None
        return tuple(value)

    def instant(self, key: str) -> int:
        """Milliseconds since the epoch of a time with an offset."""
        value = self.raw(key)
        if isinstance(value, str):
            try:
                return parse_time(value)
            except ValueError:
                value = None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.wrong(key, "must be a time with an offset, as 2026-01-01T00:00:00Z")
            return 0
        return (value - _EPOCH) // _MS

    def zone(self, key: str) -> str:
        name = self.text(key)
        try:
            ZoneInfo(name or "UTC")
        except (ValueError, OSError, LookupError):  # keys that are no paths, folders, unknown zones
            self.wrong(key, f"{name} is not a zone of the IANA database")
            return "UTC"
        return name or "UTC"

    def ratio(self, key: str) -> Ratio | None:
        """An exact decimal ≥ 0, ``None`` when absent."""
        value = self.raw(key)
        return None if value is None else self._ratio(key, value)

    def ratios(self, key: str) -> tuple[Ratio, ...]:
        """A list of exact decimals ≥ 0, empty when absent."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key, "must be a list of decimals")
            return ()
        found = (self._ratio(f"{key}[{n}]", item) for n, item in enumerate(value))
        return tuple(ratio for ratio in found if ratio is not None)

    def needed_amount(self, key: str, digits: int) -> int:
        """As ``amount``, and an error when absent."""
        if not self.has(key):
            self.wrong(key, "is missing")
        return self.amount(key, digits) or 0

    def amount(self, key: str, digits: int) -> int | None:
        """An amount ≥ 0 with at most ``digits`` decimals as an integer, ``None`` when absent."""
        value = self.raw(key)
        if value is None:
            return None
        parts = _parts(value)
        if parts is None:
            self.wrong(key, 'must be an amount, as "20.00"')
            return None
        negative, whole, decimals = parts
        if len(decimals) > digits:
            self.wrong(key, f"has more than {digits} decimals")
            return None
        amount = int(whole + decimals.ljust(digits, "0"))
        if (negative and amount) or amount > AMOUNT_MAX_MINOR:
            self.wrong(key, f"must be from 0 to {AMOUNT_MAX_MINOR} of the smallest unit")
            return None
        return amount

    def _ratio(self, key: str, value: object) -> Ratio | None:
        parts = _parts(value)
        if parts is None:
            self.wrong(key, 'must be a decimal, as "0.05"')
            return None
        negative, whole, decimals = parts
        if negative or int(whole) > RATIO_LIMIT:
            self.wrong(key, f"must be from 0 to {RATIO_LIMIT}")
            return None
        text = f"{whole}.{decimals}" if decimals else whole
        return Ratio(int(whole + decimals), len(decimals), text)


def _parts(value: object) -> tuple[bool, str, str] | None:
    """Sign, whole part and decimals as written; numbers of TOML and JSON are read exactly."""
    if isinstance(value, Decimal) and value.is_finite() and -18 <= value.adjusted() <= 18:  # noqa: PLR2004
        value = format(value, "f")
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else None
    match = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else (bool(match[1]), match[2], match[3] or "")
