"""What abbreviations of time zones mean in a date text: the ones PHP knows.

Seconds east of UTC, summer time included. An abbreviation with several meanings has the one PHP
takes. Single letters are the military zones.
"""

from __future__ import annotations

from typing import Final

_EAST: Final = "ABCDEFGHIKLM"
_WEST: Final = "NOPQRSTUVWXY"

_NAMED: Final[dict[str, int]] = {
    "ACST": 34200, "AEST": 36000, "AHST": -36000, "AKST": -32400, "AMT": -13840, "AST": -14400,
    "AWST": 28800, "BMT": -14309, "CAST": 34200, "CAT": 7200, "CET": 3600, "CHST": 36000, "CMT": -15408,
    "CST": -21600, "DMT": -1521, "EAT": 10800, "EET": 7200, "EMT": -26248, "EST": -18000, "FFMT": -14660,
    "FMT": -4056, "GMT": 0, "GST": 36000, "HKT": 28800, "HMT": -19776, "HST": -36000, "IMT": 25025,
    "IST": 7200, "JMT": 8440, "JST": 32400, "KMT": 5736, "KST": 30600, "MET": 3600, "MMT": 9017,
    "MSK": 10800, "MST": -25200, "NST": -12600, "NZMT": 41400, "NZST": 43200, "PKT": 18000, "PLMT": 25590,
    "PMT": -13236, "PPMT": -17340, "PST": -28800, "QMT": -18840, "RMT": 5794, "SAST": 7200, "SDMT": -16800,
    "SJMT": -20173, "SMT": -13884, "SST": -39600, "TBMT": 10751, "TMT": 12344, "UCT": 0, "UTC": 0,
    "WAT": 3600, "WET": 0, "WIB": 25200, "WIT": 32400, "WITA": 28800, "WMT": 5040, "YST": -32400,
}  # fmt: skip
SUMMER: Final[dict[str, int]] = {
    "ACDT": 37800, "ADDT": -7200, "ADT": -10800, "AEDT": 39600, "AHDT": -32400, "AKDT": -28800,
    "APT": -10800, "AWDT": 32400, "AWT": -10800, "BDST": 7200, "BDT": -36000, "BST": 3600, "CDDT": -14400,
    "CDT": -18000, "CEMT": 10800, "CEST": 7200, "CPT": -18000, "CWT": -18000, "EDDT": -10800, "EDT": -14400,
    "EEST": 10800, "EPT": -14400, "EWT": -14400, "GDT": 39600, "HDT": -34200, "HKST": 32400, "HPT": -34200,
    "HWT": -34200, "IDDT": 14400, "IDT": 10800, "JDT": 36000, "KDT": 36000, "LST": 9394, "MDDT": -18000,
    "MDST": 16279, "MDT": -21600, "MEST": 7200, "MPT": -21600, "MSD": 14400, "MWT": -21600, "NDDT": -5400,
    "NDT": -9052, "NPT": -9000, "NWT": -9000, "NZDT": 46800, "PDDT": -21600, "PDT": -25200, "PKST": 21600,
    "PPT": -25200, "PWT": -25200, "WAST": 7200, "WEMT": 7200, "WEST": 3600, "YDDT": -25200, "YDT": -28800,
    "YPT": -28800, "YWT": -28800,
}  # fmt: skip

_MILITARY: Final[dict[str, int]] = {
    **{letter: 3600 * (hour + 1) for hour, letter in enumerate(_EAST)},
    **{letter: -3600 * (hour + 1) for hour, letter in enumerate(_WEST)},
    "Z": 0,
}
STANDARD: Final[dict[str, int]] = {**_NAMED, **_MILITARY}
