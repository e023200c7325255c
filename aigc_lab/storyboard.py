"""What is seen, said and written, shot by shot: YAML that a person can edit and feed back."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from aigc_lab.brief import Text, parse, read_yaml
from aigc_lab.media import write_text

HEADER = """\
# Storyboard. Edit freely: the words that are said, the headlines, subjects, palettes, motions, the order of the shots.
# Times are planned; the voice sets the real ones.    aigc-lab make --from THIS-FILE
# 分镜脚本：旁白、大字、主体、配色、运镜和镜头顺序都可以改；时间为预估，以配音为准。
"""


class Shot(BaseModel):
    """One picture from cut to cut, with the words said over it."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(ge=1, le=999)
    role: Literal["hook", "point", "proof", "offer", "cta"] = "point"
    say: Annotated[Text, Field(max_length=300)] = ""
    headline: Annotated[Text, Field(max_length=60)] = ""
    emphasis: list[Text] = Field(default_factory=list)
    point: int = 0  # the number of the brief's point that this shot belongs to; 0: none
    theme: str = ""
    subject: str = ""
    palette: str = ""
    motion: str = "none"
    picture: Text = ""  # a provider for this shot alone (drawn, footage:DIR), empty: the storyboard's
    seed: int = 0
    start: float = 0.0
    seconds: float = Field(2.0, gt=0, le=90)
    why: str = ""  # how the subject was chosen


class Post(BaseModel):
    """The text that goes with the video when it is posted."""

    model_config = ConfigDict(extra="forbid")

    title: Text = ""
    description: str = ""  # lines, one below the other
    hashtags: list[Text] = Field(default_factory=list)


class Storyboard(BaseModel):
    """The whole short before anything is rendered."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    kind: Literal["short", "ad", "lesson"] = "short"
    language: str = "en-US"
    style: str = "minimal"
    palette: str = "ocean"
    platform: str = "douyin"
    seconds: float = Field(20.0, ge=6, le=90)
    seed: int = 7
    voice: str = "female"
    music: str = "auto"
    pictures: str = "generated"
    brand_colors: list[str] = Field(default_factory=list)
    logo: str | None = None
    handle: str | None = None
    call_to_action: str = ""
    product: str | None = None
    offer: str | None = None
    price: str | None = None
    photo: str | None = None
    first_frame: str | None = None
    adapter: str | None = None
    ai_label: bool = True
    ai_metadata: bool = True
    script: str = "rules"  # the provider that wrote it
    shots: list[Shot] = Field(min_length=1, max_length=60)
    post: Post = Field(default_factory=Post)
    notes: list[str] = Field(default_factory=list)  # what the run should tell the person: mappings, fall-backs

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Storyboard":
        ids = [s.id for s in self.shots]
        if len(set(ids)) < len(ids):
            raise ValueError(f"two shots share the id {next(i for i in ids if ids.count(i) > 1)}: number them anew")
        return self

    @property
    def length(self) -> float:
        """Where the last shot ends, in seconds."""
        return max(s.start + s.seconds for s in self.shots)

    def shot(self, shot_id: int) -> Shot:
        """The shot with this id; raises KeyError."""
        return next(s for s in self.shots if s.id == shot_id)


def read_storyboard(path: Path) -> Storyboard:
    """A storyboard from a YAML file. Raises LabError that names the field."""
    return parse(Storyboard, read_yaml(path, "storyboard"), f"The storyboard {path}")


def write_storyboard(storyboard: Storyboard, path: Path) -> None:
    """Write a storyboard as YAML that a person can edit; empty fields are left out."""
    fields = storyboard.model_dump(exclude_defaults=True) | {"style": storyboard.style, "language": storyboard.language}
    fields["shots"] = [_compact(s) for s in storyboard.shots]
    order = [k for k in Storyboard.model_fields if k in fields]
    body = yaml.safe_dump({k: fields[k] for k in order}, allow_unicode=True, sort_keys=False, width=110)
    write_text(path, HEADER + body)


def _compact(shot: Shot) -> dict:
    fields = shot.model_dump(exclude_defaults=True) | {"say": shot.say, "seconds": round(shot.seconds, 3)}
    fields["start"] = round(shot.start, 3)
    return {k: fields[k] for k in Shot.model_fields if k in fields}
