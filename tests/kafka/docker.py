"""Apache Kafka in a container, for machines with Docker and no Java."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import Self

from aiokafka.errors import KafkaError

from tests.kafka.broker import DEFAULTS, HOST, START_TIMEOUT_S, Cluster, free_port

IMAGE = "apache/kafka:4.1.0"
INSIDE = 29_092


class DockerBroker(Cluster):
    """A throw-away container with one broker."""

    def __init__(self) -> None:
        self._port = free_port()
        super().__init__(f"{HOST}:{self._port}")
        self._container: str | None = None

    @staticmethod
    def missing() -> str | None:
        """Why no container can run, or ``None`` when one can."""
        if shutil.which("docker") is None:
            return "docker is not installed"
        if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
            return "no docker engine answers"
        return None

    def __enter__(self) -> Self:
        settings = {
            **DEFAULTS,
            "listeners": f"PLAINTEXT://:{self._port},INSIDE://:{INSIDE},CONTROLLER://:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap},INSIDE://localhost:{INSIDE}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INSIDE",
            "controller.quorum.voters": "1@localhost:9093",
        }
        env = [f"KAFKA_{key.replace('.', '_').upper()}={value}" for key, value in settings.items()]
        flags = [part for setting in env for part in ("-e", setting)]
        publish = f"{self.bootstrap}:{self._port}"
        run = ["docker", "run", "-d", "--rm", "-p", publish, *flags, IMAGE]
        self._container = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
        try:
            self._until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        if self._container is not None:
            subprocess.run(["docker", "kill", self._container], capture_output=True, check=False)
            self._container = None

    def _until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                if self.admin(lambda admin: admin.describe_cluster())["brokers"]:
                    return
            except (OSError, KafkaError):
                time.sleep(0.2)
        msg = f"the container was not ready within {START_TIMEOUT_S:.0f} s"
        raise TimeoutError(msg)
