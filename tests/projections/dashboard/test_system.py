from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry

from projections.dashboard.data import Data
from projections.dashboard.pulse import Pulse
from projections.dashboard.system import system_page
from tests.projections.dashboard.views import view


def silent() -> Mapping[str, int]:
    raise KafkaConnectionError


@pytest.mark.parametrize(
    ("waiting", "own", "topics"),
    [
        (None, True, []),
        (lambda: {"orders": 1_200, "clicks": 3}, False, [("orders", "1,200"), ("clicks", "3")]),
        (silent, False, []),
    ],
)
def test_it_is_told_whose_the_agents_are_also_before_they_did_anything(
    waiting: Callable[[], Mapping[str, int]] | None, *, own: bool, topics: list[tuple[str, str]]
) -> None:
    data = Data(cast("Any", SimpleNamespace(positions={})), None, waiting)

    page = system_page(view(data), Pulse(CollectorRegistry()), None)

    assert (page["own_agents"], page["agents"], page["topics"]) == (own, [], topics)
