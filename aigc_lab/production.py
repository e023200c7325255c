"""From a brief or a storyboard to a finished bundle, step by step; each step can be stopped and goes on."""

from collections.abc import Callable
from pathlib import Path

from aigc_lab.brief import Brief, fill
from aigc_lab.generate.music import compose
from aigc_lab.generate.narration import Narration, narrate, set_times, timed_phrases, voice_track
from aigc_lab.generate.pictures import Takes, check_pictures, make_takes, take_frame
from aigc_lab.generate.score import beat_grid
from aigc_lab.generate.script import write_script
from aigc_lab.generate.timing import Cut, beats_hit, grid, on_frame
from aigc_lab.generate.transitions import effects
from aigc_lab.generate.voice import Phrase
from aigc_lab.media import Sound, check_sound, probe, read_image, read_sound, write_sound
from aigc_lab.optimize.sound import fit_music, loudness, mix
from aigc_lab.publish.bundle import Bundle, used_assets, write_papers
from aigc_lab.publish.captions import write_ass, write_srt
from aigc_lab.publish.cover import candidates, make_cover
from aigc_lab.publish.fonts import dropped
from aigc_lab.publish.labels import aigc_metadata, label_state, produce_id, visible_label
from aigc_lab.publish.overlay import caption_cards, overlay
from aigc_lab.publish.platforms import platform
from aigc_lab.publish.render import render
from aigc_lab.rights import gate, uses_of
from aigc_lab.storyboard import Storyboard, write_storyboard
from aigc_lab.workshop import Workshop, data_digest, digest, file_digest, open_folder

Tell = Callable[[str, float], None]  # the step's name, and how much of it is done (0 to 1)
STEPS = ("script", "voice", "music", "pictures", "sound", "captions", "video", "bundle")


def draft(brief: Brief) -> Storyboard:
    """Script and storyboard only, with planned times. Raises LabError."""
    return write_script(fill(brief))


def produce(
    source: Brief | Storyboard, out: Path, *, job: str | None = None, force: bool = False, tell: Tell = lambda *_: None
) -> Bundle:
    """Make the bundle of a brief (what is left out is filled with defaults) or of a storyboard in the folder `out`.

    A folder that holds the same job goes on where it was. `job` names it (a storyboard is edited and made again); None:
    the source itself is the name, "": whatever job the folder holds. Raises LabError; what was finished is kept.
    """
    title = source.topic if isinstance(source, Brief) else source.title
    shop = open_folder(out, digest(source.model_dump()) if job is None else job, title, force)
    storyboard = _script(source, shop, tell)
    check_files(storyboard)
    _, beat = beat_grid(storyboard.style, storyboard.seed)
    tell("voice", 0.0)
    narration = narrate(storyboard, beat, shop, lambda x: tell("voice", x))
    storyboard, cuts = set_times(storyboard, narration)
    write_storyboard(storyboard, out / "storyboard.yaml")
    tell("pictures", 0.0)
    takes = make_takes(storyboard, shop, lambda x: tell("pictures", x))
    assets = used_assets(storyboard, takes.assets, voice=bool(narration.sounds))
    gate(assets, *uses_of(storyboard))
    storyboard = _with_reasons(storyboard, takes)
    sound = _sound(storyboard, narration, cuts, shop, tell)
    phrases = timed_phrases(storyboard, narration, cuts)
    metadata = aigc_metadata(produce_id(storyboard)) if storyboard.ai_metadata else None
    video = _video(storyboard, takes, phrases, metadata, shop, tell)
    numbers = (
        sound
        | video
        | {"cuts_on_beat": round(beats_hit(cuts, grid(narration.beat)), 2), "voice_speed": narration.speed}
    )
    told = [n for n in (narration.note, *takes.notes, _letter_note(storyboard), _length_note(storyboard)) if n]
    storyboard = storyboard.model_copy(update={"notes": [*storyboard.notes, *told]})
    bundle = Bundle(out, storyboard, numbers, [*storyboard.notes, *label_state(storyboard)])
    tell("bundle", 0.0)
    cover = _cover(storyboard, takes, metadata, out)
    write_papers(bundle, source if isinstance(source, Brief) else None, assets, phrases, cover)
    tell("bundle", 1.0)
    return bundle


def check_files(storyboard: Storyboard) -> None:
    """Look at everything that a person handed in before any long work starts.

    Raises LabError for a logo or photo that is no picture, music or a recording without sound, an unknown platform.
    """
    platform(storyboard.platform)
    check_pictures(storyboard)
    for file in (storyboard.logo, storyboard.photo, storyboard.first_frame):
        if file:
            read_image(Path(file))
    recording = storyboard.voice.partition("recording:")[2]
    for file in (recording, storyboard.music if storyboard.music not in {"auto", "none"} else ""):
        if file:
            check_sound(Path(file))


def _script(source: Brief | Storyboard, shop: Workshop, tell: Tell) -> Storyboard:
    tell("script", 0.0)
    if isinstance(source, Storyboard):
        return source
    brief = fill(source)

    def make() -> dict:
        return write_script(brief).model_dump()

    rooms = ("generate", "words", "brief", "storyboard")
    made = Storyboard(
        **shop.step("script", [brief.model_dump(), data_digest("words", "vocabulary.yaml")], make, rooms=rooms)
    )
    if made.script != brief.script:  # a fall-back is never remembered as the one that was asked for
        (shop.folder / "script.json").unlink(missing_ok=True)
    return made


