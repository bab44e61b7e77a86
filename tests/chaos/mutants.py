"""The protocol broken on purpose, one step each; the harness has to notice every one."""

from __future__ import annotations

from collections.abc import Callable

MUTANTS: dict[str, Callable[[], None]] = {}
