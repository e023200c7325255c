"""`python -m aigc_lab.train MODEL --corpus DIR --out RUN --budget 60m`: the models in the order they need each other.

On two CPU cores, 40x72, some 3.5 hours (a guess from the time of a step; nothing was trained to the end yet):

    corpus --clips 12000; autoencoder --budget 75m; tokens; generator --budget 70m; recognizer --budget 25m;
    upscaler --budget 15m; judge --clips 500

On a GPU, 80x144, with KERAS_BACKEND=jax: add --large --half, --batch 64 for the autoencoder, --batch 512 --rate 1.5e-3
for the generator. Each line can be stopped and goes on where it was. The weights lie in RUN/weights.
"""

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Read the command line and train; 1 when something must be put right first."""
    parser = argparse.ArgumentParser(prog="python -m aigc_lab.train", description="Train one model.")
    parser.add_argument("model", help="corpus, autoencoder, tokens, generator, upscaler, recognizer or judge")
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus"), help="where drawn clips lie")
    parser.add_argument("--out", type=Path, default=Path("runs/first"), help="the folder of this run")
    parser.add_argument("--budget", default="", help="how long to train: 90s, 60m, 1.5h")
    parser.add_argument("--steps", type=int, default=0, help="how many steps, instead of a time")
    parser.add_argument("--clips", type=int, default=20_000, help="how many clips to draw")
    parser.add_argument("--large", action="store_true", help="the sizes for a GPU (80x144)")
    parser.add_argument("--half", action="store_true", help="compute in bfloat16 (on a GPU)")
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--round", type=int, default=50, help="steps between two looks at the clock")
    parser.add_argument("--rate", type=float, default=0.0, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from aigc_lab import LabError
    from aigc_lab.train.running import Job, seconds_of, train

    if given.half:
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        seconds = seconds_of(given.budget) if given.budget else 0.0
        names = ("corpus", "out", "steps", "large", "clips", "batch", "rate", "seed", "round")
        train(given.model, Job(seconds=seconds, **{name: getattr(given, name) for name in names}))
    except LabError as error:
        print(f"✗ {error}".encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
