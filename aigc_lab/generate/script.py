"""Brief to storyboard: who says what, over which picture. Providers: rules (offline) and openai (any such endpoint)."""

from collections.abc import Callable

from aigc_lab.brief import Brief, fill
from aigc_lab.generate import casting, llm, posting, rules
from aigc_lab.generate.claims import brief_text, cliches, superlatives
from aigc_lab.generate.fitting import Line
from aigc_lab.generate.sentences import fill as fill_pattern
from aigc_lab.generate.sentences import patterns_for
from aigc_lab.storyboard import Storyboard
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import Meaning, meaning, theme_of


def write_script(brief: Brief) -> Storyboard:
    """The storyboard of a brief: hook, points, call to action, each phrase a shot with its picture and planned times.

    `brief.script` names the provider; Storyboard.script says which one really wrote it. Free words for theme, style,
    palette and platform are mapped to labels; each mapping is one of the notes. The same brief gives the same
    storyboard.
    """
    brief = fill(brief)
    return providers[brief.script or "rules"](brief)


def by_rules(brief: Brief) -> Storyboard:
    """A storyboard written by the rules of `rules.write`."""
    labels, notes = read_labels(brief)
    script = rules.write(brief, labels["theme"] if brief.theme else "")
    board = assemble(brief, labels, script.lines, script.call_to_action)
    board.notes = notes + script.notes + own_words(brief)
    return board


def own_words(brief: Brief) -> list[str]:
    """Notes on what the brief itself says: words of rank in an ad, worn phrases. They are kept as they are."""
    words, text = patterns_for(brief.language)["notes"], brief_text(brief)
    found = {"superlative": superlatives(text) if brief.kind == "ad" else [], "cliche": cliches(text)}
    return [fill_pattern(words[name], which=", ".join(which)) for name, which in found.items() if which]


def read_labels(brief: Brief) -> tuple[dict[str, str], list[str]]:
    """theme, style, palette and platform of a brief as labels, and a note for each that was not said by its name."""
    found = theme_of(" ".join([brief.topic, brief.product or "", *brief.points]))
    theme = found.label if found else ""
    labels, notes = {}, []
    defaults = {"themes": theme or "education", "styles": "minimal", "palettes": "", "platforms": "douyin"}
    for kind, default in defaults.items():
        name = kind.removesuffix("s")
        said = getattr(brief, name)
        if not said:
            labels[name] = theme if kind == "themes" else default
            continue
        if kind == "palettes":
            default = casting.PALETTES[labels["theme"]][0] if labels["theme"] else "ocean"
        meant = meaning(kind, said, default)
        labels[name] = meant.label
        if meant.how != "exact":
            notes.append(_mapping_note(brief, kind, said, meant))
    if not labels["palette"]:
        choices = casting.PALETTES.get(labels["theme"], ("ocean", "sky", "violet"))
        labels["palette"] = choices[brief.seed % len(choices)]
    return labels, notes


def _mapping_note(brief: Brief, kind: str, said: str, meant: Meaning) -> str:
    words = patterns_for(brief.language)["notes"]
    known = getattr(vocabulary(), kind, None)
    name = known[meant.label].name(brief.language) if known else meant.label
    slots = {"kind": words["kinds"][kind], "text": said, "label": meant.label, "name": name}
    if meant.how == "none":
        return fill_pattern(words["unmapped"], known=", ".join(known or posting.platforms()), **slots)
    return fill_pattern(words["mapped"], how=fill_pattern(words["hows"][meant.how], word=meant.word), **slots)


def assemble(brief: Brief, labels: dict[str, str], lines: list[Line], call_to_action: str) -> Storyboard:
    """A storyboard from lines: shots cast and timed, everything that the brief hands on, and the post."""
    shots = casting.shots_of(lines, brief, labels["theme"], labels["palette"])
    handed_on = {
        name: getattr(brief, name)
        for name in (
            "kind", "language", "seconds", "seed", "voice", "music", "pictures", "brand_colors", "logo", "handle",
            "product", "offer", "price", "photo", "first_frame", "adapter", "ai_label", "ai_metadata",
        )
    }  # fmt: skip
    board = Storyboard(
        title=brief.title or brief.topic, style=labels["style"], palette=labels["palette"], platform=labels["platform"],
        call_to_action=call_to_action, shots=shots, script="rules", **handed_on,
    )  # fmt: skip
    board.post = posting.write_post(brief, board)
    return board


def by_model(brief: Brief) -> Storyboard:
    """A storyboard written by a language model; by the rules, marked so, when the model cannot be had."""
    try:
        script = llm.ask(brief)
    except llm.ModelError as why:
        board = by_rules(brief)
        board.script = "rules (fallback)"
        board.notes.insert(0, fill_pattern(patterns_for(brief.language)["notes"]["fallback"], why=str(why)))
        return board
    labels, notes = read_labels(brief)
    brief = brief.model_copy(update={"title": brief.title or script.title or None})
    last = script.shots[-1]
    board = assemble(brief, labels, llm.lines_of(script), brief.call_to_action or last.say)
    for shot, written in zip(board.shots, script.shots, strict=True):
        shot.headline = written.headline or shot.headline
        if written.subject:
            casting.recast(shot, written.subject, brief.language)
    board.script, board.notes = "openai", notes + own_words(brief)
    return board


providers: dict[str, Callable[[Brief], Storyboard]] = {"rules": by_rules, "openai": by_model}
