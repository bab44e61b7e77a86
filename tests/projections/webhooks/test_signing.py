from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from projections.webhooks.event import read_event
from projections.webhooks.signing import Signer
from streams.engine.record import Record
from tests.projections.webhooks.receiver import OLD_SECRET, SECRET, reward


def test_a_receiver_with_either_secret_accepts_what_is_signed_with_both() -> None:
    body = '{"type":"reward.accrued","data":{"name":"Zoë"}}'.encode()
    headers = Signer([b"k" * 32, b"o" * 32]).headers("evt_1", time.time(), body)

    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert Webhook(OLD_SECRET).verify(body, headers) == json.loads(body)
    assert len(headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize("what", ["body", "id", "timestamp", "secret", "age"])
def test_whatever_is_changed_is_refused(what: str) -> None:
    body = b'{"amount":1}'
    at = time.time() - (600 if what == "age" else 0)
    headers = Signer([b"k" * 32]).headers("evt_1", at, body)
    if what == "id":
        headers["webhook-id"] = "evt_2"
    if what == "timestamp":
        headers["webhook-timestamp"] = str(int(at) + 1)

    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET if what == "secret" else SECRET).verify(b"{}" if what == "body" else body, headers)


def test_a_signature_is_that_of_the_standard() -> None:
    # Worked out with openssl: printf 'evt_1.1700000000.{}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b…
    headers = Signer([b"k" * 32]).headers("evt_1", 1_700_000_000.9, b"{}")

    assert headers == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,5aqxjhNY4TaB9nPU4DMBW4zITM/8jpfhA1OkoVDHC+0=",
    }


def event_of(value: bytes) -> object:
    return read_event(Record("rewards", 0, 7, 0, b"lea", value))


def test_a_body_has_the_form_of_the_standard_and_the_data_byte_by_byte() -> None:
    value = reward("partner:lea", 3).value or b""
    value = value.replace(b'"amount": 3', b'"amount": 1.10, "x":  "\\u00e9"')
    event = read_event(Record("rewards", 0, 7, 0, b"lea", value))
    assert event is not None
    body = event.body()

    assert list(json.loads(body)) == ["type", "timestamp", "id", "subject", "data"]
    assert b'"amount": 1.10, "x":  "\\u00e9"' in body
    assert (event.account, event.program, event.partner) == ("partner:lea", "acme", "lea")


@given(st.text(), st.text())
def test_ids_fit_a_header_and_differ_for_different_events(left: str, right: str) -> None:
    ids = []
    for id_ in (left, right):
        value = json.dumps({"id": id_, "type": "t", "subject": "s", "time": "x", "data": {}}).encode()
        event = read_event(Record("rewards", 0, 0, 0, None, value))
        assert event is not None
        ids.append(event.webhook_id)

    assert all(one.isascii() and one.isprintable() and "." not in one and len(one) == 36 for one in ids)
    assert (ids[0] == ids[1]) is (left == right)


@pytest.mark.parametrize(
    "value", [b"", b"[]", b'{"id":"a"}', b"\xff", b'{"id":"a","type":"t","subject":"s","time":"x","data":1}']
)
def test_what_is_no_event_is_none(value: bytes) -> None:
    assert event_of(value) is None
