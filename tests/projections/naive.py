"""Every table from the files of a replay, in plain dicts: no code is shared with the folds.

Each function reads whole files and looks at whole orders; nothing is kept up to date, nothing is read twice.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import json
import sys
import tomllib
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.values import (
    local_date,
    midnight,
    milliseconds,
    minor_units,
    parse_time,
    period_start,
    rounded,
    show_time,
)

Row = dict[str, Any]
DIGITS = {"JPY": 0, "KWD": 3}


class Files:
    """The files of one replay, and of what it was made of: what had occurred ``until`` an instant."""

    def __init__(self, programs: Iterable[Path], source: Path, out: Path, until: int | None = None) -> None:
        self.until = sys.maxsize if until is None else until
        self.versions: dict[tuple[str, int], Row] = {}
        self.paths = list(programs)
        for path in self.paths:
            text = path.read_text("utf-8-sig")
            loads: Any = json.loads if path.suffix == ".json" else tomllib.loads
            program = loads(text, parse_float=str)
            head = program["program"]
            self.versions[head["id"], int(head["version"])] = program
        self.source, self.out = source, out
        for _, line in raw_lines(source / "programs.ndjson"):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                program = json.loads(line, parse_float=str)["data"]
                head = program["program"]
                self.versions.setdefault((head["id"], int(head["version"])), program)
        self.dead = {(one["topic"], one["offset"]) for one in _lines(out / "dead-letters.ndjson")}

    def zone(self, program: str) -> ZoneInfo:
        return ZoneInfo(
            next(one["program"]["home_tz"] for (id_, _), one in self.versions.items() if id_ == program)
        )

    def unit(self, program: str) -> str:
        currency = next(
            one["program"]["currency"] for (id_, _), one in self.versions.items() if id_ == program
        )
        return f"{currency}/{DIGITS.get(currency, 2)}"

    def day(self, program: str, at: int) -> date:
        return local_date(at, self.zone(program))

    def in_force(self, program: str, at: int) -> Row | None:
        def start(one: Row) -> tuple[int, int]:
            since = one["program"]["effective_from"]
            moment = since if isinstance(since, datetime) else datetime.fromisoformat(since)
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1), one["program"][
                "version"
            ]

        at = min(at, self.until)
        known = [one for (id_, _), one in self.versions.items() if id_ == program and start(one)[0] <= at]
        return max(known, key=start, default=None)

    def output(self, topic: str, until: int | None = None) -> list[Row]:
        last = self.until if until is None else until
        found = _lines(self.out / f"{topic}.ndjson")
        return [event for event in found if parse_time(event["time"]) <= last]

    def inputs(self, topic: str, type_: str) -> list[Row]:
        """Events of a type that took effect or repeat one that did, in the order in which they were handled."""
        found = []
        for offset, line in raw_lines(self.source / f"{topic}.ndjson"):
            if (topic, offset) in self.dead:
                continue
            try:
                event = json.loads(line, parse_float=Decimal)
                at = parse_time(event["time"])
            except (ValueError, TypeError, KeyError):
                continue
            if isinstance(event, dict) and event.get("type") == type_ and at <= self.until:
                found.append((at, offset, event))
        ids = {id_ for id_, _ in self.versions}
        for _, _, event in found:
            if event["data"].get("program") is None:
                (event["data"]["program"],) = ids
        ordered = sorted(found, key=lambda one: one[:2])
        return [
            {"at": at, "offset": offset, "identity": (event["source"], event["id"]), **event["data"]}
            for at, offset, event in ordered
        ]


def raw_lines(path: Path) -> Iterable[tuple[int, bytes]]:
    """Lines of an input file that are not blank, compressed or not, by their place in it."""
    zipped = path.with_name(f"{path.name}.gz")
    if not path.exists() and not zipped.exists():
        return
    raw = path.read_bytes() if path.exists() else gzip.decompress(zipped.read_bytes())
    for offset, line in enumerate(raw.removeprefix(BOM_UTF8).split(b"\n")):
        if line.strip():
            yield offset, line.removesuffix(b"\r")


def _lines(path: Path) -> Iterable[Row]:
    return (json.loads(line) for line in path.read_text().splitlines())


def ratio(part: int, whole: int, digits: int = 6) -> str | None:
    if whole <= 0:
        return None
    exact = round(Fraction(part, whole) * 10**digits)
    sign, exact = "-" if exact < 0 else "", abs(exact)
    return f"{sign}{exact // 10**digits}.{exact % 10**digits:0{digits}}"


def mean(total: int, count: int) -> str | None:
    return ratio(total, count, 2)


def partner_events(files: Files) -> dict[tuple[str, str], list[tuple[str, Row]]]:
    """What was told of each partner, by partner and program, each event once, in its order."""
    kinds = ("partner.enrolled", "partner.updated", "partner.suspended", "partner.reinstated")
    told = [
        (one["at"], one["offset"], kind, one)
        for kind in kinds
        for one in files.inputs("partner-events", kind)
    ]
    found, seen = defaultdict(list), set()
    for _, _, kind, one in sorted(told, key=lambda each: each[:2]):
        id_ = (one["partner_id"], one["identity"])
        if id_ not in seen:
            seen.add(id_)
            found[one["partner_id"], one["program"]].append((kind, one))
    return found


def group_of(told: list[tuple[str, Row]], at: int) -> str:
    """The group of the newest record that a partner had by then."""
    groups = [
        one["group"]
        for kind, one in told
        if kind in {"partner.enrolled", "partner.updated"} and one["at"] <= at
    ]
    return groups[-1] if groups else ""


def partners(files: Files) -> list[Row]:
    rows = []
    tiers_, barred = {}, defaultdict(int)
    for event in files.output("milestones"):
        if event["type"] == "tier.changed":
            tiers_[event["data"]["partner_id"], event["data"]["program"]] = event["data"]["after"]
    for event in files.output("compliance"):
        if event["type"] == "compliance.partner_suspended":
            data = event["data"]
            barred[data["partner_id"], data["program"]] = parse_time(event["time"])
    for key, told in sorted(partner_events(files).items()):
        records = [one for kind, one in told if kind in {"partner.enrolled", "partner.updated"}]
        standings = [(kind == "partner.suspended", one) for kind, one in told if "group" not in one]
        record = records[-1] if records else {}
        suspended, standing = standings[-1] if standings else (False, {})
        by_rule = key in barred and not (standing and not suspended and standing["at"] > barred[key])
        since = standing["at"] if suspended else barred[key]
        last = max(each["at"] for each in (record, standing) if each)
        version = files.in_force(key[1], last) or {}
        levels = [
            level for level in version.get("tiers", {}).get("levels", ()) if Decimal(level["from"]) <= 0
        ]
        first = levels[-1]["id"] if levels else "" if "tiers" in version else None
        row = {"partner_id": key[0], "program": key[1]}
        row |= {name: record.get(name) for name in ("name", "group", "markets", "terms_version", "locale")}
        row |= {name: standing.get(name) for name in ("reason", "actor")}
        row["paid_search_allowed"] = record.get("paid_search_allowed") or False
        row["tier"] = tiers_.get(key, first)
        row["enrolled"] = bool(record)
        row["enrolled_at"] = show_time(min(one["at"] for one in records)) if records else None
        row["updated_at"] = show_time(record["at"]) if records else None
        row["suspended"] = suspended or by_rule
        row["suspended_at"] = show_time(since) if row["suspended"] else None
        row["suspended_by"] = "person" if suspended else "rule" if by_rule else None
        rows.append(row)
    return rows


def clicks(files: Files) -> dict[tuple[str, str, str, str], int]:
    seen, counted = set(), defaultdict(int)
    for one in files.inputs("clicks", "link.clicked"):
        id_ = (one["program"], one["customer_id"], one["click_id"])
        if id_ not in seen:
            seen.add(id_)
            day = files.day(one["program"], one["at"]).isoformat()
            counted[one["partner_id"], one["program"], one["market"], day] += 1
    return counted


@functools.lru_cache(maxsize=1)
def orders(files: Files) -> list[Row]:
    """Every order: what it was attributed, what of it was refunded, what partners got for it."""
    refunds = defaultdict(list)
    seen = set()
    for one in files.inputs("orders", "order.refunded"):
        id_ = (one["program"], one["customer_id"], one["refund_id"])
        if id_ not in seen:
            seen.add(id_)
            refunds[one["program"], one["order_id"]].append(one)
    cancels = defaultdict(set)
    for one in files.inputs("orders", "order.cancelled"):
        cancels[one["program"], one["order_id"]].add(one["customer_id"])
    placed: dict[tuple[str, str], Row] = {}
    for one in files.inputs("orders", "order.placed"):
        placed.setdefault((one["program"], one["order_id"]), one)
    grants = _grants(files)
    found = []
    for event in files.output("attributions"):
        data = event["data"]
        key = (data["program"], data["order_id"])
        version = files.versions[data["program"], data["program_version"]]
        rounding = version["program"].get("rounding", "half_even")
        order = placed[key]
        digits = DIGITS.get(order["currency"], 2)
        net = minor_units(order["subtotal"], digits) - minor_units(order.get("discount") or 0, digits)
        back = sum(
            minor_units(one["amount"], digits)
            for one in refunds[key]
            if one["customer_id"] == data["customer_id"] and one["currency"] == order["currency"]
        )
        whole = data["customer_id"] in cancels[key]
        share = Fraction(1) if whole else Fraction(min(back, net), net) if net else Fraction(0)
        whole = whole or (net > 0 and share == 1)
        at = parse_time(event["time"])
        credits_ = [
            {
                "partner": one["partner_id"],
                "net": one["net"],
                "back": rounded(one["net"] * share, rounding),
                "grants": grants[data["program"], data["order_id"], one["partner_id"]],
            }
            for one in data["credits"]
        ]
        found.append(
            data
            | {
                "at": at,
                "day": files.day(data["program"], at),
                "version": version,
                "gone": whole,
                "back": rounded(data["net"] * share, rounding),
                "credits": credits_,
            }
        )
    return found


def _grants(files: Files) -> dict[tuple[str, str, str], list[Row]]:  # noqa: C901 - from top to bottom
    """What partners' grants came to, by program, order and partner; where each amount is now."""
    by_entry: dict[str, Row] = {}
    found = defaultdict(list)
    waiting: defaultdict[tuple[str, str, ZoneInfo], list[Row]] = defaultdict(list)
    for event in files.output("rewards"):
        data = event["data"]
        account, kind = data["account"], data["kind"]
        if not account.startswith("partner:"):
            continue
        if kind in {"accrued", "tier", "bonus"}:
            (posting,) = data["postings"]
            pending = data["amount"] if posting["to"] == f"{account}:pending" else 0
            grant = {**data, "reversed": 0, "pending": pending, "held": 0}
            by_entry[data["entry_id"]] = grant
            found[data["program"], data["order_id"], account.removeprefix("partner:")].append(grant)
            waiting[account, data["unit"], files.zone(data["program"])].append(grant)
        elif kind == "released":
            date_ = data["entry_id"].removeprefix(f"release~{account}~{data['unit']}~")[:10]
            left = data["amount"]
            whose = account, data["unit"], files.zone(data["program"])
            for grant in waiting[whose]:
                if grant["available_on"] <= date_:
                    left -= grant["pending"]
                    grant["pending"] = 0
            # What is held may come back and is due then.
            waiting[whose] = [one for one in waiting[whose] if one["available_on"] > date_ or one["held"]]
            assert left == 0, data
        elif kind in {"held", "unheld", "reversed"}:
            parts = data["entry_id"].split("~")
            id_ = data.get("reverses") or next(
                name for n in range(1, len(parts)) if (name := "~".join(parts[n:])) in by_entry
            )
            grant = by_entry[id_]
            for posting in data["postings"]:
                for bucket in ("pending", "held"):
                    grant[bucket] += posting["amount"] * (
                        (posting["to"] == f"{account}:{bucket}") - (posting["from"] == f"{account}:{bucket}")
                    )
            if kind == "reversed":
                grant["reversed"] += data["amount"]
    return found


