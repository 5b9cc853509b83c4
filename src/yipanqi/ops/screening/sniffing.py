"""What a file is by its bytes, not by its name: PDF, JPEG, PNG, Word and Excel without macros, plain text.

A file has to be one thing only, from its first byte to its last: what could be read as a second kind is refused.
Nothing is unpacked but the one part that names a package's content. Leaves alone: keeping the bytes, and who may.
"""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass

from yipanqi.kernel.errors import YipanqiError

MEMBERS_MAX = 2_000
UNPACKED_MAX = 200 * 1024 * 1024
_DIRECTORY_MAX = 1024 * 1024
_CONTENTS_MAX = 1024 * 1024
_CONTENTS = "[Content_Types].xml"
_END = 22  # the end of a zip's directory, without a comment
_TAIL = 1_024
_PNG = b"\x89PNG\r\n\x1a\n"
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(KeyError, NotImplementedError, RuntimeError, ValueError),
)
_MARKUP = ("<!doctype", "<html", "<script", "<svg", "<?xml", "{\\rtf", "%!ps")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that is taken: its media type, and the ends a name of it may have, the usual one first."""

    media_type: str
    ends: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = FileKind("application/pdf", (".pdf",))
JPEG = FileKind("image/jpeg", (".jpg", ".jpeg"))
PNG = FileKind("image/png", (".png",))
DOCX = FileKind(f"{_OFFICE}.wordprocessingml.document", (".docx",))
XLSX = FileKind(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",))
TEXT = FileKind("text/plain", (".txt", ".csv"))
KINDS = {kind.media_type: kind for kind in (PDF, JPEG, PNG, DOCX, XLSX, TEXT)}


class FileUnknown(YipanqiError):
    """The bytes are none of the kinds that are taken, or more than one of them."""

    code = "evidence_kind_unknown"


def sniff(data: bytes) -> FileKind:
    """The one kind a file is, by its whole content. Raises FileUnknown."""
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise FileUnknown("a package is hidden behind another kind")
    for kind, fits in ((PDF, _is_pdf), (JPEG, _is_jpeg), (PNG, _is_png), (TEXT, _is_text)):
        if fits(data):
            return kind
    raise FileUnknown("not a kind of file that is taken")


def named(file_name: str, kind: FileKind) -> str:
    """A file's name as it is handed out: no path, nothing unwritable, and an end that says what the file is."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in last if sign.isprintable()).strip(". ")[-120:] or "evidence"
    return clean if clean.lower().endswith(kind.ends) else clean + kind.ends[0]


def _is_pdf(data: bytes) -> bool:
    return data.startswith((b"%PDF-1.", b"%PDF-2.")) and b"%%EOF" in data[-_TAIL:]


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9")


def _is_png(data: bytes) -> bool:
    """Chunk after chunk to IEND, which is the last."""
    if not data.startswith(_PNG):
        return False
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if kind == b"IEND":
            return length == 0 and at == len(data)
    return False


def _is_text(data: bytes) -> bool:
    """UTF-8 or GB18030, nothing but writing, and no page or script in plain letters."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        head = text[:4096].lstrip().lower()
        is_other = head.startswith(_MARKUP) or "%pdf-" in head
        return bool(head) and not is_other and not _UNWRITABLE.search(text)
    return False


def _office(data: bytes) -> FileKind:
    """Word or Excel: a package that says by its directory alone that it holds no macro and is no bomb."""
    marker, _, _, _, members, size, _, comment = struct.unpack("<4s4H2LH", data[-_END:].rjust(_END, b"\0"))
    if marker != b"PK\x05\x06" or comment or members > MEMBERS_MAX or size > _DIRECTORY_MAX:
        raise FileUnknown("not a whole package, or too many parts")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            _check_parts(parts)
            with package.open(_CONTENTS) as contents:
                said = contents.read(_CONTENTS_MAX).lower()
    except _BROKEN as error:
        raise FileUnknown("not a package that can be read") from error
    names = {part.filename for part in parts}
    kinds = [kind for kind, name in ((DOCX, "word/document.xml"), (XLSX, "xl/workbook.xml")) if name in names]
    if len(kinds) != 1 or b"macroenabled" in said or b"vbaproject" in said:
        raise FileUnknown("neither Word nor Excel, or with macros")
    return kinds[0]


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename.lower() for part in parts]
    if len(parts) > MEMBERS_MAX or len(set(names)) != len(names):
        raise FileUnknown("too many parts, or one of them twice")
    if sum(part.file_size for part in parts) > UNPACKED_MAX:
        raise FileUnknown("too large once unpacked")
    if any(part.flag_bits & 0x1 for part in parts):
        raise FileUnknown("locked with a password")
    for name in names:
        steps = name.replace("\\", "/").split("/")
        if name.startswith("/") or ":" in steps[0] or ".." in steps:
            raise FileUnknown("a part leads out of the package")
        if steps[-1].startswith("vbaproject") or {"macrosheets", "activex"} & set(steps):
            raise FileUnknown("with macros")
