"""The sentences of a script, from the brief's own words and our patterns (data/words/patterns.yaml)."""

import re
import zlib
from dataclasses import dataclass

import numpy as np

from aigc_lab.brief import Brief
from aigc_lab.generate.fitting import RECAP, Line
from aigc_lab.generate.headlines import headline
from aigc_lab.generate.phrases import clauses, closed, phrases, small_words, spoken
from aigc_lab.generate.topics import Topic, at_head, inside
from aigc_lab.words import load_words, subject_of

HOOK_SECONDS = 2.35  # of speech in a hook made from a pattern
NUMBERS = {
    "zh": ["零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"],
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
}
NUMBERED = re.compile(r"^(第[一二三四五六七八九十\d]|步骤|step\b|one\b|first|\d+\s*[.、:：)）]|[①-⑳])", re.I)


@dataclass(frozen=True)
class Writer:
    """What is known of a brief before the first sentence: its topic read, the patterns, its own chance."""

    brief: Brief
    language: str
    topic: Topic
    patterns: dict

    @property
    def chinese(self) -> bool:
        """Whether the patterns are the Chinese ones."""
        return self.language.startswith("zh")

    @property
    def rng(self) -> np.random.Generator:
        """Chance from seed and topic, the same on every call."""
        return np.random.default_rng([self.brief.seed, zlib.crc32(self.brief.topic.encode())])

    def some(self, patterns: list[str], **slots: object) -> list[str]:
        """The patterns in an order of this brief's own, filled."""
        return [fill(patterns[i], **slots) for i in self.rng.permutation(len(patterns))]


def fill(pattern: str, **slots: object) -> str:
    """A pattern with its {slots} filled; braces inside what is filled in stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda m: str(slots.get(m[1], m[0])), pattern)


def patterns_for(language: str) -> dict:
    """The sentence patterns: Chinese for zh-*, English for every other language."""
    return load_words("patterns")["zh" if language.startswith("zh") else "en"]


def hooks(writer: Writer) -> list[str]:
    """First sentences, the fitting ones first: the title if it is short, else the topic as question or in a pattern."""
    brief, topic, own = writer.brief, writer.topic, writer.patterns["hooks"]
    title = brief.title or ""
    asks = brief.kind != "lesson" or re.search(r"[?？]", title)
    if title and asks and spoken(title, writer.language) <= HOOK_SECONDS + 0.6:
        return [closed(at_head(title))]
    if topic.form == "question":
        return [writer.some(own["question"], Q=topic.text)[0]]
    if topic.form == "wonder":
        return writer.some(own["wonder"], q=inside(topic.text))
    if topic.form == "howto":
        names = ["lesson_howto" if brief.kind == "lesson" else "howto"]
    elif topic.noun:
        few = 2 <= len(brief.points) <= 9
        names = {"lesson": ["lesson", "noun"], "ad": ["ad"]}.get(brief.kind, ["points", "noun"] if few else ["noun"])
    else:
        return [_long_hook(topic, writer.language)]
    count = NUMBERS["zh" if writer.chinese else "en"][min(len(brief.points), 12)]
    slots = {
        "T": topic.noun if writer.chinese else at_head(topic.noun),
        "t": inside(topic.noun),
        "V": inside(topic.verb),
    }
    slots |= {"B": slots["T"], "b": slots["t"], "n": count, "N": at_head(count)}
    made = [h for name in names for h in writer.some(own[name], **slots)]
    short = [h for h in made if spoken(h, writer.language) <= HOOK_SECONDS]
    return short or sorted(made, key=lambda h: spoken(h, writer.language))


def _long_hook(topic: Topic, language: str) -> str:
    """A long topic as a hook: its first clauses as far as they fit into four seconds, else its first words."""
    kept = ""
    for clause in clauses(topic.text):
        if spoken(kept + clause, language) > 4.2:
            break
        kept += clause if not kept or language.startswith("zh") else " " + clause
    if kept or spoken(topic.text, language) <= 5:
        return closed(at_head(kept or topic.text))
    first = phrases(topic.text, language)[:2]
    return ("" if language.startswith("zh") else " ").join(first).rstrip("，,、 ") + "…"


def opening(writer: Writer, hook: str) -> Line:
    """The hook as a line; what stands in the title or topic is the brief's own."""
    own = hook.lower() in (closed(writer.brief.title or "").lower(), closed(writer.topic.text).lower())
    return Line("hook", hook, keep=9, source="brief" if own else "pattern", parts=[hook])


def calls(writer: Writer) -> list[str]:
    """Calls to action: the brief's own, else what suits platform, handle and kind."""
    brief, own = writer.brief, writer.patterns
    if brief.call_to_action:
        return [closed(brief.call_to_action)]
    made = writer.some(own["cta"][brief.kind])
    if brief.kind == "short":
        made = own["cta"].get(brief.platform or "", []) + made
    if brief.handle and brief.kind != "ad":
        made.insert(0, fill(own["cta_handle"], H=brief.handle))
    return made


