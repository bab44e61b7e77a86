"""One Apache Kafka broker (KRaft, one node) that tests may kill, freeze and restart."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from tests.kafka import jars

T = TypeVar("T")

HOST = "127.0.0.1"
CLUSTER_ID = "a2V5ZGF5LXRlc3QtYnJvaw"
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
# Below Linux's ephemeral range, so that no client socket takes the port while the broker is down.
PORTS = range(20_000, 32_000)

SMALL_JVM = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

DEFAULTS: dict[str, object] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    # A killed broker may only register again once its session ended: the default is 9 s.
    "broker.heartbeat.interval.ms": 200,
    "broker.session.timeout.ms": 1_000,
    "default.replication.factor": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 100,
    "log.cleaner.dedupe.buffer.size": 16 << 20,
    # Events of past years keep their own time as record time; retention by time would drop them.
    "log.retention.ms": -1,
    "num.io.threads": 4,
    "num.network.threads": 2,
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
}

LOG4J = """\
status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = {path}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %m (%c)%n%throwable
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.kafka.name = kafka.server
logger.kafka.level = info
"""


class Cluster:
    """A Kafka cluster by its bootstrap address: what a test needs of a broker that it does not own."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._names = itertools.count(1)
        self._run = f"{os.getpid():x}-{time.time_ns() % 0xFFFFFF:x}"

    def name(self, stem: str) -> str:
        """A topic or group name that nobody else uses on this cluster."""
        return f"{stem}-{self._run}-{next(self._names)}"

    def create_topic(self, stem: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Create a topic with a name of its own and return the name."""
        name = self.name(stem)
        self.create_topics({name: partitions}, config)
        return name

    def create_topics(self, topics: Mapping[str, int], config: Mapping[str, str] | None = None) -> None:
        """Create topics (name → partitions) and wait until every partition has a leader."""

        async def create(admin: Any) -> None:
            new = [
                NewTopic(name, partitions, 1, topic_configs=dict(config or {}))
                for name, partitions in topics.items()
            ]
            answer = await admin.create_topics(new)
            for name, code, *detail in answer.topic_errors:
                if code:
                    msg = f"topic {name} was not created: error {code} {detail}"
                    raise RuntimeError(msg)
            await _until_led(admin, topics)

        self.admin(create)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics."""
        self.admin(lambda admin: admin.delete_topics(list(names)))

    def admin(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Run ``work(admin)`` with an aiokafka admin client; callable with or without a running loop."""

        async def session() -> T:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=10_000)
            try:
                await admin.start()
                return await work(admin)
            finally:
                await admin.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, session()).result()


class Broker(Cluster):
    """An Apache Kafka process whose data and ports outlive it.

    ``listeners`` adds listeners (name → security protocol) to PLAINTEXT; ``address(name)`` is where each
    listens. ``scram`` adds SCRAM-SHA-256 users (name → password). ``jvm`` replaces the small heap.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        properties: Mapping[str, object] | None = None,
        *,
        jvm: Sequence[str] = SMALL_JVM,
        listeners: Mapping[str, str] | None = None,
        scram: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        protocols = {"PLAINTEXT": "PLAINTEXT", **(listeners or {})}
        self._ports = {name: free_port() for name in [*protocols, "CONTROLLER"]}
        if port is not None:
            self._ports["PLAINTEXT"] = port
        super().__init__(self.address("PLAINTEXT"))
        self._jvm = list(jvm)
        self._scram = dict(scram or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = {**DEFAULTS, **self._network(protocols), **(properties or {})}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    @property
    def pid(self) -> int | None:
        """The process id while the broker runs."""
        return self._process.pid if self._process is not None else None

    @property
    def log(self) -> Path:
        """The broker's own log file."""
        return self.data_dir / "server.log"

    def address(self, listener: str) -> str:
        """``host:port`` of a listener."""
        return f"{HOST}:{self._ports[listener]}"

    def start(self) -> None:
        """Start and wait until the broker answers a metadata request with itself in it."""
        if self._process is not None:
            msg = "the broker is running"
            raise RuntimeError(msg)
        config = self._write_config()
        if not (self.data_dir / "log" / "meta.properties").exists():
            self._format(config)
        self._process = self._spawn(["kafka.Kafka", str(config)])
        atexit.register(self.kill)
        try:
            self._until_ready()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing says goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        atexit.unregister(self.kill)

    def stop(self) -> None:
        """SIGTERM and wait; SIGKILL when that takes too long."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_S)
        self.kill()

    def restart(self) -> None:
        """Stop if it runs, then start with the same data and ports."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT after ``freeze``."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            msg = "the broker is not running"
            raise RuntimeError(msg)
        self._process.send_signal(number)

    def _network(self, protocols: Mapping[str, str]) -> dict[str, object]:
        everything = {**protocols, "CONTROLLER": "PLAINTEXT"}
        return {
            "listeners": ",".join(f"{name}://{self.address(name)}" for name in everything),
            "advertised.listeners": ",".join(f"{name}://{self.address(name)}" for name in protocols),
            "listener.security.protocol.map": ",".join(f"{n}:{p}" for n, p in everything.items()),
            "controller.quorum.voters": f"1@{self.address('CONTROLLER')}",
            "log.dirs": self.data_dir / "log",
        }

    def _write_config(self) -> Path:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "log4j2.properties").write_text(LOG4J.format(path=self.log))
        config = self.data_dir / "server.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in self._properties.items()))
        return config

    def _format(self, config: Path) -> None:
        users = [f"SCRAM-SHA-256=[name={name},password={word}]" for name, word in self._scram.items()]
        scram = [part for user in users for part in ("--add-scram", user)]
        tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(config)]
        process = self._spawn([*tool, *scram])
        if process.wait(START_TIMEOUT_S) != 0:
            raise RuntimeError(self._tail("Kafka's storage could not be formatted"))

    def _spawn(self, main: Sequence[str]) -> subprocess.Popen[bytes]:
        log4j = f"-Dlog4j2.configurationFile={self.data_dir / 'log4j2.properties'}"
        java = ["java", *self._jvm, log4j, "-cp", f"{jars.fetch()}/*", *main]
        with (self.data_dir / "output.log").open("ab") as output:
            # A session of its own: Ctrl-C at the terminal is for the test run, which then stops the broker.
            return subprocess.Popen(
                [*_die_with_parent(), *java],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.data_dir,
                start_new_session=True,
            )

    def _until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        host, port = self.bootstrap.split(":")
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(self._tail("the broker died while it started"))
            with contextlib.suppress(OSError, KafkaError):
                socket.create_connection((host, int(port)), 1).close()
                if self.admin(lambda admin: admin.describe_cluster())["brokers"]:
                    return
            time.sleep(0.05)
        raise TimeoutError(self._tail(f"the broker was not ready within {START_TIMEOUT_S:.0f} s"))

    def _tail(self, message: str) -> str:
        lines = [message]
        for path in (self.data_dir / "output.log", self.log):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-20:]
        return "\n".join(lines)


def free_port() -> int:
    """A TCP port on the loopback address that nobody listens on now."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def _die_with_parent() -> list[str]:
    """A prefix that makes the kernel end the broker when a test run is killed.

    The kernel watches the thread that started the child, so it only holds for the main thread.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None or threading.current_thread() is not threading.main_thread():
        return []
    return [setpriv, "--pdeathsig", "KILL"]


async def _until_led(admin: Any, topics: Mapping[str, int]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        described = await admin.describe_topics(list(topics))
        led = {
            topic["topic"]: sum(1 for p in topic["partitions"] if p["leader"] >= 0 and not p["error_code"])
            for topic in described
            if not topic["error_code"]
        }
        if led == dict(topics):
            return
        await asyncio.sleep(0.02)
    msg = f"no leader within 30 s for all of {dict(topics)}"
    raise TimeoutError(msg)
