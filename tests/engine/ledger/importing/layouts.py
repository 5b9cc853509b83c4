"""Writes invented transfers in the layouts that banks, police requests and personal exports use, to be read back.

The layouts' column names are facts; every person, number and amount here is made up. A statement shows the
transfers of one account from its own view, with the balance after each.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import xlsxwriter

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Holder:
    """An invented account: its card, account number, name and bank."""

    card: str
    account: str
    name: str
    bank: str


@dataclass(frozen=True)
class Move:
    """An invented transfer between two holders."""

    payer: Holder
    payee: Holder
    amount_minor: int
    second: int
    number: str = ""
    summary: str = "转账"

    @property
    def booked_at(self) -> datetime:
        return START + timedelta(seconds=self.second)

    def canonical(self) -> tuple[int, str, str, int]:
        """What the ledger has to say of it: instant in microseconds, payer's and payee's card, amount."""
        return (
            int(self.booked_at.timestamp()) * 1_000_000,
            self.payer.card,
            self.payee.card,
            self.amount_minor,
        )


def holder(n: int) -> Holder:
    return Holder(f"629900{n:013d}", f"3500{n:08d}", f"甲{n}", ("融山银行", "闽水银行", "榕城银行")[n % 3])


def yuan(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def stamp(at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return at.astimezone(CHINA).strftime(form)


@dataclass(frozen=True)
class Line:
    """A transfer as one account's statement shows it."""

    own: Holder
    other: Holder
    move: Move
    out: bool
    balance_minor: int


def statement(own: Holder, moves: Sequence[Move], opening_minor: int = 10_000_000_00) -> list[Line]:
    """The lines of an account in order of time, with its balance after each."""
    lines, balance = [], opening_minor
    for move in sorted(moves, key=lambda each: each.second):
        for out in [side for side, party in ((True, move.payer), (False, move.payee)) if party == own]:
            balance += -move.amount_minor if out else move.amount_minor
            lines.append(Line(own, move.payee if out else move.payer, move, out, balance))
    return lines


@dataclass(frozen=True, repr=False)
class Layout:
    """A layout: its columns, what each filled one shows of a line, rows above and below, and how the file is coded."""

    name: str
    columns: tuple[str, ...]
    cells: dict[str, Callable[[Line], str]]
    above: Callable[[Holder], list[list[str]]] = field(default=lambda own: [])
    below: tuple[list[str], ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    prefix: str = ""  # before each cell
    names_other: bool = True  # whether the counterparty's account is told

    def __repr__(self) -> str:
        return self.name

    def rows(self, lines: Sequence[Line]) -> list[list[str]]:
        shown = [
            [self.prefix + self.cells.get(name, _nothing)(line) for name in self.columns] for line in lines
        ]
        return [*self.above(lines[0].own), [self.prefix + name for name in self.columns], *shown, *self.below]

    def write_csv(self, path: Path, lines: Sequence[Line]) -> Path:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n").writerows(self.rows(lines))
        path.write_bytes(text.getvalue().encode(self.encoding))
        return path

    def write_xlsx(self, path: Path, lines: Sequence[Line]) -> Path:
        with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
            sheet = book.add_worksheet("流水")
            for at, row in enumerate(self.rows(lines)):
                sheet.write_row(at, 0, row)
        return path


def _nothing(line: Line) -> str:
    return ""


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split())


def _signs(into: str, out: str) -> Callable[[Line], str]:
    return lambda line: out if line.out else into


