from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.engine.security import kafka_arguments
from streams.engine.settings import Settings
from tests.kafka.secure import SecureBroker
from tests.kafka.test_broker import consume, produce

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def scram(broker: SecureBroker, password: str, ca_file: Path | None) -> dict[str, Any]:
    settings = Settings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username=broker.username,
        sasl_password=password,
        ssl_ca_file=ca_file,
    )
    return kafka_arguments(settings)


def mtls(broker: SecureBroker, certificate: Path | None) -> dict[str, Any]:
    settings = Settings(security_protocol="SSL", ssl_ca_file=broker.ca_file, ssl_cert_file=certificate)
    return kafka_arguments(settings)


async def there_and_back(address: str, topic: str, **security: object) -> list[bytes]:
    await produce(address, topic, [b"hello"], **security)
    return await consume(address, topic, 1, **security)


def refusal(address: str, login: dict[str, Any], caplog: pytest.LogCaptureFixture) -> str:
    """Why the connection failed; aiokafka says it in its log only."""
    with pytest.raises(KafkaConnectionError):
        asyncio.run(produce(address, "any", [b"hello"], **login))
    # A refused handshake leaves aiokafka's socket to the collector: let that happen here, where it is expected.
    gc.collect()
    return caplog.text


def test_the_right_password_opens_the_scram_listener(secure_kafka: SecureBroker) -> None:
    topic = secure_kafka.plain.create_topic("scram")
    login = scram(secure_kafka, secure_kafka.password, secure_kafka.ca_file)

    assert asyncio.run(there_and_back(secure_kafka.sasl, topic, **login)) == [b"hello"]


def test_a_wrong_password_does_not(secure_kafka: SecureBroker, caplog: pytest.LogCaptureFixture) -> None:
    login = scram(secure_kafka, "battery-staple", secure_kafka.ca_file)

    assert "SaslAuthenticationFailed" in refusal(secure_kafka.sasl, login, caplog)


def test_a_certificate_of_the_authority_opens_the_mtls_listener(secure_kafka: SecureBroker) -> None:
    topic = secure_kafka.plain.create_topic("mtls")
    login = mtls(secure_kafka, secure_kafka.client_file)

    assert asyncio.run(there_and_back(secure_kafka.mtls, topic, **login)) == [b"hello"]


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's"])
def test_other_certificates_do_not(
    secure_kafka: SecureBroker, caplog: pytest.LogCaptureFixture, whose: str
) -> None:
    certificate = None if whose == "nobody's" else secure_kafka.stranger_file

    # With TLS 1.3 the broker's refusal comes after the client's handshake, as a closed connection.
    assert "closed" in refusal(secure_kafka.mtls, mtls(secure_kafka, certificate), caplog)


def test_a_broker_of_another_authority_is_not_trusted(
    secure_kafka: SecureBroker, caplog: pytest.LogCaptureFixture
) -> None:
    login = scram(secure_kafka, secure_kafka.password, ca_file=None)

    assert "CERTIFICATE_VERIFY_FAILED" in refusal(secure_kafka.sasl, login, caplog)
