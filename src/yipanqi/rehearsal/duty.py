"""The duty desks of a rehearsal: what the province and the national platform order, and simulated officers who do
it.

Everything goes through the doors: orders of the province by the form of its duty officer, those of the platform by
the partner API, the rest by the pages of two simulated officers per unit, since who acts does not verify. What the
demo's own officers of the province are ordered or have to verify is left to the person at the demo.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from yipanqi.engine.province.scenario import CHINA
from yipanqi.engine.province.streams import stream
from yipanqi.ops.directives.models import Directive
from yipanqi.rehearsal.player import Player
from yipanqi.rehearsal.seats import Window
from yipanqi.rehearsal.staging import DUTIES, NATIONAL
from yipanqi.rehearsal.world import PROVINCE
from yipanqi.web.demo import DEMO_PASSWORD

ISSUER = "duty"  # the demo's own duty officer of the province
BUSY_HOURS = 5  # before a history's end; what was ordered earlier is done in this time
STEPS_PER_TURN = 2  # half an hour: each turn costs a few pages
OPEN_AT_MOST = 24
FOR_THE_PROVINCE_AT_MOST = 4
_OURS = re.compile(r'<tr data-ours>\s*<td[^>]*>\s*<a [^>]*href="(/directives/[0-9a-f-]{36})"')
_ACT = (
    r'action="(/directives/[0-9a-f-]{36}/(?:accept|report|verify|feed-back))".*?name="version" value="(\d+)"'
)
REPORTS = (
    "已按指令要求办结，经核实未造成资金损失，相关情况已登记。",
    "已落实专人办理，情况属实，已告知当事人防范要点并留存记录。",
    "已核查完毕，未发现新的涉诈线索，后续继续关注。",
)


@dataclass(frozen=True)
class Planned:
    """One directive of a history, `before` its end; without a place it is for the province. `within` 0: its kind's."""

    before: timedelta
    sender: str
    kind: str
    place: str
    title: str
    text: str
    within: timedelta = timedelta(0)
    urgent: bool = False


def _h(hours: float) -> timedelta:
    return timedelta(hours=hours)


PLAN = (
    Planned(
        _h(7),
        ISSUER,
        "visit_feedback",
        "350104",
        "刷单高危对象见面劝阻",
        "辖区一名居民两日内三次被预警刷单返利，请上门劝阻并反馈。",
        _h(6),
    ),
    Planned(
        _h(6),
        ISSUER,
        "special_drive",
        "350100",
        "“断卡”专项阶段部署",
        "请梳理本市近一月异常开卡线索，逐条落地核查，按周上报进展。",
        _h(144),
    ),
    Planned(
        _h(5),
        NATIONAL,
        "check_account",
        "",
        "核查一批对公账户开户情况",
        "所附账户近期集中入、分散出，请核查开户人及实际控制人。",
        _h(20),
    ),
    Planned(
        _h(4),
        ISSUER,
        "find_person",
        "350104",
        "查找失联预警对象",
        "该人电话长时间占线且不接96110来电，请立即查找并见面核实。",
        _h(3),
        True,
    ),
    Planned(
        _h(3),
        ISSUER,
        "check_account",
        "350200",
        "核查涉案收款账户持卡人",
        "请核查该账户持卡人身份、开卡用途及近三日资金去向。",
        _h(3.6),
        True,
    ),
    Planned(
        _h(2.5),
        ISSUER,
        "verify_warning",
        "350500",
        "核实冒充公检法预警",
        "预警对象疑似被要求开启屏幕共享，请核实并现场劝阻。",
        _h(2.2),
    ),
    Planned(
        _h(2),
        NATIONAL,
        "verify_warning",
        "350104",
        "核查部级高危预警",
        "预警对象半小时内两次访问涉诈网址，请见面核实。",
        _h(4),
        True,
    ),
    Planned(
        _h(1.5),
        NATIONAL,
        "find_person",
        "",
        "查找疑似出境参与电诈人员",
        "请核实该人现住地及近期轨迹，劝其不要出境。",
        _h(6),
    ),
    Planned(
        _h(1),
        ISSUER,
        "visit_feedback",
        "350700",
        "冒充客服退款对象见面劝阻",
        "当事人已下载会议软件，请在其转账前见面劝阻。",
    ),
    Planned(
        _h(0.5),
        ISSUER,
        "verify_warning",
        "350103",
        "核实虚假投资预警",
        "当事人拟再次入金，请核实并劝阻，必要时联系家属。",
        timedelta(0),
        True,
    ),
    Planned(
        _h(0.3), ISSUER, "other", "350900", "报送夜间值守安排", "请于今日内报送本周夜间劝阻值守安排。", _h(9)
    ),
)
# What the platform goes on ordering while the demo runs.
NEWS = (
    ("verify_warning", "核查部级高危预警", "预警对象正与涉诈号码通话，请立即核实并见面劝阻。", True),
    ("find_person", "查找失联预警对象", "多次拨打无人接听，请查找本人并见面核实。", False),
    ("visit_feedback", "见面劝阻反馈", "请上门见面劝阻并反馈当事人是否已转账。", False),
    ("check_account", "核查收款账户", "该账户短时间内多笔小额入账后集中转出，请核查。", False),
)
UNITS = sorted({unit for unit, _ in DUTIES.values()})


