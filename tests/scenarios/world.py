"""All agents over dicts: events go in as CloudEvents, midnights are ticked in between, messages are handed on."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from typing import Any

from events.messages import Send
from events.outputs import DeadLetter, Decision, OutputEvent, Reward, RewardEvent
from events.time import parse_time
from schemas.codec import Decoder
from schemas.decisions import encode_decision
from schemas.errors import DecodeError
from schemas.messages import decode_message, encode_message
from schemas.program import Program
from schemas.program_file import parse_toml
from schemas.programs import Programs
from schemas.topics import TOPICS
from streams.agents.budgets import Budgets
from streams.agents.customers import Customers
from streams.agents.partners import Partners
from streams.engine.agent import Clipped, Outcome, Rejection
from streams.engine.clock import all_midnights
from streams.engine.record import Record
from streams.engine.state import State

OWNERS = ("customer", "partner")
TOPIC_OF = {type_: topic.name for topic in TOPICS if topic.direction == "input" for type_ in topic.types}


class DictReader:
    """Committed values in a dict, scanned in key order."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key in sorted(key for key in self.values if start <= key < stop):
            yield key, self.values[key]


def program(text: str) -> Program:
    parsed = parse_toml(text)
    assert parsed.program is not None, [str(error) for error in parsed.errors]
    return parsed.program


