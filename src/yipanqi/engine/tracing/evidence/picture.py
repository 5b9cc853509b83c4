"""The picture of a trace (资金流向图): its money river as SVG.

Payers left, then level by level; boxes as tall and bands as wide as their traced money; green where it lies, dark
where it is out of reach, grey where it moved on. Words stand at their place, there is no legend. Leaves what flows
to `river`, places to `layout`, shapes to `svg`, and PNG to `raster`.
"""

from typing import Final, NamedTuple

from yipanqi.engine.tracing.evidence import svg
from yipanqi.engine.tracing.evidence.labels import Label, label_boxes
from yipanqi.engine.tracing.evidence.layout import BOX_WIDTH, Layout, Place, lay_out
from yipanqi.engine.tracing.evidence.provenance import Provenance
from yipanqi.engine.tracing.evidence.river import BOX_LIMIT, Box, River, make_river
from yipanqi.engine.tracing.evidence.svg import Canvas
from yipanqi.engine.tracing.evidence.wording import Showing, Wording, currency_of
from yipanqi.engine.tracing.result import Trace

_MARGIN: Final = 36
_HEAD: Final = 152  # title, basis, totals
_COLUMN_HEAD: Final = 54
_FOOT_LINE: Final = 19
_LEAST_WIDTH: Final = 980
_FATES: Final = {"passed": svg.INK_SOFT, "held": svg.HELD, "left": svg.INK}


class _Scene(NamedTuple):
    river: River
    layout: Layout
    labels: list[Label]
    wording: Wording
    currency: str
    left: float  # where the river begins
    top: float


def picture_svg(trace: Trace, provenance: Provenance, showing: Showing | None = None) -> str:
    """The picture as an SVG document; amounts are traced money. The same trace gives the same text."""
    wording, currency = Wording(showing or Showing(), provenance.zone), currency_of(trace)
    river = make_river(trace)
    layout = lay_out(river)
    feet = _feet(trace, provenance, river, wording)
    width = max(layout.width, _LEAST_WIDTH - 2 * _MARGIN) + 2 * _MARGIN
    top = _MARGIN + _HEAD + _COLUMN_HEAD
    height = top + layout.height + _MARGIN + _FOOT_LINE * len(feet) + _MARGIN / 2
    canvas = Canvas(_whole(width), _whole(height), wording.say("title.picture"), f"SHA-256 {trace.digest}")
    left = (width - layout.width) / 2
    scene = _Scene(river, layout, label_boxes(river, wording, currency), wording, currency, left, top)
    _draw_head(canvas, trace, wording, currency)
    _draw_column_heads(canvas, scene)
    _draw_bands(canvas, scene)
    for box, place, label in zip(river.boxes, layout.places, scene.labels, strict=True):
        _draw_box(canvas, scene, box, place, label)
    for line, text in enumerate(feet):
        y = top + layout.height + _MARGIN + _FOOT_LINE * (line + 0.5)
        canvas.text(_MARGIN, y, text, size=11, colour=svg.INK_FAINT)
    return canvas.document()


