"""Train the judge: on drawn clips of its own seeds, some of them as the autoencoder gives them back."""

import numpy as np

from aigc_lab import LabError
from aigc_lab.media import atomic
from aigc_lab.train.evaluating import reconstruct
from aigc_lab.train.fitting import Batch, Progress, fit
from aigc_lab.train.input import Drawn, words
from aigc_lab.train.jobs import Job, keep_model, own_autoencoder
from aigc_lab.train.recognizer import HEADS, Recognizer, RecognizerConfig
from aigc_lab.train.troubles import stored
from aigc_lab.train.warm_start import begin


def train_recognizer(job: Job) -> Progress:
    """Learn to tell theme, subject and style, on seeds of its own. Raises LabError when nothing is drawn, or on NaN."""
    drawn, valid = Drawn(job.corpus, "judge", job.size), Drawn(job.corpus, "valid", job.size)
    config = RecognizerConfig(height=job.size[1], width=job.size[0], words=tuple(len(words()[name]) for name in HEADS))
    model, size = Recognizer(config), job.batch or (64 if job.large else 16)
    truth, truth_valid = answers(drawn), answers(valid)
    shown = np.flatnonzero(truth[:, 3])
    model({"clips": valid.clips(np.arange(1))})
    begin(model, "recognizer", job.start)

    back = _reconstructed(job, drawn)

    def batch(step: int) -> Batch:
        rng = job.random(step)  # half of them with the subject shown: 103 subjects are learnt slower than ten themes
        again = rng.integers(len(back), size=size // 4) if len(back) else np.zeros(0, int)
        fresh = [rng.choice(shown, size // 2), rng.integers(len(drawn), size=size - size // 2 - len(again))]
        clips = np.concatenate([drawn.clips(np.concatenate(fresh)), back[again]])
        first = rng.integers(config.stride, size=size)  # it sees every fourth frame: let it be other ones each time
        clips = np.stack([np.roll(clip, -f, axis=0) for clip, f in zip(clips, first, strict=True)])
        return {"clips": clips}, truth[np.concatenate([*fresh, again])]

    def measure() -> dict[str, float]:
        told = model.predict({"clips": valid.clips(np.arange(len(valid)))}, batch_size=32, verbose=0)
        right = {name: told[name].argmax(1) == truth_valid[:, i] for i, name in enumerate(HEADS)}
        right["subject"] = right["subject"][truth_valid[:, 3] == 1]
        return {f"unseen_{name}": float(np.mean(r)) for name, r in right.items()}

    done = fit(model, batch, job.plan("recognizer", 1e-3, measure))
    if done.done:
        keep_model(model, "recognizer", job, done, measure(), {"clips": str(len(drawn))})
    return done


def _reconstructed(job: Job, drawn: Drawn) -> np.ndarray:
    """The first quarter of the clips as the autoencoder gives them back, uint8, kept in RUN; none where it is missing.

    The judge shall tell what is shown, and not stumble over the traces that every decoded clip has.
    """
    try:
        model, digest = own_autoencoder(job)
    except LabError as error:
        job.say(f"The recognizer learns from drawn clips alone. {error}")
        return np.zeros((0, *drawn.shards[0].shape[1:]), np.uint8)
    path = job.out / f"judge-{digest[:8]}.npy"
    if not path.exists():
        some = drawn.shards[: -(-len(drawn.shards) // 4)]
        with atomic(path) as part, open(part, "wb") as file:
            np.save(file, np.concatenate([reconstruct(model, clips) for clips in some]))
    return stored(path, (None, *drawn.shards[0].shape[1:]), np.uint8, "remove it, and it is made again")[: len(drawn)]


def answers(drawn: Drawn) -> np.ndarray:
    """What the recognizer should say, (N, 4): theme, subject, style from 0, and whether the subject is shown."""
    labels = drawn.labels()
    return np.stack([*(labels[name] - 1 for name in HEADS), labels["shown"] - 1], axis=1)
