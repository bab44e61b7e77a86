"""The architecture holds: which way imports point, what stays pure, what no file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("events", "schemas", "streams", "projections")
#: Where things are wired and commands live: they may import everything.
WIRING = ("streams/app.py", "streams/cli.py", "streams/commands/")
PURE = ("streams/rules/", "streams/agents/")
IMPURE_MODULES = {
    "asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess",
    "sys", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}
SEEDED = {"hash", "id", "open", "input", "print"}
LIBRARIES_OF_EVENTS = {"msgspec"}


def sources() -> Iterator[tuple[str, str]]:
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def imported(source: str) -> set[str]:
    """Dotted names of all modules that a source imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def against_direction(path: str, source: str) -> list[str]:
    """Imports that point to a later layer, from the engine to the domain, or from the rules outwards."""
    if path.startswith(WIRING):
        return []
    later = LAYERS[LAYERS.index(path.split("/", maxsplit=1)[0]) + 1 :]
    banned = [*later, "tests", "benchmarks"]
    if path.startswith("streams/"):
        banned += ["streams.app", "streams.cli", "streams.commands"]
    if path.startswith("streams/engine/"):
        banned += ["streams.rules", "streams.agents"]
    if path.startswith("streams/rules/"):
        banned += ["streams.engine", "streams.agents"]
    return [name for name in sorted(imported(source)) if _within(name, banned)]


def _within(name: str, modules: list[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def impurities(source: str) -> list[str]:
    """What makes a decision depend on more than its arguments, and money on binary floats."""
    found = sorted({name.split(".")[0] for name in imported(source)} & IMPURE_MODULES)
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                found.append(f".{name}()")
            case ast.Call(func=ast.Name(id=name)) if name in SEEDED or name == "float":
                found.append(f"{name}()")
            case ast.Constant(value=float()):
                found.append("a float literal")
    return found


def test_imports_point_one_way() -> None:
    wrong = {path: names for path, source in sources() if (names := against_direction(path, source))}

    assert wrong == {}


def test_events_need_the_standard_library_and_structs_only() -> None:
    known = sys.stdlib_module_names | LIBRARIES_OF_EVENTS | {"events"}
    wrong = {
        path: roots
        for path, source in sources()
        if path.startswith("events/") and (roots := {n.split(".")[0] for n in imported(source)} - known)
    }

    assert wrong == {}


def test_rules_and_agents_decide_from_their_arguments_alone() -> None:
    wrong = {
        path: found for path, source in sources() if path.startswith(PURE) and (found := impurities(source))
    }

    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "source", "names"),
    [
        ("events/a.py", "from schemas.codec import Decoder", ["schemas.codec.Decoder"]),
        ("schemas/a.py", "def f():\n    import streams.engine", ["streams.engine"]),
        ("streams/engine/a.py", "from projections import balances", ["projections.balances"]),
        ("streams/engine/a.py", "from streams.rules import accrual", ["streams.rules.accrual"]),
        ("streams/rules/a.py", "from streams.engine.store import Store", ["streams.engine.store.Store"]),
        ("projections/a.py", "from streams.engine.record import Record", []),
        ("streams/app.py", "from projections import balances", []),
    ],
)
def test_the_guard_of_the_direction_bites(path: str, source: str, names: list[str]) -> None:
    assert against_direction(path, source) == names


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", ["time"]),
        ("from os import environ", ["os"]),
        ("from datetime import datetime\nt = datetime.now()", [".now()"]),
        ("seed = hash('a')", ["hash()"]),
        ("rate = 0.05", ["a float literal"]),
        ("from datetime import timedelta\nday = timedelta(days=1)", []),
    ],
)
def test_the_guard_of_purity_bites(source: str, found: list[str]) -> None:
    assert impurities(source) == found


def tracked(*, svg: bool = False) -> list[Path]:
    """The files of the project; pictures only where they are asked for, since a tool's script is in one of them."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name and (svg or not name.endswith(".svg"))]
    return [path for name in names if (path := ROOT / name).is_file()]


def mentions(pattern: str) -> list[str]:
    """``file:line`` of every tracked line of text that the pattern is found in."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if wanted.search(line)
    ]


# The patterns are written so that they do not find themselves.


def test_nothing_is_left_to_do() -> None:
    assert mentions(r"\b(TO[D]O|FIX[M]E|HA[C]K)\b") == []


def test_no_package_registry_is_named() -> None:
    hosts = [
        r"py[p]i\.org",
        r"pythonhosted\.[o]rg",
        r"maven\.apache\.[o]rg/maven2",
        r"repo1\.mave[n]",
        r"npmj[s]",
    ]

    assert mentions("|".join(hosts)) == []


def test_no_path_of_somebodys_machine_is_named() -> None:
    assert mentions(r"(?<![\w.])/(wor[k]|hom[e]|roo[t]|User[s])/\w") == []


def test_the_lock_files_hold_what_the_project_asks_for_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": project["dependencies"] + project["optional-dependencies"]["dev"],
    }
    for file, requirements in asked.items():
        text = (ROOT / file).read_text()
        locked = set(re.findall(r"^([\w.-]+)==\S+ \\\n    --hash=sha256:", text, re.MULTILINE))
        named = {_normal(re.split(r"[<>=\[ ]", requirement)[0]) for requirement in requirements}

        assert named - {_normal(name) for name in locked} == set(), f"{file}: run `make lock`"
        assert "://" not in text, f"{file} names an address"


def test_every_file_that_the_program_reads_is_installed_with_it() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = setuptools["package-data"]["*"]
    data = [path for path in tracked(svg=True) if path.relative_to(ROOT).parts[0] in LAYERS]
    left_out = [path for path in data if path.suffix != ".py" and not any(map(path.match, patterns))]

    assert left_out == []
    assert {path.suffix for path in data} == {".py", *(Path(one).suffix for one in patterns)}


def test_both_lock_files_agree() -> None:
    runtime, dev = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.MULTILINE))
        for file in ("requirements.lock", "requirements-dev.lock")
    )

    assert {
        name: (version, dev.get(name)) for name, version in runtime.items() if dev.get(name) != version
    } == {}


def test_every_ignored_lint_rule_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lint = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.pydocstyle]")]

    rules = re.findall(r'^\s+"[A-Z]+\d*",.*$', lint, re.MULTILINE)
    assert len(rules) > 20
    assert [line for line in rules if not re.search(r"# \w+", line)] == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
