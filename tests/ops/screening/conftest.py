"""A freeze that holds money, files as holders hand them in, and an officer who screens."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import pytest

from tests.ops.measures.conftest import ACCOUNT, Desk, refused
from yipanqi.ops.cases.moving import move_case
from yipanqi.ops.measures.freezing.proposing import FreezeProposal, propose_freeze
from yipanqi.ops.measures.models import Freeze, FreezeChange, Order, Signature
from yipanqi.ops.measures.signing import sign
from yipanqi.ops.screening.models import Evidence, Screening
from yipanqi.ops.screening.services import add_evidence, open_screening
from yipanqi.rehearsal.world import World

__all__ = ["CLEAN", "DOCX", "PDF", "PNG", "Bench", "refused"]

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00\x10JFIF" + b"\x01" * 32 + b"\xff\xd9"
CLEAN = dict.fromkeys(("knew", "free_or_far_below_price", "illegal_debt_or_crime", "other_bad_faith"), "no")
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
WORD: Mapping[str, str] = {"[Content_Types].xml": TYPES, "_rels/.rels": "<x/>", "word/document.xml": "<w/>"}
SHEET: Mapping[str, str] = {"[Content_Types].xml": TYPES, "_rels/.rels": "<x/>", "xl/workbook.xml": "<w/>"}


def zipped(parts: Mapping[str, str]) -> bytes:
    """A package of these parts."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return data.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"IEND")
DOCX, XLSX = zipped(WORD), zipped(SHEET)


class Bench:
    """A desk whose freezes hold money; each word is one act of the services."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(world)
        self.world = world
        self.officer = self.desk.funds
        self.investigator: Any = None

    def freeze(self, number: int = 0, *, holder_name: str = "周二", **more: Any) -> Freeze:
        """A freeze of 50,000 yuan that was signed and that the bank has confirmed, of an account of its own.

        `more` is then written into its row as it stands.
        """
        number_text = f"62220216020{number:08d}" if number else ACCOUNT
        case = self._filed(self.desk.case(payee_account=number_text))
        proposal = FreezeProposal(
            case_id=case.id,
            account_id=case.payments.get().payee_id,
            bank="ccb",
            holder_name=holder_name,
            asked_minor=5_000_000,
            traced_minor=4_100_000,
            amount_note="其余资金来源不明，一并冻结后甄别",
            ground="traced_money",
        )
        at = self.world.now
        freeze = propose_freeze(proposal=proposal, acting_officer=self.officer, now=at)
        self.sign(freeze)
        self.answer(freeze, "freeze", frozen_minor=5_000_000, account=number_text)
        if more:
            Freeze.objects.for_system("as the test wants it").filter(id=freeze.id).update(**more)
        return self.held(freeze)

    def held(self, of: Freeze | Screening) -> Freeze:
        """The freeze as it stands in the table."""
        return Freeze.objects.for_system("the test looks").select_related("account", "case").get(id=of.id)

    def sign(self, of: Freeze | Screening) -> None:
        """Sign what waits for it."""
        waiting = Signature.objects.for_system("the test looks").get(freeze_id=of.id, status="waiting")
        sign(signature_id=waiting.id, acting_officer=self.desk.approver, now=self.world.now)

    def answer(self, of: Freeze | Screening, kind: str, **more: Any) -> None:
        """Send the order of this kind, and let the bank answer it."""
        order = Order.objects.filter(freeze_id=of.id, kind=kind).latest("created_at")
        self.desk.send(order)
        taken = self.desk.answer(order, **({"ends_at": None} | more))
        assert taken.effect == "applied", taken

    def _filed(self, case: Any) -> Any:
        if self.investigator is None:
            self.investigator = self.world.officer("files", roles=["investigator"])
        for act, officer in (("accept", self.investigator), ("file", self.desk.approver)):
            case = move_case(
                case_id=case.id, version=case.version, act=act, acting_officer=officer, now=self.world.now
            )
        return case

    def open(self, freeze: Freeze | None = None) -> Screening:
        """A screening just begun."""
        freeze = freeze or self.freeze()
        return open_screening(freeze_id=freeze.id, acting_officer=self.officer, now=self.world.now)

    def hand_in(self, screening: Screening, data: bytes = PDF, **more: Any) -> Evidence:
        """A file taken in."""
        given: dict[str, Any] = {
            "kind": "invoice",
            "file_name": "发票.pdf",
            "handed_in_by": "周二",
            "note": "三月货款",
            "acting_officer": self.officer,
        } | more
        return add_evidence(screening_id=screening.id, data=data, now=self.world.now, **given)

    def seen(self, screening: Screening) -> Screening:
        """The screening as it stands in the table."""
        return Screening.objects.for_system("the test looks").get(id=screening.id)

    def change(self, screening: Screening) -> FreezeChange:
        """What was asked of the freeze last."""
        rows = FreezeChange.objects.for_system("the test looks").filter(freeze_id=screening.id)
        return rows.order_by("-asked_at", "-id").first()


@pytest.fixture
def bench(world: World) -> Bench:
    """A bench for screening, with one bank connected."""
    return Bench(world)
