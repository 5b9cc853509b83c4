"""The picture of a trace as PNG, drawn by typst from the SVG with the fonts of this machine.

typst resamples an image whose height is not exactly its width by its aspect ratio in 32-bit floats, and drops rows
of pixels then. So the SVG is drawn on a square, of which the page shows the part that is the picture. Leaves the
picture to `picture`.
"""

import re
from typing import Any, Final

_HEAD: Final = re.compile(r'(<svg [^>]*?)width="(\d+)" height="(\d+)" viewBox="[^"]*"')
_POINTS_PER_INCH: Final = 72
_PIXELS_PER_INCH: Final = 96  # of SVG


def picture_png(document: str, *, scale: int = 2, system_fonts: bool = True) -> bytes:
    """The document of `picture_svg` as PNG, `scale` pixels a point; a character no font holds is an empty box."""
    import typst  # inline: 30 MB that only a picture needs

    head = _HEAD.match(document)
    if head is None:
        raise ValueError("The document does not begin as picture_svg begins one.")
    width, height = int(head[2]), int(head[3])
    side = max(width, height)
    square = f'{head[1]}width="{side}" height="{side}" viewBox="0 0 {side} {side}"{document[head.end() :]}'
    page = (
        f"#set page(width: {_points(width)}pt, height: {_points(height)}pt, margin: 0pt)\n"
        f"#let side = {_points(side)}pt\n"
        '#place(top + left, image(bytes(sys.inputs.svg), format: "svg", width: side, height: side))'
    )
    made: Any = typst.compile(
        page.encode(),
        format="png",
        ppi=_POINTS_PER_INCH * scale,
        sys_inputs={"svg": square},
        ignore_system_fonts=not system_fonts,
    )
    return bytes(made)


def _points(pixels: int) -> float:
    return pixels * _POINTS_PER_INCH / _PIXELS_PER_INCH
