"""What tests of workers on a broker do with a scene."""

from __future__ import annotations

import asyncio

from tests.chaos.scene import Scene


def assert_good(scene: Scene) -> None:
    print("exits:", {slot.name: slot.exits for slot in scene.slots})
    assert scene.verdict.good, "\n".join([scene.verdict.line(0, 0), *scene.verdict.notes])


async def run_for_a_while(scene: Scene, name: str) -> None:
    """Load until a mark that was sent after some seconds of input is processed."""
    async with scene.load():
        await asyncio.sleep(3)  # of input
    await scene.processed(await scene.input.mark(name))