def partner_performance(files: Files) -> list[Row]:
    cells: dict[tuple[str, str, str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, count in clicks(files).items():
        cells[key]["clicks"] = count
    for order in orders(files):
        for credit in order["credits"]:
            cell = cells[credit["partner"], order["program"], order["market"], order["day"].isoformat()]
            settled = not order["gone"] and not any(g["pending"] or g["held"] for g in credit["grants"])
            cell["orders"] += 1
            cell["net"] += credit["net"]
            cell["new_customers"] += order["new_customer"]
            cell["reversed_orders"] += order["gone"]
            cell["reversed_net"] += credit["back"]
            cell["settled_orders"] += settled
            cell["settled_new_customers"] += settled * order["new_customer"]
            cell["settled_net"] += settled * (credit["net"] - credit["back"])
            for grant in credit["grants"]:
                points = grant["unit"] == "points"
                left = grant["amount"] - grant["reversed"]
                cell["commission_points" if points else "commission"] += left
                cell["settled_points" if points else "settled_commission"] += (
                    left - grant["pending"] - grant["held"]
                )
    rows = []
    for (partner, program, market, day), cell in sorted(cells.items()):
        row: Row = {"partner_id": partner, "program": program, "market": market, "day": day}
        row["unit"] = files.unit(program)
        for name in [
            "clicks",
            "orders",
            "net",
            "new_customers",
            "reversed_orders",
            "reversed_net",
            "commission",
            "commission_points",
            "settled_orders",
            "settled_net",
            "settled_commission",
            "settled_points",
            "settled_new_customers",
        ]:
            row[name] = cell[name]
        row["aov"] = mean(row["net"], row["orders"])
        row["conversion"] = ratio(row["orders"], row["clicks"])
        row["epc"] = mean(row["commission"], row["clicks"])
        row["epc100"] = mean(100 * row["commission"], row["clicks"])
        row["new_customer_share"] = ratio(row["new_customers"], row["orders"])
        row["reversal_rate"] = ratio(row["reversed_orders"], row["orders"])
        row["settled_new_customer_share"] = ratio(row["settled_new_customers"], row["settled_orders"])
        certain = row["settled_orders"] + row["reversed_orders"]
        row["settled_reversal_rate"] = ratio(row["reversed_orders"], certain)
        row["settled_aov"] = mean(row["settled_net"], row["settled_orders"])
        row["settled_conversion"] = ratio(row["settled_orders"], row["clicks"])
        row["settled_epc"] = mean(row["settled_commission"], row["clicks"])
        row["settled_epc100"] = mean(100 * row["settled_commission"], row["clicks"])
        rows.append(row)
    return rows


def _figures(found: list[Row]) -> Row:
    count, net = len(found), sum(one["net"] for one in found)
    new = sum(one["new_customer"] for one in found)
    return {
        "orders": count,
        "net": net,
        "new_customers": new,
        "reversed_orders": sum(one["gone"] for one in found),
        "reversed_net": sum(one["back"] for one in found),
        "aov": mean(net, count),
        "new_customer_share": ratio(new, count),
    }


def _grouped(found: Iterable[tuple[tuple[str, ...], Row]]) -> list[tuple[tuple[str, ...], list[Row]]]:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for key, one in found:
        groups[key].append(one)
    return sorted(groups.items())


def channel_performance(files: Files) -> list[Row]:
    names = ("program", "channel", "market", "day")
    keyed = (((o["program"], o["channel"], o["market"], o["day"].isoformat()), o) for o in orders(files))
    rows = []
    for key, found in _grouped(keyed):
        row = dict(zip(names, key, strict=True)) | {"unit": files.unit(key[0])} | _figures(found)
        rows.append(row | {"reversal_rate": ratio(row["reversed_orders"], row["orders"])})
    return rows


def leaderboard(files: Files) -> list[Row]:
    keyed = (
        ((o["program"], o["day"].isoformat()[:7], credit["partner"]), {**o, **credit})
        for o in orders(files)
        for credit in o["credits"]
    )
    by_month: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for (program, period, partner), found in _grouped(keyed):
        kept = [one for one in found if not one["gone"]]
        money = [g for one in found for g in one["grants"] if g["unit"] != "points"]
        row = {
            "program": program,
            "period": period,
            "partner_id": partner,
            "unit": files.unit(program),
            "orders": len(kept),
            "net": sum(one["net"] - one["back"] for one in found),
            "new_customers": sum(one["new_customer"] for one in kept),
            "commission": sum(g["amount"] - g["reversed"] for g in money),
            "settled_commission": sum(g["amount"] - g["reversed"] - g["pending"] - g["held"] for g in money),
        }
        if any(row[name] for name in ("orders", "net", "new_customers", "commission", "settled_commission")):
            by_month[program, period].append(row)
    return [
        row | {"rank": rank}
        for _, rows in sorted(by_month.items())
        for rank, row in enumerate(sorted(rows, key=lambda one: (-one["net"], one["partner_id"])), 1)
    ]


def key_day_performance(files: Files) -> list[Row]:
    names = ("program", "market", "key_day", "date")
    said: dict[tuple[str, ...], Row] = defaultdict(dict)
    windows: dict[tuple[str, ...], Row] = defaultdict(dict)
    for event in files.output("milestones", sys.maxsize):
        if event["type"] in {"key_day.upcoming", "key_day.closed"}:
            data = event["data"]
            key = tuple(data[name] for name in names)
            windows[key][event["type"]] = data  # what was told later shows where its window was
            if parse_time(event["time"]) <= files.until:
                said[key][event["type"]] = data
    found: dict[tuple[str, ...], list[Row]] = {key: [] for key in said}
    for order in orders(files):
        for name in order["key_days"]:
            found.setdefault(_key_day_of(order, name, windows), []).append(order)
    rows = []
    for key, brought in sorted(found.items()):
        closed, ahead = said[key].get("key_day.closed"), said[key].get("key_day.upcoming")
        told = closed or ahead or {}
        baseline = (closed or {}).get("baseline") or {}
        row = dict(zip(names, key, strict=True)) | _figures(brought)
        row["unit"] = files.unit(key[0]) if brought or closed else ""
        row["status"] = "closed" if closed else "open" if brought else "upcoming"
        row |= {name: told.get(name) for name in ("name", "start", "end")}
        row["certainty"] = None if ahead is None else ahead["status"]
        row |= {f"closed_{name}": (closed or {}).get(name) for name in ("orders", "revenue", "new_customers")}
        row |= {
            f"baseline_{name}": baseline.get(name) for name in ("days", "orders", "revenue", "new_customers")
        }
        for name in ("uplift", "productivity", "rank_productivity", "rank_potential", "ranked"):
            row[name] = (closed or {}).get(name)
        rows.append(row)
    return rows


def _key_day_of(order: Row, name: str, windows: dict[tuple[str, ...], Row]) -> tuple[str, ...]:
    """The key day's window that was told ever, else the local date of the order: one window is one day there."""
    place = (order["program"], order["market"], name)
    for key in sorted(windows):
        for data in windows[key].values():
            if key[:3] == place and parse_time(data["start"]) <= order["at"] < parse_time(data["end"]):
                return key
    zone = ZoneInfo(order["version"]["markets"][order["market"]]["tz"])
    return (*place, local_date(order["at"], zone).isoformat())


def budgets(files: Files) -> list[Row]:
    rows: dict[tuple[str, str, str], Row] = {}
    where: dict[str, tuple[str, str, str]] = {}

    def row(key: tuple[str, str, str], unit: str) -> Row:
        return rows.setdefault(key, {"unit": unit, "granted": 0, "reversed": 0, "times": [], "reached": {}})

    for event in files.output("rewards"):
        data = event["data"]
        for posting in data["postings"]:
            if posting["from"].startswith("budget:"):
                at, budget = parse_time(event["time"]), posting["from"].removeprefix("budget:")
                version = files.versions[data["program"], data["program_version"]]
                declared = next(one for one in version["budget"] if one["id"] == budget)
                monthly = declared.get("period", "lifetime") == "month"
                period = files.day(data["program"], at).isoformat()[:7] if monthly else "lifetime"
                key = where[data["entry_id"]] = (data["program"], budget, period)
                row(key, data["unit"])["granted"] += posting["amount"]
                rows[key]["times"].append(at)
            if posting["to"].startswith("budget:"):
                rows[where[data["reverses"]]]["reversed"] += posting["amount"]
    for version, day, at, is_order in _opened(files):
        for one in version.get("budget", ()):
            period = day.isoformat()[:7] if one.get("period", "lifetime") == "month" else "lifetime"
            program = version["program"]["id"]
            known = row((program, one["id"], period), files.unit(program))
            known.setdefault("seen" if is_order else "start", []).append(at)
    for event in files.output("milestones"):
        if event["type"] in {"budget.threshold_reached", "budget.exhausted"}:
            data = event["data"]
            row((data["program"], data["budget_id"], data["period"]), data["unit"])["reached"][
                data["threshold"]
            ] = show_time(parse_time(event["time"]))
    return [_budget_row(files, key, one) for key, one in sorted(rows.items())]


def budget_days(files: Files) -> list[Row]:
    grants = {}
    days: dict[tuple[str, str, str], Row] = {}
    for event in files.output("rewards"):
        data = event["data"]
        for posting in data["postings"]:
            if posting["from"].startswith("budget:"):
                day = files.day(data["program"], parse_time(event["time"])).isoformat()
                key = (data["program"], posting["from"].removeprefix("budget:"), day)
                grants[data["entry_id"]] = key
                days.setdefault(key, {"unit": data["unit"], "granted": 0, "reversed": 0})
                days[key]["granted"] += posting["amount"]
            if posting["to"].startswith("budget:"):
                days[grants[data["reverses"]]]["reversed"] += posting["amount"]
    names = ("program", "budget_id", "day")
    return [
        dict(zip(names, key, strict=True)) | one | {"spent": one["granted"] - one["reversed"]}
        for key, one in sorted(days.items())
    ]


def _opened(files: Files) -> Iterable[tuple[Row, date, int, bool]]:
    """Each version on the home day of each of its orders, with the day's last instant, and on its first day."""
    days = {(one["program"], one["program_version"], one["day"]) for one in orders(files)}
    for program, number, day in days:
        yield (
            files.versions[program, number],
            day,
            midnight(day + timedelta(days=1), files.zone(program)) - 1,
            True,
        )
    for (program, _), version in files.versions.items():
        since = version["program"]["effective_from"]
        moment = since if isinstance(since, datetime) else datetime.fromisoformat(since)
        at = milliseconds(moment)
        if at <= files.until:
            yield version, files.day(program, at), at, False


def _budget_row(files: Files, key: tuple[str, str, str], one: Row) -> Row:
    program, budget, period = key
    last = max(one["times"], default=None)
    told = [parse_time(at) for at in one["reached"].values()]
    at = last or max(told, default=0) or max(one.get("seen", [0])) or min(one["start"])
    version = files.in_force(program, at) or {}
    declared = next((each for each in version.get("budget", ()) if each["id"] == budget), None)
    digits = int(files.unit(program).partition("/")[2])
    amount = None if declared is None else minor_units(str(declared["amount"]), digits)
    spent = one["granted"] - one["reversed"]
    days = [files.day(program, at).isoformat() for at in one["times"]]
    return {
        "program": program,
        "budget_id": budget,
        "period": period,
        "unit": one["unit"],
        "amount": amount,
        "granted": one["granted"],
        "reversed": one["reversed"],
        "spent": spent,
        "left": None if amount is None else max(0, amount - spent),
        "share": None if amount is None else ratio(spent, amount),
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "as_of": None if last is None else show_time(last),
        "reached": one["reached"],
    }


def goals(files: Files) -> list[Row]:  # noqa: C901 - from top to bottom
    rows: dict[tuple[str, str, str, str], Row] = {}

    def row(key: tuple[str, str, str, str], scope: str, metric: str) -> Row:
        unit = files.unit(key[0]) if metric == "revenue" else metric
        blank = {"scope": scope, "metric": metric, "unit": unit, "actual": 0, "days": [], "reached": {}}
        return rows.setdefault(key, blank)

    told = partner_events(files)
    for order in orders(files):
        for goal in order["version"].get("goal", ()):
            scope = goal.get("scope", "program")
            parts = (
                [("", order)]
                if scope == "program"
                else [(c["partner"], {**order, **c}) for c in order["credits"]]
            )
            for name, part in parts:
                of = name
                if scope == "group":
                    of = group_of(told.get((name, order["program"]), []), order["at"])
                named = goal.get("partner_id" if scope == "partner" else scope, of)
                if scope != "program" and (not of or named != of):
                    continue
                start = period_start(goal["period"], order["day"]).isoformat()
                one = row((order["program"], goal["id"], of, start), scope, goal["metric"])
                kept = not order["gone"]
                counts = {"orders": kept, "new_customers": kept and order["new_customer"]}
                one["actual"] += counts.get(goal["metric"], part["net"] - part["back"])
                one["days"].append(order["day"])
    for version, day, _, is_order in _opened(files):
        for goal in version.get("goal", ()):
            scope = goal.get("scope", "program")
            of = {"program": "", "partner": goal.get("partner_id"), "group": goal.get("group")}[scope]
            if of is not None:
                start = period_start(goal["period"], day).isoformat()
                one = row((version["program"]["id"], goal["id"], of, start), scope, goal["metric"])
                one.setdefault("seen" if is_order else "start", []).append(day)
    for event in files.output("milestones"):
        if event["type"] == "goal.progressed":
            data, told = event["data"], event["data"]["standing"]
            of = told.get("partner_id") or told.get("group") or ""
            one = row(
                (data["program"], told["goal_id"], of, told["period_start"]), told["scope"], told["metric"]
            )
            one["reached"][data["threshold"]] = data["day"]
            one["told"] = max(one.get("told", ("", 0, "")), (data["day"], told["actual"], told["pace"]))
            one["target"], one["period_end"] = told["target"], told["period_end"]
    return [_goal_row(files, key, one) for key, one in sorted(rows.items())]


def _goal_row(files: Files, key: tuple[str, str, str, str], one: Row) -> Row:
    program, id_, of, start = key
    told_day, told_actual, told_pace = one.get("told", (None, None, None))
    day = max(one["days"], default=None)
    target, end, expected, pace = one.get("target"), one.get("period_end"), None, None
    last = day or (date.fromisoformat(told_day) if told_day else None)
    last = last or max(one.get("seen", ()), default=None) or min(one["start"])
    noon = datetime.combine(last, datetime.min.time(), files.zone(program)) + timedelta(hours=23, minutes=59)
    version = files.in_force(program, int(noon.timestamp() * 1000)) or {}
    goal = next((each for each in version.get("goal", ()) if each["id"] == id_), None)
    if goal is not None:
        digits = int(files.unit(program).partition("/")[2])
        money = goal["metric"] == "revenue"
        target = minor_units(str(goal["target"]), digits) if money else int(goal["target"])
        first = period_start(goal["period"], last)
        after = last
        while period_start(goal["period"], after) == first:
            after += timedelta(days=1)
        end = (after - timedelta(days=1)).isoformat()
        if day:
            over, days = (day - first).days + 1, (after - first).days
            expected = round(Fraction(target * over, days))
            pace = ratio(one["actual"] * days, target * over, 2)
    return {
        "program": program,
        "goal_id": id_,
        "of": of,
        "period_start": start,
        "scope": one["scope"],
        "metric": one["metric"],
        "unit": one["unit"],
        "period_end": end,
        "target": target,
        "actual": one["actual"],
        "share": ratio(one["actual"], target) if target else None,
        "day": day.isoformat() if day else None,
        "expected": expected,
        "pace": pace,
        "reached": one["reached"],
        "told_day": told_day,
        "told_actual": told_actual,
        "told_pace": told_pace,
    }


def tiers(files: Files) -> list[Row]:
    rows: dict[tuple[str, str], Row] = {}
    for event in files.output("milestones"):
        if event["type"] == "tier.changed":
            data = event["data"]
            key = (data["partner_id"], data["program"])
            rows[key] = {
                "partner_id": key[0],
                "program": key[1],
                "tier": data["after"],
                "before": data["before"],
                "since": event["time"],
                "metric": data["metric"],
                "value": data["value"],
                "unit": files.unit(key[1]) if data["metric"] == "revenue" else "orders",
                "window_start": data["window_start"],
                "changes": rows.get(key, {"changes": 0})["changes"] + 1,
            }
    return [row for _, row in sorted(rows.items())]


def referrals(files: Files) -> list[Row]:  # noqa: C901 - from top to bottom
    rows: dict[tuple[str, str], Row] = {}

    def row(program: str, id_: str) -> Row:
        names = ["advocate_id", "friend_id", "created_at", "decided_at", "order_id", "reason"]
        blank = {"program": program, "referral_id": id_, **dict.fromkeys(names), "sides": {}}
        return rows.setdefault((program, id_), blank)

    for one in files.inputs("referrals", "referral.created"):
        found = row(one["program"], one["referral_id"])
        if found["created_at"] is None:
            found |= {name: one[name] for name in ("advocate_id", "friend_id")}
            found["created_at"] = show_time(one["at"])
    for event in files.output("rewards"):
        data = event["data"]
        if data.get("rule") == "referral" and data["kind"] in {"referral", "reversed"}:
            entry = data.get("reverses") or data["entry_id"]
            found = row(data["program"], entry.removesuffix(f"~referral~{data['account']}"))
            side = found["sides"].setdefault(data["account"], [0, 0])
            side[data["kind"] == "reversed"] += data["amount"]
            if data["kind"] == "referral":
                found["decided_at"], found["order_id"] = event["time"], data["order_id"]
    for event in [*files.output("compliance"), *files.output("milestones")]:
        if event["type"] == "referral.declined":
            data = event["data"]
            found = row(data["program"], data["referral_id"])
            found |= {name: data[name] for name in ("advocate_id", "friend_id", "order_id", "reason")}
            found["decided_at"] = event["time"]
    done = []
    for _, one in sorted(rows.items()):
        sides = one.pop("sides")
        status = "granted" if sides else "open"
        if sides and all(granted <= back for granted, back in sides.values()):
            status = "reversed"
        one["status"] = "declined" if one["reason"] else status
        one["advocate_points"] = sides.get(f"customer:{one['advocate_id']}", [0])[0]
        one["friend_points"] = sides.get(f"customer:{one['friend_id']}", [0])[0]
        one["reversed_points"] = sum(back for _, back in sides.values())
        done.append(one)
    return done


def compliance_cases(files: Files) -> list[Row]:
    rows: dict[tuple[str, str, str], Row] = {}
    for event in files.output("compliance"):
        data, type_ = event["data"], event["type"].removeprefix("compliance.")
        if "case_id" not in data:
            continue
        key = (data["partner_id"], data["program"], data["case_id"])
        if type_ in {"violation_detected", "evidence_added"}:
            row = rows.setdefault(key, {"suspended": False, "evidence": [], "entries": 0, "amounts": {}})
            row |= {
                name: data[name]
                for name in ("rule", "severity", "action", "opening", "window", "terms_version")
            }
            row["last_at"], row["pieces"] = event["time"], data["number"]
            row["evidence"] = [*row["evidence"], data["evidence"]][-20:]
            if type_ == "violation_detected":
                row["opened_at"], row["status"] = event["time"], "open"
        elif type_ == "case_resolved":
            rows[key] |= {name: data[name] for name in ("decision", "actor", "entries", "amounts")}
            rows[key] |= {"status": "resolved", "resolved_at": event["time"]}
        else:
            rows[key]["suspended"] = True
    blank = {"decision": None, "actor": None, "resolved_at": None}
    names = ("partner_id", "program", "case_id")
    return [
        blank | row | dict(zip(names, key, strict=True)) | {"day": key[2][-10:]}
        for key, row in sorted(rows.items())
    ]


NAIVE = {
    table.__name__: table
    for table in (
        partners,
        partner_performance,
        channel_performance,
        key_day_performance,
        leaderboard,
        budgets,
        budget_days,
        goals,
        tiers,
        referrals,
        compliance_cases,
    )
}
