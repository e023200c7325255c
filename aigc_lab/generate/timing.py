"""When each shot starts: cuts on the beat of the music, words inside their shot, the whole as long as was asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aigc_lab import LabError

FPS = 30  # of every finished video; all cuts fall on whole frames
LEAD = 0.08  # s of picture before the first word of a shot
TAIL = 0.06  # s of picture after the last one
OFF_BEAT = 0.3  # cost of a cut on a half beat, in s^2 of silence
FASTEST, SLOWEST = 1.25, 0.92  # how far the voice may be hurried or held back before it sounds wrong
SPEEDS = tuple(float(v) for v in np.arange(SLOWEST, FASTEST + 0.001, 0.01).round(2))


@dataclass(frozen=True)
class Cut:
    """One shot on the time line: seconds, and where its words begin."""

    start: float
    seconds: float
    words_at: float


def on_frame(time: float) -> float:
    """The time of the nearest whole frame."""
    return round(time * FPS) / FPS


def grid(beat: float) -> np.ndarray:
    """The times of the beats, `beat` seconds apart, for as long as any video lasts."""
    return np.arange(0, 200, beat)


def pace(
    spoken: list[float], pauses: list[float], seconds: float, beat: float, speeds: Sequence[float] = SPEEDS
) -> tuple[float, float]:
    """The beat (s) of the music and the speed of the voice with which words, pauses and cuts on beats fill `seconds`.

    spoken: s of speech in each shot at normal speed; pauses: s of silence wished after each; beat: the one that the
    style would have, from which the chosen one may differ by two frames. Weighs the cost of `place` against the
    distance from normal speed.
    """
    best, cost_of_best = (beat, speeds[-1]), np.inf
    for frames in sorted(range(round(beat * FPS) - 2, round(beat * FPS) + 3), key=lambda f: abs(f - beat * FPS)):
        for speed in speeds:
            needs = np.array(spoken) / speed + LEAD + TAIL
            cuts, cost = _best_cuts(needs, np.array(pauses), on_frame(seconds), grid(frames / FPS))
            cost += 3 * len(spoken) * (speed - 1) ** 2
            if cuts and cost < cost_of_best - 1e-9:
                best, cost_of_best = (frames / FPS, speed), cost
    return best


def place(spoken: list[float], pauses: list[float], seconds: float, beats: np.ndarray) -> list[Cut]:
    """Choose the cuts by dynamic programming over the beats and half beats.

    spoken: s of speech in each shot (a silent shot: how long it should be); pauses: s of silence wished after each.
    The cost of a shot is the squared difference between its silence and the wish, plus a little for a cut off the
    beat; the last shot ends exactly at `seconds`, or later when the words need it.

    Raises LabError when there is no shot.
    """
    if not spoken:
        raise LabError("The storyboard has no shots: add at least one.")
    needs = np.array(spoken) + LEAD + TAIL
    end = on_frame(max(seconds, float(needs.sum()) + 0.5 * len(needs) / FPS))
    for stretch in range(400):
        cuts, _ = _best_cuts(needs, np.array(pauses), end + stretch * 3 / FPS, beats)
        if cuts:
            return [Cut(a, b - a, a + LEAD) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
    raise LabError(f"{len(spoken)} shots do not fit into {seconds} s: ask for more seconds or remove shots.")


def _best_cuts(needs: np.ndarray, pauses: np.ndarray, end: float, beats: np.ndarray) -> tuple[list[float], float]:
    """Cut times from 0 to `end` and their cost; no times when the words do not fit."""
    on_beat = beats[(beats > 0.3) & (beats < end - 0.3)]
    half = (on_beat[:-1] + on_beat[1:]) / 2
    grid = np.array([0.0, *(on_frame(t) for t in np.sort(np.concatenate([on_beat, half]))), end])
    off_beat = np.array([0.0 if np.min(np.abs(t - beats), initial=1.0) < 0.02 else OFF_BEAT for t in grid])
    off_beat[-1] = 0.0
    lengths = grid[None, :] - grid[:, None]  # (from, to)
    best = np.full(len(grid), np.inf)
    best[0] = 0.0
    came_from = []
    for need, pause in zip(needs, pauses, strict=True):
        rest = lengths - need
        cost = np.where(rest >= -1e-6, (rest - pause) ** 2, np.inf) + off_beat[None, :]
        total = best[:, None] + cost
        came_from.append(np.argmin(total, axis=0))
        best = np.min(total, axis=0)
    if not np.isfinite(best[-1]):
        return [], np.inf
    at, cuts = len(grid) - 1, [end]
    for back in reversed(came_from):
        at = int(back[at])
        cuts.append(float(grid[at]))
    return cuts[::-1], float(best[-1])


def beats_hit(cuts: list[Cut], beats: np.ndarray, within: float = 0.025) -> float:
    """The share of cuts (the first one aside) that fall on a beat."""
    starts = np.array([c.start for c in cuts[1:]])
    return float(np.mean(np.min(np.abs(starts[:, None] - beats[None, :]), axis=1) <= within)) if len(starts) else 1.0
