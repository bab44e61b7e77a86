"""All agents over dicts, but no two of them keep pace, as on Kafka.

Messages wait, are handed on later and overtake each other, except between the same two owners; midnights come
to one agent while another still works on the day before; several steps share one batch of state.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

from events.messages import Counted, Send
from events.outputs import OutputEvent
from events.time import DAY_MS
from schemas.messages import decode_message, encode_message
from streams.engine.agent import Clipped
from streams.engine.clock import all_midnights
from tests.scenarios.world import World

_Owner = tuple[str, str]
#: Milliseconds that a message is under way at the most: far less than orders are remembered for.
_LONGEST_MS = 30 * DAY_MS


class Scattered(World):
    """``random`` decides what is handed on when; ``finish`` hands on all that is left."""

    in_order = False

    def __init__(self, random: Random, *programs: str, memory_days: int = 120) -> None:
        super().__init__(*programs, memory_days=memory_days, slice_accounts=2)
        self.random = random
        #: While set, no message is handed on after an event.
        self.patient = False
        self._lanes: dict[tuple[_Owner, _Owner], deque[Send]] = {}
        self._counted: deque[Counted] = deque()
        self._sender: _Owner = ("", "")
        self._ticked: dict[str, int] = {}
        #: When all had been handed on.
        self._clear = 0

    def send(self, type_: str, at: str, data: dict[str, Any], *, id_: str | None = None) -> str:
        self._sender = ("customers", str(data.get("customer_id", "")))
        outcome = super().send(type_, at, data, id_=id_)
        self.hand_on(0 if self.patient else self.random.choice((0, 0, 0, 1, 4)))
        return outcome

    def tick_until(self, time: int) -> None:
        """Time goes on; each agent hears of it now or later."""
        if time - self._clear > _LONGEST_MS:
            self.hand_on(10**9)
            self._clear = time
        self.now = time if self.now is None else max(self.now, time)
        for agent in self.agents:
            if agent.name not in self._ticked:
                self._ticked[agent.name] = self.now
            elif self.random.random() < 0.7:
                self._tick(agent)

    def finish(self, time: int) -> None:
        """Hand on all messages, and let every agent reach the time; nothing waits then."""
        assert self.now is not None
        self.hand_on(10**9)
        self.now = max(self.now, time)
        for agent in self.agents:
            self._tick(agent)
        self.hand_on(10**9)
        super()._commit()

    def hand_on(self, count: int) -> None:
        """Hand on what is counted for desks, then up to ``count`` other messages, the next of any lane."""
        budgets = self.agents[-1]
        while self._counted:
            budgets.receive(self._counted.popleft(), self._emit)
        while self._lanes and count:
            count -= 1
            lane = self.random.choice(list(self._lanes))
            send = self._lanes[lane].popleft()
            if not self._lanes[lane]:
                del self._lanes[lane]
            message = decode_message(encode_message(send.message))
            agent = next(agent for agent in self.agents if agent.name == send.agent)
            if self.random.random() < 0.3:
                self._tick(agent)
            self._sender = (send.agent, send.key)
            agent.receive(message, self._emit)
            if self.random.random() < 0.5:
                super()._commit()

    def waiting(self) -> int:
        """How many messages are under way."""
        return sum(map(len, self._lanes.values()))

    def _tick(self, agent: Any) -> None:
        assert self.now is not None
        for midnight in all_midnights(self.programs.zones(), self._ticked[agent.name], self.now):
            while not agent.midnight(
                midnight.zone, midnight.day, midnight.at, self.slice_accounts, self._emit
            ):
                pass
        self._ticked[agent.name] = max(self._ticked[agent.name], self.now)

    def _emit(self, event: OutputEvent | Send | Clipped) -> None:
        if isinstance(event, Send) and isinstance(event.message, Counted):
            # Apart from the others: they come with every midnight and nobody waits for them.
            self._counted.append(event.message)
            return
        if isinstance(event, Send):
            self._lanes.setdefault((self._sender, (event.agent, event.key)), deque()).append(event)
            return
        super()._emit(event)

    def _commit(self) -> None:
        """Batches end when ``hand_on`` says so."""

    def _settle(self) -> None:
        """Messages wait for ``hand_on``."""
