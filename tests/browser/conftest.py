"""A headless Chromium of the system and the demo, as somebody sees it who runs it for the first time."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.streams.processes import EXAMPLES, KEYDAY, started

#: It must reach nothing but the demo, also where there is a network.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Demo:
    """Where the demo listens, and how many seconds it took until it did."""

    url: str
    seconds: float


# Playwright keeps a loop running in this thread: it has to end with the module, before others start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Demo]:  # noqa: ARG001 -- first
    data, begun = tmp_path_factory.mktemp("demo"), time.monotonic()
    with started(["demo", "--data", str(data), "--port", "0"]) as (_, url):
        yield Demo(url, time.monotonic() - begun)


@dataclass(frozen=True)
class Guarded:
    """A server with tokens: an operator's, and that of ``partner-001``."""

    url: str
    operator: str
    partner: str


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Guarded]:  # noqa: ARG001 -- first
    folder = tmp_path_factory.mktemp("guarded")
    keyday(folder, "demo", "--data", str(folder), "--once")
    data = str(folder / "season")
    operator = keyday(folder, "token", "create", "--data", data, "--scope", "operator")
    partner = keyday(folder, "token", "create", "--data", data, "--scope", "partner:partner-001")
    command = ["run", "--programs", str(folder / "season.toml"), "--data", data, "--port", "0"]
    with started(command) as (_, url):
        yield Guarded(url, operator, partner)


def keyday(folder: Path, *arguments: str) -> str:
    """What a command prints; it is run in the folder of the project."""
    assert folder.is_dir()
    done = subprocess.run(
        [*KEYDAY, *arguments], capture_output=True, text=True, check=True, timeout=120, cwd=EXAMPLES.parent
    )
    return done.stdout.strip()
