"""The versions of a program of a world."""

from __future__ import annotations

import copy
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.dice import (
    ACTIONS,
    BRAND_TERMS,
    CATEGORIES,
    CHANNELS,
    CODES,
    GROUPS,
    HOSTS,
    MARKETS,
    TERMS_VERSIONS,
    Dice,
)
from tests.oracle.values import DAY_MS, local_date, show_time


class ProgramMaker(Dice):
    """Makes the first version of a program and what becomes of it."""

    def first_version(self) -> dict[str, Any]:
        starts = self.start - 100 * DAY_MS
        if self.has("bad-records", 0.07):
            starts = self.start + self.span // 5
        head = {
            "id": self.program,
            "version": 1,
            "effective_from": show_time(starts),
            "currency": self.currency,
            "home_tz": self.home,
            "rounding": self.pick("half_even", "half_up", "down"),
            "bonus_stacking": "best" if self.has("best", 0.4) else "sum",
            "lookback_days": self.pick(1, 3, 30),
            "attribution": self.pick("last_click", "first_click", "linear", "position"),
            "coupon_wins": self.random.random() < 0.8,
        }
        content: dict[str, Any] = {
            "program": head,
            "markets": {one: {"tz": MARKETS[one]} for one in self.markets},
        }
        self.add_compliance(content, 0.4)
        if self.has("coupons", 0.7):
            owners = [*self.partners, "nobody"] if "unknown-partners" in self.on else self.partners
            content["coupons"] = {code: self.random.choice(owners) for code in self.some(CODES)}
        self.currencies = [self.currency]
        if self.has("fx", 0.5):
            others = [one for one in ("USD", "EUR", "JPY", "KWD") if one != self.currency]
            self.currencies += self.some(others)
            content["fx"] = {one: self.rates() for one in self.currencies[1:]}
        days = self.key_days()
        if days:
            content["key_day"] = days
        self.day_ids = [one.get("id") or one["use"] for one in days]
        budgets = []
        if self.has("budgets", 0.5):
            count = 4 if self.theme_name == "budgets" else self.pick(1, 1, 2)
            budgets = [self.budget(f"b{number}{self.suffix}") for number in range(count)]
        self.budget_ids = [one["id"] for one in budgets]
        content["accrual"] = [self.accrual(f"r{number}") for number in range(self.random.randint(1, 5))]
        if self.has("bonuses", 0.7):
            content["bonus"] = [self.bonus(f"x{number}") for number in range(self.random.randint(1, 3))]
        if budgets:
            content["budget"] = budgets
        if self.has("tiers", 0.5):
            content["tiers"] = self.tiers()
        if self.has("referrals", 0.5):
            content["referral"] = self.referral()
        self.add_watched(content)
        return content

    def add_watched(self, content: dict[str, Any]) -> None:
        if self.has("goals", 0.4):
            content["goal"] = [self.goal(f"g{number}") for number in range(self.random.randint(1, 3))]
        if self.has("reviews", 0.4):
            content["review"] = [self.review(f"v{number}") for number in range(self.pick(1, 1, 2))]

    def goal(self, name: str) -> dict[str, Any]:
        scope = self.pick("program", "group", "partner")
        metric = self.pick("revenue", "orders", "new_customers")
        goal = {"id": name, "scope": scope, "metric": metric}
        goal["period"] = self.pick("week", "month", "quarter", "year")
        goal["target"] = (
            self.money(self.pick(100, 5000, 20000)) if metric == "revenue" else self.pick(1, 3, 7)
        )
        if scope == "group" and self.random.random() < 0.4:
            goal["group"] = self.pick(*GROUPS)
        if scope == "partner" and self.random.random() < 0.4:
            goal["partner_id"] = self.random.choice(self.partners)
        return goal

    def review(self, name: str) -> dict[str, Any]:
        cadence = self.pick("weekly", "weekly", "monthly", "quarterly")
        days = {"weekly": ("monday", "sunday", 3), "monthly": (1, 15, 31), "quarterly": (1, 40, 92)}
        return {"id": name, "cadence": cadence, "day": self.pick(*days[cadence])}

    def next_version(self, before: dict[str, Any], number: int) -> dict[str, Any]:
        """The version before with some terms changed; names stay, so that counts go on."""
        content = copy.deepcopy(before)
        head = content["program"]
        head["version"] = number
        if self.random.random() < 0.8:
            head["effective_from"] = show_time(self.time())
        head["rounding"] = self.pick(head["rounding"], "half_up", "down")
        head["attribution"] = self.pick("last_click", "first_click", "linear", "position")
        head["lookback_days"] = self.pick(1, 3, 30)
        self.change_rules(content)
        self.change_terms(content)
        self.add_compliance(content, 0.3)
        return content

    def change_rules(self, content: dict[str, Any]) -> None:
        """Rules and budgets with other numbers under the same names."""
        for place, rule in enumerate(content["accrual"]):
            if self.random.random() < 0.5:
                content["accrual"][place] = self.accrual(rule["id"])
        for rule in content.get("budget", []):
            rule["amount"] = self.budget(rule["id"])["amount"]
        for place, rule in enumerate(content.get("bonus", [])):
            if self.random.random() < 0.3:
                content["bonus"][place] = self.bonus(rule["id"])
        if "fx" in content:
            content["fx"] = {one: self.rates() for one in content["fx"]}

    def change_terms(self, content: dict[str, Any]) -> None:
        """Tiers, referrals and coupons come, change and go."""
        if self.random.random() < 0.3 and self.has("tiers"):
            content["tiers"] = self.tiers()
        levels = content.get("tiers", {"levels": []})["levels"]
        for level in levels:
            level["multiply"] = self.pick("1", "1.1", "1.5")
        if levels and self.random.random() < 0.2 and all(one["id"] != "iron" for one in levels):
            levels[self.pick(0, 1)]["id"] = "iron"
        if "referral" in content or self.has("referrals", 0.3):
            content["referral"] = self.referral()
        for name in ("tiers", "referral", "coupons"):
            if self.random.random() < 0.1:
                content.pop(name, None)

    def add_compliance(self, content: dict[str, Any], chance: float) -> None:
        """Thresholds are so low that every rule fires often."""
        if not self.has("compliance", chance):
            return
        for market in content["markets"].values():
            market["brand_terms"] = self.some(BRAND_TERMS, least=0)
        table: dict[str, Any] = {}
        if self.random.random() < 0.7:
            table["terms_version"] = self.pick(*TERMS_VERSIONS)
        if self.random.random() < 0.85:
            due = self.time()
            table["terms_due"] = self.pick(show_time(due), show_time(due)[:10])
        mostly = self.pick(None, None, *ACTIONS)
        for rule, settings in self.rules_settings().items():
            if self.random.random() < 0.8:
                few = {
                    name: settings[name]
                    for name in self.some(sorted(settings), least=max(0, len(settings) - 1))
                }
                if self.random.random() < 0.9:
                    few["action"] = mostly if mostly and self.random.random() < 0.6 else self.pick(*ACTIONS)
                if self.random.random() < 0.2:
                    few["severity"] = self.pick("low", "medium", "high")
                table[rule] = few
        content["compliance"] = table

    def rules_settings(self) -> dict[str, dict[str, Any]]:
        return {
            "brand_bidding": {},
            "paid_traffic": {"params": self.some(("aff_paid", "Promo"), least=0)},
            "self_referral": {},
            "click_to_order_time": {"min_seconds": self.pick(0, 1, 5, 60, 61, 3600, 86_400)},
            "click_flooding": {
                "max_clicks_per_customer_hour": self.pick(1, 1, 2, 3, 30),
                "min_conversion": self.pick("0.5", "0.25", "1", "0.0005"),
                "min_clicks": self.pick(1, 2, 3, 10_000),
            },
            "disallowed_referrer": {"hosts": self.some(HOSTS, least=0)},
            "market_not_agreed": {},
            "reversal_rate": {
                "max_rate": self.pick("0", "0.25", "0.4", "0.5"),
                "min_orders": self.pick(1, 1, 2, 3),
            },
            "terms_outdated": {},
        }

    def rates(self) -> list[dict[str, str]]:
        early = self.start - 200 * DAY_MS if not self.has("bad-records", 0.2) else self.start + self.span // 3
        found = [{"from": show_time(early), "rate": self.pick("0.92", "1.1", "0.005", "1", "0.3333")}]
        if self.random.random() < 0.5:
            later = max(early + 1, self.time())
            found.append({"from": show_time(later), "rate": self.pick("0.9", "2", "0.5")})
        return found

    def key_days(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if not self.has("key-days", 0.8):
            return found
        for use in self.some(("black_friday", "cyber_monday"), least=0):
            found.append({"use": use, "markets": self.some(self.markets)})
            if self.has("own-key-days", 0.3):
                found[-1] |= {"start": self.pick("00:00", "06:30"), "days": self.pick(1, 2)}
        for one in found:
            self.add_notice_days(one)
        own = self.pick(0, 1, 1, 2) if "own-key-days" in self.on else 0
        found += [self.own_key_day(f"own{number}") for number in range(own)]
        if own and self.random.random() < 0.4:  # two on the same days
            found.append(found[-1] | {"id": "twin"})
        return found

    def add_notice_days(self, entry: dict[str, Any]) -> None:
        if self.has("letters", 0.3):
            entry["notice_days"] = self.pick([], [0], [1, 0], [30, 7, 2], [3, 14])

    def own_key_day(self, name: str) -> dict[str, Any]:
        days = [
            local_date(self.start + self.random.randrange(self.span), ZoneInfo("UTC"))
            for _ in range(self.pick(1, 1, 2))
        ]
        dates: dict[str, list[str]] = {}
        for day in sorted(set(days)):
            dates.setdefault(str(day.year), []).append(day.isoformat())
        entry: dict[str, Any] = {"id": name, "markets": self.some(self.markets), "dates": dates}
        if self.random.random() < 0.5:
            entry["start"] = self.pick("00:00", "02:30", "09:00")
            entry["days"] = self.pick(1, 2, 3)
            entry["end"] = self.pick("24:00", "18:00")
        if self.random.random() < 0.3:
            entry |= {"tz_policy": "organiser", "tz": self.pick(*sorted(MARKETS.values()))}
        if self.random.random() < 0.3:
            entry["name"] = self.pick("Launch", "{ $days }", "يوم")
        self.add_notice_days(entry)
        return entry

    def budget(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "amount": self.money(self.pick(1, 50, 300, 1000, 5000)),
            "period": self.pick("lifetime", "month"),
            "over": self.pick("trim", "reject"),
            "alerts": self.pick([], [0.5], [0.25, 0.8, 0.95]),
        }

    def accrual(self, name: str) -> dict[str, Any]:
        to = "partner" if self.has("partners", 0.6) else "customer"
        unit = "points" if self.has("points", 0.3) else "money"
        rule: dict[str, Any] = {"id": name, "to": to, "unit": unit}
        if self.has("flat", 0.2):
            rule["flat"] = str(self.pick(1, 50)) if unit == "points" else self.money(self.pick(1, 250))
        elif unit == "points":
            rule["rate"] = self.pick("1", "0.5", "1.5", "10")
        else:
            rule["rate"] = self.pick("0.05", "0.025", "0.1", "0.5", "0.005", "0.125", "0.333")
        if self.has("gross", 0.25):
            rule["basis"] = "gross"
        if self.has("conditions", 0.5):
            rule["when"] = self.when(to)
        if self.has("category", 0.2):
            rule.setdefault("when", {})["category"] = self.some(CATEGORIES)
        if self.has("exclusive", 0.3):
            rule["exclusive"] = self.pick("base", "base", "other")
            if self.random.random() < 0.7:
                rule["priority"] = self.pick(0, 1, 1, 10, -1)
        if self.has("holds", 0.6):
            rule["hold_days"] = 2 if self.theme_name == "lots" else self.pick(0, 1, 2, 7, 30)
        self.extras(rule, unit)
        return rule

    def bonus(self, name: str) -> dict[str, Any]:
        to = "partner" if self.has("partners", 0.6) else "customer"
        unit = "points" if self.has("points", 0.3) else "money"
        rule: dict[str, Any] = {"id": name, "to": to, "unit": unit}
        if self.day_ids and self.random.random() < 0.6:
            rule["on"] = self.some(self.day_ids)
        if self.has("flat", 0.3):
            rule["flat"] = str(self.pick(1, 50)) if unit == "points" else self.money(self.pick(1, 250))
        else:
            rule["multiply"] = self.pick("2", "1.5", "1.1", "3")
        if self.has("conditions", 0.4):
            rule["when"] = self.when(to)
        if self.has("category", 0.15):
            rule.setdefault("when", {})["category"] = self.some(CATEGORIES)
        if self.has("holds", 0.4):
            rule["hold_days"] = self.pick(0, 1, 7)
        if to == "partner" and self.has("share", 0.2):
            rule["share"] = self.pick(0.5, "0.5", 0.25, 0.9)
        self.extras(rule, unit)
        return rule

    def extras(self, rule: dict[str, Any], unit: str) -> None:
        """What accruals and bonuses share: expiry, cap and budget."""
        if self.has("expiry", 0.4):
            rule["expires_days"] = self.pick(0, 1, 3, 10, 30)
        if self.has("caps", 0.4):
            least = self.pick(1, 10, 50, 240, 500)
            rule["cap"] = {
                "period": self.pick("day", "week", "month", "lifetime"),
                "amount": str(least) if unit == "points" else self.money(least),
                "over": self.pick("trim", "reject", "allow_last"),
            }
        often = 0.6
        if self.theme_name == "budgets" and "multiply" in rule:
            often = 0.95
        if self.budget_ids and unit == "money" and self.random.random() < often:
            rule["budget"] = self.random.choice(self.budget_ids)

    def when(self, to: str) -> dict[str, Any]:
        choices: dict[str, Any] = {
            "market": self.some(self.markets),
            "channel": self.some(("partner", *CHANNELS)),
            "min_order": self.money(self.pick(0, 1000, 2000, 5000)),
            "new_customer": self.random.random() < 0.5,
            "coupon": self.some(CODES),
        }
        if self.day_ids:
            choices["key_day"] = self.some(self.day_ids)
        if to == "partner":
            choices["partner_group"] = self.some(GROUPS)
            choices["partner_id"] = self.some(self.partners)
            choices["tier"] = self.some(("bronze", "silver"))
            if "tiers" not in self.on:
                del choices["tier"]
        if "coupons" not in self.on:
            del choices["coupon"]
        return {name: choices[name] for name in self.random.sample(sorted(choices), self.pick(1, 1, 2))}

    def tiers(self) -> dict[str, Any]:
        metric = self.pick("revenue", "orders")
        window: Any = self.pick("month", "quarter", "year")
        if self.has("rolling", 0.4):
            window = {"rolling_days": self.pick(1, 2, 7, 30)}
        starts = (0, 1, 3) if metric == "orders" else (0, 5000, 12000)
        if self.random.random() < 0.15:
            starts = (1, *starts[1:]) if metric == "revenue" else (1, 2, 3)
        levels = [
            {"id": name, "from": self.money(start) if metric == "revenue" else str(start)}
            for name, start in zip(("bronze", "silver", "gold"), starts, strict=True)
        ]
        for level in levels[1:]:
            level["multiply"] = self.pick("1.1", "1.25", "2")
        return {"metric": metric, "window": window, "levels": levels}

    def referral(self) -> dict[str, Any]:
        terms: dict[str, Any] = {
            "window_days": self.pick(1, 3, 30),
            "min_order": self.money(self.pick(0, 1000, 3000)),
            "advocate_points": self.pick(0, 5, 501),
            "friend_points": self.pick(1, 250),
        }
        if self.day_ids and self.random.random() < 0.5:
            terms["key_day_multiply"] = {one: self.pick("2", "1.5", "3") for one in self.some(self.day_ids)}
        if self.random.random() < 0.6:
            terms["cap_per_month"] = self.pick(1, 1, 2)
        if self.has("holds", 0.3):
            terms["hold_days"] = self.pick(0, 1, 7)
        if self.has("expiry", 0.3):
            terms["expires_days"] = self.pick(1, 10)
        return terms
