"""A paper's content as PDF, drawn by typst with `paper.typ` and a Chinese font of this machine.

A machine without such a font draws nothing: a paper is rendered once, and would keep its empty boxes for good.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.papers.content import Content, canonical

FAMILIES = (
    *("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "SimSun", "Songti SC"),
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "WenQuanYi Zen Hei"),
)


class FontMissing(YipanqiError):
    """No font of this machine holds Chinese letters; a worker's matter, nobody at a desk meets it."""

    code = "font_missing"


def printed(content: Content, *, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """The content as PDF, or its first page as PNG. Raises FontMissing."""
    import typst  # inline: 30 MB that only a rendering needs

    made: Any = typst.compile(
        files("yipanqi.ops.papers").joinpath("paper.typ").read_bytes(),
        format=form,
        sys_inputs={"paper": canonical(content), "family": find_family(installed_families())},
    )
    return bytes(made[0] if isinstance(made, list) else made)


@cache
def installed_families() -> frozenset[str]:
    """The names of the fonts that typst finds here."""
    import typst

    return frozenset(typst.Fonts().families())


def find_family(installed: frozenset[str]) -> str:
    """The first font of the house's list that is installed. Raises FontMissing."""
    for family in FAMILIES:
        if family in installed:
            return family
    raise FontMissing(f"install one of these fonts: {', '.join(FAMILIES)}")
