"""Everything crisp over the takes, as one ASS script: subjects, headlines, chips, captions, labels, end card."""

from collections.abc import Sequence
from dataclasses import replace

from aigc_lab.collect.looks import subject_fill
from aigc_lab.generate.voice import Phrase
from aigc_lab.publish import ass, vectors
from aigc_lab.publish.captions import EM, LATIN_EM, Card, cards
from aigc_lab.publish.composition import CHIP as CHIP_SIZE
from aigc_lab.publish.composition import Scene, design_of, frame_of, has_chip, same_words, scenes
from aigc_lab.publish.fonts import SANS, drawable, width
from aigc_lab.publish.layout import LABEL_EM, ROW, stage
from aigc_lab.publish.lettering import MIDDLE, fit, marked, one_word, type_tags
from aigc_lab.publish.motion import State, drift, entrance, together
from aigc_lab.publish.platforms import Box, Platform, platform
from aigc_lab.storyboard import Storyboard

CAST, RIM, PARTS, TYPE, CHIP, CAPTION, LABEL = 2, 3, 4, 40, 44, 50, 60  # layers, far to near
AI_LABEL_SECONDS = 2.5


def overlay(story: Storyboard, phrases: Sequence[Phrase]) -> str:
    """The whole overlay of a storyboard with spoken phrases, as an ASS script for 1080 x 1920 at 30 frames a second.

    Raises LabError for an unknown style, palette, subject or platform.
    """
    script, place, shown = ass.Script(), platform(story.platform), scenes(story)
    for scene in shown:
        _subject(script, scene)
        _headline(script, scene)
        _badge(script, scene, story)
        _button(script, scene, story)
    for card in caption_cards(story, phrases):
        scene = next((s for s in shown if s.first <= frame_of(card.start) < s.last), None)
        if scene is None or not (scene.tells_all or _on_button(scene, card, story)):
            _caption(script, card, story, place)
    _labels(script, story, place)
    if story.kind == "lesson":
        _steps(script, story, place)
    return script.text()


def _on_button(scene: Scene, card: Card, story: Storyboard) -> bool:
    """Whether the call to action on its button already says what the card would."""
    return scene.plan.button is not None and same_words("".join(card.lines), story.call_to_action)


def caption_cards(story: Storyboard, phrases: Sequence[Phrase]) -> list[Card]:
    """The caption cards of a storyboard, as wide as its platform allows."""
    return cards(phrases, platform(story.platform).safe.width - 24, caption_em(story.language))


def caption_em(language: str) -> float:
    """Caption size in pixels: Chinese letters are larger, there are fewer of them."""
    return EM if language.startswith(("zh", "ja")) else LATIN_EM


def _at(x: float, y: float, state: State, whole: bool = False) -> str:
    """Position, scale, rotation, opacity as tags; at `whole` pixels libass keeps a blurred layer for the next frame."""
    x, y = x + state.dx, y + state.dy
    spot = f"{round(x)},{round(y)}" if whole else f"{x:.2f},{y:.2f}"
    tags = f"\\pos({spot})"
    if abs(state.scale - 1) > 1e-4:
        tags += f"\\fscx{state.scale * 100:.2f}\\fscy{state.scale * 100:.2f}"
    if abs(state.turn) > 1e-3:
        tags += f"\\frz{state.turn:.2f}"
    return tags + (f"\\alpha{ass.alpha(state.opacity)}" if state.opacity < 1 else "")


def _subject(script: ass.Script, scene: Scene) -> None:
    if not scene.shot.subject:
        return
    name, look, m = scene.shot.subject, scene.design, scene.design.manner
    art, (x, y), zoom = vectors.vector(name), scene.plan.subject, scene.plan.size / vectors.SIZE
    kind = {"slide": "slide", "rise": "rise"}.get(m.entrance, "pop")
    side = 1 if x < scene.room.center[0] else -1  # it slides in from where there is room
    m_drift = (scene.frames, m.wobble, scene.shot.id)
    states = [
        together(
            together(State(scale=zoom, turn=scene.plan.tilt), drift(scene.shot.motion, f, *m_drift)),
            replace(entrance(kind, f, side=side), opacity=1.0),  # parts seen through each other look broken
        )
        for f in range(scene.frames)
    ]  # fmt: skip

    def draw(layer: int, tags: str, body: str, whole: bool = False) -> None:
        script.animate(
            layer, scene.first, scene.last,
            lambda f: f"\\an7\\bord0\\shad0{tags}" + _at(x, y, states[f], whole), "{\\p1}" + body,
        )  # fmt: skip

    if m.ground:
        _ground(script, scene, states, art.height * zoom / 2)
    if m.cast:
        for piece in vectors.rim(name, m.border / zoom, m.cast / zoom):
            draw(CAST, f"\\1c{ass.color(look.shadow)}", piece)
    if m.border_soft:  # a glow must stay in one piece
        glow = f"\\1c{ass.color(look.border)}\\blur{m.border_soft:g}"
        draw(RIM, glow, vectors.silhouette(name, m.border / zoom), whole=True)
    elif m.border:
        for piece in vectors.rim(name, m.border / zoom):
            draw(RIM, f"\\1c{ass.color(look.border)}", piece)
    for i, (fill, opacity, path) in enumerate(art.parts):
        seen = f"\\1a{ass.alpha(opacity)}" if opacity < 1 else ""
        draw(PARTS + i, f"\\1c{ass.color(subject_fill(look.style, look.look, fill))}{seen}", path)


