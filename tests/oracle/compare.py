"""Runs a world through the oracle and through ``keyday replay`` and names what differs."""

from __future__ import annotations

import contextlib
import copy
import gzip
import io
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.oracle.model import Model, Result
from tests.oracle.program import Programs, from_toml
from tests.oracle.themes import VIEWS
from tests.oracle.values import parse_time, show_time
from tests.oracle.world import World

Table = dict[str, Any]
Replay = Callable[[list[str]], tuple[int, str]]

_GRANTS = ("accrued", "tier", "bonus", "referral")
_OF_ALL = ("kind", "account", "unit", "amount", "postings", "order_id", "reverses")
_CASES = {
    "compliance.violation_detected",
    "compliance.evidence_added",
    "compliance.partner_suspended",
    "compliance.case_resolved",
    "case.resolution_ignored",
}
_WORDS = {"summary", "url", "referrer", "matched", "own_customer_id"}
#: Facts of a letter that are names, and stand in it as they are.
_NAMED = ("case", "name", "version", "after")
_CATALOGUE = Path(__file__).parents[2] / "schemas"
#: What sets a name apart from the direction of the text around it.
_ISOLATES = re.compile("[\u2066-\u2069\u200f]")
_TOLD = ("compliance", "milestones")
_MILESTONES = {
    "tier.changed",
    "accrual.declined",
    "redemption.declined",
    "referral.declined",
    "budget.threshold_reached",
    "budget.exhausted",
    "goal.progressed",
    "key_day.upcoming",
    "key_day.closed",
    "review.due",
}
#: How many of the input files are compressed.
_PACKED = 0.2
_FIGURES = ("orders", "revenue", "new_customers")
_OF_GRANTS = ("available_on", "expires_on", "desired", "rule", "program_version", "key_day")


def in_process(arguments: list[str]) -> tuple[int, str]:
    """Run the command in this process, which saves the imports of every case."""
    from streams.cli import run  # noqa: PLC0415 - the oracle itself needs nothing of Keyday

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = run(arguments)
    return status, said.getvalue()


