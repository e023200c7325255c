"""Tables of the model card, from what `aigc-lab evaluate MODEL --json RUN/weights/measured/NAME.json` wrote.

Each file that is there becomes its tables, none is needed: what was not measured is not in the card. Titles and heads
of columns lie in data/report/model_card.yaml, in both languages.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]
SHARES = ("accuracy", "at_least", "share")  # ends of names of numbers that are shown in per cent


@dataclass(frozen=True)
class Goal:
    """What a number of the generator should reach: at least `least`, or at most `most` times another; or it is told."""

    name: str
    least: float = 0.0
    most: float = 0.0
    times: str = ""


GOALS = (
    Goal("theme_accuracy", 0.92), Goal("style_accuracy", 0.90), Goal("subject_accuracy", 0.75),
    Goal("direction_accuracy", 0.85), Goal("kid", most=2.0, times="kid_reconstruction"),
    Goal("diversity_over_real", 0.8), Goal("nearest_ratio", 1.0), Goal("palette_error"), Goal("palette_error_drawn"),
    Goal("palette_error_other"),
)  # fmt: skip
RATES = ("numbers_in_a_token", "ratio", "steps", "psnr", "ssim", "flicker_added", "psnr_real")
STEPS = ("steps", "guidance", "theme_accuracy", "subject_accuracy", "style_accuracy", "seconds", "count")
THEMES = ("theme", "theme_accuracy", "kid", "kid_reconstruction", "count")
UPSCALERS = ("data", "way", "psnr", "low", "high", "gain", "ssim", "flicker", "ms_a_frame", "count")
CAPTIONS = ("what", "en", "zh", "labels", "count")
RECOGNIZERS = ("task", "model", "accuracy", "at_least", "parameters", "milliseconds", "count")
PREDICTORS = ("films", "model", "minutes", "mse", "mse_interval", "ssim", "psnr", "parameters", "ms", "count")
FINETUNED = ("what", "before", "after", "count")
SPEEDS = ("model", "backend", "numbers", "step_ms", "product", "share", "peak_mb", "waits_share")
STEP = re.compile(r"train_(\w+)_(tensorflow|jax|torch)_(float32|bfloat16)_over_matmul")
DECIBELS = ("psnr", "psnr_real", "low", "high", "gain")  # two digits behind the point


def measured(found: dict[str, dict[str, Any]], told: dict[str, Any]) -> str:
    """All tables of what was measured (`aigc_lab.train.weights.records`) as Markdown; "" when nothing was."""
    tables = {
        "goals": _goals(found.get("generator"), told["goal_words"]),
        "by_theme": _columns(_themes(found.get("generator")), THEMES),
        "by_steps": _columns(_listed(found.get("generator"), "steps"), STEPS),
        "rates": _columns(sorted(_rates(found), key=lambda row: -row["ratio"]), RATES),
        "upscalers": _columns(_listed(found.get("upscaler"), "rivals"), UPSCALERS),
        "by_caption": _columns(_listed(found.get("captions"), "made"), CAPTIONS),
        "recognizers": _columns(_listed(found.get("recognizer"), "rivals"), RECOGNIZERS),
        "predictors": _columns(_foretold(found), PREDICTORS),
        "finetuned": _finetuned(found.get("finetune")),
        "speeds": _columns(speeds(found.get("bench", {})), SPEEDS),
    }
    parts = [
        f"### {told['titles'][name]}\n\n{table(rows, told['heads'], told['names'])}"
        for name, rows in tables.items()
        if rows
    ]
    return "\n\n".join([f"## {told['titles']['measured']}", *parts]) if parts else ""


def table(rows: Rows, heads: dict[str, str], names: dict[str, str] | None = None) -> str:
    """Rows as a table in Markdown; heads of columns by `heads`, words in cells by `names`, where there is one."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [[heads[key] if key in heads else key.replace("_", " ") for key in columns]]
    named = dict(names or {})
    lines += [[named.get(text, text) for text in (cell(key, row.get(key)) for key in columns)] for row in rows]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], "|" + " --- |" * len(columns), *text[1:]])


