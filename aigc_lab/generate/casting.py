"""From the lines of a script to shots: a subject for each phrase, words on the screen, colours, moves."""

import re
from dataclasses import dataclass

import numpy as np

from aigc_lab.brief import Brief
from aigc_lab.generate.fitting import LARGEST_GAP, RECAP, SMALLEST_GAP, Line, cut
from aigc_lab.generate.headlines import emphasis, headline
from aigc_lab.generate.phrases import is_cjk, spoken
from aigc_lab.generate.sentences import fill, patterns_for
from aigc_lab.storyboard import Shot
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import find_words, near, subject_of

PALETTES = {  # of a theme, when nobody names one
    "technology": ("ocean", "violet", "sky"),
    "food": ("brick", "sunset", "peach"),
    "travel": ("sky", "ocean", "sunset"),
    "nature": ("forest", "jade", "mint"),
    "city": ("slate", "sky", "sunset"),
    "sports": ("sunset", "lemon", "ocean"),
    "education": ("sky", "mint", "lemon"),
    "fashion": ("berry", "peach", "violet"),
    "festival": ("sunset", "berry", "lemon"),
    "home": ("peach", "mint", "brick"),
}
ALTERNATE = {  # what goes with a palette from section to section
    "ocean": "sky", "sunset": "peach", "forest": "jade", "berry": "violet", "sky": "ocean", "lemon": "mint",
    "mint": "jade", "brick": "peach", "violet": "berry", "peach": "sunset", "slate": "ocean", "jade": "forest",
}  # fmt: skip


# for words that name no thing
OPEN = ("bulb", "open-book", "compass", "pencil", "telescope", "clock", "map", "trophy")


@dataclass(frozen=True)
class Cast:
    """What a shot shows and how it was chosen."""

    subject: str
    theme: str
    why: str


def shots_of(lines: list[Line], brief: Brief, theme: str, palette: str) -> list[Shot]:
    """One shot for each phrase of the lines, cast, timed from 0 and numbered from 1."""
    language = brief.language or "en-US"
    said = [(line, phrase) for line in lines for phrase in cut(line, language)]
    director = _Director(brief, theme, language)
    lengths = np.array([spoken(p, language) for _, p in said])
    gap = float(np.clip((brief.seconds - lengths.sum()) / max(len(said), 1), SMALLEST_GAP, LARGEST_GAP))
    starts = np.concatenate([[0.0], np.cumsum(lengths + gap)])
    shots = []
    for number, (line, phrase) in enumerate(said, 1):
        cast = director.cast(line, phrase)
        shots.append(Shot(
            id=number, role=line.role, say=phrase[:300], headline=_headline(line, phrase), point=line.point,
            emphasis=emphasis(phrase, [brief.product or "", brief.price or ""]),
            theme=cast.theme, subject=cast.subject, why=cast.why, seed=seed_of(brief.seed, number),
            start=round(float(starts[number - 1]), 3), seconds=round(max(float(lengths[number - 1]) + gap, 0.4), 3),
        ))  # fmt: skip
    sections = [x.point or 100 + lines.index(x) for x, _ in said]
    _color_and_move(shots, sections, palette)
    return shots


def _headline(line: Line, phrase: str) -> str:
    """The headline of a shot; an English question of ours that is too long to show whole has none."""
    if line.source == "pattern" and line.keep == RECAP:
        return re.split(r"[：:]", phrase)[0] if re.search(r"[：:]", phrase) else ""
    if (
        line.source in ("pattern", "question")
        and line.role == "point"
        and not is_cjk(phrase)
        and len(phrase.split()) > 5
    ):
        return ""
    return headline(phrase, hook=line.role in ("hook", "proof"))[:60]


def recast(shot: Shot, subject: str, language: str) -> None:
    """Give a shot the subject that the language model chose for it."""
    word = vocabulary().subjects[subject]
    shot.subject, shot.theme = subject, word.theme
    shot.why = fill(patterns_for(language)["why"]["model"], name=word.zh if language.startswith("zh") else subject)


def seed_of(seed: int, shot_id: int) -> int:
    """The seed of one shot, from the storyboard's seed and the shot's number."""
    return int(np.random.default_rng([seed, shot_id]).integers(2**31))


