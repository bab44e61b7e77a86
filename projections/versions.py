"""The versions of programs that the tables know: those of files, and those that ``programs`` published."""

from __future__ import annotations

from typing import Final

from schemas.program import Budget, Program
from schemas.programs import Outcome, Programs
from streams.rules.calendar import MarketCalendar
from streams.rules.home_days import HomeDays, home_days, iso_date

#: Milliseconds: a mean year, by which the year of an instant is known to one more or less.
_YEAR_MS: Final = 31_556_952_000


class Versions:
    """Zones, rounding, calendars, budgets and goals of what is known.

    ``until`` an instant (milliseconds), no version that begins later is in force, whatever time is asked for.
    """

    def __init__(self, programs: Programs | None = None, until: int | None = None) -> None:
        self._until = until
        self._programs = Programs(() if programs is None else programs.all())
        self._calendars: dict[tuple[str, int, str], MarketCalendar] = {}
        self._dates: dict[tuple[str, int, str, str, int], list[tuple[int, int, str]]] = {}
        self._home: dict[str, HomeDays] = {}
        self._versions: dict[tuple[str, int], Program] = {}
        for program in self._programs.all():
            self._take(program)

    def publish(self, content: bytes) -> Program | None:
        """Take in a version; ``None`` when it is refused."""
        published = self._programs.publish(content)
        if published.outcome is Outcome.REFUSED or published.program is None:
            return None
        self._take(published.program)
        return published.program

    def add(self, program: Program) -> None:
        """Take in a version that was known before; one that contradicts a file stays out."""
        if self._programs.add(program) is None:
            self._take(program)

    def first(self) -> str | None:
        """The program that events without one belong to, which is the only one; ``None`` of several."""
        ids = self._programs.ids()
        return ids[0] if len(ids) == 1 else None

    @property
    def empty(self) -> bool:
        """Whether no program is known."""
        return not self._versions

    def all(self) -> list[Program]:
        """Every version that is known."""
        return list(self._versions.values())

    def home(self, program: str) -> HomeDays | None:
        """The home days of a program; ``None`` when it is not known."""
        return self._home.get(program)

    def version(self, program: str, version: int) -> Program | None:
        """A version; ``None`` when it is not known."""
        return self._versions.get((program, version))

    def of(self, program: str) -> Program | None:
        """Some version of a program: for what never changes between them."""
        known = self._programs.versions(program)
        return known[0] if known else None

    def budget(self, program: str, budget: str, time: int) -> Budget | None:
        """A budget in the version that is in force at a time."""
        version = self.in_force(program, time)
        return None if version is None else version.budgets.get(budget)

    def day(self, program: str, at: int) -> str | None:
        """The home date of an instant; ``None`` when the program is not known."""
        home = self._home.get(program)
        return None if home is None else iso_date(home.ordinal(at))

    def unit(self, program: str) -> str:
        """The unit of a program's money; empty when it is not known."""
        return self._programs.money_unit(program) or ""

    def in_force(self, program: str, time: int) -> Program | None:
        """The version that is in force at a time."""
        return self._programs.in_force(program, time if self._until is None else min(time, self._until))

    def has_begun(self, program: Program) -> bool:
        """Whether a version comes into force at all."""
        return self._until is None or program.effective_from <= self._until

    def key_day_date(self, program: Program, market: str, key_day: str, at: int) -> str:
        """The first local date of the window of a key day that an instant lies in."""
        year = 1970 + at // _YEAR_MS
        memo = (program.id, program.version, market, key_day, year)
        windows = self._dates.get(memo)
        if windows is None:
            calendar = self._calendar(program, market)
            windows = sorted(
                (one.start, one.end, one.day.isoformat())
                for near in range(year - 1, year + 2)
                for one in calendar.occurrences(near)
                if one.key_day.id == key_day
            )
            self._dates[memo] = windows
        return next((date for start, end, date in windows if start <= at < end), "")

    def _calendar(self, program: Program, market: str) -> MarketCalendar:
        key = (program.id, program.version, market)
        calendar = self._calendars.get(key)
        if calendar is None:
            calendar = self._calendars[key] = MarketCalendar(program, market)
        return calendar

    def _take(self, program: Program) -> None:
        self._versions[program.id, program.version] = program
        self._home[program.id] = home_days(program.home_tz)
