"""What a file is, by its bytes: the kinds that are taken, and everything that only looks like one."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.screening.conftest import DOCX, JPEG, PDF, PNG, SHEET, TYPES, WORD, XLSX, chunk, zipped
from yipanqi.ops.screening import sniffing
from yipanqi.ops.screening.sniffing import KINDS, FileUnknown, named, sniff

CHAT = "周二：货已发，单号 SF1234\r\n李四：收到，款已付\r\n"
GOOD = {
    "pdf": (PDF, sniffing.PDF),
    "jpeg": (JPEG, sniffing.JPEG),
    "png": (PNG, sniffing.PNG),
    "docx": (DOCX, sniffing.DOCX),
    "xlsx": (XLSX, sniffing.XLSX),
    "utf8": (CHAT.encode(), sniffing.TEXT),
    "utf8 with mark": (b"\xef\xbb\xbf" + CHAT.encode(), sniffing.TEXT),
    "gb18030": (CHAT.encode("gb18030"), sniffing.TEXT),
    "csv": ("日期,金额\n2026-03-01,100.00\n".encode(), sniffing.TEXT),
}


@pytest.mark.parametrize("name", GOOD)
def test_each_kind_is_known_by_its_content(name: str) -> None:
    data, kind = GOOD[name]
    assert sniff(data) is kind and KINDS[kind.media_type] is kind


def taken(data: bytes) -> bool:
    try:
        sniff(data)
    except FileUnknown as error:
        assert error.code == "evidence_kind_unknown"
        return False
    return True


def locked(data: bytes) -> bytes:
    """A package whose every part says that it is locked with a password."""
    made = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = made.find(mark)
        while start >= 0:
            made[start + at] |= 1
            start = made.find(mark, start + 4)
    return bytes(made)


def bomb(size: int) -> bytes:
    """A package one of whose parts unpacks to `size` zeros."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in WORD.items():
            package.writestr(name, text)
        with package.open("word/media/image1.bin", "w") as part:
            for _ in range(size >> 20):
                part.write(bytes(1 << 20))
    return data.getvalue()


def overlapping(times: int) -> bytes:
    """A package whose directory names one large part again and again."""
    inner = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = inner.compress(bytes(8 << 20)) + inner.flush()
    base = zipped(WORD)
    directory = base.index(b"PK\x01\x02")
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(body), 8 << 20, 1, 0) + b"a" + body
    entries = base[directory:-22]
    for number in range(times):
        name = f"x{number}".encode()
        entries += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(body), 8 << 20, len(name), 0, 0, 0, 0, 0, directory
        ) + name  # fmt: skip
    count, start = len(WORD) + times, directory + len(local)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    return base[:directory] + local + entries + end


def twice() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package, pytest.warns(UserWarning):
        for name, text in [*WORD.items(), ("word/document.xml", "<another/>")]:
            package.writestr(name, text)
    return data.getvalue()


BAD = {
    "nothing": b"",
    "spaces": b"  \r\n",
    "zeros": bytes(64),
    "program": b"MZ\x90\x00" + bytes(64),
    "old word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64),
    "gif": b"GIF89a" + bytes(16),
    "rtf": b"{\\rtf1 hello}",
    "page": b"<!DOCTYPE html><script>alert(1)</script>",
    "page after spaces": b"\xef\xbb\xbf \r\n <HTML><body onload=alert(1)>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "bell": b"hello\x07",
    "utf16": "聊天记录".encode("utf-16"),
    "plain zip": zipped({"a.txt": "hello"}),
    "archive of java": zipped({"META-INF/MANIFEST.MF": "x", "[Content_Types].xml": TYPES}),
    "slides": zipped({"[Content_Types].xml": TYPES, "ppt/presentation.xml": "<p/>"}),
    "word and excel": zipped({**WORD, **SHEET}),
    "macros": zipped({**WORD, "word/vbaProject.bin": "x"}),
    "macros in capitals": zipped({**WORD, "word/VBAPROJECT.BIN": "x"}),
    "macros by type": zipped(
        {**WORD, "[Content_Types].xml": "application/vnd.ms-word.document.macroEnabled.main+xml"}
    ),
    "old macros of excel": zipped({**SHEET, "xl/macrosheets/sheet1.xml": "<x/>"}),
    "active parts": zipped({**WORD, "word/activeX/activeX1.xml": "<x/>"}),
    "way out": zipped({**WORD, "../../etc/cron.d/x": "x"}),
    "way out by backslash": zipped({**WORD, "word\\..\\..\\x": "x"}),
    "root": zipped({**WORD, "/etc/passwd": "x"}),
    "drive": zipped({**WORD, "c:/x": "x"}),
    "one part twice": twice(),
    "too many parts": zipped({**WORD, **{f"word/{n}.xml": "" for n in range(2_000)}}),
    "locked": locked(DOCX),
    "cut short": DOCX[:-10],
    "no directory": DOCX[: DOCX.index(b"PK\x01\x02")],
    "broken directory": DOCX.replace(b"PK\x01\x02", b"PK\x01\x03"),
    "something after the package": DOCX + b"<script>",
    "pdf without its end": PDF.replace(b"%%EOF", b"%%E"),
    "pdf after something": b"hello\n" + PDF,
    "pdf cut short": PDF[:20],
    "jpeg cut short": JPEG[:-2],
    "jpeg and a page": JPEG + b"<script>alert(1)</script>",
    "jpeg and a package": JPEG + DOCX,
    "jpeg around a package": JPEG[:-2] + DOCX + b"\xff\xd9",
    "png cut short": PNG[:-4],
    "png and a page": PNG + b"<script>",
    "png and a package": PNG + DOCX,
    "png with a chunk too long": PNG[:8] + struct.pack(">I", 1 << 31) + b"IHDR" + PNG[16:],
    "png without its end": PNG[:-12] + chunk(b"tEXt", b"x"),
    "pdf and a package": PDF + DOCX,
    "text and a package": CHAT.encode() + DOCX,
}