def in_subprocess(arguments: list[str]) -> tuple[int, str]:
    """Run the command as its users do."""
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def write(world: World, folder: Path) -> list[str]:
    """Put a world's files into a folder, in one of the forms they may have; the arguments of the command."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "programs").mkdir(parents=True)
    (folder / "input").mkdir()
    random = Random(f"files {world.seed}")
    for number, (text, content) in enumerate(zip(world.texts(), world.programs, strict=True)):
        suffix = random.choice(("toml", "toml", "json"))
        (folder / "programs" / f"{number}.{suffix}").write_text(
            text if suffix == "toml" else json.dumps(content)
        )
    for topic, lines in world.lines().items():
        end = random.choice((b"\n", b"\n", b"\r\n"))
        raw = random.choice((b"", b"", BOM_UTF8)) + end.join(lines) + random.choice((end, b""))
        packed = random.random() < _PACKED
        path = folder / "input" / (f"{topic}.ndjson.gz" if packed else f"{topic}.ndjson")
        path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    arguments = ["replay", "--programs", str(folder / "programs"), "--input", str(folder / "input")]
    arguments += ["--out", str(folder / "out")]
    return arguments + (["--until", world.until] if world.until else [])


def expected(world: World) -> Result:
    """What the oracle says."""
    programs = Programs([from_toml(text) for text in world.texts()])
    return Model(programs).run(world.lines(), parse_time(world.until) if world.until else None)


def differences(
    world: World, without: Iterable[str], replay: Replay = in_process, keep: Path | None = None
) -> list[str]:
    """One line per difference, the gravest first; none when Keyday and the oracle agree."""
    views = set(VIEWS) - set(without)
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        arguments = write(world, folder)
        result = expected(world)
        if keep:
            _write_expected(result, folder / "expected")
        try:
            status, said = replay(arguments)
        except Exception as error:  # noqa: BLE001 - a crash is a difference like any other
            return [f"crash: {type(error).__name__}: {error}"]
        if status:
            return [f"exit status {status}: {said.strip()[-500:]}"]
        out = folder / "out"
        rewards = [one["data"] | {"time": one["time"]} for one in _read(out / "rewards.ndjson")]
        found = _sequence(rewards)
        found += _compare("entry", _entries(result.entries), _entries(rewards))
        found += _order(result.entries, rewards)
        if "cases" in views:
            told = _read(out / "compliance.ndjson") + _read(out / "milestones.ndjson")
            found += _cases(result.cases, told)
        if "milestones" in views:
            found += _milestones(result.milestones, {name: _read(out / f"{name}.ndjson") for name in _TOLD})
        if "notices" in views:
            found += _notices(result.notices, _read(out / "notices.ndjson"))
        if "dead-letters" in views:
            letters = Counter(
                (one["code"], one["topic"], one["offset"]) for one in _read(out / "dead-letters.ndjson")
            )
            found += _dead_letters(world, Counter(result.dead_letters), letters)
        if "attributions" in views:
            decided = [one["data"] for one in _read(out / "attributions.ndjson")]
            found += _compare("attribution", _attributions(result.attributions), _attributions(decided))
        if "balances" in views:
            balances = _read(out / "tables" / "balances.ndjson")
            found += _compare("balance", _balances(result.balances), _balances(balances))
        return found


def shrink(world: World, differs: Callable[[World], bool], runs: int = 600) -> World:
    """A smaller world that still differs: records and tables of the programs are left out in turn."""
    size = max(1, len(world.records) // 2)
    while size and runs:
        start, smaller = 0, False
        while start < len(world.records) and runs:
            runs -= 1
            less = replace(world, records=world.records[:start] + world.records[start + size :])
            if differs(less):
                world, smaller = less, True
            else:
                start += size
        if not smaller or size > 1:
            size //= 2
    for number in reversed(range(len(world.programs))):
        fewer = world.programs[:number] + world.programs[number + 1 :]
        if fewer and differs(replace(world, programs=fewer)):
            world = replace(world, programs=fewer)
    for number in range(len(world.programs)):
        for path in _parts(world.programs[number]):
            programs = copy.deepcopy(world.programs)
            _leave_out(programs[number], path)
            if differs(replace(world, programs=programs)):
                world = replace(world, programs=programs)
    return world


def _parts(table: Table, depth: int = 2) -> list[tuple[Any, ...]]:
    """The paths of all that a program could do without, later ones of a list first."""
    found: list[tuple[Any, ...]] = []
    for key, value in table.items():
        found.append((key,))
        if isinstance(value, list) and depth:
            for place in reversed(range(len(value))):
                found.append((key, place))
                if isinstance(value[place], dict):
                    found += [(key, place, *path) for path in _parts(value[place], 0)]
        elif isinstance(value, dict) and depth:
            found += [(key, *path) for path in _parts(value, 0)]
    return found


def _leave_out(table: Any, path: tuple[Any, ...]) -> None:
    with contextlib.suppress(KeyError, IndexError):  # it may have gone with what held it
        for key in path[:-1]:
            table = table[key]
        del table[path[-1]]


def _read(path: Path) -> list[Table]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]


def _write_expected(result: Result, folder: Path) -> None:
    folder.mkdir()
    for name, rows in (
        ("rewards", result.entries),
        ("attributions", result.attributions),
        ("dead-letters", [list(one) for one in result.dead_letters]),
        ("balances", result.balances),
        ("cases", result.cases),
        ("notices", result.notices),
    ):
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(one) + "\n" for one in rows))


def _sequence(rewards: list[Table]) -> list[str]:
    """The owner numbers its events 1, 2, 3 without gaps."""
    last: dict[str, int] = {}
    found = []
    for one in rewards:
        account = one["account"]
        if one["seq"] != last.get(account, 0) + 1:
            found.append(f"seq {one['seq']} of {account} follows {last.get(account, 0)}: {one['entry_id']}")
        last[account] = one["seq"]
    return found


def _order(wanted: list[Table], got: list[Table]) -> list[str]:
    """Each owner's events come in the same order."""
    found = []
    for account in sorted({one["account"] for one in wanted}):
        ours, theirs = (
            [one["entry_id"] for one in rows if one["account"] == account] for rows in (wanted, got)
        )
        if ours != theirs and sorted(ours) == sorted(theirs):
            place = next(i for i, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other)
            found.append(f"order of {account}: {ours[place]} wanted at {place + 1}, came {theirs[place]}")
    return found


