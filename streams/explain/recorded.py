"""What the ledger says in its own words, read back into its parts, so that it can be said in any language.

Steps of entries and reasons are written down once, in English, by whoever decides. Each form of them is here
with the name of the sentence that says the same in ``words/<language>.toml``, and the parts that it names.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

_NUMBER: Final = r"-?[\d.]+"
_MONEY: Final = rf"{_NUMBER} \w+"
_BASIS: Final = rf"(?P<basis>net|gross|lines .+?) (?P<whole>{_MONEY})"
_OWN: Final = rf"(?:net|gross|lines .+?) (?P<conversion>{_MONEY} \* [\d.]+)"
_CONVERTED: Final = rf"{_OWN} = {_BASIS}"
_RESULT: Final = rf"\* .+ = {_NUMBER}"
_PART: Final = rf"(?P<weight>[\d/]+) of (?:{{}}) is (?P<part>{_MONEY}); (?P<formula>{_MONEY} {_RESULT})"
_ROUNDED: Final = rf"rounded (?P<rounding>\w+) to (?P<amount>{_NUMBER}(?: \w+)?)"

#: Sentences and the forms of what they say, the first that fits counts.
FORMS: Final = {
    name: re.compile(form, re.DOTALL)
    for name, form in {
        "flat": rf"flat (?P<amount>{_MONEY})",
        "part": _PART.format(_BASIS),
        "part_converted": _PART.format(_CONVERTED),
        "whole_converted": rf"{_OWN} = (?P<basis>net|gross|lines .+?) (?P<formula>{_MONEY} {_RESULT})",
        "whole": rf"(?P<basis>net|gross|lines .+?) (?P<formula>{_MONEY} {_RESULT})",
        "rounded": _ROUNDED,
        "formula": rf"(?P<formula>{_NUMBER} \* [\d.() /-]+(?: = {_NUMBER})?), {_ROUNDED}",
        "referral_day": rf"(?P<day>.+): (?P<formula>\d+ \* [\d.]+), {_ROUNDED}",
        "cap": rf"cap (?P<amount>{_NUMBER}) a (?P<period>day|week|month|lifetime): (?P<left>{_NUMBER}) left",
        "budget_left": rf"budget (?P<budget>.+): (?P<left>{_NUMBER}) left",
        "tier": r"tier (?P<tier>.+)",
        "hold": r"hold (?P<days>\d+ days) from (?P<date>\d{4}-\d\d-\d\d)",
        "cancelled": rf"all of (?P<amount>{_NUMBER}): the order was cancelled",
        "refunded": rf"all of (?P<amount>{_NUMBER}): the order was refunded in full",
        "before": rf"(?P<formula>{_NUMBER} - {_NUMBER}) reversed before, from (?P<buckets>\w+(?: and \w+)*)",
        "case_held": r"case (?P<case>.+): held until it is resolved",
        "case_before": r"case (?P<case>.+): upheld before it was granted",
        "case_back": r"case (?P<case>.+): taken back",
        "case_upheld": r"case (?P<case>.+?): upheld by (?P<actor>.+)",
        "case_dismissed": r"case (?P<case>.+?): dismissed by (?P<actor>.+)",
        "due": rf"(?P<amount>{_MONEY})(?:/\d)? due by (?P<date>\d{{4}}-\d\d-\d\d)",
        "expired": rf"(?P<amount>{_MONEY})(?:/\d)? expired by (?P<date>\d{{4}}-\d\d-\d\d)",
        "redeemed": rf"(?P<amount>{_NUMBER}) of (?P<available>{_NUMBER}) available",
        "corrected": r"by (?P<actor>.+?): (?P<reason>.*)",
        "not_enrolled": r"partner_inactive: not enrolled",
        "suspended": r"partner_inactive: suspended",
        "not_in_market": r"partner_inactive: not enrolled for market (?P<market>.+)",
        "rejected": r"compliance: (?P<rule>\w+)",
        "on_key_day": r"(?P<day>.+) in (?P<market>\S+)",
    }.items()
}


class Said(Struct, frozen=True):
    """The sentence that something recorded is an instance of, and its parts."""

    sentence: str
    parts: dict[str, str]


def read(text: str) -> Said | None:
    """What a recorded text says; ``None`` for one of no known form, such as a later version's."""
    for sentence, form in FORMS.items():
        found = form.fullmatch(text)
        if found is not None:
            return Said(sentence, found.groupdict())
    return None
