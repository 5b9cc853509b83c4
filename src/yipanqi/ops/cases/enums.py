"""Codes of the cases app that are no statuses."""

from enum import StrEnum


class CaseSource(StrEnum):
    """Where a case came from: a call or visit that found the person had paid, a report at a desk, or a bank."""

    ALERT = "alert"
    REPORT = "report"
    PARTNER = "partner"


class SubjectRole(StrEnum):
    """The part a subject plays in a case."""

    VICTIM = "victim"
    VICTIM_ACCOUNT = "victim_account"
    SUSPECT_ACCOUNT = "suspect_account"
    SUSPECT_PHONE = "suspect_phone"
    SUSPECT_LINK = "suspect_link"
