"""The OpenAPI document is one, and the server does what it says."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from projections.api import middleware
from projections.problems import ProblemCode
from tests.projections.api.embedded import embedded_serving
from tests.projections.api.serving import make_token
from tests.streams.test_explain import lines

HERE = Path(__file__).parent
SEED = 5


def test_the_document_is_valid_and_holds_every_route(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            make_token(served.tokens, "operator")
            reply = await served.ask("/openapi.json")

        document = reply.body
        OpenAPIV31SpecValidator(document).validate()
        operations = [
            (path, operation) for path, item in document["paths"].items() for operation in item.values()
        ]
        open_to_all = {path for path, operation in operations if "security" not in operation}
        codes = {
            code
            for _, operation in operations
            for answer in operation["responses"].values()
            for kind, content in answer.get("content", {}).items()
            if kind == "application/problem+json"
            for code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
        }
        assert reply.status == 200
        assert open_to_all == middleware.OPEN
        assert {path for path, _ in operations} >= {
            "/v1/events",
            "/v1/tables/balances",
            "/v1/explain/{entry_id}",
        }
        assert codes == {code.value for code in ProblemCode} - {"method_not_allowed"}

    asyncio.run(scenario())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_server_does_what_the_document_says(tmp_path: Path) -> None:
    """Schemathesis, with all of its checks, as an operator."""

    async def scenario() -> tuple[int | None, bytes]:
        async with embedded_serving(tmp_path) as served:
            for topic in ("partner-events", "orders"):
                for _, line in lines(topic):
                    await served.ask(
                        "/v1/events",
                        method="POST",
                        data=line.decode(),
                        headers={"Content-Type": "application/cloudevents+json"},
                    )
            await served.settled()
            token = make_token(served.tokens, "operator")
            tester = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
            assert tester is not None
            process = await asyncio.create_subprocess_exec(
                tester, "--config-file", str(HERE / "schemathesis.toml"),
                "run", f"http://127.0.0.1:{served.port}/openapi.json",
                "--checks", "all", "--header", f"Authorization: Bearer {token}",
                "--exclude-path", "/v1/stream",  # its answers have no end
                "--max-examples", "20", "--seed", str(SEED), "--no-color", "--workers", "1",
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            out, _ = await process.communicate()
            return process.returncode, out

    status, out = asyncio.run(scenario())
    assert status == 0, out.decode(errors="replace")
