"""The fold of all tables but balances and statements: facts of any topic, in any order between topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from xxhash import xxh3_128_digest

from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming
from events.outputs import (
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    PartnerBarred,
    ReferralDeclined,
    Reward,
    TierChanged,
)
from projections import asked, facts
from projections.asked import AskedEvent, StoredAsked
from projections.facts import (
    Attributed,
    Click,
    Enrolled,
    Fact,
    Foreign,
    Ledger,
    Refund,
    Said,
    Stood,
    Version,
)
from projections.fold import STEP_ROWS
from projections.keys import key_of
from projections.orders import (
    BUDGET_DAYS,
    BUDGETS,
    CHANNELS,
    GOALS,
    KEY_DAYS,
    LEADERS,
    PARTNERS,
    Contributions,
    Decided,
    Grant,
    Order,
    contributions,
    goal_place,
    goal_unit,
    grant_key,
)
from projections.slices import Steps
from projections.tables import (
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
    tiers,
)
from projections.tables.budgets import StoredBudget
from projections.tables.compliance_cases import EVIDENCE_MAX, StoredCase
from projections.tables.goals import StoredGoal
from projections.tables.key_day_performance import StoredKeyDay
from projections.tables.partners import StoredPartner
from projections.tables.referrals import StoredReferral
from projections.tables.tiers import StoredTier
from projections.versions import Versions
from schemas.program import Program
from streams.engine.state import Change, Delta, Reader, Space, State
from streams.rules.home_days import iso_date

#: The book's own rows: orders, inputs by business id, pending grants, what waits, programs, ids seen, and
#: orders by partner and time, where goals of groups ask for its group.
ORDERS: Final = b"O"
INPUTS: Final = b"I"
LOTS: Final = b"L"
WAITING: Final = b"W"
PROGRAMS: Final = b"P"
SEEN: Final = b"D"
ONLY: Final = b"N"
CREDITED: Final = b"G"
#: Rows of each kind that are kept in memory beyond a batch.
_CACHED_ROWS: Final = 20_000
_PARTNER: Final = "partner:"
_NUMBER_BYTES: Final = 8
#: Behind all keys that begin with a prefix and go on with a number.
_LAST: Final = b"\xff" * (_NUMBER_BYTES + 1)
#: Within ``WAITING``: entries of the ledger, which wait in one row for each program, and all else.
_ENTRIES: Final = b"e"
_OTHERS: Final = b"o"

#: An input as some record showed it: its time, its bytes, how often it came less how often it died, content.
_Candidate = tuple[int, int, int, tuple[Any, ...]]


class _Wait(Struct, array_like=True):
    fact: facts.Waiting


class Book:
    """The rows of one store. Facts of a batch are taken in; ``draining`` gives what they changed."""

    def __init__(self, reader: Reader, versions: Versions) -> None:
        self._versions = versions
        self._state = state = State(reader)

        def space(prefix: bytes, type_: Any, cached: int = _CACHED_ROWS) -> Space[Any]:
            return state.space(prefix, type_, cache_limit=cached)

        self._orders: Space[Order] = space(ORDERS, Order)
        self._inputs: Space[list[_Candidate]] = space(INPUTS, list[_Candidate], 0)
        self._lots: Space[list[tuple[str, str]]] = space(LOTS, list[tuple[str, str]])
        self._waiting: Space[_Wait] = space(WAITING, _Wait, 0)
        self._programs: Space[Program] = space(PROGRAMS, Program, 0)
        self._seen: Space[int] = space(SEEN, int, 0)
        self._sums: dict[str, Space[list[Any]]] = {
            PARTNERS: space(partner_performance.PREFIX, list),
            CHANNELS: space(channel_performance.PREFIX, list),
            LEADERS: space(leaderboard.PREFIX, list),
            BUDGET_DAYS: space(budget_days.PREFIX, list),
        }
        self._key_days: Space[StoredKeyDay] = space(key_day_performance.PREFIX, StoredKeyDay)
        self._budgets: Space[StoredBudget] = space(budgets.PREFIX, StoredBudget)
        self._goals: Space[StoredGoal] = space(goals.PREFIX, StoredGoal)
        self._tiers: Space[StoredTier] = space(tiers.PREFIX, StoredTier)
        self._referrals: Space[StoredReferral] = space(referrals.PREFIX, StoredReferral)
        self._cases: Space[StoredCase] = space(compliance_cases.PREFIX, StoredCase)
        self._partners: Space[StoredPartner] = space(partners.PREFIX, StoredPartner)
        self._credited: Space[bool] = space(CREDITED, bool, 0)
        #: Versions and home days whose budgets and goals have their rows.
        self._opened: set[tuple[str, int, int]] = set()
        self._asked: Space[StoredAsked] = space(asked.PREFIX, StoredAsked, 0)
        #: What each order that this batch touched added before it.
        self._before: dict[bytes, Contributions] = {}
        waiting = [key for key, _ in self._waiting.scan(b"", b"\xff")]
        self._waits = max((_number(key) for key in waiting), default=0)
        #: Records that wait for a version of a program which is not known.
        self.waiting = len(waiting)
        #: Programs with entries of the ledger that wait: later ones wait behind them.
        self._blocked = {key[1:].split(b"\0")[0].decode() for key in waiting if key[:1] == _ENTRIES}
        for _, program in list(self._programs.scan(b"", b"\xff")):
            versions.add(program)
        #: The program of inputs that name none: the first one that was known, if it was the only one then.
        self._only: Space[str] = space(ONLY, str)
        self._know(versions.all())

    def take(self, fact: Fact | Ledger) -> None:
        """Take in one fact; of the ledger only entries that count."""
        if isinstance(fact, Version):
            self._publish(fact)
        elif isinstance(fact, Said):
            _SAID[type(fact.data)](self, fact, fact.data)
        elif isinstance(fact, Ledger):
            self._ledger(fact)
        elif isinstance(fact, Attributed):
            data = fact.data
            if self._versions.version(data.program, data.program_version) is None:
                self._wait(_OTHERS + key_of(data.program, str(data.program_version)), fact)
            else:
                self._attributed(fact)
        elif isinstance(fact, facts.Taken):
            self._input(fact)
        elif isinstance(fact, AskedEvent):
            self._request(fact)

    def draining(self) -> Steps[tuple[list[Change], Delta]]:
        """The batch's changes for the store, each row once, and how they move its books; in short steps."""
        touched, self._before = self._before, {}
        for number, (key, before) in enumerate(touched.items(), 1):
            if not number % STEP_ROWS:
                yield
            order = self._orders.get(key)
            after = {} if order is None else self._contributions(order)
            if after != before:
                self._settle(before, after)
            if order is not None:
                self._orders.put(key, None if order.is_empty else order)
        return self._state.drain()

    def _request(self, fact: AskedEvent) -> None:
        key = asked.row_key(fact)
        row = self._asked.get(key) or StoredAsked(fact.id, fact.time, fact.content, 0)
        row.count += fact.sign
        self._asked.put(key, row if row.count else None)

    # -- orders ---------------------------------------------------------------------------------------

    def _order(self, program: str, order_id: str) -> Order:
        """The row of an order, to be changed."""
        key = key_of(program, order_id)
        order = self._orders.get(key)
        if order is None:
            order = Order(program, order_id)
            self._orders.put(key, order)
        if key not in self._before:
            self._before[key] = self._contributions(order)
        return order

    def _contributions(self, order: Order) -> Contributions:
        return contributions(order, self._versions, self._group_at)

    def _attributed(self, fact: Attributed) -> None:
        data, time = fact.data, fact.time
        order = self._order(data.program, data.order_id)
        if order.decided is not None:
            return
        program = self._versions.version(data.program, data.program_version)
        home = self._versions.home(data.program)
        assert program is not None  # noqa: S101 - what is not known waits
        assert home is not None  # noqa: S101
        key_days = [
            (name, self._versions.key_day_date(program, data.market, name, time)) for name in data.key_days
        ]
        order.decided = Decided(
            data.program_version,
            time,
            home.ordinal(time),
            data.customer_id,
            data.market,
            data.channel,
            data.net,
            data.new_customer,
            tuple(key_days),
            tuple((credit.partner_id, credit.net) for credit in data.credits),
        )
        self._open(program, order.decided.day)
        if any(goal.scope == "group" for goal in program.goals):
            at = time.to_bytes(_NUMBER_BYTES, "big")
            for credit in data.credits:
                self._credited.put(
                    key_of(data.program, credit.partner_id) + at + data.order_id.encode(), value=True
                )

    def _settle(self, before: Contributions, after: Contributions) -> None:
        for place, (unit, sums) in before.items():
            if place not in after:
                self._add(place, unit, tuple(-each for each in sums), sums)
        for place, (unit, sums) in after.items():
            known = before.get(place)
            if known is None:
                self._add(place, unit, sums, sums)
            elif known[1] != sums:
                self._add(
                    place, unit, tuple(new - old for new, old in zip(sums, known[1], strict=True)), sums
                )

    def _add(
        self, place: tuple[str, tuple[str, ...]], unit: str, change: Sequence[int], whole: Sequence[int]
    ) -> None:
        table, key = place
        if table == BUDGETS:
            self._spend(key, unit, change, whole)
        elif table == GOALS:
            self._progress(key, unit, change, whole)
        elif table == KEY_DAYS:
            self._key_day_sums(key, unit, change)
        else:
            self._sum(self._sums[table], key, unit, change)

    @staticmethod
    def _sum(space: Space[list[Any]], key: tuple[str, ...], unit: str, change: Sequence[int]) -> None:
        place = key_of(*key)
        row = space.get(place)
        if row is None:
            row = [*key, unit, *[0] * len(change)]
        first = len(row) - len(change)
        for position, each in enumerate(change, first):
            row[position] += each
        space.put(place, row if any(row[first:]) else None)

    def _spend(self, key: tuple[str, ...], unit: str, change: Sequence[int], whole: Sequence[int]) -> None:
        row = self._budget(*key)
        row.unit = unit
        row.granted += change[0]
        row.reversed += change[1]
        row.first = min(row.first or whole[2], whole[2])
        row.last = max(row.last, whole[3])

    def _budget(self, program: str, budget: str, period: str) -> StoredBudget:
        place = key_of(program, budget, period)
        row = self._budgets.get(place) or StoredBudget(program, budget, period, "")
        self._budgets.put(place, row)
        return row

    def _open(self, program: Program, day: int) -> None:
        """See to it that budgets and goals have rows for a home day with an order of a version."""
        place = (program.id, program.version, day)
        if place in self._opened:
            return
        self._opened.add(place)
        home = self._versions.home(program.id)
        assert home is not None  # noqa: S101 - the program is known
        last = home.midnight(day + 1) - 1
        for budget in self._budgets_of(program, day):
            budget.seen = max(budget.seen, last)
        for goal in self._goals_of(program, day):
            goal.seen = max(goal.seen, day)

    def _begin(self, program: Program) -> None:
        """See to it that budgets and goals have rows for the home day on which a version comes into force."""
        home = self._versions.home(program.id)
        assert home is not None  # noqa: S101 - the program is known
        at = program.effective_from
        day = home.ordinal(at)
        for budget in self._budgets_of(program, day):
            budget.start = min(budget.start or at, at)
        for goal in self._goals_of(program, day):
            goal.start = min(goal.start or day, day)

    def _budgets_of(self, program: Program, day: int) -> Iterator[StoredBudget]:
        for budget in program.budgets.values():
            period = iso_date(day)[:7] if budget.period == "month" else "lifetime"
            row = self._budget(program.id, budget.id, period)
            row.unit = program.money_unit
            yield row

    def _goals_of(self, program: Program, day: int) -> Iterator[StoredGoal]:
        """The rows of goals that say whose they are."""
        for goal in program.goals:
            if goal.scope == "program" or goal.of is not None:
                row = self._goal(*goal_place(program, goal, goal.of or "", day))
                row.unit = goal_unit(program, goal)
                yield row

    def _progress(self, key: tuple[str, ...], unit: str, change: Sequence[int], whole: Sequence[int]) -> None:
        row = self._goal(*key)
        row.unit = unit
        row.actual += change[0]
        day = whole[1]
        row.days[day] = row.days.get(day, 0) + change[2]
        if not row.days[day]:
            del row.days[day]
            if row.is_empty:
                self._goals.put(key_of(*key[:4]), None)

    def _goal(self, program: str, goal: str, of: str, start: str, scope: str, metric: str) -> StoredGoal:
        place = key_of(program, goal, of, start)
        row = self._goals.get(place) or StoredGoal(program, goal, of, start, scope, metric)
        self._goals.put(place, row)
        return row

    def _key_day_sums(self, key: tuple[str, ...], unit: str, change: Sequence[int]) -> None:
        row = self._key_day(*key)
        row.unit = unit
        row.orders += change[0]
        row.net += change[1]
        row.new_customers += change[2]
        row.reversed_orders += change[3]
        row.reversed_net += change[4]

    def _key_day(self, program: str, market: str, key_day: str, date: str) -> StoredKeyDay:
        place = key_of(program, market, key_day, date)
        row = self._key_days.get(place) or StoredKeyDay(program, market, key_day, date, "")
        self._key_days.put(place, row)
        return row

    # -- the ledger -----------------------------------------------------------------------------------

    def _ledger(self, fact: Ledger) -> None:
        reward = fact.event.data
        account = reward.account
        if reward.kind == "released":
            if account.startswith(_PARTNER):
                self._in_time(reward, fact, self._release)
        elif reward.rule == "referral":
            self._referral(reward, fact.time)
        elif reward.order_id is not None and (account.startswith(_PARTNER) or _is_budgeted(reward)):
            self._in_time(reward, fact, self._grant)

    def _in_time(self, reward: Reward, fact: Ledger, fold: Callable[[Reward, int], None]) -> None:
        """Fold an entry; all of its program wait, in their order, for a version that is not known yet."""
        program = reward.program
        if program in self._blocked or self._versions.version(program, reward.program_version) is None:
            self._blocked.add(program)
            self._wait(_ENTRIES + key_of(program), fact)
        else:
            fold(reward, fact.time)

    def _grant(self, reward: Reward, time: int) -> None:
        assert reward.order_id is not None  # noqa: S101 - looked at before
        order = self._order(reward.program, reward.order_id)
        account = reward.account
        key = grant_key(account, reward.rule or "")
        if reward.kind in {"accrued", "tier", "bonus"}:
            (posting,) = reward.postings
            budget = posting.from_.removeprefix("budget:") if posting.from_.startswith("budget:") else ""
            grant = Grant(
                reward.program_version, time, reward.unit, reward.available_on or "", budget, reward.amount
            )
            order.grants[key] = grant
            if posting.to.endswith(":pending") and account.startswith(_PARTNER):
                grant.pending = reward.amount
                self._await_release(reward, order, grant)
            return
        found = order.grants.get(key)
        if found is None:
            return
        for posting in reward.postings:
            source, into = posting.from_.removeprefix(account), posting.to.removeprefix(account)
            if account.startswith(_PARTNER):
                found.pending += posting.amount * ((into == ":pending") - (source == ":pending"))
                found.held += posting.amount * ((into == ":held") - (source == ":held"))
                if into == ":pending":
                    self._await_release(reward, order, found)
        if reward.kind == "reversed":
            found.reversed += reward.amount

    def _await_release(self, reward: Reward, order: Order, grant: Grant) -> None:
        key = self._lot_key(reward) + key_of(grant.available_on)
        lot = self._lots.get(key) or []
        name = (order.program, order.order_id)
        if name not in lot:
            lot.append(name)
            self._lots.put(key, lot)

    def _lot_key(self, reward: Reward) -> bytes:
        """Where the pending grants of an account, a unit and a home zone lie, by day."""
        home = self._versions.home(reward.program)
        return key_of(reward.account, reward.unit, "" if home is None else home.name)

    def _release(self, reward: Reward, _time: int) -> None:
        """All pending grants of the account, unit and zone that were due are available now."""
        account, unit = reward.account, reward.unit
        date = reward.entry_id.removeprefix(f"release~{account}~{unit}~")[:10]
        prefix = self._lot_key(reward)
        for key, lot in list(self._lots.scan(prefix, prefix + key_of(date) + b"\xff")):
            for program, order_id in lot:
                order = self._order(program, order_id)
                for name, grant in order.grants.items():
                    if name.startswith(f"{account}\0") and grant.unit == unit and grant.available_on <= date:
                        grant.pending = 0
            self._lots.delete(key)

    def _referral(self, reward: Reward, time: int) -> None:
        grant = reward.entry_id if reward.reverses is None else reward.reverses
        if reward.kind not in {"referral", "reversed"}:
            return
        row = self._referred(reward.program, grant.removesuffix(f"~referral~{reward.account}"))
        points, back = row.sides.get(reward.account, (0, 0))
        if reward.kind == "referral":
            row.sides[reward.account] = (points + reward.amount, back)
            row.granted_at, row.order_id = time, reward.order_id
        else:
            row.sides[reward.account] = (points, back + reward.amount)

    def _referred(self, program: str, referral_id: str) -> StoredReferral:
        place = key_of(program, referral_id)
        row = self._referrals.get(place) or StoredReferral(program, referral_id)
        self._referrals.put(place, row)
        return row

    # -- inputs ---------------------------------------------------------------------------------------

    def _input(self, fact: facts.Taken) -> None:
        program = self._only.get(b"") if fact.program == facts.ONLY else fact.program
        home = None if program is None else self._versions.home(program)
        if program is None or home is None:
            self._wait(_OTHERS + key_of(fact.program, ""), fact)
        elif isinstance(fact, Click):
            day = self._versions.day(program, fact.time)
            body = (fact.partner_id, program, fact.market, day)
            old, new = self._offer("click", program, (fact.customer_id, fact.click_id), fact, body)
            if old != new:
                self._count_click(old, -1)
                self._count_click(new, 1)
        elif isinstance(fact, Foreign):
            self._foreign(program, fact)
        elif isinstance(fact, Refund):
            self._refund(program, fact)
        elif isinstance(fact, Enrolled | Stood):
            self._told_of(program, fact)
        else:
            told = (fact.advocate_id, fact.friend_id, fact.time)
            _, new = self._offer("referral", program, (fact.referral_id,), fact, told)
            self._created(program, fact.referral_id, new)

    def _offer(
        self,
        kind: str,
        program: str,
        ids: tuple[str, ...],
        fact: facts.Seen,
        body: tuple[Any, ...],
    ) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]:
        """Note a record of a business id: what counted of the id before, and what counts now.

        Of several contents under one id the earliest counts that did not die.
        """
        key = xxh3_128_digest(key_of(kind, program, *ids))
        candidates = self._inputs.get(key)
        if candidates is None:
            self._inputs.put(key, [(fact.time, fact.digest, fact.sign, body)])
            return None, body if fact.sign > 0 else None
        before = _first_alive(candidates)
        for position, (time, digest, count, known) in enumerate(candidates):
            if digest == fact.digest:
                candidates[position] = (time, digest, count + fact.sign, known)
                break
        else:
            candidates.append((fact.time, fact.digest, fact.sign, body))
            candidates.sort(key=lambda one: one[:2])
        candidates = [one for one in candidates if one[2]]
        self._inputs.put(key, candidates or None)
        return before, _first_alive(candidates)

    def _count_click(self, cell: tuple[Any, ...] | None, sign: int) -> None:
        if cell is not None:
            partner, program, market, day = cell
            change = [0] * len(partner_performance.SUMS)
            change[0] = sign
            unit = self._versions.unit(program)
            self._sum(self._sums[PARTNERS], (partner, program, market, day), unit, change)

    def _foreign(self, program: str, fact: Foreign) -> None:
        known = self._versions.of(program)
        if known is None or known.currency == fact.currency:
            return
        one = facts.placed(fact)
        if one is None:
            return
        body = (one.customer_id, one.currency, one.net)
        old, new = self._offer("order", program, (one.order_id,), one, body)
        if old != new:
            self._order(program, one.order_id).placed = None if new is None else (new[0], new[1], new[2])

    def _refund(self, program: str, fact: Refund) -> None:
        cancel = fact.refund_id is None
        amount = -1 if cancel else fact.amount
        body = (fact.order_id, fact.customer_id, fact.currency, amount)
        name = f"\0{fact.digest}" if fact.refund_id is None else fact.refund_id
        old, new = self._offer("refund", program, (fact.customer_id, name), fact, body)
        if old == new:
            return
        if old is not None:
            self._order(program, old[0]).refunds.pop(f"{fact.customer_id}\0{name}", None)
        if new is not None:
            self._order(program, new[0]).refunds[f"{fact.customer_id}\0{name}"] = (new[1], new[2], new[3])

    def _created(self, program: str, referral_id: str, new: tuple[Any, ...] | None) -> None:
        row = self._referred(program, referral_id)
        if new is not None:
            row.advocate_id, row.friend_id, row.created = new
        else:
            row.created = None
            if not row.known:
                self._referrals.put(key_of(program, referral_id), None)

    # -- partners -------------------------------------------------------------------------------------

    def _told_of(self, program: str, fact: Enrolled | Stood) -> None:
        row, told = self._partner(program, fact.partner_id), (fact.digest, fact.sign, fact.time)
        if isinstance(fact, Stood):
            standing = partners.Standing(*told, fact.suspended, fact.reason, fact.actor)
            after = partners.with_standing(row, standing)
        else:
            record = partners.Record(
                *told,
                fact.group,
                fact.name,
                fact.markets,
                fact.terms_version,
                fact.paid_search_allowed,
                fact.locale,
            )
            after = partners.with_record(row, record)
            if partners.timeline(after) != partners.timeline(row):
                self._touch(program, fact.partner_id, fact.time)
        self._partners.put(key_of(fact.partner_id, program), after)

    def _touch(self, program: str, partner: str, since: int) -> None:
        """Note what orders credited to a partner from an instant on add, before its group changes."""
        prefix = key_of(program, partner)
        start = prefix + max(0, since).to_bytes(_NUMBER_BYTES, "big")
        for key, _ in list(self._credited.scan(start, prefix + _LAST)):
            self._order(program, key[len(prefix) + _NUMBER_BYTES :].decode())

    def _partner(self, program: str, partner: str) -> StoredPartner:
        place = key_of(partner, program)
        row = self._partners.get(place) or StoredPartner(partner, program)
        self._partners.put(place, row)
        return row

    def _group_at(self, program: str, partner: str, at: int) -> str:
        return partners.group_at(self._partners.get(key_of(partner, program)), at)

    # -- what was said --------------------------------------------------------------------------------

    def on_tier(self, fact: Said, data: TierChanged) -> None:
        key = xxh3_128_digest(key_of(fact.topic, fact.id))
        if self._seen.get(key) is not None:
            return
        self._seen.put(key, fact.time)
        self._partner(data.program, data.partner_id).tier = data.after
        place = key_of(data.partner_id, data.program)
        row = self._tiers.get(place) or StoredTier(data.partner_id, data.program)
        row.tier, row.before, row.since = data.after, data.before, fact.time
        row.metric, row.value, row.window_start = data.metric, data.value, data.window_start
        row.changes += 1
        self._tiers.put(place, row)

    def on_alert(self, fact: Said, data: BudgetReached) -> None:
        row = self._budget(data.program, data.budget_id, data.period)
        row.reached[data.threshold] = fact.time
        row.unit = data.unit

    def on_declined(self, fact: Said, data: ReferralDeclined) -> None:
        row = self._referred(data.program, data.referral_id)
        row.declined = (fact.time, data.reason)
        row.order_id = data.order_id
        row.advocate_id, row.friend_id = data.advocate_id, data.friend_id

    def on_goal_told(self, _: Said, data: GoalProgressed) -> None:
        told = data.standing
        of = told.partner_id or told.group or ""
        row = self._goal(data.program, told.goal_id, of, told.period_start, told.scope, told.metric)
        row.unit = data.unit
        row.reached[data.threshold] = data.day
        if row.told_day is None or (row.told_day, row.told_actual or 0) <= (data.day, told.actual):
            row.period_end, row.target = told.period_end, told.target
            row.told_day, row.told_actual, row.told_pace = data.day, told.actual, told.pace

    def on_key_day_ahead(self, _: Said, data: KeyDayUpcoming) -> None:
        row = self._key_day(data.program, data.market, data.key_day, data.date)
        if row.upcoming is None or data.days <= row.upcoming.days:
            row.upcoming = data

    def on_key_day_closed(self, _: Said, data: KeyDayClosed) -> None:
        row = self._key_day(data.program, data.market, data.key_day, data.date)
        row.closed, row.unit = data, data.unit

    def on_evidence(self, fact: Said, data: CaseEvidence) -> None:
        row = self._case(data.partner_id, data.program, data.case_id)
        if data.number <= row.pieces:
            return  # it came before
        if data.opening > row.opening:
            row.opening, row.opened_at, row.open = data.opening, fact.time, True
        row.rule, row.severity, row.action = data.rule, data.severity, data.action
        row.last_at, row.pieces = fact.time, data.number
        row.window, row.terms_version = data.window, data.terms_version
        row.evidence = [*row.evidence, data.evidence][-EVIDENCE_MAX:]

    def on_resolved(self, fact: Said, data: CaseDecided) -> None:
        row = self._case(data.partner_id, data.program, data.case_id)
        if data.opening < row.opening:
            return  # it came before, and the case was opened again since
        row.open, row.decision, row.actor = False, data.decision, data.actor
        row.resolved_at, row.entries, row.amounts = fact.time, data.entries, data.amounts

    def on_barred(self, fact: Said, data: PartnerBarred) -> None:
        self._case(data.partner_id, data.program, data.case_id).suspended = True
        partner = self._partner(data.program, data.partner_id)
        partner.barred = max(partner.barred, fact.time)

    def _case(self, partner: str, program: str, case_id: str) -> StoredCase:
        place = key_of(partner, program, case_id)
        row = self._cases.get(place) or StoredCase(partner, program, case_id)
        self._cases.put(place, row)
        return row

    # -- programs, and what waits for them ------------------------------------------------------------

    def _publish(self, fact: Version) -> None:
        program = self._versions.publish(fact.content)
        if program is not None:
            self._know([program])

    def _know(self, programs: Iterable[Program]) -> None:
        """Keep these versions, and fold what waited for them in the order in which it came."""
        for one in programs:
            key = key_of(one.id, str(one.version))
            if self._programs.get(key) is None:
                self._programs.put(key, one)
                if self._versions.has_begun(one):
                    self._begin(one)
        if self._only.get(b"") is None and not self._versions.empty:
            self._only.put(b"", self._versions.first() or "")
        if not self._waits:
            return
        ids = sorted({one.id for one in programs})
        places = {(one.id, str(one.version)) for one in programs} | {(id_, "") for id_ in ids}
        if self._only.get(b""):
            places.add((facts.ONLY, ""))
        found: list[tuple[bytes, _Wait]] = []
        for place in sorted(places):
            found += self._waiting_at(_OTHERS + key_of(*place))
        for key, wait in sorted(found, key=lambda one: _number(one[0])):
            self._waiting.delete(key)
            self.waiting -= 1
            self.take(wait.fact)
        for id_ in ids:
            self._unblock(id_)

    def _unblock(self, program: str) -> None:
        """Fold the entries of a program that wait, up to one whose version is still not known."""
        self._blocked.discard(program)
        for key, wait in self._waiting_at(_ENTRIES + key_of(program)):
            fact = wait.fact
            assert isinstance(fact, Ledger)  # noqa: S101 - nothing else waits there
            if self._versions.version(program, fact.event.data.program_version) is None:
                self._blocked.add(program)
                return
            self._waiting.delete(key)
            self.waiting -= 1
            self.take(fact)

    def _waiting_at(self, prefix: bytes) -> list[tuple[bytes, _Wait]]:
        return list(self._waiting.scan(prefix, prefix + _LAST))

    def _wait(self, place: bytes, fact: facts.Waiting) -> None:
        self._waits += 1
        self.waiting += 1
        self._waiting.put(place + self._waits.to_bytes(_NUMBER_BYTES, "big"), _Wait(fact))


def _number(key: bytes) -> int:
    return int.from_bytes(key[-_NUMBER_BYTES:], "big")


def _first_alive(candidates: Iterable[_Candidate]) -> tuple[Any, ...] | None:
    return next((tuple(body) for _, _, count, body in candidates if count > 0), None)


def _is_budgeted(reward: Reward) -> bool:
    return any(each.from_.startswith("budget:") or each.to.startswith("budget:") for each in reward.postings)


_SAID: Final[Mapping[type[Struct], Callable[[Book, Said, Any], None]]] = {
    TierChanged: Book.on_tier,
    BudgetReached: Book.on_alert,
    ReferralDeclined: Book.on_declined,
    GoalProgressed: Book.on_goal_told,
    KeyDayUpcoming: Book.on_key_day_ahead,
    KeyDayClosed: Book.on_key_day_closed,
    CaseEvidence: Book.on_evidence,
    CaseDecided: Book.on_resolved,
    PartnerBarred: Book.on_barred,
}