class World:
    """One task's agent. State goes through bytes after every step, and a midnight is worked off in slices."""

    #: Whether what is decided first is also posted first.
    in_order = True

    def __init__(self, *programs: str, memory_days: int = 120, slice_accounts: int = 1) -> None:
        self.programs = Programs(program(text) for text in programs)
        self.reader = DictReader()
        self.state = State(self.reader)
        self.agent = Customers(self.state, self.programs, order_memory_days=memory_days, cache_entities=0)
        self.readers = [self.reader, DictReader(), DictReader()]
        self.states = [self.state, *(State(reader) for reader in self.readers[1:])]
        self.partners = Partners(
            self.states[1], self.programs, order_memory_days=memory_days, cache_entities=0
        )
        self.agents: list[Any] = [self.agent, self.partners, Budgets(self.states[2], self.programs)]
        self.decisions: list[Decision] = []
        self._queue: deque[Send] = deque()
        self.decoder = Decoder(self.programs)
        self.outputs: list[OutputEvent] = []
        self.notes: list[str] = []
        self.clipped = 0
        self.slice_accounts = slice_accounts
        self.slices = 0
        self.now: int | None = None
        self._offset = 0

    def send(self, type_: str, at: str, data: dict[str, Any], *, id_: str | None = None) -> str:
        """Handle one event after the midnights before it; ``ok``, ``duplicate`` or the code of a refusal."""
        time = parse_time(at)
        self.tick_until(time)
        offset, self._offset = self._offset, self._offset + 1
        name = id_ or f"e{offset}"
        body = {"specversion": "1.0", "id": name, "source": "shop", "type": type_, "time": at, "data": data}
        value = json.dumps(body).encode()
        topic = TOPIC_OF[type_]
        record = Record(topic, 0, offset, time, data.get("customer_id", "").encode(), value)
        decoded = self.decoder.decode(record.topic, record.key, record.value, record.headers)
        if isinstance(decoded, DecodeError):
            return self._note(f"dead letter: {decoded.code} ({name})", decoded.code)
        before, bytes_before = len(self.outputs), dict(self.reader.values)
        outcome: Outcome = None
        for agent in self.agents:
            owner = agent.owner(decoded.event) if topic in agent.inputs else None
            if owner is None:
                continue
            entity = agent.entities.get(owner.encode()) or agent.new_entity()
            outcome = agent.handle(decoded.event, entity, record, self._emit)
            if outcome is None:
                agent.entities.put(owner.encode(), entity)
        self._commit()
        self._settle()
        if outcome is None:
            return "ok"
        assert len(self.outputs) == before, "a refused event emits nothing"
        assert self.reader.values == bytes_before, "a refused event changes nothing"
        if isinstance(outcome, Rejection):
            return self._note(f"dead letter: {outcome.code} ({name})", outcome.code)
        return self._note(f"duplicate: {name}", "duplicate")

    def tick_until(self, time: int) -> None:
        """Tick every home midnight after the last event up to and including ``time``."""
        if self.now is not None:
            for midnight in all_midnights(self.programs.zones(), self.now, time):
                self.midnight(midnight.zone, midnight.day, midnight.at)
        self.now = time if self.now is None else max(self.now, time)

    def midnight(self, zone: str, day: int, at: int) -> None:
        for agent in self.agents:
            done = False
            while not done:
                done = agent.midnight(zone, day, at, self.slice_accounts, self._emit)
                self.slices += agent is self.agent
                self._commit()
        self._settle()

    def _settle(self) -> None:
        """Hand messages on, first in, first out, until none is left."""
        while self._queue:
            send = self._queue.popleft()
            message = decode_message(encode_message(send.message))
            assert message == send.message, "a message survives its bytes"
            next(agent for agent in self.agents if agent.name == send.agent).receive(message, self._emit)
            self._commit()

    @property
    def reward_events(self) -> list[RewardEvent]:
        return [event for event in self.outputs if isinstance(event, RewardEvent)]

    @property
    def rewards(self) -> list[Reward]:
        return [event.data for event in self.outputs if isinstance(event, RewardEvent)]

    @property
    def dead_letters(self) -> list[DeadLetter]:
        return [event for event in self.outputs if isinstance(event, DeadLetter)]

    def balances(self) -> dict[str, dict[str, int]]:
        """Every account with its bucket, by unit, as the postings add up."""
        accounts: dict[str, Counter[str]] = defaultdict(Counter)
        for reward in self.rewards:
            for posting in reward.postings:
                accounts[posting.from_][reward.unit] -= posting.amount
                accounts[posting.to][reward.unit] += posting.amount
        return {name: dict(units) for name, units in accounts.items()}

    def check_ledger(self) -> None:
        """What holds for every ledger: sums of 0, seq without gaps, ids once, amounts that fit the postings."""
        units: Counter[str] = Counter()
        for of_account in self.balances().values():
            units.update(of_account)
        assert all(total == 0 for total in units.values())
        seqs: dict[str, int] = defaultdict(int)
        for reward in self.rewards:
            seqs[reward.account] += 1
            assert reward.seq == seqs[reward.account]
            # A correction has the sign of its request.
            amount = abs(reward.amount) if reward.kind == "adjusted" else reward.amount
            assert amount == sum(posting.amount for posting in reward.postings) > 0
        assert all(count == 1 for count in Counter(reward.entry_id for reward in self.rewards).values())
        self._check_state()

    def _check_state(self) -> None:
        """What the agent remembers of an account is what its postings add up to."""
        balances = self.balances()
        for reward in self.rewards:
            kind, _, owner_id = reward.account.partition(":")
            agent = self.agent if kind == "customer" else self.partners
            owner = agent._state.owner(owner_id)
            account = next(one for one in owner.accounts if one.unit == reward.unit)
            pending = balances.get(f"{reward.account}:pending", {}).get(reward.unit, 0)
            available = balances.get(f"{reward.account}:available", {}).get(reward.unit, 0)
            held = balances.get(f"{reward.account}:held", {}).get(reward.unit, 0)
            assert (sum(lot.amount for lot in account.pending), account.available) == (pending, available)
            assert account.held == held >= 0
            assert sum(lot.amount for lot in account.expiring) <= max(0, account.available)
            assert all(lot.amount > 0 for lot in account.expiring)
            assert all(lot.amount > 0 for lot in account.pending)

    def _emit(self, event: OutputEvent | Send | Clipped) -> None:
        if isinstance(event, Clipped):
            self.clipped += 1
            return
        if isinstance(event, Send):
            self._queue.append(event)
            return
        if isinstance(event, Decision):
            encode_decision(event)
            self.decisions.append(event)
            return
        self.outputs.append(event)
        self.notes.append(_line(event))

    def _note(self, line: str, outcome: str) -> str:
        self.notes.append(line)
        return outcome

    def _commit(self) -> None:
        for state, reader in zip(self.states, self.readers, strict=True):
            changes, _ = state.drain()
            for key, value in changes:
                if value is None:
                    reader.values.pop(key, None)
                else:
                    reader.values[key] = value


def _line(event: OutputEvent) -> str:
    if isinstance(event, DeadLetter):
        name = json.loads(event.value or b"{}")["id"]
        return f"dead letter: {event.code} ({name})"
    data = event.data
    ways = ", ".join(f"{_account(one.from_)} > {_account(one.to)}" for one in data.postings)
    amount = str(data.amount) if data.desired is None else f"{data.amount} of {data.desired}"
    return f"{data.entry_id}: {data.kind} {amount} {data.unit}, {ways}"


def _account(name: str) -> str:
    """An owner's bucket, a budget by its name, or the program's side."""
    kind, *rest = name.split(":")
    if kind in OWNERS:
        return " ".join(rest)
    return " ".join([kind, *rest]) if kind == "budget" else kind
