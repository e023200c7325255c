"""Train the text encoder, and read captions with it: a sentence becomes the wishes that `generate_clip` takes."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.train.fitting import Batch, Progress, fit
from aigc_lab.train.input import PARTS, corpus_spec
from aigc_lab.train.jobs import Job, keep_model
from aigc_lab.train.text_encoder import (
    SPEEDS,
    TextEncoder,
    TextEncoderConfig,
    answers,
    build_text_encoder,
    checked,
    numbered,
    plain,
)
from aigc_lab.train.warm_start import begin
from aigc_lab.train.weights import kept, set_arrays
from aigc_lab.train.wording import LANGUAGES, Said, alphabet, as_numbers, example, said_of
from aigc_lab.vocabulary import vocabulary

NAME = "captions"  # of the weights
UNSEEN = 400  # scenes whose captions a run reads now and then
SURE = 0.5  # an answer counts from this probability on
USUAL = "minimal"  # the style of a caption that says colours and no style: colours are known in a style only


@dataclass(frozen=True)
class Reading:
    """What a caption says: the answer to each question, None for "not said", and how sure each answer is, 0..1.

    looks: for each question, how much it looked at each letter of `text` (the caption as it was read), sums near 1.
    """

    text: str
    said: Said
    sure: dict[str, float]
    looks: dict[str, np.ndarray]


def train_captions(job: Job) -> Progress:
    """Learn to read captions, English and Chinese in turn. Raises LabError on NaN or without a budget."""
    specs = [corpus_spec(seed)[0] for seed in range(PARTS["pictures"][0], PARTS["pictures"][0] + job.clips)]
    unseen = [corpus_spec(seed)[0] for seed in range(PARTS["valid"][0], PARTS["valid"][0] + UNSEEN)]
    model, size = build_text_encoder(TextEncoderConfig(alphabet())), job.batch or 64
    begin(model, NAME, job.start)

    def batch(step: int) -> Batch:
        rng, language = job.random(step), LANGUAGES[step % len(LANGUAGES)]
        drawn = [example(specs[n], language, rng) for n in rng.integers(len(specs), size=size)]
        letters = numbered([text for text, _ in drawn], model.config.letters)
        return {"letters": letters}, np.array([as_numbers(said) for _, said in drawn], np.int32)

    def measure() -> dict[str, float]:
        return {
            f"unseen_{name}_{language}": float(np.mean(right))
            for language in LANGUAGES
            for name, right in rightly_read(model, *written(unseen, language)).items()
        }

    done = fit(model, batch, job.plan(NAME, 2e-3, measure))
    if done.done:
        keep_model(model, NAME, job, done, measure())
    return done


def written(specs: list, language: str) -> tuple[list[str], list[Said]]:
    """The captions of drawn scenes, plain, and what each says."""
    texts = [plain(spec.caption_en if language == "en" else spec.caption_zh) for spec in specs]
    return texts, [said_of(spec, language) for spec in specs]


def rightly_read(model: TextEncoder, texts: list[str], truth: list[Said]) -> dict[str, np.ndarray]:
    """For each question, which of the plain texts were answered rightly, bool (N,); "not said" is an answer too."""
    told = [said for said, _ in answered(model, texts)]
    return {
        name: np.array([mine[name] == theirs[name] for mine, theirs in zip(told, truth, strict=True)])
        for name in answers()
    }


def answered(model: TextEncoder, texts: list[str]) -> list[tuple[Said, dict[str, float]]]:
    """What each plain text says, and how sure each answer is, 0..1.

    One that is not SURE is none; a subject that is said brings its theme along where none is.
    """
    logits = model.predict({"letters": numbered(texts, model.config.letters)}, batch_size=64, verbose=0)
    shares = {name: keras.ops.convert_to_numpy(keras.ops.softmax(values)) for name, values in logits.items()}
    found = []
    for row in range(len(texts)):
        sure = {name: float(values[row].max()) for name, values in shares.items()}
        best = {name: int(values[row].argmax()) for name, values in shares.items()}
        said: Said = {
            name: listed[best[name] - 1] if best[name] and sure[name] >= SURE else None
            for name, listed in answers().items()
        }
        if said["subject"] and not said["theme"]:
            said["theme"] = vocabulary().subjects[said["subject"]].theme
        found.append((said, sure))
    return found


@lru_cache(maxsize=2)
def load_text_encoder(folder: Path | None = None) -> TextEncoder:
    """The trained text encoder of `folder` (data/weights). Raises LabError when its weights are missing or changed."""
    weights, _ = kept(NAME, folder)
    sizes = json.loads(weights.metadata["config"])
    sizes["answers"], sizes["gaps"] = tuple(map(tuple, sizes["answers"])), tuple(sizes["gaps"])
    if sizes["answers"] != tuple((name, len(listed) + 1) for name, listed in answers().items()):
        raise LabError("The text encoder was trained for another vocabulary: copy data/weights again, or train it.")
    model = build_text_encoder(TextEncoderConfig(**sizes))
    set_arrays(model, weights.arrays, "The weights of the text encoder")
    return model


def read(caption: str, model: TextEncoder | None = None) -> Reading:
    """What a caption in English or Chinese says. Raises LabError when it is empty or too long."""
    model, text = model or load_text_encoder(), checked(caption)
    [(said, sure)] = answered(model, [text])
    _, looks = model.look(numbered([text], model.config.letters))
    looks = keras.ops.convert_to_numpy(looks)[0, : len(text)]
    return Reading(text, said, sure, {name: looks[:, i] for i, name in enumerate(answers())})


def wishes_of(caption: str, model: TextEncoder | None = None) -> dict[str, object]:
    """A caption as the keyword arguments of `generate_clip`: `generate_clip(**wishes_of("a cat at night"))`.

    The caption is English or Chinese. What it does not say is None, "anything"; speed is 1 then, and a subject that is
    named is shown. Colours that are said without a style are those of the minimal style: they are known in one only.
    Raises LabError when it names neither a theme nor a subject, is empty or too long, or weights are missing.
    """
    said = read(caption, model).said
    if said["theme"] is None and said["subject"] is None:
        raise LabError(
            f"The caption {caption!r} names nothing that can be drawn: say what is to be seen or where, like "
            "'a cat at night' or 'slow neon city'; `aigc-lab words` lists the words."
        )
    return as_wishes(said)


def as_wishes(said: Said) -> dict[str, object]:
    """What a caption says as the keyword arguments of `generate_clip`, see `wishes_of`."""
    style = said["style"] or (USUAL if said["palette"] else None)
    speed = SPEEDS[said["speed"]] if said["speed"] else 1.0
    return {**said, "style": style, "speed": speed, "shown": said["subject"] is not None}