def _ground(script: ass.Script, scene: Scene, states: list[State], below: float) -> None:
    """A soft shadow under the subject; it shrinks as the subject rises."""
    (x, y), size, m = scene.plan.subject, scene.plan.size, scene.design.manner
    path = vectors.rounded(size * 0.62, size * 0.055, size * 0.0275)

    def tags(frame: int) -> str:
        s = states[frame]
        flat = State(dx=s.dx, scale=round(1 - s.dy / 300, 2))
        return f"\\an7\\bord0\\shad0\\blur7\\1c&H140A0A&\\1a{ass.alpha(m.ground)}" + _at(x, y + below + 22, flat, True)

    script.animate(CAST, scene.first, scene.last, tags, "{\\p1}" + path)


def _headline(script: ass.Script, scene: Scene) -> None:
    words, look = scene.words, scene.design
    if words is None:
        return
    key = one_word(scene.shot.emphasis, "\n".join(words.lines))
    punch = scene.shot.role in ("hook", "offer") and len(words.lines) > 1 and not key  # one accent: the last line
    for i, (line, (x, y)) in enumerate(zip(words.lines, words.spots, strict=True)):
        plain = look.key if punch and i == len(words.lines) - 1 else look.fill
        body = marked(line, key, look.family, words.em, plain, look.key)
        _line(script, scene, body, (x, y + MIDDLE * words.em), words.em, 0 if scene.repeats else i)
    if has_chip(scene.shot):
        x = words.left + CHIP_SIZE / 2 if scene.plan.align == "left" else words.spots[0][0]
        spot = (x, words.top - 24 - CHIP_SIZE / 2)
        _shape(script, scene, CHIP, vectors.disc(CHIP_SIZE), spot, look.panel)
        _label(script, scene, str(scene.shot.point), spot, 62, look.on_panel)


def _line(script: ass.Script, scene: Scene, body: str, spot: tuple[float, float], em: float, order: int) -> None:
    look = scene.design
    kind = {"slide": "rise"}.get(look.manner.entrance, look.manner.entrance)
    kind = "settle" if scene.first == 0 else kind  # the very first frame is a cover on some platforms

    def tags(frame: int) -> str:
        state = State() if scene.repeats else entrance(kind, frame - 2 * order, side=-1)
        return type_tags(look, em) + _at(*spot, state)

    script.animate(TYPE + 1 - min(order, 1), scene.first, scene.last, tags, body)


def _popped(scene: Scene, frame: int) -> State:
    return State() if scene.repeats else entrance("pop", frame)


def _shape(script: ass.Script, scene: Scene, layer: int, path: str, spot: tuple[float, float], fill: str) -> None:
    script.animate(
        layer, scene.first, scene.last,
        lambda f: f"\\an7\\bord0\\shad0\\1c{ass.color(fill)}" + _at(*spot, _popped(scene, f)),
        "{\\p1}" + path,
    )  # fmt: skip


def _label(
    script: ass.Script, scene: Scene, text: str, spot: tuple[float, float], em: float, fill: str, edge: str = ""
) -> None:
    around = f"\\bord{em * 0.08:.1f}\\3c{ass.color(edge)}" if edge else "\\bord0"
    script.animate(
        CHIP + 1, scene.first, scene.last,
        lambda f: f"\\an5\\shad0{around}\\1c{ass.color(fill)}"
        + _at(spot[0], spot[1] + MIDDLE * em, _popped(scene, f)),
        ass.text_body(drawable(text), scene.design.family, em),
    )  # fmt: skip


