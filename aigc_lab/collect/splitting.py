"""Splits for training and testing that do not leak: what belongs together stays together.

Two rows belong together when they are shots of one file, when their source put them into one group (a take, a book, an
author), or when they are nearly the same (duplicates.py); and so does whatever is bound to both. Each such bundle of
rows goes into one split as a whole. A hash of the seed and the bundle's name gives it a place on a line, theme by
theme, and the shares cut the line: the same rows and seed give the same splits on every machine, in any order, and each
theme has its share in each split as well as its bundles allow (systematic sampling). A row that was split before keeps
its split, so that nothing moves from training to test when rows are added.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from aigc_lab import LabError
from aigc_lab.collect.manifest import Row

SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}
# Looser than what counts as a duplicate: other takes of one place lie at 0.13 to 0.32, unrelated clips above 0.3
# (duplicates.py; 48 drawn scenes: 0.316 at least), and a chain of chance likenesses would bind everything.
NEAR = 0.25


@dataclass(frozen=True)
class Bundle:
    """Rows that stay together: name of the bundle, how many usable rows it has, its theme, its split ("": none yet)."""

    name: str
    weight: int
    theme: str
    split: str = ""


def splits(rows: Sequence[Row], shares: dict[str, float] = SHARES, seed: int = 0, near: Sequence[int] | None = None
           ) -> list[str]:  # fmt: skip
    """The split of each row; "" for rows in quarantine, which bind others but are in no split.

    shares: the wanted part of each split (any positive numbers, made to sum to 1); rows whose `split` is one of its
    names keep it, and where such rows have grown together since, the first name of `shares` wins. near: group of near-
    duplicates of each row, -1 for none; by default found from the fingerprints. Raises LabError for wrong shares.
    """
    shares = checked_shares(shares)
    names = bound(rows, near)
    bundles = _bundles(rows, names, list(shares))
    themes = defaultdict(list)
    for bundle in bundles:
        themes[bundle.theme].append(bundle)
    dealt: dict[str, str] = {}
    for theme, members in themes.items():
        dealt |= _deal(members, shares, seed, theme)
    dealt |= _filled(bundles, dealt, shares, seed)
    return [dealt[name] if row.status == "usable" else "" for row, name in zip(rows, names, strict=True)]


def checked_shares(shares: dict[str, float]) -> dict[str, float]:
    """Shares that sum to 1. Raises LabError when one is negative, none is positive, or a name is empty."""
    total = sum(shares.values())
    if not shares or not all(shares) or min(shares.values()) < 0 or not 0 < total < float("inf"):
        told = ", ".join(f"{name or '(no name)'} {share}" for name, share in shares.items()) or "nothing"
        raise LabError(f"Shares of a split must be positive, like train 0.8, valid 0.1, test 0.1; given: {told}.")
    return {name: share / total for name, share in shares.items()}


def near(rows: Sequence[Row]) -> list[int]:
    """The group number of each row by its fingerprint (at most NEAR apart, or joined by such); -1 without one."""
    from aigc_lab.collect import duplicates

    prints = list(dict.fromkeys(row.fingerprint for row in rows if row.fingerprint))
    numbers = dict(zip(prints, duplicates.groups(prints, NEAR), strict=True)) if prints else {}
    return [numbers.get(row.fingerprint, -1) for row in rows]


def bound(rows: Sequence[Row], near_groups: Sequence[int] | None = None) -> list[str]:
    """The name of each row's bundle: the smallest of the names its rows have (group, else file).

    A bundle keeps its name while rows of the same groups are added to it. The method is union-find.
    """
    parents: dict[str, str] = {}

    def top(name: str) -> str:
        parents.setdefault(name, name)
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    tied = ties(rows, near_groups)
    for keys in tied:
        for key in keys[1:]:
            one, other = sorted((top(keys[0]), top(key)))
            parents[other] = one
    return [top(keys[0]) for keys in tied]


def ties(rows: Sequence[Row], near_groups: Sequence[int] | None = None) -> list[list[str]]:
    """What each row shares with others, as names: its group (with its source), its file, its near-duplicates.

    The names sort so that a bundle is named after a group if it has one, and never after a near-duplicate number,
    which changes when rows are added.
    """
    numbers = near(rows) if near_groups is None else near_groups
    found = []
    for row, number in zip(rows, numbers, strict=True):
        keys = [f"a group {row.source}\n{row.group}"] if row.group else []
        keys.append(f"b file {row.file}")
        found.append(keys + ([f"c near {number}"] if number >= 0 else []))
    return found


def leaks(rows: Sequence[Row], near_groups: Sequence[int] | None = None) -> list[tuple[str, str]]:
    """Try to find a leak: (ids, reason) of rows in different splits that share a file, a group or near-duplicates.

    It looks at each tie by itself and knows nothing of bundles, so that it can find a mistake of `splits`.
    """
    numbers = near(rows) if near_groups is None else near_groups
    holders: dict[tuple[str, object], dict[str, str]] = defaultdict(dict)
    for row, number in zip(rows, numbers, strict=True):
        if not row.split or row.status != "usable":
            continue
        shared = {
            "are shots of one file": row.file,
            "are one group of their source": row.group and (row.source, row.group),
        }
        shared["are nearly the same"] = "" if number < 0 else number + 1
        for what, value in shared.items():
            if value:
                holders[what, value].setdefault(row.split, row.id)
    return [
        (" and ".join(first.values()), f"They {what} but lie in {' and '.join(first)}: split again.")
        for (what, _), first in holders.items()
        if len(first) > 1
    ]


def _bundles(rows: Sequence[Row], names: Sequence[str], order: list[str]) -> list[Bundle]:
    members: dict[str, list[Row]] = defaultdict(list)
    for row, name in zip(rows, names, strict=True):
        if row.status == "usable":
            members[name].append(row)
    found = []
    for name, held in members.items():
        before = {row.split for row in held}
        themes = Counter(row.theme or row.kind for row in held)
        theme = min(themes, key=lambda t: (-themes[t], t))
        found.append(Bundle(name, len(held), theme, next((s for s in order if s in before), "")))
    return found


def _deal(bundles: list[Bundle], shares: dict[str, float], seed: int, theme: str) -> dict[str, str]:
    """Bundle name -> split, for the bundles of one theme: along a line in the order of their hashes, cut by what is
    still missing in each split; where the line starts is drawn too, so that small themes do not all round one way."""
    total = sum(b.weight for b in bundles)
    held = {name: sum(b.weight for b in bundles if b.split == name) for name in shares}
    missing = {name: max(share * total - held[name], 0.0) for name, share in shares.items()}
    free = sorted((b for b in bundles if not b.split), key=lambda b: (_draw(seed, b.name), b.name))
    dealt = {b.name: b.split for b in bundles if b.split}
    for bundle in sorted((b for b in free if _large(b, free, total, shares)), key=lambda b: -b.weight):
        name = dealt[bundle.name] = max(missing, key=lambda n: missing[n])
        missing[name] = max(missing[name] - bundle.weight, 0.0)
    free = [b for b in free if b.name not in dealt]
    missing = missing if sum(missing.values()) else dict(shares)
    length, passed, start = sum(b.weight for b in free), 0, _draw(seed, f"theme {theme}")
    for bundle in free:
        place = (passed + start * bundle.weight) / length
        dealt[bundle.name] = _cut(place, missing)
        passed += bundle.weight
    return dealt


def _large(bundle: Bundle, free: list[Bundle], total: int, shares: dict[str, float]) -> bool:
    """Whether a bundle would overflow the smallest split: such ones go first, to where most is missing."""
    least, mean = min(share for share in shares.values() if share), sum(b.weight for b in free) / len(free)
    return bundle.weight >= least * total and bundle.weight > 2 * mean


def _cut(place: float, parts: dict[str, float]) -> str:
    """The name of the part of a line of length 1 that a place (0..1) lies in."""
    edge, total = 0.0, sum(parts.values())
    for name, part in parts.items():
        edge += part / total
        if part and place < edge:
            return name
    return next(name for name in reversed(parts) if parts[name])


def _filled(bundles: Sequence[Bundle], dealt: dict[str, str], shares: dict[str, float], seed: int) -> dict[str, str]:
    """Changes that leave no wanted split empty where there are bundles enough: the largest split gives its smallest."""
    moved: dict[str, str] = {}
    for name in (n for n, share in shares.items() if share):
        now = dealt | moved
        counts = Counter(now.values())
        if counts[name]:
            continue
        able = [b for b in bundles if not b.split and counts[now[b.name]] > 1]
        if able:
            chosen = min(able, key=lambda b: (-counts[now[b.name]], b.weight, _draw(seed, b.name), b.name))
            moved[chosen.name] = name
    return moved


def _draw(seed: int, name: str) -> float:
    """A number in 0..1 from a seed and a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{name}".encode()).digest()[:7]) / 2**56