def body(writer: Writer, hook: str, recap: str) -> list[Line]:
    """What stands between hook and call to action: address, product, points, proof, offer and price, recap."""
    brief, lines = writer.brief, []
    if brief.audience and brief.audience not in hook:
        text = writer.some(writer.patterns["audience"], A=brief.audience if writer.chinese else inside(brief.audience))[
            0
        ]
        lines.append(Line("hook", text, keep=1, source="pattern"))
    if brief.kind == "ad" and brief.product and brief.product.lower() not in hook.lower():
        lines.append(
            Line("point", writer.some(writer.patterns["product"], P=brief.product)[0], keep=8, source="pattern")
        )
    lines += [Line("point", _sentence(writer, p, i), i, 6) for i, p in enumerate(brief.points, 1)]
    lines += [Line("proof", closed(p), 0, 5) for p in brief.proof]
    if brief.offer:
        lines.append(Line("offer", closed(brief.offer), 0, 7))
    if brief.price and brief.price not in (brief.offer or ""):
        lines.append(Line("offer", fill(writer.patterns["price"][0], X=brief.price), 0, 7, "pattern"))
    if recap and len(brief.points) > 1:
        lines.append(Line("point", _recap(writer, recap), 0, RECAP, "pattern"))
    return lines


def _sentence(writer: Writer, point: str, number: int) -> str:
    """A point as it is said: a sentence word for word, key words in a pattern, a step with its number."""
    own = writer.patterns
    if writer.brief.kind == "lesson" and len(writer.brief.points) > 1 and not NUMBERED.match(point):
        return closed(fill(own["step"], S=own["steps"][number - 1], X=point if writer.chinese else inside(point)))
    if is_sentence(point, writer.language):
        return closed(point)
    if len(writer.brief.points) == 1:
        return closed(point)
    bare, last = point.rstrip("。. "), number == len(writer.brief.points)
    chosen = own["words"][-1] if last and number > 2 else own["words"][min(number - 1, len(own["words"]) - 2)]
    return fill(chosen, X=bare if writer.chinese else inside(bare))


def is_sentence(text: str, language: str) -> bool:
    """Whether a point can be said as it stands; key words cannot."""
    if re.search(r"[。！？!?；;，,：:]|[a-z][.]", text):
        return True
    if language.startswith("zh"):
        return spoken(text, language) > 1.5
    return len(text.split()) > 4 or bool(set(re.findall(r"[a-z']+", text.lower())) & small_words("en", "verbs"))


def _recap(writer: Writer, form: str) -> str:
    """The key words of all points in a row, or an invitation to say them again."""
    own = writer.patterns
    if form == "short":
        return writer.some(own["recap_short"])[0]
    keys = list(dict.fromkeys(headline(p, 0.62) or p.rstrip("。. ") for p in writer.brief.points))
    if writer.chinese:
        return writer.some(own["recap"], L="、".join(keys))[0]
    small = [k if k.isupper() else inside(k) for k in keys]
    return writer.some(own["recap"], L=", ".join(small))[0]


def questions(writer: Writer) -> list[Line]:
    """Questions about a topic of which nothing is known, in the order of this brief's own."""
    topic, own = writer.topic, writer.patterns
    if writer.brief.kind == "ad":  # no lecture: say the name again
        return [Line("point", t, 0, 0, "knowledge") for t in writer.some(own["filler_ad"], P=writer.brief.product)]
    if topic.verb and spoken(topic.verb, writer.language) < 2.4:
        texts = writer.some(own["open_howto"], V=topic.verb if writer.chinese else inside(topic.verb))
    elif topic.form == "wonder":
        texts = writer.some(own["open_wonder"], q=inside(topic.text))
    else:
        named = subject_of(topic.text)
        noun = topic.noun if topic.form == "noun" or not named else named.word
        noun = noun or _longest_run(topic.text)
        texts = writer.some(own["open_noun"], T=noun, t=inside(noun))
    return [Line("point", t, 0, 0, "pattern") for t in texts]


def _longest_run(text: str) -> str:
    """The longest run of telling words in an English text, three at most."""
    runs: list[list[str]] = [[]]
    for word in text.split():
        bare = re.sub(r"\W", "", word).lower()
        if bare and bare not in small_words("en", "never_last") and len(runs[-1]) < 3:
            runs[-1].append(word.strip(",.;:!?"))
        else:
            runs.append([])
    found = " ".join(max(runs, key=lambda r: len("".join(r))))
    return found[:40] or text[:20]