def _sound(storyboard: Storyboard, narration: Narration, cuts: list[Cut], shop: Workshop, tell: Tell) -> dict:
    """Music in time with the cuts, effects, voice: one WAV at the loudness that platforms ask for."""
    tell("music", 0.0)
    seconds = on_frame(cuts[-1].start + cuts[-1].seconds)
    own = storyboard.music not in {"auto", "none"}
    starts = [round(c.start, 4) for c in cuts]
    voice_files = {i: file_digest(p) for i, p in sorted(narration.sounds.items())}
    inputs = [
        storyboard.music,
        file_digest(Path(storyboard.music)) if own else "",
        storyboard.style,
        storyboard.seed,
        starts,
        narration.beat,
    ]

    def make() -> dict:
        music, whooshes = _music(storyboard, seconds, starts[1:], narration.beat), None
        if storyboard.music == "auto":
            whooshes = effects(starts[1:], seconds, storyboard.style, storyboard.seed)
        tell("sound", 0.0)
        mixed = mix(voice_track(storyboard, narration, cuts, seconds), music, whooshes, seconds)
        write_sound(mixed, shop.folder / "sound.wav")
        level, peak = loudness(mixed)
        tell("sound", 1.0)
        return {"lufs": round(level, 2), "true_peak": round(peak, 2), "sound_seconds": mixed.seconds}

    rooms = ("generate", "optimize", "media")
    return shop.step("sound", [inputs, voice_files, seconds, data_digest("music.yaml")], make, ["sound.wav"], rooms)


def _music(storyboard: Storyboard, seconds: float, cuts: list[float], beat: float) -> Sound | None:
    if storyboard.music == "none":
        return None
    if storyboard.music == "auto":
        return compose(storyboard.style, seconds, storyboard.seed, 60 / beat, tuple(cuts)).sound
    return fit_music(read_sound(Path(storyboard.music), channels=2), seconds)


def _video(
    storyboard: Storyboard, takes: Takes, phrases: list[Phrase], metadata: str | None, shop: Workshop, tell: Tell
) -> dict:
    """Captions, overlay and the one encode; the finished file carries the key of what it was made from."""
    tell("video", 0.0)
    out = shop.folder.parent
    script, seconds = overlay(_laid_over(storyboard, takes), phrases), storyboard.length
    cards = caption_cards(storyboard, phrases)
    write_srt(cards, out / "captions.srt")
    write_ass(cards, out / "captions.ass", platform(storyboard.platform))
    logo = Path(storyboard.logo) if storyboard.logo else None

    def make() -> dict:
        sound, tags = shop.folder / "sound.wav", {"AIGC": metadata} if metadata else None
        render(
            storyboard, takes.takes, sound, script, out / "video.mp4", shop.folder / "render",
            lambda done: tell("video", min(done / seconds, 1.0)), logo, tags,
        )  # fmt: skip
        return {"seconds": round(probe(out / "video.mp4").seconds, 3), "bytes": (out / "video.mp4").stat().st_size}

    pictures = [[t, file_digest(Path(t["path"]))] for t in takes.takes]
    inputs = [script, pictures, file_digest(shop.folder / "sound.wav"), metadata, file_digest(logo) if logo else ""]
    return shop.step("video", inputs, make, ["../video.mp4"], ("publish", "media"))


def _laid_over(storyboard: Storyboard, takes: Takes) -> Storyboard:
    """The storyboard without subjects where footage or a photo already shows one."""
    own = {take["id"] for take in takes.takes if take["provider"] not in {"drawn", "generated"}}
    shots = [s.model_copy(update={"subject": ""}) if s.id in own else s for s in storyboard.shots]
    return storyboard.model_copy(update={"shots": shots})


def _with_reasons(storyboard: Storyboard, takes: Takes) -> Storyboard:
    """The storyboard with why its footage was chosen, where a shot shows some."""
    why = {take["id"]: take["why"] for take in takes.takes if take.get("why")}
    shots = [s.model_copy(update={"why": why.get(s.id, s.why)}) for s in storyboard.shots]
    return storyboard.model_copy(update={"shots": shots})


def _cover(storyboard: Storyboard, takes: Takes, metadata: str | None, out: Path) -> float:
    """Make the cover from clean pictures of the takes; returns the contrast of its title."""
    clean = []
    for shot_id, time in candidates(storyboard):
        take = next(t for t in takes.takes if t["id"] == shot_id)
        clean.append((shot_id, take_frame(take, time - storyboard.shot(shot_id).start)))
    label = visible_label(storyboard.language) if storyboard.ai_label else None
    return round(make_cover(_laid_over(storyboard, takes), clean, out / "cover.jpg", label, metadata).contrast, 2)


def _letter_note(storyboard: Storyboard) -> str:
    lost = dropped("".join(f"{s.say}{s.headline}" for s in storyboard.shots))
    if not lost:
        return ""
    if storyboard.language.startswith("zh"):
        return f"画面文字里去掉了没有字形的符号：{' '.join(lost)}（旁白和文案不变）。"
    return f"Left out of the picture, for want of a letter shape: {' '.join(lost)}; the post text keeps them."


def _length_note(storyboard: Storyboard) -> str:
    over = storyboard.length - storyboard.seconds
    if abs(over) <= 1:
        return ""
    if storyboard.language.startswith("zh"):
        longer, way = ("长", "删几句话") if over > 0 else ("短", "多写几句")
        return f"成片比要求的{longer} {abs(over):.1f} 秒：{way}就能对上。"
    longer, way = ("longer", "cut") if over > 0 else ("shorter", "add")
    return f"The video is {abs(over):.1f} s {longer} than asked: {way} some words to match."
