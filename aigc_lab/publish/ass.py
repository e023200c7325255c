"""Advanced SubStation Alpha: the few parts of the script format that the overlay needs.

Times are given in frames. libass shows an event at a frame when start <= time of the frame < end; the script has
hundredths of a second, so a boundary is put between two frames: nothing starts a frame early or late, and two events
that meet at a cut never overlap.
"""

from collections.abc import Callable

from aigc_lab.publish.fonts import BLACK, FULL, LINE, SANS, font_runs
from aigc_lab.publish.platforms import HEIGHT, WIDTH

FPS = 30
HEADER = f"""[Script Info]
ScriptType: v4.00+
PlayResX: {WIDTH}
PlayResY: {HEIGHT}
ScaledBorderAndShadow: yes
WrapStyle: 2
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, \
MarginV, Encoding
{{styles}}
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
PLAIN = f"Style: Plain,{SANS},100,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,-1,0,0,0,100,100,0,0,1,0,0,7,0,0,0,1\n"


def between_frames(frame: int) -> int:
    """Hundredths of a second just before this frame and after the one before it."""
    return max(0, (100 * frame - FPS) // FPS) if frame > 0 else 0


def stamp(hundredths: int) -> str:
    """Hundredths of a second as H:MM:SS.cc."""
    return f"{hundredths // 360000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def escape(text: str) -> str:
    """A person's text so that libass shows it as it is: no override tags, no line breaks.

    A backslash has no escape in the format; it becomes the fullwidth one.
    """
    return text.replace("\\", "＼").replace("{", "\\{").replace("}", "\\}").replace("\n", " ")


def color(value: str) -> str:
    """#rrggbb as ASS writes it, &HBBGGRR&."""
    return f"&H{value[5:7]}{value[3:5]}{value[1:3]}&".upper()


def alpha(opacity: float) -> str:
    """Opacity 0..1 as ASS writes it, &HAA& with 00 for opaque."""
    return f"&H{round(255 * (1 - min(max(opacity, 0), 1))):02X}&"


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def font_size(em: float) -> str:
    """The ASS font size of an em size in pixels (ASS measures ascent + descent)."""
    return number(em * LINE[SANS])


def text_body(text: str, family: str = SANS, em: float = 74) -> str:
    """Escaped text with the fonts that its letters need, back in `family` at its end."""
    weight = {SANS: 1, BLACK: 0, FULL: 1}
    head = f"{{\\fn{family}\\b{weight[family]}\\fs{font_size(em)}}}"
    out, now = head, family
    for name, piece in font_runs(text, family):
        if name != now:
            out += f"{{\\fn{name}\\b{weight[name]}}}"
        out, now = out + escape(piece), name
    return out if now == family else out + f"{{\\fn{family}\\b{weight[family]}}}"


class Script:
    """An ASS script under construction: events in the order they were added, in layers (higher is nearer)."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def show(self, layer: int, first: int, last: int, text: str) -> None:
        """Show `text` (tags and all) from frame `first` up to, not including, frame `last`."""
        if last > first:
            start, end = stamp(between_frames(first)), stamp(between_frames(last))
            self.events.append(f"Dialogue: {layer},{start},{end},Plain,,0,0,0,,{text}\n")

    def animate(self, layer: int, first: int, last: int, tags: Callable[[int], str], body: str) -> None:
        """Show `body` with the tags of each frame, counted from 0 at `first`; equal neighbours become one event."""
        since, now = first, tags(0)
        for frame in range(first + 1, last):
            following = tags(frame - first)
            if following != now:
                self.show(layer, since, frame, f"{{{now}}}{body}")
                since, now = frame, following
        self.show(layer, since, last, f"{{{now}}}{body}")

    def text(self) -> str:
        """The whole script."""
        return HEADER.format(styles=PLAIN) + "".join(self.events)
