"""A person's recording of the whole script, cut into shots at its pauses, without a recogniser."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from aigc_lab import LabError
from aigc_lab.media import Sound

STEP = 0.01  # s, of the loudness curve
SHORTEST_PAUSE = 0.1  # s
BEFORE, AFTER = 0.04, 0.08  # s kept around what is said
_LONG_PAUSE = 0.6  # s: between shots a pause of this length or more costs nothing
_UNEVEN = 0.2  # a person's pace differs from the plan by about this share


def spans(sound: Sound, planned: list[float]) -> list[tuple[float, float]]:
    """Where each part of a script is said: (start, end) in s, in order, not overlapping.

    planned: s that each part should take; only their shares count. The N - 1 pauses are chosen by dynamic programming,
    so that all parts have their share of the time and the pauses between them are long. Where a reader made too few
    pauses, the quietest moments stand in. Raises LabError when it is empty, silent, or far too short or long.
    """
    if not planned or min(planned) <= 0:
        raise LabError("Every shot needs words for a recording to be matched with: fill the 'say' fields.")
    level = _level(sound)
    spoken = level > _threshold(level)
    heard = np.flatnonzero(spoken)
    begin, end = heard[0] * STEP, (heard[-1] + 1) * STEP
    if not 0.35 * sum(planned) <= end - begin <= 4 * sum(planned):
        raise LabError(
            f"The recording holds {end - begin:.1f} s of speech, but the script takes about {sum(planned):.1f} s: "
            "record the whole script once, from the first shot to the last."
        )
    gaps = _gaps(level, spoken, len(planned))
    if len(gaps) < len(planned) - 1:
        raise LabError(
            f"The recording has no pauses for {len(planned)} shots: read it again, with a breath between shots."
        )
    chosen = _choose(gaps, np.array(planned), begin, end)
    starts = [begin, *(gaps[i][1] for i in chosen)]
    ends = [*(gaps[i][0] for i in chosen), end]
    return _with_room(starts, ends, sound.seconds)


def _level(sound: Sound) -> np.ndarray:
    """Loudness in dB, every 10 ms over 30 ms."""
    size = round(sound.rate * STEP)
    mono = sound.samples.astype(np.float64).mean(axis=1) if sound.samples.size else np.zeros(0)
    if len(mono) < 10 * size:
        raise LabError("The recording is empty: record the script again.")
    power = np.square(mono[: len(mono) // size * size].reshape(-1, size)).mean(axis=1)
    return 10 * np.log10(uniform_filter1d(power, 3, mode="nearest").clip(1e-10))


def _threshold(level: np.ndarray) -> float:
    """Between the room's noise and the voice; nearer to the noise, so that soft endings belong to the words."""
    voice, noise = np.quantile(level, 0.9), np.quantile(level, 0.03)
    if voice < -55:
        raise LabError(
            f"The recording is silent (its loud parts are at {voice:.0f} dB): check the microphone, record again."
        )
    return float(max(noise + 0.35 * (voice - noise), voice - 38))


def _gaps(level: np.ndarray, spoken: np.ndarray, parts: int) -> list[tuple[float, float]]:
    """Pauses as (start, end) in s, in order; if they are too few, quiet moments of no length as well."""
    edges = np.flatnonzero(np.diff(spoken.astype(int)))  # falls and rises in turn, the first rise aside
    inside = [(a + 1, b + 1) for a, b in zip(edges[:-1], edges[1:], strict=True) if not spoken[a + 1]]
    gaps = [(a * STEP, b * STEP) for a, b in inside if (b - a) * STEP >= SHORTEST_PAUSE]
    if len(gaps) < parts - 1:
        smooth = uniform_filter1d(level, 15, mode="nearest")
        heard = np.flatnonzero(spoken)
        dips = [i for i in range(heard[0] + 15, heard[-1] - 15) if smooth[i] == smooth[i - 15 : i + 16].min()]
        gaps += [(i * STEP, i * STEP) for i in dips if not any(a - 0.15 <= i * STEP <= b + 0.15 for a, b in gaps)]
    return sorted(gaps)


def _choose(gaps: list[tuple[float, float]], planned: np.ndarray, begin: float, end: float) -> list[int]:
    """The gaps between parts with the least total cost: uneven lengths, and pauses that are short.

    The time that is planned is stretched to what is heard, long pauses between parts taken off.
    """
    lengths = np.array([b - a for a, b in gaps])
    between = np.sort(lengths)[::-1][: len(planned) - 1].sum()
    wanted = planned * max(end - begin - between, 0.3 * (end - begin)) / planned.sum()
    froms = np.array([begin, *(b for _, b in gaps)])  # a part starts after a gap (or at the beginning) ...
    tos = np.array([*(a for a, _ in gaps), end])  # ... and ends before another (or at the end)
    brevity = 2.0 * np.square(1 - np.minimum(lengths, _LONG_PAUSE) / _LONG_PAUSE)
    best = np.full(len(froms), np.inf)
    best[0] = 0.0
    came_from = []
    for number, want in enumerate(wanted):
        last = number == len(wanted) - 1
        off = (tos[None, :] - froms[:, None] - want) / (_UNEVEN * want + 0.1)  # (from, to)
        cost = np.where(tos[None, :] > froms[:, None], np.square(off), np.inf) + best[:, None]
        cost[:, :-1] += np.inf if last else brevity
        cost[:, -1] += 0 if last else np.inf
        came_from.append(np.argmin(cost, axis=0))
        best = np.concatenate([[np.inf], cost.min(axis=0)[:-1]])  # ended before gap i: the next starts after it
    chosen, at = [], len(tos) - 1
    for back in reversed(came_from[1:]):
        at = int(back[at]) - 1
        chosen.append(at)
    return chosen[::-1]


def _with_room(starts: list[float], ends: list[float], seconds: float) -> list[tuple[float, float]]:
    """Each span with a little quiet around it, never into its neighbour."""
    found = []
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        before = (start + ends[i - 1]) / 2 if i else 0.0
        after = (end + starts[i + 1]) / 2 if i + 1 < len(starts) else seconds
        found.append((max(start - BEFORE, before), min(end + AFTER, after)))
    return found
