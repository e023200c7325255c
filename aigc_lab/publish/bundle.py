"""Everything in a bundle beside the video: whose work is in it, post text, credits, provenance, report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aigc_lab.brief import Brief
from aigc_lab.generate.voice import Phrase
from aigc_lab.media import write_text
from aigc_lab.publish.labels import label_state
from aigc_lab.publish.post import write_post
from aigc_lab.publish.provenance import write_provenance
from aigc_lab.publish.report import write_report
from aigc_lab.rights import Asset, built_in, credit_sheet, supplied
from aigc_lab.storyboard import Storyboard


@dataclass
class Bundle:
    """A finished short: its folder, what was made, the numbers that were measured, what the person should know."""

    folder: Path
    storyboard: Storyboard
    numbers: dict = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def used_assets(storyboard: Storyboard, pictures: Sequence[Asset], voice: bool) -> list[Asset]:
    """Every work of somebody in a bundle, with its rights; `voice`: whether anybody speaks."""
    found = [*pictures, built_in("fluent-emoji"), built_in("lab-sans"), built_in("noto-sans-sc")]
    if storyboard.voice.startswith("recording:"):
        found.append(supplied("recording", Path(storyboard.voice.partition(":")[2])))
    elif voice:
        found.append(built_in("kokoro"))
    if storyboard.music == "auto":
        found += [built_in("timgm6mb"), built_in("composed")]
    elif storyboard.music != "none":
        found.append(supplied("music", Path(storyboard.music)))
    found += [supplied(what, Path(file)) for what, file in (("logo", storyboard.logo),) if file]
    return found


def write_papers(
    bundle: Bundle, brief: Brief | None, assets: Sequence[Asset], phrases: Sequence[Phrase], contrast: float
) -> None:
    """Post text, credits, provenance and the report; `contrast`: of the cover's title. The bundle gets the numbers."""
    storyboard, out = bundle.storyboard, bundle.folder
    write_post(storyboard, out / "post.json")
    write_text(out / "credits.md", credit_sheet(assets, storyboard.language))
    write_provenance(storyboard, assets, out, brief)
    numbers = bundle.numbers | {"cover_contrast": contrast}
    bundle.numbers |= write_report(storyboard, out, numbers, assets, phrases, label_state(storyboard))
