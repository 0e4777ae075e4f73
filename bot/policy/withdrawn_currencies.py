"""Currencies that an order of before may have been paid in: ISO 4217, List Three, as far as the terms can reach back.

The list of today leaves them out, and one that is withdrawn next year is to be added here when it goes.
"""

from __future__ import annotations

from datetime import date

WITHDRAWN: dict[str, tuple[int, date]] = {
    "AFA": (2, date(2002, 12, 31)),
    "ANG": (2, date(2025, 6, 30)),
    "ATS": (2, date(2002, 2, 28)),
    "AZM": (2, date(2006, 12, 31)),
    "BEF": (2, date(2002, 2, 28)),
    "BGN": (2, date(2026, 1, 31)),
    "BYR": (0, date(2016, 12, 31)),
    "CSD": (2, date(2006, 10, 25)),
    "CUC": (2, date(2021, 6, 30)),
    "CYP": (2, date(2008, 1, 31)),
    "DEM": (2, date(2002, 2, 28)),
    "EEK": (2, date(2011, 1, 14)),
    "ESP": (0, date(2002, 2, 28)),
    "FIM": (2, date(2002, 2, 28)),
    "FRF": (2, date(2002, 2, 17)),
    "GHC": (2, date(2007, 12, 31)),
    "GRD": (2, date(2002, 2, 28)),
    "HRK": (2, date(2023, 1, 14)),
    "IEP": (2, date(2002, 2, 9)),
    "ITL": (0, date(2002, 2, 28)),
    "LTL": (2, date(2015, 1, 15)),
    "LUF": (0, date(2002, 2, 28)),
    "LVL": (2, date(2014, 1, 14)),
    "MGF": (0, date(2004, 12, 31)),
    "MRO": (2, date(2018, 6, 30)),
    "MTL": (2, date(2008, 1, 31)),
    "MZM": (2, date(2006, 12, 31)),
    "NLG": (2, date(2002, 2, 28)),
    "PTE": (0, date(2002, 2, 28)),
    "ROL": (2, date(2006, 12, 31)),
    "SDD": (2, date(2007, 6, 30)),
    "SIT": (2, date(2007, 1, 14)),
    "SKK": (2, date(2009, 1, 16)),
    "SLL": (2, date(2024, 3, 31)),
    "SRG": (2, date(2003, 12, 31)),
    "STD": (2, date(2017, 12, 31)),
    "TMM": (2, date(2009, 12, 31)),
    "TRL": (0, date(2005, 12, 31)),
    "VEB": (2, date(2008, 6, 30)),
    "VEF": (2, date(2018, 8, 20)),
    "YUM": (2, date(2003, 7, 31)),
    "ZMK": (2, date(2012, 12, 31)),
    "ZWL": (2, date(2024, 8, 31)),
}
"""The decimals of each, and the last day on which anything could be paid in it."""
