"""One worker's place: the process in it is killed as planned and started again at once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.plan import Plan

STEP_TIMEOUT_S = 15.0  # a worker that is not given the step by then is killed where it stands
MAX_EXITS_IN_A_ROW = 5
POLL_S = 0.05
SLICE_S = 0.25
WAKE_S = 3.0
UP_TIMEOUT_S = 30.0
#: The kernel ends the processes of a run that is itself killed.
LEASH = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
#: What runs in a slot: a worker that ends as planned, or the program itself.
PLANNED = ("-m", "tests.chaos.worker")
KEYDAY = ("-m", "streams.cli", "worker")


class WorkerError(Exception):
    """The worker does not stay alive by itself."""


@dataclass
class Kills:
    """The kills that all slots share."""

    wanted: int
    begun: int = 0
    done: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    own_exits: list[str] = field(default_factory=list)
    woken: Counter[str] = field(default_factory=Counter)
    on_death: Callable[[], None] = lambda: None

    def claim(self) -> bool:
        """Begin one more life that ends as planned; False when there are enough of them."""
        if self.begun == self.wanted:
            return False
        self.begun += 1
        return True

    def count(self, plan: Plan, *, timed_out: bool) -> None:
        """A life ended as planned, or at a random moment because its step did not come."""
        self.done += 1
        kind = plan.step if plan.death == "step" else plan.death
        self.by_kind["late" if timed_out else kind] += 1
        for name in ("wipe", "absent"):
            self.by_kind[name] += getattr(plan, name)


class Slot:
    """A place with a name, a state directory and a log; ``session_s`` is the members' session timeout."""

    def __init__(
        self,
        name: str,
        folder: Path,
        env: Mapping[str, str],
        session_s: float,
        *,
        static: bool = True,
        command: Sequence[str] = PLANNED,
    ) -> None:
        self.name = name
        self._command = command
        self.state = folder / name
        self.log = folder / f"{name}.log"
        self._env = {
            **os.environ,
            **env,
            "KEYDAY_STATE_DIR": str(self.state),
            "KEYDAY_GROUP_INSTANCE_ID": name if static else "",
        }
        self._session_s = session_s
        self._exits_in_a_row = 0
        self._flowing = asyncio.Event()
        self.exits: list[int] = []
        self.process: asyncio.subprocess.Process | None = None

    async def live(self, plans: Iterator[Plan], kills: Kills, flowing: asyncio.Event) -> None:
        """Live and die until the kills are done; the last life goes on without a plan.

        A life is counted by the time for which there is load (``flowing``).
        """
        self._flowing = flowing
        while kills.claim():
            plan = next(plans)
            await self.start(plan)
            await self._until_dead(plan, kills)
            if plan.wipe:
                shutil.rmtree(self.state, ignore_errors=True)
            if plan.absent:
                await asyncio.sleep(self._session_s + 1)
        await self.start(None)

    async def start(self, plan: Plan | None) -> None:
        """Start the process; with a plan it brings its own end at the planned step."""
        env = dict(self._env)
        if plan is not None and plan.death != "moment":
            env |= {"CHAOS_STEP": plan.step, "CHAOS_COUNT": str(plan.count), "CHAOS_ACTION": plan.death}
        with self.log.open("ab") as log:
            log.write(f"--- {self.name}: {plan or 'to the end'}\n".encode())
            log.flush()
            self.process = await asyncio.create_subprocess_exec(
                *LEASH,
                sys.executable,
                *self._command,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def stay(self) -> None:
        """Start again whenever the process ends with an error, as an orchestrator does.

        Raises:
            WorkerError: it ended as if all was done.
        """
        while True:
            await self.start(None)
            assert self.process is not None
            self.exits.append(await self.process.wait())
            if self.exits[-1] == 0:
                raise WorkerError(f"{self.name} exited with 0 under load\n{self.tail()}")

    def check(self) -> None:
        """Raise when the process that should run to the end has exited."""
        if self.process is not None and self.process.returncode is not None:
            raise WorkerError(
                f"{self.name} exited with {self.process.returncode} in the final phase\n{self.tail()}"
            )

    async def stop(self) -> int:
        """SIGTERM, and the exit status."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            await self._up()
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 30)
            except TimeoutError:
                self.process.kill()
        return await self.process.wait()

    async def _up(self) -> None:
        """Wait until the process logs: before that it is not there to end gracefully, and SIGTERM just ends it."""
        assert self.process is not None
        deadline = asyncio.get_running_loop().time() + UP_TIMEOUT_S
        while self.tail(1).lstrip().startswith("--- ") and self.process.returncode is None:
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(POLL_S)

    def kill(self) -> None:
        """SIGKILL, whatever state the process is in."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def ask(self) -> None:
        """Have a worker that makes no progress write into its log what it waits for."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGUSR1)
            await asyncio.sleep(1)

    def tail(self, lines: int = 15) -> str:
        """The end of the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    async def _until_dead(self, plan: Plan, kills: Kills) -> None:
        process = self.process
        assert process is not None
        if plan.death == "freeze":
            timed_out = not await self._frozen(process)
            if not timed_out:
                await self._thaw(process, kills)
        else:
            timeout = plan.after_s if plan.death == "moment" else STEP_TIMEOUT_S
            timed_out = await self._outlives(process, timeout) and plan.death == "step"
        kills.on_death()
        mine = process.returncode is None or process.returncode == -signal.SIGKILL
        self.kill()
        code = await process.wait()
        if mine or plan.death == "freeze":
            self._exits_in_a_row = 0
            kills.count(plan, timed_out=timed_out)
            return
        kills.begun -= 1
        kills.own_exits.append(f"{self.name} exited with {code} before {plan}")
        self._exits_in_a_row += 1
        if self._exits_in_a_row >= MAX_EXITS_IN_A_ROW:
            raise WorkerError(f"{self.name} exited by itself {MAX_EXITS_IN_A_ROW} times\n{self.tail()}")

    async def _outlives(self, process: asyncio.subprocess.Process, seconds: float) -> bool:
        """Whether it lives for so long under load; before the input flows, nothing is asked of it."""
        while seconds > 0:
            counts = self._flowing.is_set()
            began = time.monotonic()
            try:
                await asyncio.wait_for(process.wait(), min(seconds, SLICE_S))
            except TimeoutError:
                seconds -= (time.monotonic() - began) if counts else 0
            else:
                return False
        return True

    async def _frozen(self, process: asyncio.subprocess.Process) -> bool:
        """Whether the process stopped itself at its step in time."""
        left = STEP_TIMEOUT_S
        while left > 0 and process.returncode is None:
            if state_of(process.pid) == "T":
                return True
            await asyncio.sleep(POLL_S)
            left -= POLL_S if self._flowing.is_set() else 0
        return False

    async def _thaw(self, process: asyncio.subprocess.Process, kills: Kills) -> None:
        """Wake the process after others had the time to take over, and let it do what it then does."""
        await asyncio.sleep(self._session_s + 2)
        process.send_signal(signal.SIGCONT)
        try:
            await asyncio.wait_for(process.wait(), WAKE_S)
            survived = False
        except TimeoutError:
            survived = True
        kills.woken["went on" if survived else f"exited {process.returncode}"] += 1


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run, oldest first."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(child) for child in path.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def family_of(pid: int) -> list[int]:
    """A process and all that it, and those that it, have started and that still run."""
    return [pid, *(each for child in children_of(pid) for each in family_of(child))]


async def until_ended(pid: int) -> None:
    """Wait until a process has ended that somebody else started."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_reader(watched, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(watched)
        os.close(watched)


def state_of(pid: int) -> str:
    """The state letter of a process (``T`` is stopped), empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]
