"""Which addresses webhooks may go to: by default none of a private network, however it is written.

Names are resolved for each connection, and it goes to the very addresses that were looked at: a name that
changes between look-up and connection gains nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

#: IPv6 that carries an IPv4 address in its last 32 bits (NAT64).
_NAT64: Final = ip_network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFF_FFFF


class AddressRefusedError(OSError):
    """A name led to an address that may not be asked."""


def is_literal(host: str) -> bool:
    """Whether a host is written as an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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


class PublicResolver(AbstractResolver):
    """Resolves names and refuses those that lead, with any of their addresses, into a private network."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

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
