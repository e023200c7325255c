"""Splits do not leak, whatever belongs together; they repeat, stay when rows come, and give each theme its share."""

from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from corpus_fakes import look_print, row
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.collect.duplicates import distance
from aigc_lab.collect.manifest import Row
from aigc_lab.collect.splitting import SHARES, bound, leaks, near, splits

HALVES = {"train": 0.5, "test": 0.5}


@st.composite
def tangled(draw: st.DrawFn) -> tuple[list[Row], list[int]]:
    """Rows with shots, groups, themes, some in quarantine, and near-duplicate groups that tie them across all that."""
    rows = []
    for file in range(draw(st.integers(1, 14))):
        said = {
            "group": draw(st.sampled_from(["", "a", "b", "c"])),
            "theme": draw(st.sampled_from(["sea", "city", ""])),
        }
        said |= {"source": draw(st.sampled_from(["one", "two"]))}
        said |= {"status": draw(st.sampled_from(["usable", "usable", "usable", "quarantine"]))}
        whole = row(file, **said)
        rows += [replace(whole, id=f"{whole.id}-{shot:03}") for shot in range(draw(st.integers(1, 3)))]
    numbers = draw(st.lists(st.integers(-1, 5), min_size=len(rows), max_size=len(rows)))
    return rows, numbers


def put(rows: list[Row], names: list[str]) -> list[Row]:
    """The rows with their splits."""
    return [replace(r, split=name) for r, name in zip(rows, names, strict=True)]


@given(tangled(), st.integers(0, 99))
@settings(max_examples=150)
def test_nothing_leaks_whatever_is_tied_to_what(case, seed):
    rows, numbers = case
    found = put(rows, splits(rows, SHARES, seed, numbers))
    assert leaks(found, numbers) == []
    assert all(bool(r.split) == (r.status == "usable") for r in found)


@given(tangled(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_the_rows_does_not_matter(case, random):
    rows, numbers = case
    mixed = random.sample(range(len(rows)), len(rows))
    again = splits([rows[i] for i in mixed], HALVES, 3, [numbers[i] for i in mixed])
    first = splits(rows, HALVES, 3, numbers)
    assert again == [first[i] for i in mixed]


@given(tangled(), tangled(), st.integers(0, 9))
@settings(max_examples=60)
def test_rows_that_have_a_split_keep_it_when_others_come_unless_they_grow_together(case, more, seed):
    rows, numbers = case
    later = [replace(r, id=r.id.replace("0" * 8, "1" * 8, 1)) for r in more[0]]
    before = put(rows, splits(rows, SHARES, seed, numbers))
    everything, ties = before + later, numbers + more[1]
    after = put(everything, splits(everything, SHARES, seed, ties))
    assert leaks(after, ties) == []
    bundles, held = bound(everything, ties), defaultdict(set)
    for name, r in zip(bundles, before, strict=False):
        held[name].add(r.split)
    for name, old, new in zip(bundles, before, after, strict=False):
        if len(held[name] - {""}) <= 1:
            assert new.split == old.split
        elif old.status == "usable":
            assert new.split == next(s for s in SHARES if s in held[name])


def mixed_rows(count: int, themes: int = 4) -> list[Row]:
    """Rows of files that nothing ties, of some themes."""
    return [row(i, theme=f"theme {i % themes}") for i in range(count)]


@given(st.integers(1, 60), st.integers(0, 30), st.sampled_from([SHARES, HALVES, {"train": 3, "test": 1}]))
@settings(max_examples=80)
def test_each_theme_has_its_share_of_each_split_to_within_one_bundle(count, seed, shares):
    rows = mixed_rows(4 * count)
    found = Counter(zip((r.theme for r in rows), splits(rows, shares, seed), strict=True))
    for theme in {r.theme for r in rows}:
        for name, share in shares.items():
            want = count * share / sum(shares.values())
            assert abs(found[theme, name] - want) <= (1 if count >= 10 else 2)  # few bundles: no split stays empty


def test_another_seed_splits_otherwise_and_the_same_one_alike():
    rows = mixed_rows(80)
    assert splits(rows, SHARES, 1) == splits(rows, SHARES, 1) != splits(rows, SHARES, 2)


def test_even_without_the_old_splits_few_rows_move_when_rows_are_added():
    rows = mixed_rows(440)
    small, large = splits(rows[:400], SHARES), splits(rows, SHARES)
    assert sum(a != b for a, b in zip(small, large, strict=False)) <= 20


def test_no_wanted_split_is_empty_where_there_are_bundles_enough():
    for seed in range(30):
        assert set(splits(mixed_rows(5), SHARES, seed)) == set(SHARES)
    assert set(splits([row(1), row(2)], {"train": 1.0, "test": 0.0})) == {"train"}


def test_large_groups_count_with_all_their_rows():
    large = [row(i, group="film") for i in range(50)]
    names = splits(large + [row(100 + i) for i in range(50)], HALVES)
    assert len(set(names[:50])) == 1
    assert Counter(names)["train"] == 50


def test_near_duplicates_are_found_from_the_fingerprints():
    rows = [row(i, fingerprint=look_print(i // 2, flipped=i % 2)) for i in range(40)] + [row(99)]
    numbers = near(rows)
    assert numbers[-1] == -1 and all(numbers[i] == numbers[i + 1] for i in range(0, 40, 2))
    assert len(set(numbers)) == 21
    found = put(rows, splits(rows, HALVES))
    assert leaks(found) == [] and {r.split for r in found} == {"train", "test"}


def test_other_takes_of_one_place_stay_together_although_they_are_no_duplicates():
    takes = [look_print(1), look_print(1, flipped=200)]
    assert 0.17 < distance(*takes) < 0.25
    rows = [row(i, fingerprint=take) for i, take in enumerate([*takes, *map(look_print, range(2, 20))])]
    assert near(rows)[0] == near(rows)[1] and len(set(near(rows))) == 19
    assert all(len(set(splits(rows, HALVES, seed)[:2])) == 1 for seed in range(10))


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"id": "f" * 32 + "-001"}, {"id": "f" * 32 + "-002"}, "shots of one file"),
        ({"group": "a"}, {"group": "a"}, "one group of their source"),
        ({"fingerprint": look_print(5)}, {"fingerprint": look_print(5, 3)}, "nearly the same"),
    ],
)
def test_a_planted_leak_is_found(one, other, reason):
    rows = [row(1, split="train", **one), row(2, split="test", **other), row(3, split="test")]
    ((who, why),) = leaks(rows)
    assert rows[0].id in who and rows[1].id in who and reason in why
    assert leaks([rows[0], replace(rows[1], split="train"), rows[2]]) == []


def test_groups_of_two_sources_are_two_groups():
    rows = [row(1, group="a", source="one", split="train"), row(2, group="a", source="two", split="test")]
    assert leaks(rows) == [] and len(set(bound(rows))) == 2


def test_a_bundle_keeps_its_name_while_its_group_grows():
    assert bound([row(5, group="a")]) == bound([row(5, group="a"), row(1, group="a")])[:1]


@pytest.mark.parametrize("shares", [{}, {"train": 0.0}, {"train": -1.0, "test": 2.0}, {"": 1.0}, {"a": float("nan")}])
def test_wrong_shares_are_told(shares):
    with pytest.raises(LabError, match="Shares of a split must be positive"):
        splits([row(1)], shares)
