"""The text that goes with the video when it is posted, within the limits of the platform."""

import re
from pathlib import Path

from aigc_lab.media import write_json
from aigc_lab.publish.captions import SILENT_END, tokens
from aigc_lab.publish.platforms import platform
from aigc_lab.storyboard import Storyboard


def post_fields(storyboard: Storyboard) -> dict:
    """Title, description and hashtags for the storyboard's platform, and all of it as one text to paste.

    The title is cut after a word, the hashtags to as many as the platform takes. Raises LabError for an unknown
    platform.
    """
    place, post = platform(storyboard.platform), storyboard.post
    title = shortened(post.title or storyboard.title, place.title)
    tags = list(dict.fromkeys(t for h in post.hashtags if (t := hashtag(h))))[: place.hashtags]
    description = post.description.strip()
    text = "\n".join(part for part in (title, description, " ".join(f"#{t}" for t in tags)) if part)
    return {
        "platform": place.id, "language": storyboard.language, "title": title, "description": description,
        "hashtags": tags, "text": text, "declare_ai": list(place.declare(storyboard.language)),
    }  # fmt: skip


def write_post(storyboard: Storyboard, out: Path) -> dict:
    """Write post.json and return what it holds."""
    fields = post_fields(storyboard)
    write_json(out, fields)
    return fields


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, cut after a word and then ended by an ellipsis."""
    if len(text) <= most:
        return text
    kept = ""
    for token in tokens(text):
        if len(kept + token.rstrip()) > most - 1:
            break
        kept += token
    return (kept.rstrip(SILENT_END + " ") or text[: most - 1]) + "…"


def hashtag(text: str) -> str:
    """A hashtag without its #, as platforms accept it: letters, digits and underscores only."""
    return re.sub(r"[^\w]+", "", text)
