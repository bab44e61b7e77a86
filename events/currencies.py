"""ISO 4217: digits after the point of each currency.

A table of 174 facts is lighter than a library that carries names and flags of countries along.
Source: ISO 4217 list one (current currencies and funds) of the maintenance agency SIX, published
2026-01-01. Codes without a minor unit, such as XAU or XXX, are no money here.
"""

from __future__ import annotations

#: Codes by their number of digits.
_CURRENT = {
    0: """
        BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
    """,
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
        CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
        MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
        PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
        TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: """
        BHD IQD JOD KWD LYD OMR TND
    """,
    4: """
        CLF UYW
    """,
}

#: Withdrawn since 2018, all with two digits: orders of their time may still be read again.
_WITHDRAWN = "ANG BGN CUC HRK MRO SLL STD VEF ZWL"

#: Digits after the point by currency code.
SCALES: dict[str, int] = {
    code: digits for digits, codes in _CURRENT.items() for code in codes.split()
} | dict.fromkeys(_WITHDRAWN.split(), 2)
