from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from projections.threads import in_thread
from projections.webhooks.addresses import AddressRefusedError, PublicResolver, is_loopback_host, is_public
from projections.webhooks.sending import Code, Sender
from tests.projections.webhooks.receiver import endpoint


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("LOCALHOST.", True), ("127.0.0.1", True), ("::1", True), ("example.com", False)],
)
def test_this_machine_is_known_by_name_and_address(host: str, *, loopback: bool) -> None:
    assert is_loopback_host(host) is loopback


class Says(AbstractResolver):
    """A name server in somebody else's hands."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self._addresses
        ]

    async def close(self) -> None:
        pass


def test_a_name_with_one_private_address_is_refused() -> None:
    with pytest.raises(AddressRefusedError):
        asyncio.run(PublicResolver(Says("8.8.8.8", "10.0.0.1")).resolve("a.example", 443))

    found = asyncio.run(PublicResolver(Says("8.8.8.8")).resolve("a.example", 443))
    assert [one["host"] for one in found] == ["8.8.8.8"]


def test_a_name_that_leads_to_this_machine_is_never_connected_to(tmp_path: Path) -> None:
    async def scenario() -> tuple[Code, int]:
        met = 0

        async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal met
            met += 1
            writer.close()

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        one = endpoint(tmp_path, f"https://hooks.example.com:{port}/", allow_private=False)
        async with Sender(one, resolver=Says("127.0.0.1")) as sender:
            outcome = await sender.send("evt_1", b"{}")
        server.close()
        await server.wait_closed()
        return outcome.code, met

    assert asyncio.run(scenario()) == (Code.ADDRESS_REFUSED, 0)


def test_a_name_server_that_is_silent_holds_up_that_endpoint_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    look_up = socket.getaddrinfo

    def silent(host: str, *more: Any, **options: Any) -> Any:
        if host == "slow.example":
            answered.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "the name server is silent")
        return look_up(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", silent)

    async def scenario() -> Code:
        slow = endpoint(tmp_path, "https://slow.example/", concurrency=64, allow_private=False)
        fast = endpoint(tmp_path, "http://localhost:1/")
        async with Sender(slow) as waiting, Sender(fast) as other:
            tries = [asyncio.create_task(waiting.send(f"evt_{each}", b"{}")) for each in range(64)]
            try:
                async with asyncio.timeout(5):
                    await in_thread(lambda: None)
                    outcome = await other.send("evt_1", b"{}")
                assert not any(each.done() for each in tries)
            finally:
                answered.set()
            assert {each.code for each in await asyncio.gather(*tries)} == {Code.UNREACHABLE}
        return outcome.code

    assert asyncio.run(scenario()) == Code.UNREACHABLE
