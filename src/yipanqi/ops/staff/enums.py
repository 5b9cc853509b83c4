"""The languages an officer's screens can speak."""

from enum import StrEnum


class Language(StrEnum):
    """Language tag of the screens, as Django writes it."""

    CHINESE = "zh-hans"
    ENGLISH = "en"