_POLICE = {
    "交易卡号": lambda line: line.own.card,
    "交易账号": lambda line: line.own.account,
    "交易时间": lambda line: stamp(line.move.booked_at),
    "交易金额": lambda line: yuan(line.move.amount_minor),
    "交易余额": lambda line: yuan(line.balance_minor),
    "收付标志": _signs("进", "出"),
    "交易对手账卡号": lambda line: line.other.card,
    "对手户名": lambda line: line.other.name,
    "对手开户银行": lambda line: line.other.bank,
    "摘要说明": lambda line: line.move.summary,
    "交易币种": lambda line: "人民币",
    "交易是否成功": lambda line: "成功",
    "交易流水号": lambda line: line.move.number,
}
POLICE = Layout(
    "police_feedback_34",
    _split(
        "交易卡号 交易账号 账户开户名称 开户人证件号码 交易时间 交易金额 交易余额 收付标志 交易对手账卡号 现金标志 对手户名 对手身份证号 "
        "对手开户银行 摘要说明 交易币种 交易网点名称 交易网点代码 交易发生地 交易是否成功 传票号 终端号 IP地址 MAC地址 对手交易余额 "
        "交易流水号 日志号 凭证种类 凭证号 交易柜员号 商户名称 商户号 备注 交易类型 查询反馈结果原因"
    ),
    {**_POLICE, "账户开户名称": lambda line: line.own.name},
)
POLICE_B = Layout(
    "police_feedback_40",
    _split(
        "反馈单位 审批表 名称 证件类型 证件号码 查询对象名称 查询卡号 查询反馈结果原因 本方账号 本方卡号 交易类型 借贷标志 币种 交易金额 "
        "交易余额 交易时间 交易流水号 交易对方名称 交易对方账号 交易对方卡号 交易对方证件号码 交易对手余额 交易对方账号开户行 交易摘要 "
        "交易网点名称 交易网点代码 日志号 传票号 凭证种类 凭证号 现金标志 终端号 交易是否成功 交易发生地 商户名称 商户号 IP地址 MAC地址 "
        "交易柜员号 备注"
    ),
    {
        **_POLICE,
        "反馈单位": lambda line: line.own.bank,
        "名称": lambda line: line.own.name,
        "查询卡号": lambda line: line.own.card,
        "本方账号": lambda line: line.own.account,
        "本方卡号": lambda line: line.own.card + "_CNY_0",
        "借贷标志": _signs("贷", "借"),
        "币种": lambda line: "CNY",
        "交易时间": lambda line: stamp(line.move.booked_at, "%Y%m%d%H%M%S"),
        "交易对方名称": lambda line: line.other.name,
        "交易对方账号": lambda line: line.other.account,
        "交易对方卡号": lambda line: line.other.card,
        "交易对方账号开户行": lambda line: line.other.bank,
        "交易摘要": lambda line: line.move.summary,
    },
)
UNIFIED = Layout(
    "fund_etl_unified_34",
    _split(
        "交易卡号 交易账号 交易户名 交易证件号码 交易方开户行 账户性质 交易时间 交易金额 交易余额 收付标志 交易对手账卡号 对手账户性质 "
        "现金标志 对手户名 对手身份证号 对手开户银行 摘要说明 交易币种 交易网点名称 交易发生地 交易是否成功 传票号 IP地址 MAC地址 "
        "对手交易余额 交易流水号 商户流水号 日志号 凭证种类 凭证号 交易柜员号 备注 查询反馈结果原因 数据来源"
    ),
    {
        **_POLICE,
        "交易户名": lambda line: line.own.name,
        "交易方开户行": lambda line: line.own.bank,
        "交易时间": lambda line: stamp(line.move.booked_at, "%Y-%m-%d-%H.%M.%S.000000"),
    },
    encoding="utf-8-sig",
    delimiter="\t",
)
TABBED = Layout(
    "variant_c",
    _split(
        "交易卡号 交易账号 交易方户名 交易方证件号 交易账户开户银行 交易时间 交易金额 交易余额 交易币种 借贷标志 对手账号 对手户名 "
        "对手证件号 对手账户开户银行 对手交易余额 摘要说明 备注 批次 IP地址 MAC地址"
    ),
    {
        **_POLICE,
        "交易方户名": lambda line: line.own.name,
        "交易账户开户银行": lambda line: line.own.bank,
        "借贷标志": _signs("C", "D"),
        "对手账号": lambda line: line.other.card,
        "对手账户开户银行": lambda line: line.other.bank,
    },
    encoding="gb18030",
    prefix="\t",
)
TEMPLATE = Layout(
    "flow_template_14",
    _split(
        "交易方户名 交易方账户 交易方身份证号 交易方标签 交易时间 交易金额 收付标志 交易余额 交易对手账卡号 对手户名 对手身份证号 "
        "对手标签 摘要说明 备注"
    ),
    {
        **_POLICE,
        "交易方户名": lambda line: line.own.name,
        "交易方账户": lambda line: line.own.card,
        "交易时间": lambda line: stamp(line.move.booked_at, "%Y/%m/%d %H:%M:%S"),
        "交易金额": lambda line: f"{line.move.amount_minor / 100:,.2f}",
        "收付标志": _signs("收", "付"),
    },
    delimiter=";",
)
EBANK = Layout(
    "ebank",
    _split(
        "流水号 交易日期 交易时间 借方发生额 贷方发生额 余额 对方户名 对方帐号 对方开户行 摘要 用途 本方账号 币种"
    ),
    {
        "流水号": lambda line: line.move.number,
        "交易日期": lambda line: stamp(line.move.booked_at, "%Y%m%d"),
        "交易时间": lambda line: stamp(line.move.booked_at, "%H:%M:%S"),
        "借方发生额": lambda line: yuan(line.move.amount_minor) if line.out else "",
        "贷方发生额": lambda line: "" if line.out else yuan(line.move.amount_minor),
        "余额": lambda line: yuan(line.balance_minor),
        "对方户名": lambda line: line.other.name,
        "对方帐号": lambda line: line.other.card,
        "对方开户行": lambda line: line.other.bank,
        "摘要": lambda line: line.move.summary,
        "本方账号": lambda line: line.own.card,
    },
    above=lambda own: [["电子回单流水"], [], ["查询账号：" + own.card, "", ""]],
)
_PERSONAL = {
    "交易时间": lambda line: stamp(line.move.booked_at),
    "交易创建时间": lambda line: stamp(line.move.booked_at),
    "交易对方": lambda line: line.other.name,
    "收/支": _signs("收入", "支出"),
    "金额": lambda line: yuan(line.move.amount_minor),
    "金额（元）": lambda line: yuan(line.move.amount_minor),
    "金额(元)": lambda line: "¥" + yuan(line.move.amount_minor),
}
WECHAT = Layout(
    "wechat",
    _split("交易时间 交易类型 交易对方 商品 收/支 金额(元) 支付方式 当前状态 交易单号 商户单号 备注"),
    {
        **_PERSONAL,
        "交易类型": lambda line: "转账",
        "当前状态": lambda line: "支付成功",
        "交易单号": lambda line: line.move.number,
    },
    above=lambda own: [
        ["微信支付账单明细"],
        ["微信昵称：[甲]"],
        [],
        ["----------------------微信支付账单明细列表"],
    ],
    names_other=False,
)
ALIPAY_WEB = Layout(
    "alipay_web",
    _split(
        "交易号 商家订单号 交易创建时间 付款时间 最近修改时间 交易来源地 类型 交易对方 商品名称 金额（元） 收/支 交易状态 服务费（元） "
        "成功退款（元） 备注 资金状态"
    ),
    {**_PERSONAL, "交易号": lambda line: line.move.number + "\t", "交易状态": lambda line: "交易成功"},
    above=lambda own: [["支付宝交易记录明细查询"], [f"账号:[{own.card}]"], ["---交易记录明细列表---"]],
    below=(["------"], ["共2笔记录"]),
    encoding="gb18030",
    names_other=False,
)
ALIPAY_MOBILE = Layout(
    "alipay_mobile",
    _split(
        "交易时间 交易分类 交易对方 对方账号 商品说明 收/支 金额 收/付款方式 交易状态 交易订单号 商家订单号 备注"
    ),
    {
        **_PERSONAL,
        "对方账号": lambda line: line.other.card,
        "交易状态": lambda line: "交易成功",
        "交易订单号": lambda line: line.move.number,
    },
    above=lambda own: [["导出信息："], [f"支付宝账户：{own.card}"], ["姓名：某某"]],
)
LAYOUTS = (POLICE, POLICE_B, UNIFIED, TABBED, TEMPLATE, EBANK, WECHAT, ALIPAY_WEB, ALIPAY_MOBILE)

ACCOUNT_COLUMNS = _split(
    "客户序号 反馈单位 审批表 名称 证件类型 证件号码 查询账户 卡号 账号 网银账户名称 最后登录IP 最后登录时间 账户类别 账户状态 开户网点 "
    "开户网点代码 开户日期 销户日期 销户网点 币种 钞汇标志 账户余额 可用余额 最后交易时间 备注 反馈人 反馈录入日期"
)
SUB_ACCOUNT_COLUMNS = _split(
    "反馈单位 审批表 名称 证件类型 证件号码 查询账户 账号 子账户序号 子账户类别 子账户账号 币种 钞汇标志 账户余额 账户状态 可用余额"
)
CUSTOMER_COLUMNS = _split(
    "客户序号 反馈单位 审批表 名称 证件类型 证件号码 查询账户 查询手机号码 是否有财产 客户名称 查询反馈结果原因 证件类型1 证件号码1 "
    "联系电话 联系手机 住宅地址 工作单位"
)


def write_rows(
    path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]], encoding: str = "utf-8"
) -> Path:
    """A CSV file of rows that name only the cells they fill."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path
