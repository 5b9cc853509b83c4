"""What the demo stands on: places, one login per desk, simulated operators, and partners with their keys.

Safe to repeat: what is there already stays. A folder in which a real centre works is refused, since the demo's
password is known to everybody.
"""

import json
import os
from datetime import datetime
from pathlib import Path

from yipanqi import catalog
from yipanqi.config.environment import SettingError
from yipanqi.ops.jurisdictions.services import load_jurisdictions
from yipanqi.ops.partners.admission import KeyInvalid, authenticate
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.services import issue_key, register_partner
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.services import create_officer
from yipanqi.rehearsal.world import BUILDER, PROVINCE
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

KEYS_FILE = "demo-partner-keys.json"
ROWS_PER_MINUTE = 600
TRANSFERS_PER_MINUTE = 10_000
NAMES = {
    "operator": "陈晓岚",
    "station": "何志远",
    "commander": "郑国强",
    "duty": "黄建军",
    "funds": "沈丽",
    "approver": "韩志刚",
    "alliance": "吴敏",
    "auditor": "许正平",
    "appeal": "江文静",
    "investigator": "高建平",
    "admin": "叶文",
}
SEATS = {"seat01": "林静（模拟）", "seat02": "周海峰（模拟）", "seat03": "张丽华（模拟）"}
STATION = {"station01": "周铁军（模拟）"}
# Simulated duty officers, two per unit: who acted on a directive does not verify it.
DUTIES = {
    "duty350100a": ("350100", "何志明（模拟）"),
    "duty350100b": ("350100", "苏雅琴（模拟）"),
    "duty350104a": ("350104", "魏东升（模拟）"),
    "duty350104b": ("350104", "江晓云（模拟）"),
}
# Simulated officers behind the seats: who accepts cases, signs second, stops what the chase suggests, freezes
# what was stopped, and who screens what was frozen.
DESK_CLERKS = {
    "clerk01": ("duty_officer", "宋佳（模拟）"),
    "chief01": ("approver", "方卫国（模拟）"),
    "funds01": ("funds_officer", "罗敏（模拟）"),
    "funds02": ("funds_officer", "谢芳（模拟）"),
}
TELECOM = "fjtelecom"  # the telecom that takes orders
NATIONAL = "n12381"  # the partner that orders units
FEED = "fjflow"  # the partner through which the banks tell their transfers; it sends no warnings
# code: source, Chinese and English name. Invented branches; nothing here speaks for the firms.
PARTNERS = {
    "n12381": ("national_12381", "国家12381预警平台（演示）", "National 12381 platform (demo)"),
    "fjmodel": ("police_model", "省厅预警模型（演示）", "Provincial warning model (demo)"),
    "ccb": ("bank", "建设银行省分行（演示）", "CCB provincial branch (demo)"),
    "icbc": ("bank", "工商银行省分行（演示）", "ICBC provincial branch (demo)"),
    TELECOM: ("telecom", "省电信（演示）", "Provincial telecom (demo)"),
    "mall": ("company", "网购平台（演示）", "Online mall (demo)"),
    FEED: ("bank", "省银行业流水共享平台（演示）", "Provincial bank transfer feed (demo)"),
    "h96110": ("hotline_96110", "96110接警系统（演示）", "96110 call desk (demo)"),
}


def stage(data: Path, *, now: datetime) -> dict[str, str]:
    """Bring places, officers and partners about; returns the partners' keys by code.

    Raises SettingError when officers are there whom no demo made.
    """
    kept = data / KEYS_FILE
    if not kept.exists() and Officer.objects.exists():
        raise SettingError(
            f"{data}: a centre without demo logins works in this folder; set YIPANQI_DATA to another one for the demo"
        )
    load_jurisdictions()
    keys: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    if not keys:
        _keep(kept, keys)  # marks the folder as the demo's before the first officer exists
    _officers(now)
    for code in PARTNERS:
        if code not in keys or not _is_good(keys[code], code, now):
            keys[code] = _partner_key(code, now)
            _keep(kept, keys)
    _banks(now)
    return keys


def _banks(now: datetime) -> None:
    """Every bank of the catalog takes orders; only those of `PARTNERS` have a key to send warnings."""
    there = set(Partner.objects.values_list("code", flat=True))
    for code, bank in catalog.banks().items():
        if code not in there:
            _register(code, "bank", f"{bank.short_name.zh}（演示）", f"{bank.short_name.en} (demo)", now)


def _officers(now: datetime) -> None:
    there = set(Officer.objects.values_list("username", flat=True))
    wanted = {name: (role, NAMES[name], PROVINCE) for name, role in DEMO_OFFICERS.items()}
    wanted |= {name: ("operator", shown, PROVINCE) for name, shown in SEATS.items()}
    wanted |= {name: (role, shown, PROVINCE) for name, (role, shown) in DESK_CLERKS.items()}
    wanted |= {name: ("station_officer", shown, PROVINCE) for name, shown in STATION.items()}
    wanted |= {name: ("duty_officer", shown, unit) for name, (unit, shown) in DUTIES.items()}
    for username, (role, name, unit) in wanted.items():
        if username not in there:
            create_officer(
                username=username,
                password=DEMO_PASSWORD,
                name=name,
                unit_code=unit,
                group=catalog.roles()[role].group or "",
                roles=[role],
                acting=BUILDER,
                now=now,
            )


def _partner_key(code: str, now: datetime) -> str:
    source, name_zh, name_en = PARTNERS[code]
    if not Partner.objects.filter(code=code).exists():
        _register(code, source, name_zh, name_en, now)
    return issue_key(partner_code=code, acts=_acts(code), acting=BUILDER, now=now)


def _register(code: str, source: str, name_zh: str, name_en: str, now: datetime) -> None:
    register_partner(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        source=source,
        scope_code=PROVINCE,
        rate_per_minute=TRANSFERS_PER_MINUTE if code == FEED else ROWS_PER_MINUTE,
        acting=BUILDER,
        now=now,
    )


def _acts(code: str) -> list[PartnerAct]:
    """What a partner's key is good for."""
    if code == FEED:
        return [PartnerAct.TRANSFERS_WRITE]
    orders = [PartnerAct.DIRECTIVES_WRITE] if code == NATIONAL else []
    money = [PartnerAct.REPORTS_WRITE, PartnerAct.TRANSFERS_WRITE] if PARTNERS[code][0] == "bank" else []
    return [PartnerAct.WARNINGS_WRITE, *orders, *money]


def _is_good(key: str, code: str, now: datetime) -> bool:
    """Whether a kept key opens all its partner needs; one of an earlier version may not."""
    try:
        return all(authenticate(key=key, act=act, now=now).code == code for act in _acts(code))
    except KeyInvalid:
        return False


def _keep(path: Path, keys: dict[str, str]) -> None:
    """Write the keys whole or not at all, readable to the owner alone."""
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file, indent=1)
    partial.replace(path)
