"""A chart for a notebook: drawn by matplotlib with the shipped font, so that Chinese labels show on every machine."""

import base64
import io
from collections.abc import Callable
from functools import cache
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from PIL import Image

from aigc_lab.course.page import View, language
from aigc_lab.publish.fonts import FULL, font_file

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#777777"  # told apart by every eye (Okabe and Ito 2008)
DOTS, COLORS = 96, 32  # an inch; in a PNG, which is a third as large with so few


def chart(draw: Callable[[Axes], None], alt: str, size: tuple[float, float] = (8.0, 2.6)) -> View:
    """What `draw` puts on the axes that it is given, as a PNG; size: width and height in inches.

    alt: what the chart shows, for those who cannot see it.
    """
    style = {"font.family": _font(), "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=size, dpi=DOTS, layout="constrained")
        draw(figure.add_subplot())
        raw, out = io.BytesIO(), io.BytesIO()
        figure.savefig(raw, format="png")
    Image.open(raw).convert("RGB").quantize(COLORS).save(out, "PNG", optimize=True)
    source = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
    image = f'<img src="{source}" alt="{escape(alt)}" style="max-width:100%">'
    html = f'<figure lang="{language()}" style="margin:6px 0">{image}</figure>'
    return View(html, f"[{alt}]", out.getvalue(), alt)


@cache
def _font() -> str:
    """The name of Noto Sans SC, which matplotlib knows from then on."""
    fontManager.addfont(str(font_file(FULL)))
    return FontProperties(fname=str(font_file(FULL))).get_name()
