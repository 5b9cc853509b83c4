"""The PNG: the whole picture, pixel for pixel, with and without a Chinese font on the machine."""

import re
import zlib

import pytest

from tests.engine.tracing.evidence.sample import PROVENANCE, case
from yipanqi.engine.tracing.evidence import picture_png, picture_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">'
RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def pixels(data):
    """Rows of (red, green, blue, alpha) of a PNG with four channels of a byte."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n") and data[24:26] == b"\x08\x06"
    width, place, packed = int.from_bytes(data[16:20], "big"), 8, b""
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += length + 12
    raw, rows, above = zlib.decompress(packed), [], bytes(4 * width)
    for start in range(0, len(raw), 4 * width + 1):
        above = unfiltered(raw[start], raw[start + 1 : start + 1 + 4 * width], above)
        rows.append([tuple(above[at : at + 4]) for at in range(0, 4 * width, 4)])
    return rows


def unfiltered(kind, line, above):
    """A line of a PNG as it was before its filter."""
    own = bytearray()
    for at, value in enumerate(line):
        left, corner = (own[at - 4], above[at - 4]) if at >= 4 else (0, 0)
        guess = left + above[at] - corner
        nearest = min((left, above[at], corner), key=lambda each: abs(guess - each))
        own.append((value + (0, left, above[at], (left + above[at]) // 2, nearest)[kind]) % 256)
    return bytes(own)


@pytest.mark.parametrize(("width", "height"), [(120, 40), (40, 120)])
def test_the_whole_picture_is_on_the_page(width, height):
    half = height // 2
    shapes = (
        f'<rect width="{width}" height="{half}" fill="#f00"/>'
        f'<rect y="{half}" width="{width}" height="{half}" fill="#00f"/></svg>'
    )
    rows = pixels(picture_png(HEAD.format(width, height) + shapes))
    assert (len(rows[0]) * 2, len(rows) * 2) == (width * 3, height * 3)
    middle = len(rows) // 2
    assert {pixel for row in rows[:middle] for pixel in row} == {RED}
    assert {pixel for row in rows[middle:] for pixel in row} == {BLUE}


def test_no_row_of_pixels_is_dropped():
    """Stripes as high as their gaps, on a size at which an image of its own aspect would be resampled."""
    stripes = "".join(f'<rect y="{8 * n}" width="40" height="4"/>' for n in range(19))
    rows = pixels(picture_png(HEAD.format(40, 148) + stripes + "</svg>"))
    column = "".join("#" if row[9] == (0, 0, 0, 255) else "." for row in rows)
    assert column == "######......" * 18 + "######"


@pytest.mark.parametrize("system_fonts", [True, False])
def test_it_is_made_with_and_without_a_chinese_font(system_fonts):
    document = picture_svg(case(), PROVENANCE)
    data = picture_png(document, scale=1, system_fonts=system_fonts)
    width, height = (int(re.search(rf'{name}="(\d+)"', document)[1]) for name in ("width", "height"))
    assert [int.from_bytes(data[at : at + 4], "big") * 4 for at in (16, 20)] == [width * 3, height * 3]
