"""The double-entry ledger with its lots: what is pending, what is available and when it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Entry = dict[str, Any]
_BUCKETS = ("pending", "available", "held")


@dataclass
class Lot:
    """A grant, or the lot of a positive adjustment; ``left`` is what of it lies in available."""

    entry_id: str
    program: str
    account: str
    unit: str
    amount: int
    source: str
    kind: str
    rule: str | None
    order_id: str | None
    home_date: date
    available_on: date
    expires_on: date | None
    pending: int = 0
    left: int = 0
    held: int = 0
    held_from: str = ""
    reversed: int = 0

    @property
    def kept(self) -> int:
        """What was granted and not reversed."""
        return self.amount - self.reversed


@dataclass
class Purse:
    """One unit of one account, of all programs."""

    available: int = 0
    lots: list[Lot] = field(default_factory=list)

    def soonest(self) -> list[Lot]:
        """Lots by expiry, never last; of equal ones the one posted first."""
        return sorted(self.lots, key=_expiry)

    def arrive(self, parts: list[tuple[Lot, int]]) -> None:
        """Amounts become available; a debt is paid first, from what expires soonest."""
        for lot, amount in sorted(parts, key=lambda part: _expiry(part[0])):
            debt = max(0, -self.available)
            self.available += amount
            lot.left += amount - min(debt, amount)

    def take(self, amount: int, own: Lot | None = None) -> None:
        """Lower available: from the lot it belongs to, then from the soonest; what no lot has is a debt."""
        self.available -= amount
        for lot in ([own] if own else []) + self.soonest():
            taken = min(lot.left, amount)
            lot.left -= taken
            amount -= taken

    def check(self) -> None:
        """The lots in available add up to max(0, available)."""
        assert sum(lot.left for lot in self.lots) == max(0, self.available)


def _expiry(lot: Lot) -> date:
    return lot.expires_on or date.max


class Ledger:
    """All entries, and the purses that they make."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        #: When what is posted next happens, in milliseconds.
        self.now = 0
        self.grants: list[Lot] = []
        self.purses: dict[tuple[str, str], Purse] = {}

    def purse(self, account: str, unit: str) -> Purse:
        return self.purses.setdefault((account, unit), Purse())

    def grant(
        self,
        *,
        kind: str,
        entry_id: str,
        program: str,
        account: str,
        unit: str,
        amount: int,
        desired: int,
        source: str,
        rule: str,
        order_id: str | None,
        home_date: date,
        hold_days: int,
        expires_days: int | None,
        version: int,
        key_day: str | None = None,
    ) -> Lot:
        """Post a grant of 1 or more."""
        expires_on = None if expires_days is None else home_date + timedelta(days=expires_days)
        lot = Lot(
            entry_id,
            program,
            account,
            unit,
            amount,
            source,
            kind,
            rule,
            order_id,
            home_date,
            home_date + timedelta(days=hold_days),
            expires_on,
        )
        purse = self.purse(account, unit)
        self.grants.append(lot)
        purse.lots.append(lot)
        if hold_days:
            lot.pending = amount
        else:
            purse.arrive([(lot, amount)])
        bucket = "pending" if hold_days else "available"
        self._post(
            lot,
            kind,
            entry_id,
            amount,
            [(source, f"{account}:{bucket}", amount)],
            rule=rule,
            order_id=order_id,
            available_on=lot.available_on.isoformat(),
            expires_on=expires_on and expires_on.isoformat(),
            desired=desired if desired > amount else None,
            program_version=version,
            key_day=key_day,
        )
        return lot

    def reverse(self, lot: Lot, amount: int, entry_id: str) -> None:
        """Give back a part of a grant: from pending or held while it is there, else from available."""
        purse = self.purse(lot.account, lot.unit)
        waiting = min(amount, lot.pending)
        held = min(amount - waiting, lot.held)
        rest = amount - waiting - held
        lot.pending -= waiting
        lot.held -= held
        lot.reversed += amount
        # Section 14: whatever lowers what is available takes from what expires soonest.
        purse.take(rest)
        postings = [
            (f"{lot.account}:{bucket}", lot.source, part)
            for bucket, part in (("pending", waiting), ("held", held), ("available", rest))
            if part
        ]
        self._post(lot, "reversed", entry_id, amount, postings, order_id=lot.order_id, reverses=lot.entry_id)

    def hold(self, lot: Lot, case_id: str) -> bool:
        """Move what is left of a grant to held; whether anything was."""
        purse = self.purse(lot.account, lot.unit)
        lot.held_from, amount = ("pending", lot.pending) if lot.pending else ("available", lot.left)
        if not amount:
            return False
        if lot.held_from == "pending":
            lot.pending = 0
        else:
            purse.available -= amount
            lot.left = 0
        lot.held = amount
        self._move(lot, "held", f"hold~{case_id}~{lot.entry_id}", lot.held_from, "held", amount)
        return True

    def unhold(self, lot: Lot, case_id: str) -> None:
        """Put what is still held back into the bucket that it came from."""
        amount, lot.held = lot.held, 0
        if not amount:
            return
        if lot.held_from == "pending":
            lot.pending = amount
        else:
            self.purse(lot.account, lot.unit).arrive([(lot, amount)])
        self._move(lot, "unheld", f"unhold~{case_id}~{lot.entry_id}", "held", lot.held_from, amount)

    def _move(self, lot: Lot, kind: str, entry_id: str, source: str, target: str, amount: int) -> None:
        postings = [(f"{lot.account}:{source}", f"{lot.account}:{target}", amount)]
        self._post(lot, kind, entry_id, amount, postings, order_id=lot.order_id)

    def midnight(self, programs: set[str], day: date, zone: str) -> None:
        """Per account and unit, ascending: the release, then the expiry of all programs of a home zone."""
        for key in sorted(self.purses):
            lots = [lot for lot in self.purses[key].lots if lot.program in programs]
            self._release(key, lots, day, zone)
            self._expire(key, lots, day, zone)

    def _release(self, key: tuple[str, str], lots: list[Lot], day: date, zone: str) -> None:
        account, unit = key
        due = [(lot, lot.pending) for lot in lots if lot.pending and lot.available_on <= day]
        if not due:
            return
        for lot, _ in due:
            lot.pending = 0
        self.purses[key].arrive(due)
        total = sum(amount for _, amount in due)
        postings = [(f"{account}:pending", f"{account}:available", total)]
        self._post(
            due[0][0], "released", self._once(f"release~{account}~{unit}~{day}", zone), total, postings
        )

    def _expire(self, key: tuple[str, str], lots: list[Lot], day: date, zone: str) -> None:
        account, unit = key
        sums: dict[str, int] = {}
        due = [lot for lot in lots if lot.left and lot.expires_on and lot.expires_on <= day]
        if not due:
            return
        for lot in due:
            target = f"expired:{lot.program}"
            sums[target] = sums.get(target, 0) + lot.left
            self.purses[key].available -= lot.left
            lot.left = 0
        postings = [(f"{account}:available", target, amount) for target, amount in sums.items()]
        name = self._once(f"expire~{account}~{unit}~{day}", zone)
        self._post(due[0], "expired", name, sum(sums.values()), postings)

    def _once(self, entry_id: str, zone: str) -> str:
        """The same day of an account may start in two home zones of its programs."""
        taken = any(one["entry_id"] == entry_id for one in self.entries)
        return f"{entry_id}~{zone}" if taken else entry_id

    def redeem(self, program: str, account: str, unit: str, amount: int, redemption_id: str) -> bool:
        """Whether there was enough available."""
        purse = self.purse(account, unit)
        if purse.available < amount:
            return False
        purse.take(amount)
        postings = [(f"{account}:available", f"redeemed:{program}", amount)]
        self._add(account, unit, "redeemed", f"redeem~{redemption_id}", amount, postings)
        return True

    def adjust(
        self, program: str, account: str, unit: str, amount: int, adjustment_id: str, day: date
    ) -> None:
        """Raise or lower available by hand; the amount has its sign, the posting has not."""
        purse = self.purse(account, unit)
        entry_id = f"adjust~{adjustment_id}"
        ours, theirs = f"program:{program}", f"{account}:available"
        if amount > 0:
            lot = Lot(entry_id, program, account, unit, amount, ours, "adjusted", None, None, day, day, None)
            purse.lots.append(lot)
            purse.arrive([(lot, amount)])
            self._add(account, unit, "adjusted", entry_id, amount, [(ours, theirs, amount)])
        else:
            purse.take(-amount)
            self._add(account, unit, "adjusted", entry_id, amount, [(theirs, ours, -amount)])

    def _post(
        self,
        lot: Lot,
        kind: str,
        entry_id: str,
        amount: int,
        postings: list[tuple[str, str, int]],
        **optional: Any,
    ) -> None:
        self._add(lot.account, lot.unit, kind, entry_id, amount, postings, **optional)

    def _add(
        self,
        account: str,
        unit: str,
        kind: str,
        entry_id: str,
        amount: int,
        postings: list[tuple[str, str, int]],
        **optional: Any,
    ) -> None:
        assert sum(part for _, _, part in postings) == abs(amount) > 0
        self.entries.append(
            {
                "entry_id": entry_id,
                "kind": kind,
                "account": account,
                "unit": unit,
                "amount": amount,
                "postings": sorted(postings),
                "time": self.now,
            }
            | {name: value for name, value in optional.items() if value is not None}
        )
        for purse in self.purses.values():
            purse.check()

    def balances(self) -> list[Entry]:
        """One line per account and unit with an entry, folded from the entries alone."""
        lines: dict[tuple[str, str], Entry] = {}
        sums = {"earned", "redeemed", "expired", "reversed"}
        for entry in self.entries:
            account, unit, kind = entry["account"], entry["unit"], entry["kind"]
            blank = {"account": account, "unit": unit} | dict.fromkeys((*_BUCKETS, *sorted(sums)), 0)
            line = lines.setdefault((account, unit), blank)
            for source, target, amount in entry["postings"]:
                for bucket in _BUCKETS:
                    line[bucket] -= amount * (source == f"{account}:{bucket}")
                    line[bucket] += amount * (target == f"{account}:{bucket}")
            if kind in {"accrued", "tier", "bonus", "referral", "adjusted"}:
                line["earned"] += entry["amount"]
            elif kind in sums:
                line[kind] += entry["amount"]
        for line in lines.values():
            inside = line["pending"] + line["available"] + line["held"]
            assert inside == line["earned"] - line["reversed"] - line["redeemed"] - line["expired"]
        return [lines[key] for key in sorted(lines)]
