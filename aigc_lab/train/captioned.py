"""How well captions steer the generator: what the text encoder reads in them, and what clips made from them show.

All on the scenes of the part "test". Reading: the scenes' captions, and other wordings of the same labels. Generating:
clips from the caption alone, in English and in Chinese, beside clips from the labels themselves ("labels"), each with
the subject shown; so what is lost between the two is lost in reading, or was never in the words.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from aigc_lab.collect.scenes import SceneSpec, draw_scene
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.generate.clips import Models, decode, generate_tokens, load_models, wish_arrays
from aigc_lab.train.evaluating import (
    BATCH,
    Number,
    Share,
    as_numbers,
    features,
    judge,
    kid_number,
    load_recognizer,
    mean_number,
)
from aigc_lab.train.generated import clips_for, directions, palette_error, truth_of
from aigc_lab.train.input import PARTS, corpus_spec
from aigc_lab.train.reading import answered, as_wishes, load_text_encoder, rightly_read, written
from aigc_lab.train.recognizer import Recognizer
from aigc_lab.train.reconstructed import Tell, silent
from aigc_lab.train.text_encoder import TextEncoder, answers, plain
from aigc_lab.train.weights import has_weights
from aigc_lab.train.wording import LANGUAGES, Said, worded

LABELS = "labels"  # beside the languages: clips from the labels of the scenes, not from words
DECODED = 10  # clips at once


def evaluate_captions(clips: int, weights: Path | None = None, tell: Tell = silent) -> dict[str, object]:
    """All numbers of reading and of generating by captions, as `as_numbers` has them; "reading" and "made": tables.

    Without a generator in `weights` (data/weights) only reading is measured. Raises LabError when weights are missing.
    """
    model, first = load_text_encoder(weights), PARTS["test"][0]
    specs = [corpus_spec(seed)[0] for seed in range(first, first + clips)]
    tell("read", 0.0)
    read = reading_numbers(model, specs)
    numbers, tables = dict(read), {"reading": _crossed(read, (*answers(), "all"))}
    if has_weights(weights):
        made = made_numbers(load_models(weights), load_recognizer(weights), model, specs, tell)
        numbers |= made
        tables["made"] = _crossed(made, ("theme", "style", "subject", "direction", "palette_error", "kid"))
    more = {"clips": clips, "parameters": model.count_params(), "guidance": GUIDANCE, "steps_taken": STEPS}
    return as_numbers(numbers, more | tables)


def reading_numbers(model: TextEncoder, specs: list[SceneSpec]) -> dict[str, Number]:
    """How often each question is answered rightly ("not said" is an answer), and all of them ("all").

    theme_read_en, theme_read_zh ...: of the scenes' captions; theme_reworded_en ...: of the same labels said otherwise.
    """
    numbers = {}
    for language in LANGUAGES:
        for how, (texts, truth) in {"read": written(specs, language), "reworded": reworded(specs, language)}.items():
            right = rightly_read(model, texts, truth)
            right["all"] = np.logical_and.reduce(list(right.values()))
            numbers |= {f"{name}_{how}_{language}": Share(int(r.sum()), len(r)).number for name, r in right.items()}
    return numbers


def reworded(specs: list[SceneSpec], language: str) -> tuple[list[str], list[Said]]:
    """The labels of scenes in other words and order, some left out: plain texts, and what each says."""
    drawn = [worded(spec, language, np.random.default_rng([spec.seed, 701])) for spec in specs]
    return [plain(text) for text, _ in drawn], [said for _, said in drawn]


def made_numbers(
    models: Models, recognizer: Recognizer, model: TextEncoder, specs: list[SceneSpec], tell: Tell = silent
) -> dict[str, Number]:
    """What clips show that were made from captions alone: theme_accuracy_en, kid_zh ..., and the same from labels."""
    c, shown, numbers = models.autoencoder.config, [(spec, True) for spec in specs], {}
    drawn = features(recognizer, np.stack([draw_scene(spec, (c.width, c.height)).frames for spec in specs]))
    for source in (*LANGUAGES, LABELS):
        on_part: Callable[[float], None] = partial(tell, f"generate {source}")
        on_part(0.0)
        named = np.array([isinstance(spec.palette, str) for spec in specs])
        if source == LABELS:
            made = clips_for(models, shown, specs[0].seed, on_part=on_part)
        else:
            texts, truth = written(specs, source)
            wishes = [as_wishes(said) for said, _ in answered(model, texts)]
            made = clips_of(models, wishes, specs[0].seed, on_part)
            named &= np.array([said["palette"] is not None for said in truth])
        shares = judge(recognizer, made, truth_of(shown)) | {"direction": directions(made, shown)}
        numbers |= {f"{name}_accuracy_{source}": share.number for name, share in shares.items() if share}
        if named.any():
            told = [shown[at] for at in np.flatnonzero(named)]
            numbers[f"palette_error_{source}"] = mean_number(palette_error(made[named], told))
        numbers[f"kid_{source}"] = kid_number(drawn, features(recognizer, made))
    return numbers


def clips_of(
    models: Models, wishes: list[dict[str, object]], seed: int, on_part: Callable[[float], None] | None = None
) -> np.ndarray:
    """A clip for each set of wishes (as `generate_clip` takes them), uint8 (N, 16, H, W, 3). Raises LabError.

    The noise is that of `aigc_lab.train.generated.clips_for`, so that both differ by what was wished alone.
    """
    made = []
    for first in range(0, len(wishes), BATCH):
        each = [wish_arrays(models, **wish) for wish in wishes[first : first + BATCH]]
        asked = {name: np.concatenate([one[name] for one in each]) for name in each[0]}
        tokens = generate_tokens(models, asked, [seed + first], GUIDANCE, STEPS, None)
        made += [decode(models, tokens[i : i + DECODED]) for i in range(0, len(tokens), DECODED)]
        if on_part:
            on_part(min(first + BATCH, len(wishes)) / len(wishes))
    return np.concatenate(made)


def _crossed(numbers: dict[str, Number], names: tuple[str, ...]) -> list[dict[str, object]]:
    """Numbers NAME_WHAT as a table: a row for each name, a column for each of the rest."""
    rows = []
    for name in names:
        cells = {key.removeprefix(f"{name}_"): n for key, n in numbers.items() if key.startswith(f"{name}_")}
        if cells:
            told = {key.removeprefix("accuracy_"): round(n.value, 4) for key, n in cells.items()}
            rows.append({"what": name, **told, "count": max(n.count for n in cells.values())})
    return rows
