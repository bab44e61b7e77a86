"""The committed schemas are those of the code, and say of events what the decoder says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from events.messages import Message
from projections.facts import SOURCES
from projections.webhooks import config as webhooks
from schemas import generate
from schemas.asyncapi import asyncapi
from schemas.codec import Decoded, dead_letter_line, encode_output
from schemas.json_schemas import all_schemas
from schemas.messages import decode_message
from schemas.topics import ALL_TOPICS, BY_NAME
from streams.agents.budgets import Budgets
from streams.agents.customers import Customers
from streams.agents.partners import Partners
from tests.schemas.examples import INPUTS, Tree, decode, example
from tests.schemas.test_dead_letters import letter
from tests.schemas.test_rewards import ACCRUED
from tests.streams.test_operations import lea, order, ran

SCHEMAS = all_schemas()


def validate(name: str, tree: Any) -> None:
    Draft7Validator(SCHEMAS[name], format_checker=Draft7Validator.FORMAT_CHECKER).validate(tree)


def test_the_committed_files_are_current() -> None:
    assert generate.differences(generate.FOLDER) == []


def test_a_changed_a_missing_and_a_foreign_file_are_differences(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert generate.differences(tmp_path) == []
    (tmp_path / "reward.json").write_text("{}", encoding="utf-8")
    (tmp_path / "order.placed.json").unlink()
    (tmp_path / "order.lost.json").write_text("{}", encoding="utf-8")

    assert generate.differences(tmp_path) == ["order.lost.json", "order.placed.json", "reward.json"]
    generate.write(tmp_path)
    assert generate.differences(tmp_path) == []


def test_the_check_tells_by_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    assert generate.main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema_whose_references_resolve(name: str) -> None:
    schema = SCHEMAS[name]
    Draft7Validator.check_schema(schema)

    def references(tree: Any) -> list[str]:
        if isinstance(tree, dict):
            own = [tree["$ref"]] if "$ref" in tree else []
            return own + [found for value in tree.values() for found in references(value)]
        return [found for item in tree for found in references(item)] if isinstance(tree, list) else []

    # A later dialect's word that this one would read past.
    assert "prefixItems" not in json.dumps(schema)
    for reference in references(schema):
        assert reference.removeprefix("#/definitions/") in schema["definitions"]


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_schemas_take_what_the_decoder_takes(topic: str, type_: str) -> None:
    tree = example(topic, type_)
    validate(type_, tree)
    for name in list(tree["data"]):
        for change in ("absent", "null"):
            changed: Tree = copy.deepcopy(tree)
            if change == "null":
                changed["data"][name] = None
            else:
                del changed["data"][name]
            if isinstance(decode(changed, topic), Decoded):
                validate(type_, changed)
            elif change == "absent" or name not in {"currency", "unit", "account"}:
                with pytest.raises(ValidationError):
                    validate(type_, changed)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("subtotal", True), ("subtotal", "1e5"), ("currency", "eur"), ("order_id", ""), ("lines", [{}])],
)
def test_schemas_refuse_what_the_decoder_refuses(name: str, wrong: Any) -> None:
    tree = example()
    tree["data"][name] = wrong

    assert not isinstance(decode(tree), Decoded)
    with pytest.raises(ValidationError):
        validate("order.placed", tree)


def test_outputs_fit_their_schemas() -> None:
    validate("reward", json.loads(encode_output(ACCRUED)))
    validate("dead-letter", json.loads(dead_letter_line(letter(None, b"\xff", (("a", b"b"),)))))
    validate("dead-letter", json.loads(dead_letter_line(letter(b"c-1", b"x"))))
    validate("clock", {"type": "clock.minute"})
    validate("clock", {"type": "clock.midnight", "zone": "Europe/Paris", "date": "2026-01-01"})
    with pytest.raises(ValidationError):
        validate("clock", {"type": "clock.midnight"})


# The AsyncAPI document


def resolve(document: Any, reference: str) -> Any:
    if reference.startswith("./"):
        return SCHEMAS[reference.removeprefix("./").removesuffix(".json")]
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_asyncapi_has_every_topic_with_its_messages_and_operations() -> None:
    document = asyncapi()

    assert document["asyncapi"] == "3.0.0"
    assert set(document) == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert list(document["channels"]) == [topic.name for topic in ALL_TOPICS]
    used: set[str] = set()
    for name, channel in document["channels"].items():
        assert channel["address"] == name
        for message, reference in channel["messages"].items():
            target = resolve(document, reference["$ref"])
            assert target["name"] == message
            used.add(message)
            if "payload" in target:
                assert resolve(document, target["payload"]["schema"]["$ref"])["type"] == "object"
    assert used == set(document["components"]["messages"])
    for operation in document["operations"].values():
        channel = resolve(document, operation["channel"]["$ref"])
        assert operation["action"] in {"send", "receive"}
        assert channel["address"] in document["channels"]
        messages = [resolve(document, one["$ref"]) for one in operation["messages"]]
        assert messages == list(channel["messages"].values()) != []
    assert {type_ for _, type_ in INPUTS} < used


def test_asyncapi_has_each_topic_that_is_read_and_each_that_is_written() -> None:
    acts = {
        (one["action"], one["channel"]["$ref"].rpartition("/")[2])
        for one in asyncapi()["operations"].values()
    }
    read = {name for action, name in acts if action == "receive"}
    outputs = {topic.name for topic in ALL_TOPICS if topic.direction == "output"}

    assert {name for action, name in acts if action == "send"} == set(BY_NAME)
    assert read & outputs == {*SOURCES, *webhooks.TOPICS} & outputs
    assert read - outputs == BY_NAME.keys() - outputs
    assert {name for agent in (Customers, Partners, Budgets) for name in agent.inputs} <= read


def test_the_messages_of_inboxes_are_those_that_agents_send(tmp_path: Path) -> None:
    records = [
        lea(),
        order("a", "2026-03-02T10:00:00Z", "120.00"),
        order("b", "2026-03-04T10:00:00Z", "12.00"),
    ]
    embedded, _ = ran(tmp_path, records)
    log, declared = embedded.log, {topic.name: set(topic.types) for topic in ALL_TOPICS}
    try:
        for name in ("customers-inbox", "partners-inbox", "budgets-inbox"):
            told = [decode_message(one.value) for one in log.read(name, 0, 0, log.end_offset(name, 0))]
            tags = {one.__struct_config__.tag for one in told if one is not None}
            assert tags
            assert tags <= declared[name], name
    finally:
        embedded.close()
    inboxes = [topic.types for topic in ALL_TOPICS if topic.direction == "inbox"]
    assert {type_ for types in inboxes for type_ in types} == {
        struct.__struct_config__.tag for struct in get_args(Message)
    }
