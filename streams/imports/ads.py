"""A row of what somebody saw in paid search becomes an ``ad.observed`` CloudEvent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import msgspec

from streams.imports.mapping import Fact, RowError, RowMapping

#: The fields of an ad that a column or a fixed value can fill; ``date`` is put before ``time``.
FIELDS: Final = (
    "partner_id",
    "engine",
    "keyword",
    "market",
    "time",
    "date",
    "display_url",
    "destination",
    "ad_copy",
    "rank",
    "evidence_url",
    "program",
)
NEEDED: Final = ("engine", "keyword", "market", "time")
#: Names that monitoring tools give to a field, in small letters without anything else.
SYNONYMS: Final = {
    "partner_id": ("partnerid", "partner", "affiliateid", "affiliate", "publisherid", "publisher"),
    "engine": ("engine", "searchengine", "network", "source"),
    "keyword": ("keyword", "searchterm", "searchquery", "query", "term"),
    "market": ("market", "country", "countrycode", "location", "geo"),
    "time": ("observedat", "seenat", "datetime", "timestamp", "date", "time", "day"),
    "display_url": ("displayurl", "visibleurl", "displaydomain", "domain"),
    "destination": ("destination", "destinationurl", "landingpage", "finalurl", "targeturl", "url"),
    "ad_copy": ("adcopy", "copy", "adtext", "text", "headline", "title"),
    "rank": ("rank", "position", "adposition", "pos"),
    "evidence_url": ("evidenceurl", "evidence", "screenshot", "screenshoturl", "proof"),
}

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, kw_only=True)
class AdMapping(RowMapping):
    """Where each field of an ad comes from.

    ``partners`` are partners by domain, for rows that name none: that of the destination counts before that
    of the address that is shown, and a domain stands for its subdomains.
    """

    what: ClassVar[str] = "an ad"
    type_: ClassVar[str] = "ad.observed"
    topic: ClassVar[str] = "partner-events"
    fields: ClassVar[tuple[str, ...]] = FIELDS
    needed: ClassVar[tuple[str, ...]] = NEEDED

    partners: Mapping[str, str] = field(default_factory=dict)
    source: str = "import/ads"

    def fact(self, texts: Mapping[str, str], at: int) -> Fact:
        """An ad has no id: a digest of what was seen, and when, is one."""
        data: dict[str, Any] = dict(texts)
        if "partner_id" not in data:
            data["partner_id"] = self._partner(data)
        if "rank" in data:
            data["rank"] = _rank(data["rank"])
        try:
            digest = blake2b(_encode([at, data]), digest_size=16).hexdigest()
        except UnicodeEncodeError:
            raise RowError("field_invalid", "the row does not fit the encoding of the file") from None
        return Fact(f"ad-{digest}", data["partner_id"], data)

    def _partner(self, data: Mapping[str, str]) -> str:
        hosts = [_host(data[name]) for name in ("destination", "display_url") if name in data]
        for host in hosts:
            name = host
            while name:
                if name in self.partners:
                    return self.partners[name]
                name = name.partition(".")[2]
        seen = f"{' and '.join(hosts)} of no --partner" if hosts else "neither partner_id nor a domain"
        raise RowError("field_missing", f"partner_id: the row has {seen}")


def _host(address: str) -> str:
    """The domain of an address, with or without its scheme."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _rank(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise RowError("field_invalid", f"rank: {text!r} is no whole number")
    return int(text)
