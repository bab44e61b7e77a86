"""A plain Faust app with the settings that all stock apps share; ``STOCK_…`` in the environment say where."""

from __future__ import annotations

import os

import faust


def stock_app(app_id: str, state: str) -> faust.App:
    """``state`` is its data directory unless ``STOCK_STATE`` names one."""
    return faust.App(
        app_id,
        broker="kafka://" + os.environ.get("STOCK_BROKERS", "127.0.0.1:9092"),
        store=os.environ.get("STOCK_STORE", "memory://"),
        datadir=os.environ.get("STOCK_STATE", state),
        topic_partitions=int(os.environ.get("STOCK_PARTITIONS", "2")),
        topic_replication_factor=1,
        web_port=int(os.environ.get("STOCK_PORT", "6099")),
        web_bind="127.0.0.1",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
    )
