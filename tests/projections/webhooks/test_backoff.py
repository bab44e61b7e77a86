from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from projections.webhooks.backoff import MOST_RETRY_AFTER_S, delay_s, retry_after_s

NOW_S = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_delays_double_up_to_the_longest_with_full_jitter(tries: int, dice: float) -> None:
    top = min(100.0, 2.0 * 2.0 ** min(tries - 1, 40))

    assert delay_s(tries, 2.0, 100.0, lambda: dice) == dice * top


def test_an_endpoint_asks_for_seconds_or_for_a_time() -> None:
    assert retry_after_s("120", NOW_S) == 120
    assert retry_after_s(" Tue, 14 Nov 2023 22:14:20 GMT", NOW_S) == 60
    assert (
        retry_after_s("Tue, 14 Nov 2023 22:14:20 -0000", NOW_S) == 60
    )  # UTC, the zone of the sender is not told
    assert retry_after_s("Tue, 14 Nov 2023 22:00:00 GMT", NOW_S) == 0


def test_nobody_asks_for_more_than_a_day() -> None:
    assert retry_after_s("9" * 400, NOW_S) == MOST_RETRY_AFTER_S
    assert retry_after_s("Fri, 31 Dec 9999 23:59:59 GMT", NOW_S) == MOST_RETRY_AFTER_S


#: What dates are made of, and what breaks those who read them.
_PIECES = st.sampled_from(
    [
        "Mon,",
        "01",
        "Jan",
        "2020",
        "9" * 20,
        "00:00:00",
        "25:61",
        "GMT",
        "+2359",
        "+" + "9" * 12,
        "(",
        ":",
        "x",
    ]
)


@given(st.none() | st.text() | st.lists(_PIECES, max_size=8).map(" ".join))
@example("Mon, 01 Jan 2020 00:00:00 +9999999999999999")
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
def test_no_header_is_an_error_or_asks_for_more_than_a_day(header: str | None) -> None:
    found = retry_after_s(header, NOW_S)

    assert found is None or 0 <= found <= MOST_RETRY_AFTER_S
