"""The voice step of a run: every shot spoken once, remembered, and set on the time line."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.generate import voice as narrator
from aigc_lab.generate.timing import Cut, place, voice_speed
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


def pauses(storyboard: Storyboard) -> list[float]:
    """Seconds of silence wished after each shot: short inside a sentence, longer after one, longest at the end."""
    rests = [0.3 if s.say.rstrip("\"'”’）)").endswith(END_OF_SENTENCE) else 0.12 for s in storyboard.shots]
    return [*rests[:-1], 0.7] if rests else []


def narrate(storyboard: Storyboard, beats: np.ndarray, shop: Workshop, tell: Callable[[float], None]) -> Narration:
    """Speak every shot so that the whole fits the time asked for; without a voice, time the captions by reading speed.

    Raises LabError when a recording or a named voice cannot be used; a language that has no voice is only noted.
    """
    if storyboard.voice.startswith("recording:"):
        return _recorded(storyboard, Path(storyboard.voice.partition(":")[2]), shop)
    rough = [_rough_length(s, storyboard.language) for s in storyboard.shots]
    speed = voice_speed(rough, pauses(storyboard), storyboard.seconds, beats)
    if storyboard.voice == "none":
        return _silent(storyboard, rough, speed)
    try:
        narration = _spoken(storyboard, speed, shop, lambda x: tell(x * 0.8))
    except NoVoice as reason:
        return _silent(storyboard, rough, speed, str(reason))
    heard = [narration.seconds[s.id] * (speed if s.say else 1.0) for s in storyboard.shots]
    better = voice_speed(heard, pauses(storyboard), storyboard.seconds, beats)
    if abs(better / speed - 1) > 0.04:  # the rough lengths were too far off: speak once more
        narration = _spoken(storyboard, better, shop, lambda x: tell(0.8 + x * 0.2))
    return narration


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


def set_times(storyboard: Storyboard, narration: Narration, beats: np.ndarray) -> tuple[Storyboard, list[Cut]]:
    """The storyboard with the real times of its shots, and the cuts."""
    lengths = [narration.seconds[s.id] for s in storyboard.shots]
    cuts = place(lengths, pauses(storyboard), storyboard.seconds, beats)
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
