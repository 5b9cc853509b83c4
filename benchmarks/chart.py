"""A line chart in panels as SVG: lines labelled at their ends, zero baseline, units on the axes, no legend.

Leaves what is drawn to its callers.
"""

from dataclasses import dataclass
from html import escape
from typing import Final

INK, INK_SOFT, LINE, SURFACE = "#131b28", "#485568", "#dce2ea", "#ffffff"
FONT: Final = "'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif"
LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT, LABELS, FOOT = 56, 84, 250, 260, 186, 64
_APART: Final = 16  # between the base lines of two labels
_ASIDE: Final = 4  # between the bars of two lines at one place


@dataclass(frozen=True)
class Point:
    """A value in percent at a place on the axis, with half of its interval."""

    at: float
    percent: float
    half: float


@dataclass(frozen=True)
class Line:
    """Points that belong together, and what to call them."""

    name: str
    colour: str
    points: list[Point]


@dataclass(frozen=True)
class Panel:
    """Lines that share a pair of axes."""

    name: str
    lines: list[Line]


def draw(panels: list[Panel], *, title: str, note: str, across: str) -> str:
    """The chart as an SVG document; the same arguments give the same bytes."""
    step = PANEL_WIDTH + LABELS
    width, height = LEFT + step * len(panels), TOP + PANEL_HEIGHT + FOOT
    points = [point for panel in panels for line in panel.lines for point in line.points]
    top = 10 * (int(max(each.percent + each.half for each in points)) // 10 + 1)
    last = max(each.at for each in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{FONT}" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="{SURFACE}"/>',
        _text(16, 28, title, INK, 'font-size="16" font-weight="600"'),
        _text(16, 48, note, INK_SOFT),
    ]
    for number, panel in enumerate(panels):
        parts += _Drawn(panel, LEFT + step * number, top, last).parts(across)
    return "\n".join([*parts, "</svg>", ""])


class _Drawn:
    """One panel in its place."""

    def __init__(self, panel: Panel, left: float, top: float, last: float) -> None:
        self._panel, self._left, self._top, self._last = panel, left, top, last

    def _x(self, at: float) -> float:
        return round(self._left + at / self._last * PANEL_WIDTH, 1)

    def _y(self, percent: float) -> float:
        return round(TOP + PANEL_HEIGHT * (1 - percent / self._top), 1)

    def parts(self, across: str) -> list[str]:
        """Axes, lines and labels."""
        base = self._y(0)
        parts = [_text(self._left, TOP - 10, self._panel.name, INK, 'font-weight="600"')]
        for percent in range(0, int(self._top) + 1, 10):
            colour = INK_SOFT if percent == 0 else LINE
            parts.append(_path(f"M{self._left} {self._y(percent)}h{PANEL_WIDTH}", colour))
            parts.append(
                _text(self._left - 8, self._y(percent) + 4, f"{percent} %", INK_SOFT, 'text-anchor="end"')
            )
        for at in sorted({point.at for line in self._panel.lines for point in line.points} | {0}):
            parts.append(_text(self._x(at), base + 18, f"{at:g}", INK_SOFT, 'text-anchor="middle"'))
        parts.append(_text(self._left + PANEL_WIDTH / 2, base + 38, across, INK_SOFT, 'text-anchor="middle"'))
        for number, line in enumerate(self._panel.lines):
            parts += self._line(line, _ASIDE * (number - len(self._panel.lines) // 2))
        return parts + self._labels()

    def _line(self, line: Line, aside: float) -> list[str]:
        places = [(round(self._x(point.at) + aside, 1), self._y(point.percent)) for point in line.points]
        parts = [_path("M" + "L".join(f"{x} {y}" for x, y in places), line.colour, 2.5)]
        for point, (x, y) in zip(line.points, places, strict=True):
            low, high = self._y(max(0.0, point.percent - point.half)), self._y(point.percent + point.half)
            parts.append(_path(f"M{x} {low}V{high}", line.colour, 1.5))
            parts.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{line.colour}"/>')
        return parts

    def _labels(self) -> list[str]:
        """Names at the lines' ends, pushed apart where they would touch."""
        lines = sorted(self._panel.lines, key=lambda line: -line.points[-1].percent)
        parts, lowest = [], 0.0
        for line in lines:
            lowest = max(self._y(line.points[-1].percent) + 4, lowest + _APART)
            x = self._left + PANEL_WIDTH + 10
            parts.append(_text(x, lowest, line.name, line.colour, 'font-weight="600"'))
        return parts


def _text(x: float, y: float, words: str, colour: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" {more}>{escape(words)}</text>'


def _path(way: str, colour: str, width: float = 1) -> str:
    return f'<path d="{way}" stroke="{colour}" stroke-width="{width:g}" fill="none"/>'
