"""A bank's file on a case: kept sealed, read by a job, rows in by tokens, rejects to download, and the same file
changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.analytics.conftest import MULE, SECOND, THIRD, VICTIM, Bank
from yipanqi.analytics import importing
from yipanqi.analytics.folder import fresh_store
from yipanqi.analytics.importing import give_up_reading, read_flows
from yipanqi.analytics.models import FlowImport, LedgerRow, StopSuggestion
from yipanqi.analytics.queries import list_imports
from yipanqi.analytics.services import import_file, rejects_of
from yipanqi.casework.authority import NotAllowed
from yipanqi.engine.ledger.columns import VOID
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.models import Entry
from yipanqi.ops.subjects.models import Account
from yipanqi.rehearsal.world import World

HEAD = "id,booked_at,payer,payee,amount,payer_bank,payee_bank"


class Desk:
    """A case, an officer of the funds desk, and the files they hand in."""

    def __init__(self, world: World, follow: Callable[..., Any]) -> None:
        self.world, self.follow = world, follow
        self.officer = world.officer("funds", roles=["funds_officer"])
        self.case = world.case(payer_account=VICTIM, payer_bank="ccb")
        follow(self.case)

    def line(self, number: int, payer: str, payee: str, amount: str, second: int) -> str:
        return f"{number},2026-03-02T09:59:{second:02d}+08:00,{payer},{payee},{amount},中国建设银行,工商银行"

    def hand_in(self, *lines: str, name: str = "流水.csv") -> FlowImport:
        head = HEAD + ",kind" * lines[-1].endswith("reversal")
        upload = SimpleUploadedFile(name, "\n".join([head, *lines, ""]).encode())
        given = {"case_id": self.case.id, "acting_officer": self.officer, "now": self.world.now}
        found = import_file(upload=upload, **given)
        read_flows(found.id, now=self.world.now)
        return list_imports(self.officer, self.case.id)[0]


@pytest.fixture
def desk(world: World, follow: Callable[..., Any]) -> Desk:
    return Desk(world, follow)


def lines(desk: Desk) -> list[str]:
    return [
        desk.line(1, VICTIM, MULE, "50000.00", 0),
        desk.line(2, MULE, SECOND, "49000.00", 20),
        desk.line(3, MULE, THIRD, "-5.00", 30),
    ]


def test_rows_enter_and_add_up(desk: Desk) -> None:
    found = desk.hand_in(*lines(desk))
    assert (found.status, found.error) == ("done", "")
    assert (found.rows_in, found.accepted, found.merged, found.rejected) == (3, 2, 0, 1)
    row = LedgerRow.objects.get(amount_minor=4_900_000)
    assert (row.payee.number.reveal(), row.payer_bank, row.payee_bank) == (SECOND, "ccb", "icbc")
    assert SECOND not in repr(LedgerRow.objects.values()) + repr(
        FlowImport.objects.for_system("look").values()
    )
    desk.follow(desk.case)
    held = StopSuggestion.objects.for_system("look").get(status="open", level=2)
    assert (held.held_minor, held.bank) == (4_900_000, "icbc")
    events = [entry.event for entry in Entry.objects.filter(event__startswith="import").order_by("id")]
    assert events == ["import.asked", "import.started", "import.finished"]


def test_the_same_file_changes_nothing(desk: Desk) -> None:
    desk.hand_in(*lines(desk))
    before = LedgerRow.objects.count()
    again = desk.hand_in(*lines(desk), name="again.csv")
    assert (again.accepted, again.merged, again.rejected) == (0, 2, 1) and LedgerRow.objects.count() == before


def test_an_id_is_good_within_its_file_only(desk: Desk) -> None:
    desk.hand_in(desk.line(1, VICTIM, MULE, "50000.00", 0))
    other = desk.hand_in(desk.line(1, MULE, SECOND, "30000.00", 9))
    assert (other.accepted, other.merged) == (1, 0)


def test_what_a_bank_has_posted_merges(desk: Desk, bank: Bank) -> None:
    bank.post(bank.row(VICTIM, MULE, "50000.00"), bank.row(MULE, SECOND, "49000.00", after=21))
    found = desk.hand_in(*lines(desk))
    assert (found.accepted, found.merged, found.rejected) == (0, 2, 1)


def test_rejected_rows_are_given_back_with_reasons_and_an_entry(desk: Desk) -> None:
    found = desk.hand_in(*lines(desk))
    given = {"import_id": found.id, "now": desk.world.now}
    name, content_type, data = rejects_of(acting_officer=desk.officer, **given)
    text = data.decode("utf-8-sig")
    assert name.endswith(".csv") and content_type.startswith("text/csv")
    assert "amount_not_positive" in text and "金额为零或为负" in text
    assert Entry.objects.filter(event="import.rejects_taken").count() == 1
    with pytest.raises(NotAllowed):
        rejects_of(acting_officer=desk.world.officer("cmd", roles=["commander"]), **given)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"x", "flow_file_kind_unknown"),
        ("a.csv", b"", "flow_file_empty"),
        ("a.csv", b"x" * 101, "flow_file_too_large"),
    ],
)
def test_what_is_not_taken_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, code: str
) -> None:
    window = type("Window", (), {"count": 100})
    real = importing.catalog.windows()
    monkeypatch.setattr(importing.catalog, "windows", lambda: {**real, "flow_file_max_bytes": window})
    with pytest.raises(YipanqiError) as refused:
        import_file(
            case_id=desk.case.id,
            upload=SimpleUploadedFile(name, data),
            acting_officer=desk.officer,
            now=desk.world.now,
        )
    assert refused.value.code == code


def test_a_file_that_is_none_fails_with_its_reason(desk: Desk) -> None:
    upload = SimpleUploadedFile("wetter.csv", "日期,天气\n2026-03-02,晴\n".encode())
    given = {"case_id": desk.case.id, "acting_officer": desk.officer, "now": desk.world.now}
    found = import_file(upload=upload, **given)
    read_flows(found.id, now=desk.world.now)
    failed = list_imports(desk.officer, desk.case.id)[0]
    assert (failed.status, failed.error, failed.rows_in) == ("failed", "flow_file_refused", 0)
    give_up_reading(found.id, now=desk.world.now)
    assert Entry.objects.filter(event="import.failed").count() == 1, "it fails once"


def test_a_job_that_was_killed_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 1)
    upload = SimpleUploadedFile("a.csv", "\n".join([HEAD, *lines(desk)]).encode())
    given = {"case_id": desk.case.id, "acting_officer": desk.officer, "now": desk.world.now}
    found = import_file(upload=upload, **given)
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(importing, "settle_all", lambda now: 1 / 0)
        read_flows(found.id, now=desk.world.now)
    read_flows(found.id, now=desk.world.now)
    done = list_imports(desk.officer, desk.case.id)[0]
    assert (done.status, done.accepted, done.merged, done.rejected) == ("done", 2, 0, 1)


def test_holders_that_a_file_names_are_known(desk: Desk, world: World) -> None:
    head = "交易卡号,交易户名,交易时间,收付标志,交易金额,交易余额,对手账号,对手户名"
    body = f"{SECOND},吴三,2026-03-02 09:59:30,进,49000.00,49000.00,{MULE},周二"
    upload = SimpleUploadedFile("卡流水.csv", f"{head}\n{body}\n".encode("gb18030"))
    found = import_file(case_id=desk.case.id, upload=upload, acting_officer=desk.officer, now=world.now)
    read_flows(found.id, now=world.now)
    done = list_imports(desk.officer, desk.case.id)[0]
    assert (done.status, done.accepted) == ("done", 1)
    row = LedgerRow.objects.get(payee=Account.objects.get(id=LedgerRow.objects.get(sender="file").payee_id))
    assert row.payee_name.reveal() == "吴三"


def test_a_reversal_finds_the_original_that_an_earlier_file_told(desk: Desk) -> None:
    desk.hand_in(*lines(desk))
    back = desk.line(9, SECOND, MULE, "49000.00", 40) + ",reversal"
    desk.hand_in(back)
    rows = {row.kind: row for row in LedgerRow.objects.filter(sender="file", amount_minor=4_900_000)}
    assert rows["reversal"].reverses == rows["transfer"].external_id and not rows["transfer"].reverses
    ledger = fresh_store().ledger()
    assert [bool(flag & VOID) for flag in ledger.flags[ledger.amount == 4_900_000]] == [True, True]
    desk.hand_in(desk.line(10, SECOND, MULE, "49000.00", 50) + ",reversal", name="more.csv")
    assert LedgerRow.objects.filter(reverses="", kind="reversal").count() == 1, "it is taken back once"


@pytest.mark.parametrize(("second", "named"), [(22, True), (0, False)])
def test_an_original_told_twice_is_one_and_of_two_none_is_guessed(
    desk: Desk, second: int, named: bool
) -> None:
    desk.hand_in(*lines(desk))
    again = desk.line(2, MULE, SECOND, "49000.00", second)
    desk.hand_in(again if named else again.replace("09:59", "09:39"), name="more.csv")
    desk.hand_in(desk.line(9, SECOND, MULE, "49000.00", 40) + ",reversal", name="back.csv")
    assert bool(LedgerRow.objects.get(sender="file", kind="reversal").reverses) is named
