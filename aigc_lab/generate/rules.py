"""A script by rules, in English and Chinese: hook, the brief's own points one by one, a call to action."""

import itertools
from dataclasses import dataclass, field, replace

from aigc_lab.brief import Brief
from aigc_lab.generate.fitting import TOLERANCE, Line, length, lengthen, off, shorten
from aigc_lab.generate.knowledge import facts_for, known, names_of
from aigc_lab.generate.sentences import Writer, body, calls, fill, hooks, opening, patterns_for, questions
from aigc_lab.generate.topics import read_topic
from aigc_lab.vocabulary import vocabulary


@dataclass
class Script:
    """The lines of a script in order, the call to action in it, and what a person should know about it."""

    lines: list[Line]
    call_to_action: str = ""
    notes: list[str] = field(default_factory=list)


def write(brief: Brief, theme: str) -> Script:
    """Lines that fit `brief.seconds`; theme: the brief's theme as a label, "" if it has none."""
    language = brief.language or "en-US"
    if not language.startswith(("zh", "en")):
        return _word_for_word(brief, language)
    writer = Writer(brief, language, read_topic(brief.topic, language), patterns_for(language))
    facts, about = _facts(writer, theme)
    recaps = ("full", "short") if brief.kind == "lesson" else ("",)
    best, best_rating = None, (9e9,)
    for rank, (hook, call, recap) in enumerate(itertools.product(hooks(writer)[:3], calls(writer)[:4], recaps)):
        script, lost = _fitted(writer, (hook, call, recap), facts, about)
        wrong = abs(off(script.lines, language, brief.seconds))
        rating = (lost, max(wrong - TOLERANCE, 0.0), rank)
        if rating < best_rating:
            best, best_rating = script, rating
    return best


def _facts(writer: Writer, theme: str) -> tuple[list[Line], str]:
    """What may fill the time, and what it is about: facts where the words are known, else questions."""
    brief, words = writer.brief, vocabulary()
    found = [(x, 0) for x in known(f"{brief.topic} {brief.product or ''}")]
    found += [(x, i) for i, p in enumerate(brief.points, 1) for x in known(p)[:1]]
    subjects = [(x, i) for x, i in found if x in words.subjects]
    if brief.kind == "ad":  # what is not about the product itself would only distract
        own = facts_for([s for s in subjects if not s[1]][:1], "", brief.topic, writer.language, writer.rng)
        return [f for f in own if f.about == subjects[0][0]] + questions(writer), theme
    themes = [x for x, _ in found if x in words.themes]
    theme = theme or (themes[0] if themes else "")
    if not subjects and not theme:
        return questions(writer), ""
    facts = facts_for(subjects, theme, brief.topic, writer.language, writer.rng)
    if not brief.points:  # before facts that other topics share come questions that only this topic has
        own = {label for label, _ in subjects} or {""}
        facts.sort(key=lambda f: f.about not in own)
        at = sum(f.about in own for f in facts)
        facts[at:at] = [replace(q, source="question") for q in questions(writer)[:3]]
    return facts, theme or words.subjects[subjects[0][0]].theme


def _fitted(writer: Writer, choice: tuple[str, str, str], facts: list[Line], about: str) -> tuple[Script, int]:
    hook, call, recap = choice
    language, seconds = writer.language, writer.brief.seconds
    lines = [opening(writer, hook), *body(writer, hook, recap), Line("cta", call, keep=9, source="pattern")]
    before = len([x for x in lines if x.role == "point"])
    gone = shorten(lines, language, seconds)
    added = lengthen(lines, facts, language, seconds)
    notes = _notes(writer, gone, added, about)
    needs = length(lines, language)
    if abs(off(lines, language, seconds)) > TOLERANCE + 0.3:
        notes.append(fill(writer.patterns["notes"]["long" if needs > seconds else "short"], n=f"{needs:.0f}"))
    after = len([x for x in lines if x.role == "point" and x not in added])
    return Script(lines, call, notes), len(gone) + before - after


def _notes(writer: Writer, gone: list[str], added: list[Line], about: str) -> list[str]:
    words, notes = writer.patterns["notes"], []
    if gone:
        notes.append(fill(words["dropped"], which=("；" if writer.chinese else "; ").join(gone)))
    if added and added[0].source == "pattern":
        notes.append(fill(words["questions"], topic=writer.brief.topic))
    elif which := names_of([x for x in added if x.source == "knowledge"], writer.language, about):
        name = "knowledge" if writer.brief.points or writer.brief.proof else "topic_only"
        notes.append(fill(words[name], n=len(added), which=which))
    return notes


def _word_for_word(brief: Brief, language: str) -> Script:
    """For a language without patterns: topic, points, offer and call to action as they are written."""
    texts = [("hook", brief.title or brief.topic, 0), *(("point", p, i) for i, p in enumerate(brief.points, 1))]
    texts += [("proof", p, 0) for p in brief.proof]
    texts += [("offer", t, 0) for t in (brief.offer, brief.price) if t]
    if brief.call_to_action:
        texts.append(("cta", brief.call_to_action, 0))
    lines = [Line(role, text, point, 9 if role in ("hook", "cta") else 5) for role, text, point in texts]
    gone = shorten(lines, language, brief.seconds)
    words = patterns_for(language)["notes"]
    notes = [fill(words["language"], language=language)]
    notes += [fill(words["dropped"], which="; ".join(gone))] if gone else []
    needs = length(lines, language)
    if abs(off(lines, language, brief.seconds)) > TOLERANCE + 0.3:
        notes.append(fill(words["long" if needs > brief.seconds else "short"], n=f"{needs:.0f}"))
    return Script(lines, brief.call_to_action or "", notes)
