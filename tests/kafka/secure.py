"""A broker that asks who is there: passwords over TLS on one listener, client certificates on another."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from tests.kafka.broker import Broker
from tests.kafka.certs import Authority

USER = "keyday"
PASSWORD = "correct-horse"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class SecureBroker:
    """The broker, its addresses and what a client needs: ``ca_file``, ``client_file``, user and password.

    ``sasl`` listens with SASL_SSL and SCRAM-SHA-256, ``mtls`` with SSL and client certificates; ``plain`` is
    for the test's own preparations.
    """

    username = USER
    password = PASSWORD

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder / "certs")
        self.ca_file = authority.ca_file
        self.client_file = authority.issue("client")
        self.stranger_file = Authority(folder / "strangers", "Somebody else").issue("stranger")
        self.plain = Broker(
            folder / "broker",
            properties={
                "sasl.enabled.mechanisms": "SCRAM-SHA-256",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": authority.issue("broker"),
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": self.ca_file,
                "listener.name.sasl.scram-sha-256.sasl.jaas.config": f"{SCRAM} required;",
                "listener.name.mtls.ssl.client.auth": "required",
            },
            listeners={"SASL": "SASL_SSL", "MTLS": "SSL"},
            scram={USER: PASSWORD},
        )
        self.sasl = self.plain.address("SASL")
        self.mtls = self.plain.address("MTLS")

    def __enter__(self) -> Self:
        self.plain.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.plain.kill()
