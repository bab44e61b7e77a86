"""Every limit of the engine, named once, with its unit."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

#: Milliseconds of a day in event time; DST does not matter to the spans that are counted with it.
DAY_MS: Final = 86_400_000

#: Bytes: the largest record that is produced, fetched or imported.
MESSAGE_BYTES: Final = 1_048_576
#: Bytes: a line of an imported file that is longer is refused.
LINE_BYTES: Final = 1_048_576
#: Records: an import appends this many to the embedded log at once.
APPEND_RECORDS: Final = 5_000
#: Batches: produced by an import and not yet acknowledged by the broker.
IN_FLIGHT_BATCHES: Final = 16
#: Bytes: one batch of produced records.
PRODUCE_BATCH_BYTES: Final = 262_144
#: Milliseconds: an administrative request to the broker.
ADMIN_TIMEOUT_MS: Final = 30_000
#: Seconds: a request to the token endpoint of an identity provider.
TOKEN_TIMEOUT_S: Final = 10.0
#: Share of a token's life after which a new one is fetched.
TOKEN_REFRESH_SHARE: Final = 0.8
#: Bytes: an answer of the token endpoint, or a secret in a file.
SECRET_BYTES: Final = 65_536


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of a task. The defaults fit a worker of 1 GiB; ``Settings`` overrides some of them."""

    #: Records: one batch of a task, which is one transaction.
    batch_max_records: int = 5_000
    #: Entities: kept decoded per space of a task.
    cache_entities: int = 20_000
    #: Milliseconds: how long a task waits for an input that has more to read and nothing buffered.
    max_task_idle_ms: int = 1_000
    #: Milliseconds: pause of a task after a small batch, so that transactions are worth their round trips.
    batch_linger_ms: int = 20
    #: Milliseconds: a transaction that is open longer is ended by the broker.
    transaction_timeout_ms: int = 60_000
    #: Seconds: a worker with lag that commits nothing for so long ends with an error.
    stall_timeout_s: float = 120.0
    #: Accounts: handled in one call at a midnight, so that a batch stays bounded.
    midnight_accounts: int = 2_000
    #: Days of event time: occurred earlier than this before stream time is ``too_late``.
    max_lateness_days: int = 90
    #: Milliseconds: occurred later than this after the wall clock is ``in_future``.
    max_ahead_ms: int = DAY_MS
    #: Days of event time: how long identities (source, id) are known.
    dedupe_days: int = 45
    #: Days of event time: how long business ids are known and a refund waits for its order.
    order_memory_days: int = 120
