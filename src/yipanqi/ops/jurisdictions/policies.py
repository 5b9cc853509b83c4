"""Which policy pack applies: the one this centre was set up with, in the version in force at an instant."""

from datetime import datetime

from django.conf import settings

from yipanqi import catalog


def policy_in_force(now: datetime) -> catalog.PolicyPack:
    """The centre's pack (`settings.POLICY_PACK`) in force at `now`; PolicyError when none was in force then."""
    return catalog.policy(settings.POLICY_PACK, at=now)
