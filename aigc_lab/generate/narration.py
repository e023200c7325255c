"""The voice step of a run: every shot spoken once, remembered, and set on the time line."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.generate import voice as narrator
from aigc_lab.generate.timing import Cut, beats_hit, grid, pace, place
from aigc_lab.generate.voice import NoVoice, Phrase
from aigc_lab.media import RATE, Sound, read_sound, write_sound
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.workshop import Workshop, data_digest, file_digest

ROOMS = ("generate", "media")
END_OF_SENTENCE = tuple("。！？.!?…")


@dataclass
class Narration:
    """Each shot's length and phrases, and its sound where there is a voice."""

    seconds: dict[int, float]
    phrases: dict[int, list[Phrase]]
    sounds: dict[int, Path]
    speed: float
    note: str = ""
    beat: float = 0.5  # s between two beats of the music that suits the words


def pauses(storyboard: Storyboard) -> list[float]:
    """Seconds of silence wished after each shot: short inside a sentence, longer after one, longest at the end."""
    rests = [0.3 if s.say.rstrip("\"'”’）)").endswith(END_OF_SENTENCE) else 0.12 for s in storyboard.shots]
    return [*rests[:-1], 0.7] if rests else []


def narrate(storyboard: Storyboard, beat: float, shop: Workshop, tell: Callable[[float], None]) -> Narration:
    """Speak every shot so that the whole fits the time asked for; without a voice, time the captions by reading speed.

    beat: s between two beats of the style's music; the one that fits the words best comes back with the narration.
    Raises LabError when a recording or a named voice cannot be used; a language that has no voice is only noted.
    """
    if storyboard.voice.startswith("recording:"):
        return _in_time(_recorded(storyboard, Path(storyboard.voice.partition(":")[2]), shop), storyboard, beat)
    rough = [_rough_length(s, storyboard.language) for s in storyboard.shots]
    _, speed = pace(rough, pauses(storyboard), storyboard.seconds, beat)
    if storyboard.voice == "none":
        return _in_time(_silent(storyboard, rough, speed), storyboard, beat)
    try:
        narration = _in_time(_spoken(storyboard, speed, shop, lambda x: tell(x * 0.8)), storyboard, beat)
    except NoVoice as reason:
        return _in_time(_silent(storyboard, rough, speed, str(reason)), storyboard, beat)
    if _fits(storyboard, narration):
        return narration
    heard = [narration.seconds[s.id] * (speed if s.say else 1.0) for s in storyboard.shots]
    _, better = pace(heard, pauses(storyboard), storyboard.seconds, beat)  # the rough lengths were too far off
    return _in_time(_spoken(storyboard, better, shop, lambda x: tell(0.8 + x * 0.2)), storyboard, beat)


def _in_time(narration: Narration, storyboard: Storyboard, beat: float) -> Narration:
    """The narration with the beat that suits its words as they were spoken."""
    lengths = [narration.seconds[s.id] for s in storyboard.shots]
    narration.beat, _ = pace(lengths, pauses(storyboard), storyboard.seconds, beat, speeds=(1.0,))
    return narration


def _fits(storyboard: Storyboard, narration: Narration) -> bool:
    """Whether the words fill the time asked for, with most cuts on beats."""
    cuts = set_times(storyboard, narration)[1]
    late = cuts[-1].start + cuts[-1].seconds - storyboard.seconds
    return late < 0.1 and beats_hit(cuts, grid(narration.beat)) >= 0.7


def _rough_length(shot: Shot, language: str) -> float:
    return narrator.estimate(shot.say, language) if shot.say else shot.seconds


def _spoken(storyboard: Storyboard, speed: float, shop: Workshop, tell: Callable[[float], None]) -> Narration:
    narration = Narration({}, {}, {}, speed)
    for number, shot in enumerate(storyboard.shots):
        if shot.say:
            spoken = _speak_shot(shot, storyboard, speed, shop)
            narration.phrases[shot.id] = [_phrase(p) for p in spoken["phrases"]]
            narration.sounds[shot.id] = shop.folder / spoken["file"]
            narration.seconds[shot.id] = spoken["seconds"] or shot.seconds  # nothing to say: emoji only
        else:
            narration.phrases[shot.id], narration.seconds[shot.id] = [], shot.seconds
        tell((number + 1) / len(storyboard.shots))
    return narration


