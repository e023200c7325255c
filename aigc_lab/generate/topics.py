"""What form a topic has (a thing, something to do, a question), so that a pattern around it stays grammatical."""

import re
from dataclasses import dataclass
from functools import cache

import rjieba

from aigc_lab.generate.phrases import is_cjk, small_words, spoken
from aigc_lab.words import load_words

QUESTION_ZH = re.compile(r"为什么|为何|如何|怎么|怎样|什么|多少|哪|吗$|呢$|是否|谁|几")
HOWTO_ZH = re.compile(r"^(如何|怎么|怎样|教你|学会)(?P<v>[^，。？！,?!]{2,10})$")
DIRECT_EN = re.compile(
    r"^(is|are|do|does|did|can|could|should|will|would|has|have)\b|"
    r"^(how|why|what|when|where|which|who)\s+(much |many |often |long )?"
    r"(is|are|do|does|did|can|could|should|will|would|has|have|makes|happens)\b",
    re.I,
)
WH_EN = re.compile(r"^(how|why|what|when|where|which|who)\b", re.I)
LONGEST_NOUN = 1.75  # s of speech up to which a topic stands inside a pattern


@dataclass(frozen=True)
class Topic:
    """A topic read: `form` is noun, howto, question, wonder (an English how/why clause) or long.

    noun: the topic as a thing, "" when it has no short form; verb: as something to do.
    """

    text: str
    form: str
    noun: str
    verb: str = ""


def read_topic(text: str, language: str) -> Topic:
    """The form of a topic in Chinese or English."""
    bare = text.strip().rstrip("。.！!？?…，,：:；; ") or text.strip()
    return _chinese(text, bare) if language.startswith("zh") else _english(text, bare)


def _chinese(text: str, bare: str) -> Topic:
    if found := HOWTO_ZH.match(bare):
        return Topic(bare, "howto", key_words(found["v"]), found["v"])
    if (QUESTION_ZH.search(bare) or text.rstrip().endswith(("？", "?"))) and spoken(bare, "zh-CN") <= 4.6:
        return Topic(bare, "question", key_words(re.split(QUESTION_ZH, bare)[0] or bare))
    if spoken(bare, "zh-CN") <= LONGEST_NOUN and not re.search(r"[，。！？；：,!?;:]", bare):
        return Topic(bare, "noun", bare)
    return Topic(bare, "long", key_words(bare))


def _english(text: str, bare: str) -> Topic:
    if found := re.match(r"^how to (?P<v>.+)$", bare, re.I):
        verb = found["v"]
        return Topic(bare, "howto" if spoken(verb, "en-US") <= 2.2 else "long", "", verb)
    question = text.rstrip().endswith("?") or DIRECT_EN.match(bare)
    if question and spoken(bare, "en-US") <= 4.6:
        return Topic(bare, "question", "")
    if WH_EN.match(bare) and spoken(bare, "en-US") <= 3.6:
        return Topic(bare, "wonder", "")
    words = bare.lower().split()
    joined = {"at", "for", "of", "in", "with", "and", "on", "to", "from", "the", "a"} & set(words[1:])
    thing = len(words) <= 3 or (
        len(words) <= 6 and (joined or words[0] in ("a", "an", "the")) and not set(words) & small_words("en", "verbs")
    )
    if thing and spoken(bare, "en-US") <= LONGEST_NOUN + 0.5 and not re.search(r"[,.!?;:]", bare):
        return Topic(bare, "noun", bare)
    return Topic(bare, "long", "")


def key_words(text: str, seconds: float = 1.6) -> str:
    """The last run of nouns in a Chinese text that is short enough to stand in a pattern; "" if there is none."""
    if not is_cjk(text):
        return ""
    if spoken(text, "zh-CN") <= seconds and not re.search(r"[，。！？；：,!?;:、]", text):
        return text
    runs, now = [], ""
    for word, tag in rjieba.tag(text):
        if tag.startswith(("n", "vn", "eng", "j", "i", "l", "b")) or (now and tag in ("v", "a") and len(word) > 1):
            now += word
        else:
            runs.append(now)
            now = ""
    runs = [r for r in [*runs, now] if len(r) >= 2 and spoken(r, "zh-CN") <= seconds]
    return max(runs, key=len, default="")


@cache
def _common_words() -> frozenset[str]:
    """The English words that our own word files use in lower case: they may lose a capital at the head of a topic."""
    text = " ".join(str(load_words(name)) for name in ("keywords", "knowledge", "patterns", "grammar"))
    return frozenset(re.findall(r"(?<![A-Za-z])[a-z]{1,}(?![A-Za-z])", text))


def inside(text: str) -> str:
    """An English text as it stands inside a sentence: its first letter small, unless the word is a name."""
    first = re.match(r"[A-Za-z'-]+", text)
    if not first or first.group() == "I" or not first.group()[1:].islower():
        return text if not first or first.group() != "A" else "a" + text[1:]
    forms = {first.group().lower(), first.group().lower().rstrip("s")}
    return text[0].lower() + text[1:] if forms & _common_words() else text


def at_head(text: str) -> str:
    """A text as it stands at the head of a sentence: its first letter large (iPhone and the like aside)."""
    first = re.match(r"[a-z]+(?![A-Za-z])", text)
    return text[0].upper() + text[1:] if first else text
