"""Making a script as long as was asked: the least important clauses go, or facts come."""

from dataclasses import dataclass, field

from aigc_lab.generate.phrases import clauses, closed, join, phrases, spoken

GAP, SMALLEST_GAP, LARGEST_GAP = 0.28, 0.15, 0.35  # s between two shots
TOLERANCE = 0.6  # s
RECAP = 4  # how dear the line is that sums up a lesson; nothing comes after it but the call to action


@dataclass
class Line:
    """A sentence of the script: what it is for, whose words it holds, how dear it is (`keep`: higher goes later)."""

    role: str
    text: str
    point: int = 0
    keep: int = 3
    source: str = "brief"  # brief | pattern | knowledge | question | model
    about: str = ""  # the subject that a fact is about
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts = self.parts or (
            clauses(self.text) if self.source == "brief" and self.role == "point" else [self.text]
        )

    @property
    def said(self) -> str:
        """The text as far as it is kept."""
        whole = join(self.parts)
        return whole if whole == self.text or not self.parts else closed(whole)


def cut(line: Line, language: str) -> tuple[str, ...]:
    """The phrases of a line, one for each shot; a model's line is one already."""
    if line.source == "model":
        return (line.text,)
    return phrases(line.said, language)


def length(lines: list[Line], language: str, gap: float = GAP) -> float:
    """Seconds that all lines take with a gap after each phrase."""
    return sum(spoken(p, language) + gap for line in lines for p in cut(line, language))


def off(lines: list[Line], language: str, seconds: float) -> float:
    """How far the lines are from `seconds`, 0 when gaps between the smallest and the largest can make up for it."""
    low, high = length(lines, language, SMALLEST_GAP), length(lines, language, LARGEST_GAP)
    return low - seconds if low > seconds else min(high - seconds, 0.0)


def shorten(lines: list[Line], language: str, seconds: float) -> list[str]:
    """Leave out clauses, then whole lines, until the lines fit; returns what was left out. The first words stay."""
    gone: list[str] = []
    while off(lines, language, seconds) > TOLERANCE:
        over = off(lines, language, seconds)
        loose = [(line, i) for line in lines for i in range(1, len(line.parts)) if line.role in ("point", "hook")]
        if loose:
            line, i = min(loose, key=lambda c: _worth(c[0], c[1], over, language))
            gone.append(line.parts.pop(i).strip("，,。. "))
            continue
        points = {line.point for line in lines if line.point}
        spare = [x for x in lines if x.role not in ("hook", "cta") and (len(points) > 1 or not x.point)]
        if not spare:
            break
        line = min(spare, key=lambda x: (x.keep, -x.point))
        lines.remove(line)
        if line.source == "brief":
            gone.append(line.text)
    return gone


def _worth(line: Line, part: int, over: float, language: str) -> float:
    """How much is lost with a clause: numbers weigh, and a clause much longer than the time that is over."""
    text = line.parts[part]
    waste = abs(spoken(text, language) - over)
    return line.keep + 0.4 * waste + (3 if any(c.isdigit() for c in text) else 0) - 0.1 * part


def lengthen(lines: list[Line], facts: list[Line], language: str, seconds: float) -> list[Line]:
    """Add facts, the first ones first, until the lines fit; returns those added, each put after its point's lines."""
    added: list[Line] = []
    waiting = list(facts)
    while waiting and off(lines, language, seconds) < -TOLERANCE:
        missing = -off(lines, language, seconds)
        fitting = [f for f in waiting if length([f], language, SMALLEST_GAP) <= missing + 2 * TOLERANCE]
        if not fitting:
            break
        first = fitting[0]
        alike = [f for f in fitting if (f.about, f.source) == (first.about, first.source)]
        enough = [f for f in alike if length([f], language, LARGEST_GAP) >= missing - TOLERANCE]
        best = enough[0] if enough else first
        waiting.remove(best)
        lines.insert(_place(lines, best), best)
        added.append(best)
    return added


def _place(lines: list[Line], fact: Line) -> int:
    """After the last line of the fact's point, else before what closes the script."""
    if fact.source == "pattern":  # a question leads up to the points
        hooks = [i for i, x in enumerate(lines) if x.role == "hook" or (x.source == "pattern" and not x.keep)]
        return hooks[-1] + 1
    same = [i for i, x in enumerate(lines) if x.point == fact.point and x.role == "point" and fact.point]
    if same:
        return same[-1] + 1
    body = [i for i, x in enumerate(lines) if x.role == "hook" or (x.role == "point" and x.keep != RECAP)]
    return body[-1] + 1 if body else 0
