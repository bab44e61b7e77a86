"""What partners are written (DOMAIN 9 and 10, docs/notices.md, docs/choices.md): when, in which language, from what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle.ledger import Entry, Ledger
from tests.oracle.program import Version
from tests.oracle.rewards import Case, Partner
from tests.oracle.values import local_date

LANGUAGES = ("en", "fr", "es", "de", "ar", "uk")
_TERMS_DAYS = (14, 3)
_EVIDENCE_TOLD = 10
_NO_TIER = "-"


@dataclass
class Post:
    """The letters of one program. ``suspended`` are those who may not earn, whoever said so."""

    program: str
    ledger: Ledger
    sent: list[Entry]
    partners: dict[str, Partner]
    suspended: set[str]

    def case(self, case: Case, day: date, action: str, *, opened: bool) -> None:
        """A case was opened, or got more evidence; of much evidence not every piece is told."""
        about = {"case": case.id, "rule": case.rule, "day": str(day)}
        if opened:
            self._write("case_opened", case.partner, **about, action=action)
        elif case.number <= _EVIDENCE_TOLD or str(case.number).rstrip("0") == "1":
            self._write("case_evidence_added", case.partner, **about, count=case.number)

    def resolved(self, case: Case, decision: str) -> None:
        about = {"case": case.id, "rule": case.rule, "day": case.id.rpartition("~")[2]}
        self._write(f"case_{decision}", case.partner, **about)

    def suspension(
        self, partner: str, day: date, *, rule: str | None = None, reason: str | None = None
    ) -> None:
        facts = {"day": str(day), "rule": rule or "none", "reason": reason or "none"}
        self._write("partner_suspended", partner, **facts)

    def reinstated(self, partner: str, day: date) -> None:
        self._write("partner_reinstated", partner, day=str(day))

    def tier(self, change: Entry, *, up: bool, unit: str) -> None:
        facts = {name: change[name] for name in ("before", "after", "metric", "value")}
        facts["before"], facts["after"] = facts["before"] or _NO_TIER, facts["after"] or _NO_TIER
        facts |= {"direction": "up" if up else "down", "since": change["window_start"]}
        if change["metric"] == "revenue":
            facts["value_unit"] = unit
        self._write("tier_changed", change["partner_id"], **facts)

    def midnight(self, day: date, version: Version) -> None:
        """What is so many days ahead at the midnight that starts a day."""
        terms = version.terms
        for days in _TERMS_DAYS:
            if terms.version is None or (terms.due - day).days != days:
                continue
            for partner, record in self.partners.items():
                if terms.outdates(record.terms_version):
                    facts = {"version": terms.version, "due": str(terms.due), "days": days}
                    self._write_ahead("terms_due", partner, **facts)
        self._key_days(day, version)

    def _key_days(self, day: date, version: Version) -> None:
        ahead: dict[tuple[str, date], set[str]] = defaultdict(set)
        notice_days = {one.id: one.notice_days for one in version.key_days}
        names = {one.id: one.name for one in version.key_days}
        for one in version.key_days:
            for market, zone in version.markets.items():
                if one.markets is None or market in one.markets:
                    for _, start, _ in one.windows(day.year, zone):
                        source = local_date(start, zone)
                        if (source - day).days in one.notice_days:
                            ahead[one.id, source].add(market)
        for (key_day, source), markets in ahead.items():
            days = (source - day).days
            facts = {"name": names[key_day], "date": str(source)}
            for partner, record in self.partners.items():
                its = sorted(market for market in markets if record.agreed(market))
                if its:
                    self._write_ahead("key_day_ahead", partner, **facts, days=days, markets=its)
                named = [market for market in its if version.terms.brand_terms.get(market)]
                if named and days == min(notice_days[key_day]) and not record.paid_search_allowed:
                    terms = {term for market in named for term in version.terms.brand_terms[market]}
                    about = {"markets": named, "terms": sorted(terms)}
                    self._write_ahead("brand_bidding_reminder", partner, **facts, **about)

    def _write_ahead(self, template: str, partner: str, **facts: Any) -> None:
        """What is ahead is not written to those who are suspended."""
        if partner not in self.suspended:
            self._write(template, partner, **facts)

    def _write(self, template: str, partner: str, **facts: Any) -> None:
        """To those who have a record."""
        record = self.partners.get(partner)
        if record is None:
            return
        head = {"template": template, "program": self.program, "partner_id": partner}
        head |= {"locale": language(record.locale), "time": self.ledger.now}
        self.sent.append(head | {"data": facts, "to": record.name or partner})


def language(locale: str | None) -> str:
    """The language of a locale; English where it is none of those that are spoken."""
    first = (locale or "").replace("_", "-").split("-")[0].lower()
    return first if first in LANGUAGES else "en"
