"""Which addresses webhooks may go to: by default none of a private network, however it is written.

Names are resolved for each connection, and it goes to the very addresses that were looked at: a name that
changes between look-up and connection gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

#: IPv6 that carries an IPv4 address in its last 32 bits (NAT64).
_NAT64: Final = ip_network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFF_FFFF
#: Parts of the address of an IPv6 socket; the last one is its scope.
_IPV6_PARTS: Final = 4
#: Names that are looked up at the same time for one endpoint.
_LOOKUPS: Final = 4


class AddressRefusedError(OSError):
    """A name led to an address that may not be asked."""


def is_literal(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_numeric(host: str) -> bool:
    """Whether a host ends in a number: those who look it up take it for an address, however it is written."""
    last = host.removesuffix(".").rpartition(".")[2].lower()
    return last.isdigit() or last.startswith("0x")


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine by name or address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    return is_literal(host) and _inner(ip_address(host)).is_loopback


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet; what an IPv6 address wraps counts."""
    inner = _inner(ip_address(address.partition("%")[0]))
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or address


class OwnThreads(AbstractResolver):
    """Looks names up in threads of its own: a name server that is silent keeps no other work waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: there is none.
        """
        look_up = partial(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [
            ResolveResult(
                hostname=host,
                host=_scoped(address),
                port=port,
                family=each,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for each, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Begin no look-up any more; one that is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _scoped(address: tuple[Any, ...]) -> str:
    """The address, with its scope where it has one, as addresses of IPv6 links do."""
    host = str(address[0])
    return f"{host}%{address[3]}" if len(address) == _IPV6_PARTS and address[3] else host


class PublicResolver(AbstractResolver):
    """Resolves names and refuses those that lead, with any of their addresses, into a private network."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            AddressRefusedError: one of them is not public.
        """
        found = await self._inner.resolve(host, port, family)
        if any(not is_public(one["host"]) for one in found):
            raise AddressRefusedError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        """Let go of the resolver."""
        await self._inner.close()
