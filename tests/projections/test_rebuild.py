from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from projections.facts import SOURCES
from projections.intake import take
from projections.rebuild import rebuild_all, rebuild_some
from projections.store import Tables
from projections.table_files import lines
from projections.tables import TABLES
from streams.engine.record import Record
from tests.projections.replays import lines_of, programs_of, records, small

FILES = small


class Topics:
    """The topics of a replay, up to some record of each."""

    def __init__(self, share: float = 1.0) -> None:
        self._share = share

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[Record]:
        found = records(FILES())[topic]
        numbered = [record._replace(offset=offset) for offset, record in enumerate(found)]
        return iter(numbered[starts.get(0, 0) : int(len(found) * self._share)])


def filled(folder: Path, topics: Topics) -> Tables:
    tables = Tables(folder, programs=programs_of(FILES()))
    for topic in SOURCES:
        taken = take(topics.records(topic), SOURCES)
        tables.apply(taken.facts, taken.positions, taken.unreadable)
    return tables


def content(tables: Tables) -> dict[str, bytes]:
    return {name: b"".join(line + b"\n" for line in lines(tables, one)) for name, one in TABLES.items()}


def harm(tables: Tables, name: str) -> None:
    """Change a row, remove one and add one."""
    prefix = TABLES[name].prefix
    found = list(tables._store.scan(prefix, prefix + b"\xff"))
    changes = [(found[0][0], found[1][1]), (found[2][0], None), (found[-1][0] + b"x", found[0][1])]
    tables._store.write(changes, tables._store.delta_of(changes), {}, 0)


@pytest.mark.parametrize(
    "name",
    [
        "partner_performance",
        "statements",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("balances", "channel_performance", "compliance_cases", "leaderboard", "referrals")
        ),
    ],
)
def test_the_rows_of_a_table_are_replaced_by_what_the_topics_say(name: str, tmp_path: Path) -> None:
    topics = Topics(0.6)
    tables = filled(tmp_path, topics)
    before, positions = content(tables), tables.positions
    harm(tables, name)
    assert [other for other, found in content(tables).items() if found != before[other]] == [name]

    # The topics have grown since: what came behind the tables' positions does not count.
    wrong = rebuild_some(tables, Topics(), [name], tmp_path)

    assert wrong == {name: 3}
    assert content(tables) == before
    assert tables.positions == positions
    tables._store.verify()
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]
    tables.close()


def test_a_sound_table_has_no_wrong_rows(tmp_path: Path) -> None:
    tables = filled(tmp_path, Topics())

    assert set(rebuild_some(tables, Topics(), list(TABLES), tmp_path).values()) == {0}
    tables.close()


def test_tables_go_on_after_some_were_rebuilt(tmp_path: Path) -> None:
    tables = filled(tmp_path, Topics(0.5))
    harm(tables, "partner_performance")
    rebuild_some(tables, Topics(0.5), ["partner_performance"], tmp_path)
    for topic in SOURCES:
        rest = [one for one in Topics().records(topic) if one.offset >= tables.position((topic, 0))]
        taken = take(rest, SOURCES)
        tables.apply(taken.facts, taken.positions)

    assert content(tables) == lines_of(FILES().out)
    tables.close()


def test_all_tables_are_folded_from_the_beginning_to_the_end(tmp_path: Path) -> None:
    tables = filled(tmp_path, Topics(0.4))
    harm(tables, "statements")

    rebuild_all(tables, Topics())

    assert content(tables) == lines_of(FILES().out)
    tables.close()
