"""A paper's content as Word: one layout for all kinds, written block by block with python-docx.

Fonts are named, not embedded: a Word of the house has 宋体 and 仿宋. Leaves alone: what is said (`content`).
"""

import io
from datetime import UTC, datetime
from typing import Any

from yipanqi.ops.papers.content import Content

_BODY, _TITLE, _LATIN = "仿宋", "宋体", "Times New Roman"
_GRID = "Table Grid"


def written(content: Content, *, made_at: datetime) -> bytes:
    """The content as a .docx."""
    import docx  # inline: lxml, which only a rendering needs
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Mm, Pt

    paper = docx.Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(28)
    _set_font(paper.styles["Normal"], _BODY, Pt(14))
    _set_head(paper, content, made_at)
    for words, size in ((content["unit"], 16), (content["title"], 22)):
        _say(paper, words, size=Pt(size), font=_TITLE, bold=True, align=ALIGN.CENTER)
    _say(paper, content["number"], align=ALIGN.RIGHT)
    if content["to"]:
        _say(paper, f"{content['to']}：")
    for block in content["blocks"]:
        _add_block(paper, block, indent=Pt(28))
    paper.add_paragraph()
    for words in content["signed"]:
        _say(paper, words)
    if content["stamped"]:
        _say(paper, f"{content['unit']}（印章）", align=ALIGN.RIGHT)
    _say(paper, content["date"], align=ALIGN.RIGHT)
    data = io.BytesIO()
    paper.save(data)
    return data.getvalue()


def _set_head(paper: Any, content: Content, made_at: datetime) -> None:
    """Who and when in the file's properties, the number at the foot, and 演练 at the head of a drill's paper."""
    about = paper.core_properties
    about.title, about.author, about.comments = content["title"], content["unit"], content["number"]
    about.last_modified_by, about.created = content["unit"], made_at.astimezone(UTC).replace(tzinfo=None)
    about.modified = about.created
    section = paper.sections[0]
    section.footer.paragraphs[0].text = content["number"]
    if content["drill"]:
        from docx.shared import Pt, RGBColor

        run = section.header.paragraphs[0].add_run("演　练")
        run.bold, run.font.size, run.font.color.rgb = True, Pt(48), RGBColor(0xC0, 0x20, 0x20)


def _add_block(paper: Any, block: dict[str, Any], *, indent: Any) -> None:
    if "heading" in block:
        _say(paper, block["heading"], bold=True)
    if "text" in block:
        for line in block["text"].split("\n"):
            _say(paper, line, indent=indent)
    elif "facts" in block:
        _add_table(paper, block["facts"], head=None)
    else:
        _add_table(paper, block["rows"], head=block["columns"])


def _add_table(paper: Any, rows: list[list[str]], *, head: list[str] | None) -> None:
    """A ruled table; a head stands again on every page."""
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    lines = [*([head] if head else []), *rows]
    columns = len(head) if head else 2
    table = paper.add_table(rows=len(lines), cols=columns, style=_GRID)
    for line, row in zip(lines, table.rows, strict=True):
        for cell, words in zip(row.cells, line, strict=True):
            cell.paragraphs[0].add_run(words).font.size = Pt(11 if head else 12)
    if head:
        for cell in table.rows[0].cells:
            cell.paragraphs[0].runs[0].bold = True
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    else:
        for row in table.rows:
            row.cells[0].width, row.cells[1].width = Mm(44), Mm(110)
    paper.add_paragraph()


def _say(
    paper: Any,
    words: str,
    *,
    size: Any = None,
    font: str = "",
    bold: bool = False,
    align: Any = None,
    indent: Any = None,
) -> None:
    paragraph = paper.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.first_line_indent = indent
    run = paragraph.add_run(words)
    run.bold = bold
    if font:
        _set_font(run, font, size)


def _set_font(styled: Any, east_asian: str, size: Any) -> None:
    """Latin and Chinese letters have fonts of their own in Word."""
    from docx.oxml.ns import qn

    styled.font.name, styled.font.size = _LATIN, size
    styled.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)
