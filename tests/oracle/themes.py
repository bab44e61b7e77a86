"""What worlds are made of: features to switch off, and themes to dwell on."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: What can be switched off, so that a difference can be narrowed down.
FEATURES = (
    "partners",  # rules to partners
    "clicks",
    "declared",  # partner_id on orders
    "coupons",
    "caps",
    "budgets",
    "bonuses",
    "best",  # bonus_stacking
    "share",  # bonuses that run for some of the partners
    "tiers",
    "rolling",  # tiers with a rolling window
    "referrals",
    "holds",
    "expiry",
    "refunds",
    "cancels",
    "early-refunds",  # refunds and cancels before their order
    "redemptions",
    "adjustments",
    "fx",
    "gross",
    "category",
    "conditions",
    "exclusive",
    "flat",
    "points",
    "key-days",
    "own-key-days",  # entries with dates, windows and an organiser
    "suspensions",
    "unknown-partners",
    "compliance",  # rules with actions, and what partners are caught at
    "resolutions",
    "versions",
    "publish",  # versions on the topic programs
    "programs",  # two programs
    "duplicates",
    "conflicts",
    "bad-records",
    "same-ids",  # ids that other events, customers and accounts have, too
    "odd-ids",  # with what keys are joined with
    "same-times",
    "memory",  # spans longer than what is remembered
    "goals",
    "reviews",
    "letters",  # what partners' letters depend on: locale, name, notice_days
    "until",
)

#: Features that change only what is compared, not the world.
VIEWS = ("attributions", "balances", "dead-letters", "cases", "milestones", "notices")


@dataclass(frozen=True)
class Theme:
    """What a world dwells on: features that are mostly in, features that stay out, and what happens."""

    sure: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    happens: tuple[tuple[str, float], ...] = (
        ("order", 0.2),
        ("journey", 0.2),
        ("click", 0.1),
        ("refund", 0.2),
        ("request", 0.15),
        ("referred", 0.1),
        ("change_partner", 0.05),
        ("ad", 0.03),
    )
    customers: int = 6
    partners: int = 6
    most_days: int = 200


_PLAIN = frozenset({"conditions", "exclusive", "category", "suspensions", "unknown-partners", "memory"})
_CAUGHT = frozenset({"compliance", "resolutions", "partners", "holds", "clicks"})
_FAULTS = Theme(
    sure=_CAUGHT,
    never=_PLAIN | {"caps", "referrals", "points", "tiers"},
    customers=2,
    partners=3,
    most_days=3,
)
THEMES = {
    "mixed": Theme(),
    "budgets": Theme(
        sure=frozenset({"budgets", "bonuses"}),
        never=_PLAIN | {"caps", "points"},
        happens=(("journey", 0.7), ("refund", 0.3)),
        customers=3,
    ),
    "bonuses": Theme(
        sure=frozenset({"bonuses", "best", "caps"}),
        never=_PLAIN | {"key-days", "points"},
        happens=(("journey", 0.8), ("refund", 0.2)),
        customers=2,
        partners=3,
    ),
    "tiers": Theme(
        sure=frozenset({"tiers", "partners"}),
        never=_PLAIN | {"flat", "caps", "budgets", "points"},
        happens=(("journey", 0.6), ("refund", 0.4)),
        customers=3,
        partners=3,
    ),
    "referrals": Theme(
        sure=frozenset({"referrals", "key-days"}),
        never=_PLAIN,
        happens=(("referred", 0.5), ("refund", 0.25), ("order", 0.1), ("click", 0.15)),
        customers=3,
        partners=3,
    ),
    "records": Theme(
        sure=frozenset({"partners"}),
        never=_PLAIN - {"suspensions"},
        happens=(("journey", 0.6), ("change_partner", 0.4)),
        customers=3,
        partners=3,
    ),
    "rules": Theme(
        sure=frozenset({"conditions", "exclusive", "gross", "category"}),
        never=frozenset({"suspensions", "unknown-partners", "memory"}),
        happens=(("journey", 0.8), ("refund", 0.2)),
        partners=3,
    ),
    "lots": Theme(
        sure=frozenset({"expiry", "adjustments", "redemptions", "holds"}),
        never=_PLAIN | {"partners", "points", "clicks", "declared", "caps", "budgets", "referrals"},
        happens=(("order", 0.4), ("refund", 0.15), ("request", 0.45)),
        customers=1,
    ),
    "orders at fault": Theme(
        sure=_CAUGHT | {"bonuses"},
        never=_PLAIN | {"caps", "referrals"},
        happens=(("journey", 0.7), ("refund", 0.15), ("change_partner", 0.05), ("request", 0.1)),
        customers=3,
        partners=3,
        most_days=3,
    ),
    "held lots": Theme(
        sure=_CAUGHT | {"expiry", "adjustments", "redemptions"},
        never=_PLAIN | {"caps", "referrals", "points", "tiers", "unknown-partners", "fx"},
        happens=(("journey", 0.5), ("refund", 0.2), ("request", 0.3)),
        customers=2,
        partners=2,
        most_days=10,
    ),
    "clicks at fault": replace(_FAULTS, happens=(("click", 0.5), ("journey", 0.4), ("change_partner", 0.1))),
    "ads": replace(_FAULTS, happens=(("ad", 0.6), ("journey", 0.3), ("change_partner", 0.1))),
    "rates": Theme(
        sure=_CAUGHT | {"budgets"},
        never=(_PLAIN - {"memory"}) | {"referrals", "points"},
        happens=(("journey", 0.45), ("give_back", 0.35), ("refund", 0.1), ("change_partner", 0.1)),
        customers=3,
        partners=2,
    ),
}
