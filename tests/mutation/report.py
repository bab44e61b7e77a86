"""What became of the mutants of each module, and which of the survivors are explained."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

#: The share of the mutants of each module that has to be killed or explained.
WANTED = 0.9
#: What mutmut says of mutants that a test noticed, or that never came to an end.
KILLED = frozenset({"killed", "timeout", "segfault"})

_RESULT = re.compile(r"^\s+(\S+__mutmut_\d+): (.+)$", re.MULTILINE)
_NAME = re.compile(r"streams\.rules\.(\w+)\.x(?:_|ǁ(\w+)ǁ)(\w+)__mutmut_\d+")


class Change(NamedTuple):
    """A mutant: the function (``module.function``), the lines that it replaces, and by what; without indents."""

    where: str
    was: str
    now: str

    @property
    def module(self) -> str:
        return self.where.split(".")[0]


class Row(NamedTuple):
    """A module's mutants by their fate."""

    module: str
    killed: int
    explained: int
    survived: int

    @property
    def share(self) -> float:
        return (self.killed + self.explained) / (self.killed + self.explained + self.survived)


class Report(NamedTuple):
    """Rows by module, the survivors that nothing explains, and explanations that no survivor needs."""

    rows: list[Row]
    unexplained: list[Change]
    stale: list[Change]

    @property
    def good(self) -> bool:
        return bool(self.rows) and not self.stale and all(row.share >= WANTED for row in self.rows)


def function_of(mutant: str) -> str:
    """``caps.spent`` or ``tiers.Tiering.count`` of mutmut's name for a mutant."""
    found = _NAME.fullmatch(mutant)
    if found is None:
        raise ValueError(f"not a mutant of streams/rules: {mutant}")
    return ".".join(part for part in found.groups() if part)


def results(text: str) -> dict[str, str]:
    """Mutants and what became of them, from ``mutmut results --all true``."""
    return dict(_RESULT.findall(text))


def change(mutant: str, shown: str) -> Change:
    """The mutant that ``mutmut show`` prints as a unified diff."""
    lines = shown.splitlines()
    was = [line[1:] for line in lines if line.startswith("-") and not line.startswith("---")]
    now = [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]
    return Change(function_of(mutant), _plain(was), _plain(now))


def explanations(text: str) -> Iterator[Change]:
    """The changes that ``explained.toml`` gives a reason for; a change named twice is a mistake."""
    seen = set()
    for entry in tomllib.loads(text)["explained"]:
        if not entry["why"].strip():
            raise ValueError(f"no reason for {entry['where']}: {entry['was']}")
        for now in entry["now"]:
            one = Change(entry["where"], _plain(entry["was"].splitlines()), _plain(now.splitlines()))
            if one in seen:
                raise ValueError(f"explained twice: {one}")
            seen.add(one)
            yield one


def report(
    outcomes: Mapping[str, str], survivors: Mapping[str, Change], explained: Iterable[Change]
) -> Report:
    """The fates of the mutants that were tried; ``survivors`` holds each that was not killed, by its name.

    An explanation is stale when its module was tried and no survivor is that change.
    """
    known = set(explained)
    fates: dict[str, Counter[str]] = {}
    unexplained = []
    for mutant, outcome in outcomes.items():
        fate = "killed"
        if outcome not in KILLED:
            fate = "explained" if survivors[mutant] in known else "survived"
        if fate == "survived":
            unexplained.append(survivors[mutant])
        fates.setdefault(function_of(mutant).split(".")[0], Counter())[fate] += 1
    rows = [
        Row(module, count["killed"], count["explained"], count["survived"])
        for module, count in sorted(fates.items())
    ]
    stale = known - set(survivors.values())
    return Report(rows, sorted(unexplained), sorted(one for one in stale if one.module in fates))


def table(rows: list[Row]) -> str:
    """The rows as Markdown, with their sum."""
    whole = Row("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    lines = ["| module | killed | explained | survived | share |", "| --- | ---: | ---: | ---: | ---: |"]
    for row in [*rows, whole]:
        # Rounded down, so that what reads 90.0 % is enough.
        share = int(row.share * 1000) / 10
        lines.append(f"| {row.module} | {row.killed} | {row.explained} | {row.survived} | {share:.1f} % |")
    return "\n".join(lines)


def _plain(lines: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in lines)
