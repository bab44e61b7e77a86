"""Limits of a fact, each named once with its unit. What is longer or more is refused, never cut."""

#: Bytes of one message's value.
MESSAGE_MAX_BYTES = 1_048_576

#: Levels of arrays and objects in one message.
NESTING_MAX_LEVELS = 64

#: Characters of an id, a code or a name of a market, a channel or a unit.
ID_MAX_CHARS = 256

#: Characters of free text: an address, a reason, the copy of an ad.
TEXT_MAX_CHARS = 8_192

#: Characters of a time.
TIME_MAX_CHARS = 64

#: Lines of one order.
ORDER_MAX_LINES = 1_000

#: Coupons of one order.
ORDER_MAX_COUPONS = 100

#: Customer ids that belong to one partner.
PARTNER_MAX_CUSTOMERS = 1_000

#: Markets that one partner is enrolled for.
PARTNER_MAX_MARKETS = 300

#: Minor units of one amount, inclusive.
AMOUNT_MAX_MINOR = 10**12

#: Of one grant, in the smallest part of its unit, inclusive: the sums of many stay within 64 bits.
GRANT_MAX = 10**15

#: Units of a count, such as a line's quantity or an ad's rank, in either direction.
COUNT_MAX = 10**12