def _badge(script: ass.Script, scene: Scene, story: Storyboard) -> None:
    if scene.plan.badge is None or not story.price or same_words(story.price, scene.shot.headline):
        return
    x, y, size = scene.plan.badge
    _shape(script, scene, CHIP, vectors.star(size), (x, y), scene.design.panel)
    box = Box(x - size * 0.36, y - size * 0.3, x + size * 0.36, y + size * 0.3)
    words = fit(story.price, box, 110, "center", "middle", scene.design.family)
    for line, spot in zip(words.lines, words.spots, strict=True):
        _label(script, scene, line, spot, words.em, scene.design.on_panel)


def _button(script: ass.Script, scene: Scene, story: Storyboard) -> None:
    box, text = scene.plan.button, drawable(story.call_to_action or scene.shot.headline)
    if box is None or not text:
        return
    inner = Box(box.left + 50, box.top + 26, box.right - 50, box.bottom - 26)
    words = fit(text, inner, 84, "center", "middle", scene.design.family)
    wide = max(width(line, words.em, scene.design.family) for line in words.lines) + 130
    _shape(
        script,
        scene,
        CHIP,
        vectors.rounded(min(wide, box.width), box.height, box.height / 2),
        box.center,
        scene.design.panel,
    )
    for line, spot in zip(words.lines, words.spots, strict=True):
        _label(script, scene, line, spot, words.em, scene.design.on_panel)
    if story.handle and box.bottom + 84 < stage(platform(story.platform), story.language).bottom:
        _label(script, scene, story.handle, (box.center[0], box.bottom + 44), 46, scene.design.fill, scene.design.edge)


def _caption(script: ass.Script, card: Card, story: Storyboard, place: Platform) -> None:
    first, last = frame_of(card.start), frame_of(card.end)
    shot = next((s for s in reversed(story.shots) if frame_of(s.start) <= first), story.shots[0])
    look, em = design_of(story, shot), caption_em(story.language)
    key = one_word(shot.emphasis, "\n".join(card.lines))
    for i, line in enumerate(reversed(card.lines)):
        y = place.caption_y - i * em * 1.24 + MIDDLE * em
        size = em * min(1.0, (place.safe.width - 24) / max(width(line, em), 1))
        body = marked(line, key, SANS, size, look.fill, look.key)
        tags = f"\\an5\\pos({place.safe.center[0]:.0f},{y:.0f})\\bord{em * 0.085:.1f}\\shad0\\3c{ass.color(look.edge)}"
        script.show(CAPTION, first, last, f"{{{tags}}}{body}")


def _labels(script: ass.Script, story: Storyboard, place: Platform) -> None:
    """The AI label (large for its first seconds, then small), the mark of an ad, the handle."""
    chinese, end = story.language.startswith("zh"), frame_of(story.length)
    large = min(end, frame_of(AI_LABEL_SECONDS))
    x, y = place.safe.left + 10, place.safe.top + ROW / 2
    look = design_of(story)
    style = f"\\bord4\\shad0\\3c{ass.color(look.edge)}\\1c{ass.color(look.fill)}"

    def put(text: str, em: float, at: float, first: int, last: int, anchor: int = 4) -> float:
        script.show(
            LABEL,
            first,
            last,
            f"{{\\an{anchor}\\pos({at:.0f},{y + MIDDLE * em:.0f}){style}}}{ass.text_body(text, SANS, em)}",
        )
        return at + width(text, em) + 30

    marks = ["AI生成" if chinese else "AI-generated"] if story.ai_label else []
    marks += ["广告" if chinese else "Ad"] if story.kind == "ad" else []
    for em, first, last in ((LABEL_EM, 0, large), (34, large, end)):
        after = x
        for mark in marks:
            after = put(mark, em, after, first, last)
    if story.handle and not story.logo:
        put(drawable(story.handle), 34, place.safe.right - 10, large, end, 6)


def _steps(script: ass.Script, story: Storyboard, place: Platform) -> None:
    """Segments along the top of the safe area, one for each point of a lesson; those reached are full."""
    points = sorted({s.point for s in story.shots if s.point})
    if len(points) < 2:
        return
    look, gap = design_of(story), 14
    wide = (place.safe.width - 20 - gap * (len(points) - 1)) / len(points)
    reached = 0
    for scene in scenes(story):
        reached = max(reached, scene.shot.point)
        for i, point in enumerate(points):
            full = point <= reached
            spot = f"\\pos({place.safe.left + 10 + i * (wide + gap) + wide / 2:.1f},{place.safe.top + 6:.1f})"
            fill, seen = (look.panel, 1.0) if full else ("#ffffff", 0.45)
            tags = f"\\an7{spot}\\bord0\\shad0\\1c{ass.color(fill)}\\1a{ass.alpha(seen)}"
            script.show(CHIP, scene.first, scene.last, f"{{{tags}\\p1}}{vectors.rounded(wide, 12, 6)}")
