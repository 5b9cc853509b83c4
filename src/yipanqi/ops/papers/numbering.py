"""Who issues a paper, and its number: 福州鼓楼公（反诈）刑返字〔2026〕12号.

A station's papers are its county's. Numbers run by series, unit and the centre's year, without gaps.
"""

from datetime import datetime

from django.db import connection

from yipanqi.kernel.days import day_of
from yipanqi.kernel.places import Tier, parent_code, tier_of
from yipanqi.ops.jurisdictions.queries import place_name

_NEXT = """
INSERT INTO papers_numberseries AS series (series, place_code, year, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (series, place_code, year) DO UPDATE SET last = series.last + 1 RETURNING last
"""


def issuing_place(place_code: str) -> str:
    """The code of the county, city or province whose public security organ issues for a place."""
    return place_code[:6] if tier_of(place_code) is Tier.STATION else place_code


def unit_name(place_code: str) -> str:
    """The organ that issues for a place, as it stands under a paper: 福州市公安局鼓楼分局, 闽侯县公安局."""
    code = issuing_place(place_code)
    name = place_name(code, "zh")
    if tier_of(code) is Tier.PROVINCE:
        return f"{name}公安厅"
    if tier_of(code) is Tier.COUNTY and name.endswith("区"):
        return f"{place_name(str(parent_code(code)), 'zh')}公安局{name[:-1]}分局"
    return f"{name}公安局"


def next_number(series: str, place_code: str, *, now: datetime) -> str:
    """The next number of a series, taken in the caller's transaction: another act of the unit waits until it ends."""
    code, year = issuing_place(place_code), day_of(now).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [series, code, year])
        last = cursor.fetchone()[0]
    return f"{_short_name(code)}公（反诈）{series}〔{year}〕{last}号"


def _short_name(code: str) -> str:
    above = str(parent_code(code)) if tier_of(code) is Tier.COUNTY else ""
    return "".join(place_name(each, "zh").rstrip("省市区县") for each in (above, code) if each)