class DutyDesk(Window):
    """A duty officer at the desk of directives."""

    def issue(self, row: dict[str, str]) -> None:
        """Order a unit by the form; the same id again changes nothing."""
        self._look("/directives/new")
        self._act("/directives/new", row)

    def turn(self, report: str) -> bool:
        """Do the first thing that waits for the own unit and is open to this officer; False when there is nothing."""
        for path in _OURS.findall(self._look("/directives?whose=own")):
            found = re.search(_ACT, self._look(path), re.S)
            if found:
                self._act(found[1], {"version": found[2], "report": report})
                return True
        return False


class Duties:
    """All duty desks of one rehearsal. `until` plays a history's plan, `turn` lets the simulated officers work."""

    def __init__(self, seed: int, url: str, player: Player) -> None:
        self._seed, self._player = seed, player
        self._issuer = DutyDesk(url, ISSUER, DEMO_PASSWORD)
        self._desks = [DutyDesk(url, name, DEMO_PASSWORD) for name in DUTIES]
        self._planned = sorted(PLAN, key=lambda each: each.before, reverse=True)
        self._said = self._steps = 0

    def sign_in(self) -> None:
        """Everybody signs in."""
        for desk in (self._issuer, *self._desks):
            desk.sign_in()

    def until(self, at: datetime, ends_at: datetime) -> None:
        """Issue what is planned up to `at`, and let the officers work in the last hours before `ends_at`."""
        while self._planned and ends_at - self._planned[0].before <= at:
            self._issue(self._planned.pop(0), len(self._planned), at)
        self._steps += 1
        if ends_at - at <= timedelta(hours=BUSY_HOURS) and self._steps % STEPS_PER_TURN == 0:
            self.turn()

    def turn(self) -> None:
        """One act of each simulated officer, if there is something to do."""
        for desk in self._desks:
            self._said += 1
            desk.turn(stream(self._seed, "report", self._said).pick(REPORTS))

    def order_more(self, mark: str, number: int) -> None:
        """One more directive of the platform, unless enough are open."""
        draws = stream(self._seed, "directive", mark, number)
        open_ones = Directive.objects.for_system("the rehearsal looks").exclude(
            status__in=["fed_back", "withdrawn"]
        )
        places = list(open_ones.values_list("place_code", flat=True))
        if len(places) >= OPEN_AT_MOST:
            return
        units = [*UNITS, PROVINCE] if places.count(PROVINCE) < FOR_THE_PROVINCE_AT_MOST else UNITS
        kind, title, text, urgent = draws.pick(NEWS)
        row = {"external_id": f"{mark}-{number}", "kind": kind, "title": title, "text": text}
        self._player.post_directive(
            NATIONAL, row | {"jurisdiction_code": draws.pick(units), "urgent": urgent}
        )

    def close(self) -> None:
        """Drop the connections."""
        for desk in (self._issuer, *self._desks):
            desk.close()

    def _issue(self, each: Planned, number: int, at: datetime) -> None:
        row = {
            "external_id": f"plan-{number}",
            "kind": each.kind,
            "title": each.title,
            "text": each.text,
            "jurisdiction_code": each.place,
            "urgent": "true" if each.urgent else "",
        }
        due_at = at + each.within if each.within else None
        if each.sender == NATIONAL:
            posted = {name: value for name, value in row.items() if value}
            self._player.post_directive(NATIONAL, posted | ({"due_at": due_at.isoformat()} if due_at else {}))
        else:
            local = due_at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M") if due_at else ""
            self._issuer.issue(row | {"due_at": local})