def _cases(wanted: list[Table], got: list[Table]) -> list[str]:
    """What compliance told of each partner, in its order."""
    theirs = [_case({"type": one["type"]} | one["data"]) for one in got if one["type"] in _CASES]
    ours = [_case(one) for one in wanted]
    found = []
    for partner in sorted({one["partner_id"] for one in ours + theirs}):
        for ignored in (False, True):  # these are on another topic
            pair = [
                [one for one in rows if one["partner_id"] == partner and ("reason" in one) == ignored]
                for rows in (ours, theirs)
            ]
            for place, (one, other) in enumerate(itertools.zip_longest(*pair), 1):
                if one is None or other is None:
                    found.append(f"case event {place} of {partner}: wanted {one}, came {other}")
                    break
                if difference := _fields(one, other):
                    found.append(f"case event {place} of {partner}, {one['type']}: {difference}")
                    break
    return found


def _case(row: Table) -> Table:
    """What is compared of an event about a case: all but words, and addresses that are cut where they are long."""
    one = {name: value for name, value in row.items() if name != "time" and value is not None}
    if "evidence" in one:
        one["evidence"] = {key: value for key, value in one["evidence"].items() if key not in _WORDS}
    return one


@cache
def _translated() -> dict[tuple[str, str], set[str]]:
    """What names of the catalogue are in a language; days of one name may have several."""
    days = tomllib.loads((_CATALOGUE / "key_days.toml").read_text())["key_day"]
    names = {one["id"]: one["name"] for one in days}
    found: dict[tuple[str, str], set[str]] = {}
    for group in tomllib.loads((_CATALOGUE / "key_day_names.toml").read_text())["name"]:
        for day, language in itertools.product(group["days"], group.keys() - {"days", "written_in"}):
            found.setdefault((names[day], language), set()).add(group[language])
    return found


def _notices(wanted: list[Table], got: list[Table]) -> list[str]:
    """Each letter is there once, with its language, time and facts, and its words hold the names among them."""
    ids = Counter(one["id"] for one in got)
    found = [f"notice {name} came {count} times" for name, count in ids.items() if count > 1]
    for one in got:
        data = one["data"]
        cause = data["data"].get("cause")
        if one["id"] != f"notice~{data['template']}~{cause}~{data['partner_id']}":
            found.append(f"notice {one['id']} is not named by its cause {cause}")
    readers = {_notice(one): one["to"] for one in wanted}
    theirs: Counter[str] = Counter()
    for one in got:
        letter = one["data"] | {"time": parse_time(one["time"])}
        theirs[_notice(letter)] += 1
        words = _ISOLATES.sub("", f"{letter['subject']}\n{letter['body']}")
        names = [readers.get(_notice(letter), ""), *(letter["data"].get(name, "") for name in _NAMED)]
        known = {name: {name, *_translated().get((name, letter["locale"]), ())} for name in names}
        found += [
            f"notice {one['id']} does not say {name}: {words}"
            for name, forms in known.items()
            if not any(form in words for form in forms)
        ]
    ours = Counter(_notice(one) for one in wanted)
    return (
        found
        + [f"notice is missing: {one}" for one in sorted((ours - theirs).elements())]
        + [f"notice is too much: {one}" for one in sorted((theirs - ours).elements())]
    )


def _notice(row: Table) -> str:
    names = ("template", "partner_id", "program", "locale")
    facts = {name: value for name, value in row["data"].items() if name != "cause"}
    return f"{show_time(row['time'])} {[row[name] for name in names]} {_plain(facts)}"


def _milestones(wanted: list[Table], got: dict[str, list[Table]]) -> list[str]:
    """What is told beside the ledger, in any order."""
    names = {(one["type"], name) for one in wanted for name in one}
    theirs = Counter(
        _told({"type": one["type"], "topic": topic} | one["data"], names)
        for topic, rows in got.items()
        for one in rows
        if one["type"] in _MILESTONES
    )
    ours = Counter(_told(one, names) for one in wanted)
    return [f"milestone is missing: {one}" for one in sorted((ours - theirs).elements())] + [
        f"milestone is too much: {one}" for one in sorted((theirs - ours).elements())
    ]


def _told(one: Table, names: set[tuple[str, str]]) -> str:
    kind = one["type"]
    if kind == "review.due":
        one = one | (_figures(one) if "figures" not in one else {})
        one |= {name: sorted(map(_plain, one[name]), key=str) for name in ("goals", "key_days")}
    kept = {
        name: _plain(value)
        for name, value in sorted(one.items())
        if (kind, name) in names and value is not None
    }
    if kind != "accrual.declined":
        kept.pop("reason", None)
    elif kept.get("reason", "").startswith("partner_inactive"):
        kept["reason"] = "partner_inactive"
    return str(kept)