def _color_and_move(shots: list[Shot], sections: list[int], palette: str) -> None:
    """A palette that changes with each new section, and a move for each shot."""
    other, section, before = ALTERNATE[palette], 0, None
    for i, shot in enumerate(shots):
        key = sections[i]
        section += before is not None and key != before and shot.role != "hook"
        before = key
        shot.palette = palette if section % 2 == 0 or shot.role in ("hook", "cta") else other
        if shot.role in ("hook", "cta"):
            shot.motion = "in" if shot.role == "hook" else "out"
        else:
            shot.motion = ("left", "right", "up", "right", "left", "in")[i % 6] if shot.role == "point" else "in"


class _Director:
    """Chooses a subject for one phrase after the other and remembers which ones were seen."""

    def __init__(self, brief: Brief, theme: str, language: str) -> None:
        self.language, self.theme = language, theme
        self.seen: list[str] = []
        self.why = patterns_for(language)["why"]
        self.product = brief.product or ""
        self.topic = subject_of(brief.topic) or subject_of(self.product)
        self.rng = np.random.default_rng([brief.seed, 2])

    def cast(self, line: Line, phrase: str) -> Cast:
        """What a fact is about, the phrase's own word, the same point's word, the topic's and what goes with it."""
        last, text = self.seen[-1:], line.text
        if self._sells(line, phrase):
            return self._chosen(self.topic.label, "topic", word=self.topic.word)
        if line.role == "offer":
            return self._chosen("gift", "offer")
        if self.product:  # a name chooses no picture: Harbour Roast shows no boat
            phrase, text = (re.sub(re.escape(self.product), " ", t, flags=re.I) for t in (phrase, text))
        if line.about and line.about not in last:
            return self._chosen(line.about, "point", word=self._name(line.about))
        own = [m for m in find_words(phrase) if m.kind == "subject"]
        wider = [m for m in find_words(text) if m.kind == "subject" and not m.weak]
        strong = [m for m in own if not m.weak]
        again = not (self.product and line.role == "hook")  # an ad's second hook shows another thing
        for match in strong:
            if match.label not in last or (again and len(strong) == 1 and self.seen[-2:] != [match.label] * 2):
                return self._chosen(match.label, "word", word=match.word)
        options = [(m.label, "point", m.word) for m in wider] + [(m.label, "word", m.word) for m in own if m.weak]
        for label, why, word in options:
            if label not in last:
                return self._chosen(label, why, word=word)
        for match in (m for m in find_words(phrase) if m.kind == "theme"):
            return self._of_theme(match.label, match.word)
        return self._fallback(line, last)

    def _sells(self, line: Line, phrase: str) -> bool:
        """Whether a phrase of an ad is about the product itself, whatever other things its words may name."""
        named = bool(self.product) and self.product.casefold() in phrase.casefold()
        if not self.product or self.topic is None:
            return False
        return named or line.role == "cta" or (line.role == "offer" and self.topic.label not in self.seen[-1:])

    def _fallback(self, line: Line, last: list[str]) -> Cast:
        """For a phrase that names no thing: the topic's subject, what goes with it, the theme's, else a symbol."""
        if self.topic:
            label, ends = self.topic.label, line.role in ("hook", "cta")
            if label not in last and (ends or label not in self.seen[-2:]):
                return self._chosen(label, "topic", word=self.topic.word)
            beside = [s for s in near(label) if s not in self.seen[-3:]]
            if beside:
                return self._chosen(beside[0], "related", other=self._name(label))
        if self.theme:
            return self._of_theme(self.theme, "")
        return self._chosen(next(s for s in OPEN if s not in self.seen[-6:]), "default")

    def _of_theme(self, theme: str, word: str) -> Cast:
        choices = [s for s in vocabulary().subjects_of(theme) if s not in self.seen[-1:]]
        fresh = [s for s in choices if s not in self.seen] or choices
        subject = fresh[int(self.rng.integers(min(2, len(fresh))))]  # the vocabulary begins with the most typical
        name = vocabulary().themes[theme].name(self.language)
        return self._chosen(subject, "theme" if word else "brief", word=word, theme=name)

    def _chosen(self, subject: str, why: str, **slots: str) -> Cast:
        self.seen.append(subject)
        return Cast(
            subject, vocabulary().subjects[subject].theme, fill(self.why[why], name=self._name(subject), **slots)
        )

    def _name(self, subject: str) -> str:
        word = vocabulary().subjects[subject]
        return word.zh if self.language.startswith("zh") else subject
