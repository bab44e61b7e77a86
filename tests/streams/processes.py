"""Real processes of keyday for tests: start, ask, end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
KEYDAY = [sys.executable, "-m", "streams.cli"]


@contextmanager
def started(arguments: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of keyday and the address that it says it listens on."""
    process = subprocess.Popen(
        [*KEYDAY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=EXAMPLES.parent
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"keyday listens on (http://\S+)", line):
                yield process, found[1]
                break
        else:
            pytest.fail(f"it ended with {process.wait()}: {''.join(said)}")
    finally:
        process.kill()
        process.communicate()


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- the address is ours
        return json.loads(answer.read())


def ended(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(timeout=30)


def until_settled(url: str, account: str, available: int) -> dict[str, Any]:
    """The first balance of an account, once it has this much available; fails when that takes too long."""
    last: Any = None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            last = ask(f"{url}/v1/accounts/{account}/balances")["balances"][0]
        except urllib.error.HTTPError as error:
            if error.code not in {404, 503}:
                raise
            last = json.loads(error.read())
        if last.get("available") == available:
            found: dict[str, Any] = last
            return found
        time.sleep(0.05)  # an answer over HTTP cannot be awaited
    pytest.fail(f"{account}: {last}")
