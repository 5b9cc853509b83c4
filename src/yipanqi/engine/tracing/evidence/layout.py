"""Gives a river's boxes and bands their places: order within a column by barycentres, heights and widths to scale.

All figures are pixels of the picture, rounded to tenths, so that the same river gives the same places on any
machine. Leaves text and colour to `picture`. Source: Sugiyama, Tagawa, Toda 1981 (barycentre sweeps); the best of
all sweeps is kept.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from yipanqi.engine.tracing.evidence.river import Band, River

BOX_WIDTH: Final = 196
BOX_HEIGHT: Final = 56  # three lines of text
_GAP: Final = 14  # between boxes of a column
_STREAM: Final = 380  # height of all money in the fullest column
_SWEEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: left, top, height."""

    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Course:
    """Where a band runs: its middle at both ends, its width, and whether it goes on to a later column."""

    band: Band
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    onward: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of boxes and the courses of bands; width and height of the whole; gap between columns.

    `bulge` is how far a band that goes back swings out beside its boxes.
    """

    places: list[Place]
    courses: list[Course]
    width: float
    height: float
    gap: float
    bulge: float


def lay_out(river: River) -> Layout:
    """Place a river. The same river gives the same layout."""
    order = order_columns(river)
    scale = _scale(river)
    heights = [max(BOX_HEIGHT, _tenth(scale * max(side))) for side in _sides(river)]
    stacks = [sum(heights[box] for box in column) + _GAP * (len(column) - 1) for column in order]
    height = max(stacks, default=0)
    gap = 120 if len(order) <= 5 else 90
    places: dict[int, Place] = {}
    for at, column in enumerate(order):
        y = (height - stacks[at]) / 2
        for box in column:
            places[box] = Place(at * (BOX_WIDTH + gap), _tenth(y), heights[box])
            y += heights[box] + _GAP
    listed = [places[box] for box in range(len(river.boxes))]
    courses, bulge = _courses(river, listed, scale), gap * 0.6
    width: float = max(len(order) * (BOX_WIDTH + gap) - gap, 0)
    swung = [course.width / 2 for course in courses if course.x1 == course.x2 == width]
    width += bulge * 0.75 + max(swung) if swung else 0  # a curve reaches three quarters of its bends
    return Layout(listed, courses, _tenth(width), _tenth(height), gap, bulge)


def _tenth(value: float) -> float:
    return round(value, 1)


def is_onward(river: River, band: Band) -> bool:
    """Whether a band leads to a later column."""
    return river.boxes[band.source].column < river.boxes[band.target].column


def _sides(river: River) -> list[tuple[int, int]]:
    """Money at the left and at the right side of each box."""
    sides = [[0, box.held_minor + box.left_minor] for box in river.boxes]
    for band in river.bands:
        source, target = _attached(river, band)
        sides[band.source][source] += band.minor
        sides[band.target][target] += band.minor
    return [(left, right) for left, right in sides]


def _attached(river: River, band: Band) -> tuple[int, int]:
    """Sides (0 left, 1 right) of source and target a band is at: both right within a column, left to right back."""
    source, target = river.boxes[band.source].column, river.boxes[band.target].column
    return (1, 0) if source < target else (1, 1) if source == target else (0, 1)


def _scale(river: River) -> float:
    sides = _sides(river)
    fullest = max((sum(max(sides[box]) for box in column) for column in river.columns), default=0)
    if not river.counted:
        return 2.0 if fullest * 2 <= _STREAM else _STREAM / fullest
    return _STREAM / fullest if fullest else 0.0


def order_columns(river: River) -> list[list[int]]:
    """Boxes of each column from top to bottom with few crossings; a gathering box stays at the bottom."""
    order = [list(column) for column in river.columns]
    best, fewest = order, _crossings(river, order)
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        columns = range(1, len(order)) if rightwards else range(len(order) - 2, -1, -1)
        for column in columns:
            order = [*order]
            order[column] = _by_barycentre(river, order, column, rightwards)
        crossings = _crossings(river, order)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _by_barycentre(river: River, order: list[list[int]], column: int, rightwards: bool) -> list[int]:
    rank = {box: place for boxes in order for place, box in enumerate(boxes)}
    pulls: dict[int, list[int]] = {box: [0, 0] for box in order[column]}
    for band in river.bands:
        own, other = (band.target, band.source) if rightwards else (band.source, band.target)
        if own in pulls and is_onward(river, band):
            pulls[own][0] += band.minor * rank[other]
            pulls[own][1] += band.minor

    def key(box: int) -> tuple[bool, Fraction, int]:
        pull, weight = pulls[box]
        return (
            river.boxes[box].gathered > 1,
            Fraction(pull, weight) if weight else Fraction(rank[box]),
            rank[box],
        )

    return sorted(order[column], key=key)


def _crossings(river: River, order: list[list[int]]) -> int:
    """Money that crosses money: over pairs of crossing bands between the same columns, the smaller of the two."""
    rank = {box: place for boxes in order for place, box in enumerate(boxes)}
    pairs: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for band in river.bands:
        if is_onward(river, band):
            ends = river.boxes[band.source].column, river.boxes[band.target].column
            pairs.setdefault(ends, []).append((rank[band.source], rank[band.target], band.minor))
    return sum(
        min(one[2], other[2])
        for bands in pairs.values()
        for at, one in enumerate(bands)
        for other in bands[at + 1 :]
        if (one[0] - other[0]) * (one[1] - other[1]) < 0
    )


def _courses(river: River, places: list[Place], scale: float) -> list[Course]:
    """Bands side by side at each side of a box, in the order of where they lead, so that they cross little."""
    ports: dict[tuple[int, int], list[tuple[float, int, bool]]] = {}
    for at, band in enumerate(river.bands):
        sides = _attached(river, band)
        for own, other, side, leaving in (
            (band.source, band.target, sides[0], True),
            (band.target, band.source, sides[1], False),
        ):
            middle = places[other].y + places[other].height / 2
            ports.setdefault((own, side), []).append((middle, at, leaving))
    heights: dict[tuple[int, bool], float] = {}
    amounts = _sides(river)
    for (box, _), attached in sorted(ports.items()):
        y = places[box].y + (places[box].height - scale * max(amounts[box])) / 2
        for _, at, leaving in sorted(attached):
            width = scale * river.bands[at].minor
            heights[at, leaving] = y + width / 2
            y += width
    courses = []
    for at, band in enumerate(river.bands):
        source, target = _attached(river, band)
        x1, x2 = places[band.source].x + BOX_WIDTH * source, places[band.target].x + BOX_WIDTH * target
        y1, y2 = _tenth(heights[at, True]), _tenth(heights[at, False])
        width = max(_tenth(scale * band.minor), 1.0)
        courses.append(Course(band, x1, y1, x2, y2, width, is_onward(river, band)))
    return courses
