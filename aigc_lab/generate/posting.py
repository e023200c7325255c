"""The words that go with a video when it is posted: title, description, hashtags."""

import re

from aigc_lab.brief import Brief
from aigc_lab.generate.phrases import is_cjk, join
from aigc_lab.generate.sentences import patterns_for
from aigc_lab.generate.topics import read_topic
from aigc_lab.storyboard import Post, Storyboard
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import load_words


def platforms() -> list[str]:
    """Ids of the platforms that are known by name."""
    return list(load_words("keywords")["platforms"])


def write_post(brief: Brief, board: Storyboard) -> Post:
    """Title (30 Chinese characters or 70 letters at most), description of two to four lines, four to eight hashtags."""
    own = patterns_for(board.language)["post"]
    points = [p.rstrip("。. ") for p in brief.points] or [p.rstrip("。. ") for p in _said(board)]
    mark = "；" if is_cjk("".join(points)) else " · "
    lines = [shortened(mark.join(points), 110 if is_cjk("".join(points)) else 220)] if points else []
    offer = [t for t in (brief.offer, brief.price) if t]
    lines += [mark.join(dict.fromkeys(offer))] if offer else []
    lines += [own["ai"]] if board.ai_label else []
    lines.append(own["credits"])
    return Post(
        title=shortened(board.title, 30 if is_cjk(board.title) else 70),
        description="\n".join(lines[:4]), hashtags=_hashtags(brief, board, own),
    )  # fmt: skip


def _said(board: Storyboard) -> list[str]:
    said = join(s.say for s in board.shots if s.role == "point")
    return [c.strip() for c in re.split(r"(?<=[。！？])|(?<=[.!?])\s", said) if c.strip()][:3]


def shortened(text: str, most: int) -> str:
    """`text` in at most `most` characters, cut between words and marked with … where something is left out."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    if " " in kept[most // 2 :] and not is_cjk(kept):
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip("，,、；;：: ·") + "…"


def _hashtags(brief: Brief, board: Storyboard, own: dict) -> list[str]:
    words, seen = vocabulary(), [s.subject for s in board.shots if s.role in ("hook", "point")]
    often = sorted(dict.fromkeys(seen), key=lambda s: -seen.count(s))
    themes = [s.theme for s in board.shots]
    theme = max(dict.fromkeys(themes), key=themes.count)
    names = [brief.product or "", read_topic(brief.topic, board.language).noun]
    names += [words.subjects[s].name(board.language) for s in often[:2]] + [words.themes[theme].name(board.language)]
    names += [*own["tags"][board.kind], own["ai_tag"]]
    tags = [re.sub(r"[\W_]", "", n) for n in names if len(n) < 25]
    tags = [t if not t.isascii() else t.lower() for t in tags]
    return ["#" + t for t in dict.fromkeys(tags) if t][:8]
