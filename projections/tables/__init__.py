"""Every table by its name: its columns, keys and filters. Each module declares one."""

from __future__ import annotations

from typing import Final

from projections.tables import (
    balances,
    budget_days,
    budgets,
    channel_performance,
    compliance_cases,
    goals,
    key_day_performance,
    leaderboard,
    partner_performance,
    partners,
    referrals,
    statements,
    tiers,
)
from projections.tables.table import Table

TABLES: Final[dict[str, Table]] = {
    module.TABLE.name: module.TABLE
    for module in (
        balances,
        statements,
        partners,
        partner_performance,
        key_day_performance,
        channel_performance,
        budgets,
        budget_days,
        goals,
        tiers,
        referrals,
        compliance_cases,
        leaderboard,
    )
}
