"""The jars of Apache Kafka, fetched once from Maven Central and kept in build/kafka."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POM = Path(__file__).with_name("pom.xml")
CACHE = ROOT / "build" / "kafka"
JAVA_AT_LEAST = 17
FETCH_TIMEOUT_S = 600


def missing() -> str | None:
    """Why no broker can run on this machine's JVM, or ``None`` when one can."""
    java = shutil.which("java")
    if java is None:
        return "java is not installed"
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', version)
    if found is None or int(found[1]) < JAVA_AT_LEAST:
        return f"Apache Kafka 4 needs Java {JAVA_AT_LEAST}, found {version.splitlines()[:1]}"
    if not _folder().is_dir() and shutil.which("mvn") is None:
        return "mvn is not installed, and Apache Kafka was not fetched before"
    return None


def fetch() -> Path:
    """The folder with the jars; the first call takes some seconds and the network."""
    folder = _folder()
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        # Two test runs may start at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            _copy_dependencies(part)
            part.rename(folder)
    return folder


def _folder() -> Path:
    return CACHE / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def _copy_dependencies(target: Path) -> None:
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(POM), *goal],
        capture_output=True,
        text=True,
        timeout=FETCH_TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        msg = f"mvn could not fetch Apache Kafka (exit {done.returncode}):\n{done.stdout}{done.stderr}"
        raise RuntimeError(msg)