def _speak_shot(shot: Shot, storyboard: Storyboard, speed: float, shop: Workshop) -> dict:
    name = f"voice-{shot.id}"

    def make() -> dict:
        spoken = narrator.speak(shot.say, storyboard.language, storyboard.voice, speed)
        write_sound(spoken.sound, shop.folder / f"{name}.wav")
        return {"file": f"{name}.wav", "seconds": spoken.sound.seconds, "phrases": [asdict(p) for p in spoken.phrases]}

    reading = narrator.reading(shot.say, storyboard.language)  # changes with the rules and the lexicon
    inputs = [shot.say, reading, data_digest("voices"), storyboard.language, storyboard.voice, speed]
    return shop.step(name, inputs, make, [f"{name}.wav"], ROOMS)


def _phrase(fields: dict) -> Phrase:
    words = [tuple(w) for w in fields.get("words", [])]
    return Phrase(**{**fields, "words": words})


def _silent(storyboard: Storyboard, lengths: list[float], speed: float, note: str = "") -> Narration:
    seconds = {s.id: n / (speed if s.say else 1) for s, n in zip(storyboard.shots, lengths, strict=True)}
    phrases = {s.id: narrator.timed(s.say, storyboard.language, seconds[s.id]) for s in storyboard.shots}
    return Narration(seconds, phrases, {}, speed, note)


def _recorded(storyboard: Storyboard, file: Path, shop: Workshop) -> Narration:
    texts = [s.say for s in storyboard.shots if s.say]
    shots = [s for s in storyboard.shots if s.say]
    if not texts:
        raise LabError("The storyboard has no words for the recording to be matched with: fill the 'say' fields.")
    recording = read_sound(file)

    def make() -> dict:
        spans = narrator.align_recording(recording, texts, storyboard.language)
        for shot, (start, end) in zip(shots, spans, strict=True):
            part = recording.samples[round(start * RATE) : round(end * RATE)]
            write_sound(Sound(part), shop.folder / f"voice-{shot.id}.wav")
        return {"spans": spans}

    files = [f"voice-{s.id}.wav" for s in shots]
    spans = shop.step("recording", [file_digest(file), texts, storyboard.language], make, files, ROOMS)["spans"]
    narration = Narration({s.id: s.seconds for s in storyboard.shots}, {s.id: [] for s in storyboard.shots}, {}, 1.0)
    for shot, (start, end) in zip(shots, spans, strict=True):
        narration.seconds[shot.id] = end - start
        narration.phrases[shot.id] = narrator.timed(shot.say, storyboard.language, end - start)
        narration.sounds[shot.id] = shop.folder / f"voice-{shot.id}.wav"
    return narration


def set_times(storyboard: Storyboard, narration: Narration) -> tuple[Storyboard, list[Cut]]:
    """The storyboard with the real times of its shots, and the cuts."""
    lengths = [narration.seconds[s.id] for s in storyboard.shots]
    cuts = place(lengths, pauses(storyboard), storyboard.seconds, grid(narration.beat))
    shots = [
        s.model_copy(update={"start": round(c.start, 4), "seconds": round(c.seconds, 4)})
        for s, c in zip(storyboard.shots, cuts, strict=True)
    ]
    return storyboard.model_copy(update={"shots": shots}), cuts


def voice_track(storyboard: Storyboard, narration: Narration, cuts: list[Cut], seconds: float) -> Sound | None:
    """All words on one mono track of `seconds`; None when nobody speaks."""
    if not narration.sounds:
        return None
    track = np.zeros((round(seconds * RATE), 1), np.float32)
    for shot, cut in zip(storyboard.shots, cuts, strict=True):
        if shot.id in narration.sounds:
            words = read_sound(narration.sounds[shot.id]).samples
            at = round(cut.words_at * RATE)
            room = track[at : at + len(words)]
            room += words[: len(room)]
    return Sound(track)


def timed_phrases(storyboard: Storyboard, narration: Narration, cuts: list[Cut]) -> list[Phrase]:
    """All phrases in order, with times on the time line of the whole video."""
    found = []
    for shot, cut in zip(storyboard.shots, cuts, strict=True):
        for p in narration.phrases[shot.id]:
            words = [(w, round(a + cut.words_at, 4), round(b + cut.words_at, 4)) for w, a, b in p.words]
            found.append(Phrase(p.text, round(p.start + cut.words_at, 4), round(p.end + cut.words_at, 4), words))
    return found
