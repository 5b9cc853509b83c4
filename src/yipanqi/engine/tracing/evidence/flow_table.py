"""The flow table (资金流向表) of a trace as an XLSX workbook, ready to print on A4 across.

The same trace gives the same bytes: no clock, no machine, no author. Every text is written as text, so that account
numbers keep their digits and nothing can act as a formula. Leaves what stands on the sheets to `sheets`.
"""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from yipanqi.engine.tracing.evidence.provenance import EvidenceError, Provenance
from yipanqi.engine.tracing.evidence.sheets import (
    Cell,
    Money,
    Sheet,
    accounts_sheet,
    matter_of,
    notes_sheet,
    owners_sheet,
    summary_sheet,
    transfers_sheet,
)
from yipanqi.engine.tracing.evidence.svg import text_width
from yipanqi.engine.tracing.evidence.wording import Showing, Wording
from yipanqi.engine.tracing.result import Trace, exponent_of
from yipanqi.kernel.money import format_amount

MAX_ROWS: Final = 1_000_000  # a sheet of a workbook holds 1,048,576
_A4: Final = 9
_FONTS: Final = {"zh": "Microsoft YaHei", "en": "Arial"}
_CREATED_AT: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_CHARACTERS: Final = 2.0  # a column's width counts figures, half as wide as a Chinese character
_LINE_POINTS: Final = 16
_EXACT_BELOW: Final = 10**15  # more digits than spreadsheets keep
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 18},
    "part": {"bold": True, "font_size": 12, "bottom": 1, "bottom_color": "#8E9BAC"},
    "head": {"bold": True, "bg_color": "#EBEFF4", "border": 1, "border_color": "#C3CCD8", "text_wrap": True},
    "plain": {},
    "sum": {"bold": True},
    "note": {"text_wrap": True},
}


def flow_table(trace: Trace, provenance: Provenance, showing: Showing | None = None) -> bytes:
    """The workbook's bytes. Raises EvidenceError when the trace has more rows than a sheet can hold."""
    import xlsxwriter  # inline: a trace without a table need not wait for it

    if max(len(trace.transfers), len(trace.accounts), len(trace.owners)) > MAX_ROWS:
        raise EvidenceError(
            f"a flow table holds at most {MAX_ROWS:,} rows; the trace has {len(trace.transfers):,} transfers",
            code="flow_table_too_long",
            limit=MAX_ROWS,
        )
    wording = Wording(showing or Showing(), provenance.zone)
    matter = matter_of(trace, provenance, wording)
    makers = [summary_sheet, accounts_sheet, transfers_sheet, notes_sheet]
    if len(trace.seeds) > 1 and trace.owners:
        makers.insert(3, owners_sheet)
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        title = wording.say("title.table")
        book.set_properties({"title": title, "comments": trace.digest, "created": _CREATED_AT})
        writer = _Writer(
            book,
            _FONTS[wording.showing.lang],
            f"&L&10{title}",
            f"&L&8{trace.digest}&R&9{wording.say('footer.page')}",
        )
        for maker in makers:
            writer.write(maker(matter))
    return file.getvalue()


class _Writer:
    """Writes sheets into one workbook, each with the same head and foot in print."""

    def __init__(self, book: Any, font: str, head: str, foot: str) -> None:
        self._book, self._font, self._head, self._foot = book, font, head, foot
        self._formats: dict[tuple[str, str], Any] = {}

    def write(self, sheet: Sheet) -> None:
        page = self._book.add_worksheet(sheet.name)
        for column, width in enumerate(sheet.widths):
            page.set_column(column, column, width)
        for line, row in enumerate(sheet.rows):
            if row.style == "note":
                self._note(page, line, str(row.cells[0]), sheet.widths)
                continue
            for column, cell in enumerate(row.cells):
                self._put(page, line, column, cell, row.style)
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.set_header(f"{self._head} · {sheet.name}")
        page.set_footer(self._foot)
        page.ignore_errors({"number_stored_as_text": f"A1:Z{len(sheet.rows) + 1}"})
        if sheet.listed:
            page.freeze_panes(1, 0)
            page.repeat_rows(0)
            page.autofilter(0, 0, max(len(sheet.rows) - 1, 1), len(sheet.widths) - 1)

    def _note(self, page: Any, line: int, text: str, widths: tuple[int, ...]) -> None:
        """A wrapped sentence over all columns, in a line as high as it needs."""
        wrapped = -(-int(text_width(text, _CHARACTERS)) // sum(widths))
        page.merge_range(line, 0, line, len(widths) - 1, "", self._format("note", "text"))
        page.write_string(line, 0, text, self._format("note", "text"))
        page.set_row(line, _LINE_POINTS * max(wrapped, 1))

    def _put(self, page: Any, line: int, column: int, cell: Cell, style: str) -> None:
        if isinstance(cell, Money):
            exponent = exponent_of(cell.currency)
            if abs(cell.minor) < _EXACT_BELOW:
                page.write_number(
                    line, column, cell.minor / 10**exponent, self._format(style, f"money{exponent}")
                )
            else:
                text = format_amount(cell.minor, exponent=exponent)
                page.write_string(line, column, text, self._format(style, "right"))
        elif isinstance(cell, int):
            page.write_number(line, column, cell, self._format(style, "count"))
        elif cell is not None:
            page.write_string(line, column, cell, self._format(style, "text"))

    def _format(self, style: str, kind: str) -> Any:
        if (style, kind) not in self._formats:
            own: dict[str, Any] = {
                "font_name": self._font,
                "font_size": 10,
                "valign": "vcenter",
                **_STYLES[style],
            }
            if kind.startswith("money"):
                places = int(kind.removeprefix("money"))
                own |= {"num_format": "#,##0" + ("." + "0" * places if places else ""), "align": "right"}
            elif kind == "count":
                own |= {"num_format": "#,##0", "align": "left"}
            else:
                own |= {"num_format": "@", "align": "right" if kind == "right" else "left"}
            self._formats[style, kind] = self._book.add_format(own)
        return self._formats[style, kind]
