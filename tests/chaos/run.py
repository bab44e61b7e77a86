"""One crash run from the first topic to the verdict."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.control import Control
from tests.chaos.kafka import StuckError
from tests.chaos.plan import plans
from tests.chaos.scene import Scene
from tests.chaos.serving import ServeError
from tests.chaos.slot import Kills, Slot, WorkerError
from tests.chaos.tables import Folding
from tests.chaos.verdict import Verdict


@dataclass(frozen=True)
class Options:
    """What a run is told; ``folder`` is wiped at its start."""

    kills: int
    seed: int
    folder: Path
    workers: int = 3
    partitions: int = 4
    pace: int = 150  # records a second
    control: bool = True
    mutant: str = ""


async def run(options: Options, bootstrap: str) -> tuple[Verdict, Kills]:
    """Run against an empty broker; what goes wrong is said by the verdict."""
    folder = options.folder
    scene = Scene(bootstrap, folder, seed=options.seed, partitions=options.partitions, pace=options.pace)
    slots = [scene.slot(f"worker{n}", CHAOS_MUTANT=options.mutant) for n in range(options.workers)]
    kills = Kills(options.kills)
    async with scene:
        control = Control(bootstrap, folder, options.partitions) if options.control else None
        try:
            if control:
                await control.prepare()
                kills.on_death = control.kill
            await _kill_under_load(options, scene, slots, kills)
            sent = f"{scene.input.records} records sent in {scene.input.phases} phases"
            report(f"{sent}; waiting until nothing is left to do")
            expected = await scene.settle()
            report(f"{len(expected)} entries in the replay; compared {scene.verdict.compared}")
            if control:
                scene.verdict.control = await control.verdict(expected)
        except (StuckError, WorkerError, ServeError) as error:
            scene.verdict.problem(str(error))
            scene.verdict.notes += [f"{slot.name} last said:\n{slot.tail()}" for slot in slots]
        finally:
            if control:
                control.close()
    return scene.verdict, kills


async def _kill_under_load(options: Options, scene: Scene, slots: list[Slot], kills: Kills) -> None:
    watch = asyncio.create_task(_progress(kills, scene))
    flowing = scene.input.flowing
    lives = [
        asyncio.create_task(slot.live(plans(random.Random(f"{options.seed}/{slot.name}")), kills, flowing))
        for slot in slots
    ]
    folding = Folding(scene.bootstrap, scene.folder, scene.env, options.seed)
    try:
        async with scene.load(), folding.alive():
            await asyncio.gather(*lives)
    finally:
        for task in (*lives, watch):
            task.cancel()
            with suppress(asyncio.CancelledError, WorkerError):
                await task
    deaths = ", ".join(f"{step} {count}" for step, count in sorted(folding.deaths.items()))
    report(f"the server of the tables died under load: {deaths or 'never'}")
    if not folding.deaths:
        scene.verdict.problem("the server of the tables was never killed while there was load")


async def _progress(kills: Kills, scene: Scene) -> None:
    started, shown = time.monotonic(), 0
    while True:
        await asyncio.sleep(1)
        if kills.done >= shown + max(5, kills.wanted // 40):
            shown = kills.done
            seconds = time.monotonic() - started
            report(f"{kills.done} of {kills.wanted} kills, {scene.input.records} records, {seconds:.0f} s")


def report(line: str) -> None:
    """A line of progress."""
    print(f"chaos: {line}", file=sys.stderr, flush=True)