def cell(key: str, value: object) -> str:
    """A number as a person reads it: shares in per cent, decibels to a hundredth, others with three digits."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    if key.endswith(SHARES):
        return f"{100 * value:.1f} %"
    if key in DECIBELS:
        return f"{value:.2f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _listed(numbers: dict[str, Any] | None, name: str) -> Rows:
    return list(numbers.get(name, [])) if numbers else []


def _columns(rows: Rows, names: Iterable[str]) -> Rows:
    return [{name: row.get(name) for name in names} for row in rows]


def _themes(numbers: dict[str, Any] | None) -> Rows:
    return [{**row, "theme_accuracy": row["value"]} for row in _listed(numbers, "themes")]


def _foretold(found: dict[str, dict[str, Any]]) -> Rows:
    """The predictors on drawn films, and those that learned from digits."""
    return [row for name in ("predictor", "predictor-digits") for row in _listed(found.get(name), "rows")]


def _rates(found: dict[str, dict[str, Any]]) -> Rows:
    """Each autoencoder that was measured; its steps behind those of the weights that it began with: "5450 + 1500"."""
    rows = [n for name, n in found.items() if name.startswith("autoencoder")]
    return [{**n, "steps": f"{n['steps_before']} + {n['steps']}"} if n.get("steps_before") else n for n in rows]


def _finetuned(numbers: dict[str, Any] | None) -> Rows:
    """Before and after an adapter has learned: clips kept apart, and what drawn wishes show without its handle."""
    if not numbers:
        return []
    base, held = numbers["base"], numbers["held_out"]
    rows = [{"what": f"own_{name}", **numbers[name], "count": held} for name in ("error", "look", "tokens")]
    for name in ("theme", "subject", "style"):
        rows.append({"what": name, "count": base["clips"]} | {when: base[when][name] for when in ("before", "after")})
    return _columns(rows, FINETUNED)


def speeds(bench: dict[str, Any]) -> Rows:
    """Each training step that `python lab.py bench` measured: ms, its share of a plain product's speed, memory."""
    rows = []
    for key, share in bench.items():
        if not (step := STEP.fullmatch(key)):
            continue
        label = key.removesuffix("_over_matmul")
        row = {"model": step[1], "backend": step[2], "numbers": step[3], "share": share}
        row |= {"step_ms": bench.get(f"{label}_ms"), "peak_mb": bench.get(f"{label}_peak_mb")}
        row |= {"product": bench.get(f"train_{step[2]}_{step[3]}_matmul_gflops")}
        home = step.group(2, 3) == ("tensorflow", "float32")  # the lab's own, where input is looked at, too
        rows.append(row | {"waits_share": bench.get(f"train_{step[1]}_input_waits") if home else None})
    return sorted(rows, key=lambda row: (row["model"], row["backend"] != "tensorflow", row["backend"], row["numbers"]))


def _goals(numbers: dict[str, Any] | None, words: dict[str, str]) -> Rows:
    """Each goal of the generator: what was measured, between which ends, and whether it is reached."""
    rows = []
    for goal in GOALS if numbers else ():
        value, ends = numbers.get(goal.name), numbers.get("intervals", {}).get(goal.name, {})
        if value is None:
            continue
        bound = goal.most * numbers[goal.times] if goal.times else goal.least
        met = value <= bound if goal.times else value >= bound
        least, most = (cell(goal.name, ends.get(end)) or "?" for end in ("low", "high"))
        row = {"number": goal.name, "measured": cell(goal.name, value), "between": f"{least} … {most}"}
        row |= {
            "goal": f"{'≤' if goal.times else '≥'} {cell(goal.name, bound)}" if bound else "",
            "reached": words["yes" if met else "no"] if bound else "",
        }
        rows.append(row | {"count": ends.get("count")})
    return rows