@pytest.mark.parametrize("name", BAD)
def test_what_only_looks_like_one_is_refused(name: str) -> None:
    assert not taken(BAD[name])


def test_a_bomb_is_refused_by_its_directory_without_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = zipfile.ZipFile.open
    monkeypatch.setattr(
        zipfile.ZipFile,
        "open",
        lambda self, name, *a, **k: opened.append(str(name)) or real(self, name, *a, **k),
    )
    monkeypatch.setattr(sniffing, "UNPACKED_MAX", 16 << 20)
    large, small = bomb(17 << 20), bomb(8 << 20)
    stacked = overlapping(3)
    opened.clear()
    assert len(large) < 1 << 20 and not taken(large) and not taken(stacked) and not opened
    assert taken(small) and opened == ["[Content_Types].xml"]


def test_a_directory_of_a_million_bytes_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 10, 10, (1 << 20) + 1, 0, 0)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert not taken(b"PK\x03\x04" + bytes(64) + end)
    many = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 1000, 0, 0)
    assert not taken(b"PK\x03\x04" + bytes(64) + many)


def test_the_part_that_names_the_content_is_read_up_to_a_limit() -> None:
    padded = zipped({**WORD, "[Content_Types].xml": TYPES + " " * (4 << 20)})
    assert sniff(padded) is sniffing.DOCX


@pytest.mark.parametrize(
    ("given_name", "kind", "name"),
    [
        ("发票.pdf", sniffing.PDF, "发票.pdf"),
        ("invoice.exe", sniffing.PDF, "invoice.exe.pdf"),
        ("chat.HTML", sniffing.TEXT, "chat.HTML.txt"),
        ("流水.CSV", sniffing.TEXT, "流水.CSV"),
        ("scan.jpeg", sniffing.JPEG, "scan.jpeg"),
        ("scan.png", sniffing.JPEG, "scan.png.jpg"),
        ("../../etc/passwd", sniffing.TEXT, "passwd.txt"),
        ("c:\\temp\\a.docx", sniffing.DOCX, "a.docx"),
        ("a\r\nSet-Cookie: x\u202egnp.pdf", sniffing.PDF, "aSet-Cookie: xgnp.pdf"),
        ("", sniffing.PNG, "evidence.png"),
        ("...", sniffing.PNG, "evidence.png"),
        ("x" * 300 + ".pdf", sniffing.PDF, "x" * 116 + ".pdf"),
    ],
)
def test_a_name_ends_as_what_the_file_is(given_name: str, kind: sniffing.FileKind, name: str) -> None:
    assert named(given_name, kind) == name


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused_and_nothing_else(data: bytes) -> None:
    for head in (b"", b"PK\x03\x04", b"%PDF-1.4", PNG[:8], JPEG[:3]):
        taken(head + data)
    taken(DOCX[:40] + data + DOCX[-60:])


@given(st.data())
def test_a_damaged_package_is_taken_or_refused(data: st.DataObject) -> None:
    made = bytearray(DOCX)
    for _ in range(data.draw(st.integers(1, 4))):
        made[data.draw(st.integers(4, len(made) - 1))] = data.draw(st.integers(0, 255))
    taken(bytes(made))
