"""Places of boxes and bands: no overlap, widths to scale, few crossings, the same each time."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tracing.evidence.sample import case
from tests.engine.tracing.ledgers import ledger_of, ledgers
from yipanqi.engine.tracing.evidence.layout import BOX_HEIGHT, BOX_WIDTH, lay_out, order_columns
from yipanqi.engine.tracing.evidence.river import Band, Box, River, make_river
from yipanqi.engine.tracing.tracing import TraceError, trace


def river_of(columns, bands):
    """A river by names: columns of boxes, and bands as (from, to, money)."""
    names = [name for column in columns for name in column]
    boxes = [Box((name, 0), at, in_minor=1) for at, column in enumerate(columns) for name in column]
    made = [Band(names.index(one), names.index(other), minor, 1) for one, other, minor in bands]
    places = iter(range(len(names)))
    numbered = [[next(places) for _ in column] for column in columns]
    return River(boxes, made, numbered, True, False, False)


def test_crossed_bands_are_uncrossed():
    river = river_of(["ab", "cd", "ef"], [("a", "d", 5), ("b", "c", 5), ("c", "f", 5), ("d", "e", 5)])
    order = order_columns(river)
    names = [[river.boxes[box].key[0] for box in column] for column in order]
    crossings = [names[0].index("a") < names[0].index("b"), names[1].index("d") < names[1].index("c"),
                 names[2].index("e") < names[2].index("f")]  # fmt: skip
    assert len(set(crossings)) == 1


def test_widths_are_to_scale_and_bands_side_by_side_fill_their_box():
    river = river_of(["a", "bc"], [("a", "b", 300), ("a", "c", 100)])
    layout = lay_out(river)
    wide, narrow = sorted((course.width for course in layout.courses), reverse=True)
    assert wide == 3 * narrow
    assert abs(layout.places[0].height - wide - narrow) < 0.2
    middles = sorted((course.y1, course.width) for course in layout.courses)
    assert abs(middles[1][0] - middles[0][0] - (wide + narrow) / 2) < 0.2


def test_money_that_stays_on_a_level_or_goes_back_is_told_apart():
    river = river_of(["a", "bc", "d"], [("a", "b", 5), ("b", "c", 3), ("c", "d", 2), ("d", "b", 1)])
    courses = {course.band.minor: course for course in lay_out(river).courses}
    assert [courses[minor].onward for minor in (5, 3, 2, 1)] == [True, False, True, False]
    assert courses[3].x1 == courses[3].x2 and courses[1].x2 < courses[1].x1


def test_an_empty_river_has_a_layout():
    layout = lay_out(River([], [], [], True, False, False))
    assert (layout.places, layout.courses, layout.width, layout.height) == ([], [], 0, 0)


def test_the_same_river_gives_the_same_layout():
    assert lay_out(make_river(case())) == lay_out(make_river(case()))


@settings(max_examples=200, deadline=None)
@given(ledgers(), st.sampled_from(["fifo", "haircut", "poison"]), st.data())
def test_boxes_of_a_column_do_not_overlap_and_bands_end_at_their_boxes(rows, method, data):
    seeds = data.draw(
        st.lists(st.sampled_from([row.id for row in rows]), min_size=1, max_size=4, unique=True)
    )
    try:
        river = make_river(trace(ledger_of(rows), seeds, method=method), box_limit=3, column_limit=4)
    except TraceError:  # seeds of two currencies
        return
    layout = lay_out(river)
    for column in river.columns:
        stacked = sorted((layout.places[box] for box in column), key=lambda place: place.y)
        assert all(one.y + one.height < other.y for one, other in pairwise(stacked))
    for place in layout.places:
        assert place.height >= BOX_HEIGHT and place.y >= -0.1
        assert place.y + place.height <= layout.height + 0.1
    for course in layout.courses:
        for x, y, box in (
            (course.x1, course.y1, course.band.source),
            (course.x2, course.y2, course.band.target),
        ):
            place = layout.places[box]
            assert x in (place.x, place.x + BOX_WIDTH)
            assert place.y - 0.2 <= y <= place.y + place.height + 0.2