def _plain(value: Any) -> Any:
    """A value with its names in order and without what is absent."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in sorted(value.items()) if one is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _figures(review: Table) -> Table:
    """A review as the oracle tells it: figures together, and the order where it says something."""

    def one_line(row: Table, *left_out: str) -> Table:
        kept = {name: value for name, value in row.items() if name not in {*_FIGURES, *left_out}}
        return kept | {"figures": [row[name] for name in _FIGURES]}

    found: Table = {"figures": [review[f"{name}{when}"] for when in ("", "_before") for name in _FIGURES]}
    for name in ("channels", "groups"):
        parts = {part["name"]: one_line(part, "name") for part in review[name]}
        found[name] = {
            one: part for one, part in parts.items() if any(part["figures"]) or part["revenue_before"]
        }
    for name in ("top_partners", "falling_partners"):
        found[name] = [one_line(partner) for partner in review[name]]
    return found


def _entries(rows: list[Table]) -> dict[str, list[Table]]:
    found: dict[str, list[Table]] = {}
    for row in rows:
        names = _OF_ALL + (_OF_GRANTS if row["kind"] in _GRANTS else ())
        one = {name: row[name] for name in names if row.get(name) is not None}
        one["postings"] = sorted(
            (part["from"], part["to"], part["amount"]) if isinstance(part, dict) else tuple(part)
            for part in row["postings"]
        )
        time = row["time"]
        one["time"] = parse_time(time) if isinstance(time, str) else time
        if "~referral~" in row["entry_id"]:
            one.pop("order_id", None)  # whether a referral's grant is one of its order is left open
        found.setdefault(row["entry_id"], []).append(one)
    return found


def _attributions(rows: list[Table]) -> dict[str, list[Table]]:
    names = (
        "customer_id",
        "market",
        "reason",
        "channel",
        "net",
        "gross",
        "new_customer",
        "coupons",
        "key_days",
    )
    found: dict[str, list[Table]] = {}
    for row in rows:
        one: Table = {
            "new_customer": False,
            "net": 0,
            "gross": 0,
        }  # what may be left out where it is the default
        one |= {name: row[name] for name in names if row.get(name) is not None}
        one["coupons"] = list(row.get("coupons") or [])
        one["key_days"] = sorted(row.get("key_days") or [])
        occurred = row["occurred"]
        one["time"] = parse_time(occurred) if isinstance(occurred, str) else occurred
        one["occurred"] = show_time(one["time"])
        one["credits"] = [
            {name: value for name, value in credit.items() if value is not None}
            for credit in row.get("credits") or []
        ]
        found.setdefault(row["order_id"], []).append(one)
    return found


def _balances(rows: list[Table]) -> dict[str, list[Table]]:
    return {f"{row['account']} {row['unit']}": [row] for row in rows}


def _compare(what: str, wanted: dict[str, list[Table]], got: dict[str, list[Table]]) -> list[str]:
    found = []
    for name in sorted(wanted.keys() | got.keys(), key=lambda name: _place(wanted, got, name)):
        one, other = wanted.get(name, []), got.get(name, [])
        if not other:
            found.append(f"{what} {name} is missing: {_brief(one[0])}")
        elif not one:
            found.append(f"{what} {name} is too much: {_brief(other[0])}")
        elif len(one) != len(other):
            found.append(f"{what} {name}: {len(one)} wanted, {len(other)} came")
        elif difference := _fields(one[0], other[0]):
            found.append(f"{what} {name}: {difference}")
    return found


def _place(wanted: dict[str, list[Table]], got: dict[str, list[Table]], name: str) -> tuple[int, str]:
    """By time, so that the first difference is the cause of the others more often than not."""
    row = (wanted.get(name) or got[name])[0]
    return row.get("time", 0), name


def _fields(one: Table, other: Table) -> str:
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return "; ".join(f"{name} wanted {one.get(name)!r}, came {other.get(name)!r}" for name in names)


def _brief(row: Table) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if name != "time")


def _dead_letters(world: World, wanted: Counter[Any], got: Counter[Any]) -> list[str]:
    found = []
    lines = world.lines()
    for letter in sorted((wanted - got).keys() | (got - wanted).keys()):
        code, topic, position = letter
        how = "is missing" if wanted[letter] > got[letter] else "is too much"
        found.append(f"dead letter {code} {how}: {topic} {position} {lines[topic][position][:300]!r}")
    return found
