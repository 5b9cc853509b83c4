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
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.models import Partner
from yipanqi.ops.partners.services import issue_key, register_partner
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.services import create_officer
from yipanqi.rehearsal.world import BUILDER, PROVINCE
from yipanqi.web.demo import DEMO_OFFICERS, DEMO_PASSWORD

KEYS_FILE = "demo-partner-keys.json"
ROWS_PER_MINUTE = 600
NAMES = {
    "operator": "陈晓岚",
    "commander": "郑国强",
    "duty": "黄建军",
    "alliance": "吴敏",
    "auditor": "许正平",
    "admin": "叶文",
}
SEATS = {"seat01": "林静（模拟）", "seat02": "周海峰（模拟）", "seat03": "张丽华（模拟）"}
# code: source, Chinese and English name. Invented branches; nothing here speaks for the firms.
PARTNERS = {
    "n12381": ("national_12381", "国家12381预警平台（演示）", "National 12381 platform (demo)"),
    "fjmodel": ("police_model", "省厅预警模型（演示）", "Provincial warning model (demo)"),
    "ccb": ("bank", "建设银行省分行（演示）", "CCB provincial branch (demo)"),
    "icbc": ("bank", "工商银行省分行（演示）", "ICBC provincial branch (demo)"),
    "fjtelecom": ("telecom", "省电信（演示）", "Provincial telecom (demo)"),
    "mall": ("company", "网购平台（演示）", "Online mall (demo)"),
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
        if code not in keys:
            keys[code] = _partner_key(code, now)
            _keep(kept, keys)
    return keys


def _officers(now: datetime) -> None:
    there = set(Officer.objects.values_list("username", flat=True))
    wanted = {name: (role, NAMES[name]) for name, role in DEMO_OFFICERS.items()}
    wanted |= {name: ("operator", shown) for name, shown in SEATS.items()}
    for username, (role, name) in wanted.items():
        if username not in there:
            create_officer(
                username=username,
                password=DEMO_PASSWORD,
                name=name,
                unit_code=PROVINCE,
                group=catalog.roles()[role].group or "",
                roles=[role],
                acting=BUILDER,
                now=now,
            )


def _partner_key(code: str, now: datetime) -> str:
    source, name_zh, name_en = PARTNERS[code]
    if not Partner.objects.filter(code=code).exists():
        register_partner(
            code=code,
            name_zh=name_zh,
            name_en=name_en,
            source=source,
            scope_code=PROVINCE,
            rate_per_minute=ROWS_PER_MINUTE,
            acting=BUILDER,
            now=now,
        )
    return issue_key(partner_code=code, acts=[PartnerAct.WARNINGS_WRITE], acting=BUILDER, now=now)


def _keep(path: Path, keys: dict[str, str]) -> None:
    """Write the keys whole or not at all, readable to the owner alone."""
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(keys, file, indent=1)
    partial.replace(path)
