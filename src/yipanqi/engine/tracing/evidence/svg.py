"""The few shapes that a picture is drawn with, as SVG: text stays text, nothing runs, nothing is loaded.

Colours are the house's tokens (`web/static/css/tokens.css`). Leaves what is drawn to `picture`.
"""

import re
import unicodedata
from typing import Final
from xml.sax.saxutils import escape

INK: Final = "#131b28"
INK_SOFT: Final = "#485568"
INK_FAINT: Final = "#627084"
LINE: Final = "#c3ccd8"
PASSED: Final = "#c3ccd8"
OUT_OF_REACH: Final = "#485568"
HELD: Final = "#12744a"
HELD_SOFT: Final = "#a9d8bf"
SURFACE: Final = "#ffffff"
SUNKEN: Final = "#f5f7fa"

_FONTS: Final = (
    "'PingFang SC','Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',"
    "'Microsoft YaHei','Segoe UI',Arial,sans-serif"
)
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_THIN: Final = 4.0  # a band this high would vanish where it is steep
_BOLDER: Final = 1.06  # how much wider bold letters are


def safe(text: str) -> str:
    """Text as XML allows it; characters XML cannot hold become U+FFFD."""
    return escape(_FORBIDDEN.sub("\ufffd", text), {'"': "&quot;"})


def figure(value: float) -> str:
    """A coordinate: at most one decimal, no needless zero."""
    return f"{value:.1f}".removesuffix(".0")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in pixels, rather more than less."""
    return sum(map(_share, text)) * size * (_BOLDER if bold else 1)


def _share(each: str) -> float:
    """A character's width as a share of the font size: Chinese 1, capitals two thirds, marks a third."""
    if unicodedata.east_asian_width(each) in "WF":
        return 1.0
    if each in " .,:·-/()*":
        return 0.33
    return 0.66 if each.isupper() else 0.56


def fitted(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis when it would be wider than `width`."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text + "…"


class Canvas:
    """Collects shapes and gives them out as one SVG document."""

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        size = f'width="{figure(width)}" height="{figure(height)}"'
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'viewBox="0 0 {figure(width)} {figure(height)}" role="img">',
            f"<title>{safe(title)}</title>",
            f"<desc>{safe(description)}</desc>",
            f'<rect {size} fill="{SURFACE}"/>',
            f'<g font-family="{_FONTS}" font-size="12" fill="{INK}">',
        ]

    def open(self, tip: str) -> None:
        """Begin a group whose full words are shown when pointed at."""
        self._parts.append(f"<g><title>{safe(tip)}</title>")

    def close(self) -> None:
        """End the group."""
        self._parts.append("</g>")

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0, line: str = ""
    ) -> None:
        """A rectangle."""
        extra = (f' rx="{figure(radius)}"' if radius else "") + (f' stroke="{line}"' if line else "")
        self._parts.append(
            f'<rect x="{figure(x)}" y="{figure(y)}" width="{figure(width)}" height="{figure(height)}" '
            f'fill="{fill}"{extra}/>'
        )

    def band(
        self, x1: float, y1: float, x2: float, y2: float, width: float, colour: str, opacity: float
    ) -> None:
        """A band of a height from (x1, y1) to (x2, y2), its middle at both ends; a thin one is a line."""
        if width < _THIN:
            middle = (x1 + x2) / 2
            self.curve((x1, y1, middle, y1, middle, y2, x2, y2), width, colour, opacity)
            return
        left, right, centre, half = figure(x1), figure(x2), figure((x1 + x2) / 2), width / 2
        top1, top2, low1, low2 = (figure(y) for y in (y1 - half, y2 - half, y1 + half, y2 + half))
        shape = (
            f"M{left} {top1}C{centre} {top1} {centre} {top2} {right} {top2}"
            f"V{low2}C{centre} {low2} {centre} {low1} {left} {low1}z"
        )
        self._parts.append(f'<path d="{shape}" fill="{colour}" fill-opacity="{opacity}"/>')

    def curve(self, points: tuple[float, ...], width: float, colour: str, opacity: float) -> None:
        """A cubic curve through (x1, y1, cx1, cy1, cx2, cy2, x2, y2)."""
        x1, y1, *rest = (figure(value) for value in points)
        self._parts.append(
            f'<path d="M{x1} {y1}C{" ".join(rest)}" fill="none" stroke="{colour}" '
            f'stroke-width="{figure(width)}" stroke-opacity="{opacity}"/>'
        )

    def arrow(self, x: float, y: float, size: float, colour: str) -> None:
        """A head of an arrow that points left at (x, y)."""
        shape = f"M{figure(x)} {figure(y)}l{figure(size)} {figure(-size * 0.6)}v{figure(size * 1.2)}z"
        self._parts.append(f'<path d="{shape}" fill="{colour}"/>')

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, colour: str = INK, bold: bool = False
    ) -> None:
        """One line of text that begins at x on the base line y."""
        weight = ' font-weight="700"' if bold else ""
        self._parts.append(
            f'<text x="{figure(x)}" y="{figure(y)}" font-size="{figure(size)}" fill="{colour}"{weight}>'
            f"{safe(text)}</text>"
        )

    def phrases(
        self, x: float, y: float, phrases: list[tuple[str, str, bool]], *, size: float = 12, gap: float = 8
    ) -> None:
        """Phrases of (text, colour, bold) one after the other on a line, a gap between."""
        spans = [
            f'<tspan{f" dx={chr(34)}{figure(gap)}{chr(34)}" if at else ""} fill="{colour}"'
            + (' font-weight="700"' if bold else "")
            + f">{safe(text)}</tspan>"
            for at, (text, colour, bold) in enumerate(phrases)
        ]
        self._parts.append(
            f'<text x="{figure(x)}" y="{figure(y)}" font-size="{figure(size)}">{"".join(spans)}</text>'
        )

    def document(self) -> str:
        """The SVG document, ended by a newline."""
        return "\n".join([*self._parts, "</g>", "</svg>"]) + "\n"