def _whole(size: float) -> int:
    """The next multiple of 4 pixels, which is 3 points: `raster` wants whole points."""
    return -int(-size // 4) * 4


def _feet(trace: Trace, provenance: Provenance, river: River, wording: Wording) -> list[str]:
    say = wording.say
    notes = [say("picture.reading" if river.counted else "picture.counted")]
    notes += [say("picture.limit", limit=BOX_LIMIT)] if river.gathers else []
    notes += [say("picture.ambiguous", count=f"{len(trace.ambiguous):,}")] if trace.ambiguous else []
    made = (
        f"{say('field.pack')} {provenance.pack_id} {provenance.pack_version}",
        f"{say('field.program')} {provenance.program}",
        f"{say('field.zone')} {provenance.zone.key}",
    )
    return [*notes, f"{say('field.ledger')} {trace.digest}", " · ".join(made)]


def _draw_head(canvas: Canvas, trace: Trace, wording: Wording, currency: str) -> None:
    say, totals = wording.say, trace.totals
    canvas.text(_MARGIN, _MARGIN + 22, say("title.picture"), size=24, bold=True)
    until = wording.time(trace.until) if trace.until else say("until.end")
    starts = sum(transfer.is_seed for transfer in trace.transfers)
    basis = (
        f"{say('field.method')} {say(f'method.{trace.method}')}",
        f"{say('part.seeds')} {starts:,}",
        f"{say('field.until')} {until}",
    )
    canvas.text(_MARGIN, _MARGIN + 48, " · ".join(basis), size=13, colour=svg.INK_SOFT)
    y = _MARGIN + 84
    if totals is None:
        canvas.text(_MARGIN, y + 12, say("total.unknown"), size=14, colour=svg.INK_SOFT)
        return
    parts = [
        ("seeded", totals.seeded_minor, svg.INK),
        ("held", totals.held_minor, svg.HELD),
        ("left_system", totals.left_system_minor, svg.INK),
        *([("displaced", totals.displaced_minor, svg.INK_SOFT)] if totals.displaced_minor else []),
    ]
    x: float = _MARGIN
    for at, (name, minor, colour) in enumerate(parts):
        if at:
            canvas.text(x, y + 24, "=" if at == 1 else "+", size=18, colour=svg.INK_FAINT)
            x += 30
        word = say(f"total.{name}") + (f" ({currency})" if not at else "")
        amount = wording.amount(minor, currency)
        canvas.text(x, y, word, size=12, colour=svg.INK_FAINT)
        canvas.text(x, y + 25, amount, size=20, colour=colour, bold=True)
        x += max(svg.text_width(word, 12), svg.text_width(amount, 20, bold=True)) + 26


def _draw_column_heads(canvas: Canvas, scene: _Scene) -> None:
    river, wording, say = scene.river, scene.wording, scene.wording.say
    for column, places in enumerate(river.columns):
        if not places:
            continue
        boxes = [river.boxes[place] for place in places]
        x = scene.left + column * (BOX_WIDTH + scene.layout.gap)
        deeper = river.deeper and column == len(river.columns) - 1
        title = say("level.deeper", number=wording.number(column)) if deeper else wording.level(column)
        canvas.text(x, scene.top - 34, title, size=15, bold=True)
        count = sum(box.gathered for box in boxes)
        phrases = [(say("picture.accounts", count=f"{count:,}"), svg.INK_FAINT, False)]
        held = sum(box.held_minor for box in boxes)
        if held:
            amount = wording.short(held, scene.currency)
            phrases.append((f"{say('end.held')} {amount}", svg.HELD, True))
        canvas.phrases(x, scene.top - 14, phrases)


def _draw_bands(canvas: Canvas, scene: _Scene) -> None:
    """Wide ones below narrow ones, those that stay on a level or go back above all."""
    for course in sorted(
        scene.layout.courses, key=lambda each: (not each.onward, -each.width, each.y1, each.y2)
    ):
        x1, x2 = course.x1 + scene.left, course.x2 + scene.left
        y1, y2 = course.y1 + scene.top, course.y2 + scene.top
        if course.onward:
            colour, opacity = _colour(scene.river.boxes[course.band.target])
            canvas.band(x1, y1, x2, y2, course.width, colour, opacity)
            continue
        head, bulge = max(6.0, min(course.width, 14.0)), scene.layout.bulge
        bend = x1 - bulge if x2 < x1 else x1 + bulge
        canvas.curve((x1, y1, bend, y1, x2 + bulge, y2, x2 + head, y2), course.width, svg.INK_FAINT, 0.45)
        canvas.arrow(x2, y2, head, svg.INK_FAINT)


def _colour(target: Box) -> tuple[str, float]:
    """The colour of what becomes of most money in the box a band leads to."""
    if target.held_minor > max(target.out_minor, target.left_minor):
        return svg.HELD_SOFT, 0.75
    if target.left_minor > target.out_minor or (target.end and not target.in_minor):
        return svg.OUT_OF_REACH, 0.55
    return svg.PASSED, 0.7


def _draw_box(canvas: Canvas, scene: _Scene, box: Box, place: Place, label: Label) -> None:
    x, y = place.x + scene.left, place.y + scene.top
    canvas.open(label.tip)
    fill = svg.SUNKEN if box.gathered > 1 else svg.SURFACE
    canvas.rect(x, y, BOX_WIDTH, place.height, fill, radius=6, line=svg.LINE)
    _draw_fates(canvas, box, x, y, place.height)
    room = BOX_WIDTH - 24
    line = y + place.height / 2 - (12 if label.fates else 3)
    canvas.text(x + 16, line, svg.fitted(label.name, 13, room, bold=True), size=13, bold=True)
    canvas.text(x + 16, line + 17, svg.fitted(label.arrival, 12, room), colour=svg.INK_SOFT)
    phrases = [(words, _FATES[fate], fate != "passed") for fate, words in label.fates]
    if phrases:
        canvas.phrases(x + 16, line + 34, phrases)
    canvas.close()


def _draw_fates(canvas: Canvas, box: Box, x: float, y: float, height: float) -> None:
    """A bar at the left of a box, split as its money was: moved on, held, out of reach."""
    parts = [(box.out_minor, svg.PASSED), (box.held_minor, svg.HELD), (box.left_minor, svg.OUT_OF_REACH)]
    whole = sum(minor for minor, _ in parts)
    top, room = y + 6, height - 12
    if not whole:
        colour = svg.OUT_OF_REACH if box.end else svg.PASSED
        canvas.rect(x + 6, top, 4, room, colour)
        return
    for minor, colour in parts:
        if minor:
            canvas.rect(x + 6, top, 4, room * minor / whole, colour)
            top += room * minor / whole
