"""``python -m tests.oracle``: random worlds through the oracle and through Keyday, and what differs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.oracle.compare import Replay, differences, in_process, in_subprocess, shrink
from tests.oracle.themes import FEATURES, VIEWS
from tests.oracle.world import World
from tests.oracle.worlds import make_world

_SHOWN = 8


def main() -> int:
    """Exit status 1 when a case differs."""
    options = _parser().parse_args()
    names = {*FEATURES, *VIEWS}
    without = {one for one in options.without.split(",") if one}
    if options.only:
        without |= set(FEATURES) - set(options.only.split(","))
    if unknown := without - names:
        print(f"no such feature: {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
        return 2
    replay = in_subprocess if options.subprocess else in_process
    differing = []
    for seed in range(options.seed, options.seed + options.cases):
        world = make_world(str(seed), without)
        keep = options.keep / str(seed) if options.keep else None
        found = differences(world, without, replay, keep)
        if not found:
            continue
        differing.append(seed)
        print(f"seed {seed}: {len(found)} differences in a world of {len(world.records)} records")
        if options.shrink:
            world = shrink(world, same_kind(found, without, replay))
            found = differences(world, without, replay, keep)
        print("\n".join(f"  {one}" for one in found[:_SHOWN]))
        if options.shrink:
            _show(world)
        if len(differing) >= options.stop:
            break
    print(
        f"{options.cases} cases from seed {options.seed}: {len(differing)} differ {differing or ''}".rstrip()
    )
    return 1 if differing else 0


def same_kind(found: list[str], without: set[str], replay: Replay) -> Callable[[World], bool]:
    """Whether a smaller world differs as the first did, and is no world that nobody can run."""
    kind = found[0].split()[0]

    def differs(world: World) -> bool:
        try:
            less = differences(world, without, replay)
        except (LookupError, AssertionError):
            return False
        return bool(less) and less[0].split()[0] == kind

    return differs


def _show(world: World) -> None:
    for text in world.texts():
        print("\n".join(f"    | {line}" for line in text.splitlines() if line))
    for record in world.records:
        print(f"    {record.topic}: {record.raw.decode(errors='backslashreplace')}")
    if world.until:
        print(f"    --until {world.until}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--cases", type=int, default=100, help="how many seeds")
    parser.add_argument("--without", default="", help="features to leave out: " + ", ".join(FEATURES + VIEWS))
    parser.add_argument("--only", default="", help="leave out all features but these")
    parser.add_argument(
        "--keep", type=Path, help="write each world, Keyday's output and what was wanted here"
    )
    parser.add_argument("--shrink", action="store_true", help="leave out records while a world still differs")
    parser.add_argument("--stop", type=int, default=10**9, help="stop after so many differing cases")
    parser.add_argument("--subprocess", action="store_true", help="start the command anew for each case")
    return parser


if __name__ == "__main__":
    sys.exit(main())
