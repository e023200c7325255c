"""What a person asks for: the brief of one short, and the profile with a person's standing wishes."""

import difflib
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from aigc_lab import LabError
from aigc_lab.settings import config_path

LONGEST_TOPIC = 300
LANGUAGES = {"zh": "zh-CN", "cn": "zh-CN", "chinese": "zh-CN", "中文": "zh-CN", "en": "en-US", "english": "en-US"}


def clean_text(value: Any) -> Any:
    """Text in NFC on one line, without control, bidirectional-override and zero-width characters."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    text = unicodedata.normalize("NFC", str(value))
    text = re.sub(r"\s+", " ", text)
    kept = (c for c in text if c == "\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    return "".join(kept).strip()


Text = Annotated[str, BeforeValidator(clean_text)]
Color = Annotated[str, BeforeValidator(lambda v: str(v).strip().lower()), Field(pattern=r"^#[0-9a-f]{6}$")]


class Wishes(BaseModel):
    """Fields that a brief and a profile share; None means not said."""

    model_config = ConfigDict(extra="forbid", validate_default=False)

    language: Text | None = None
    style: Text | None = None
    palette: Text | None = None
    platform: Text | None = None
    voice: Text | None = None  # female | male | none | recording:FILE | the name of a voice
    music: Text | None = None  # auto | none | FILE
    pictures: Text | None = None  # drawn | generated | footage:DIR, a folder or a corpus
    script: Literal["rules", "openai"] | None = None
    brand_colors: list[Color] = Field(default_factory=list, max_length=3)
    logo: Text | None = None
    handle: Annotated[Text, Field(max_length=40)] | None = None
    call_to_action: Annotated[Text, Field(max_length=80)] | None = None
    ai_label: bool | None = None
    ai_metadata: bool | None = None

    @field_validator("language")
    @classmethod
    def _known_form(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = LANGUAGES.get(value.lower(), value)
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
            raise ValueError("is no language code: write one like zh-CN or en-US")
        if value.lower().startswith("zh"):
            return "zh-CN"
        return "en-US" if value.lower() == "en" else value


class Profile(Wishes):
    """A person's standing wishes; fills what a brief leaves out."""


class Brief(Wishes):
    """What one short should be."""

    topic: Annotated[Text, Field(min_length=1, max_length=LONGEST_TOPIC)]
    kind: Literal["short", "ad", "lesson"] = "short"
    name: Text | None = None
    title: Annotated[Text, Field(max_length=60)] | None = None
    points: list[Annotated[Text, Field(min_length=1, max_length=200)]] = Field(default_factory=list, max_length=12)
    audience: Annotated[Text, Field(max_length=80)] | None = None
    theme: Annotated[Text, Field(max_length=80)] | None = None
    seconds: float = Field(20.0, ge=6, le=90)
    seed: int = Field(7, ge=0, le=2**31 - 1)
    product: Annotated[Text, Field(max_length=60)] | None = None
    offer: Annotated[Text, Field(max_length=100)] | None = None
    price: Annotated[Text, Field(max_length=30)] | None = None
    proof: list[Annotated[Text, Field(max_length=120)]] = Field(default_factory=list, max_length=4)
    photo: Text | None = None
    first_frame: Text | None = None  # a photo that begins to move: the first shot goes on from it
    adapter: Text | None = None  # what the generator learnt from own clips (train generator --finetune)

    @field_validator("points", "proof", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value or []

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str | None) -> str | None:
        if value and (value in {".", ".."} or re.search(r'[/\\:*?"<>|]', value)):
            raise ValueError('is used as a folder name: leave out / \\ : * ? " < > | and ..')
        return value

    @model_validator(mode="after")
    def _ad_has_product(self) -> "Brief":
        if self.kind == "ad" and not self.product:
            raise ValueError("an ad needs the field product: write the name of what is offered")
        if self.kind != "ad" and (self.price or self.offer or self.photo or self.product):
            raise ValueError("product, offer, price and photo belong to an ad: write kind: ad")
        return self


DEFAULTS = {
    "language": "en-US", "style": "minimal", "platform": "douyin", "voice": "female", "music": "auto",
    "pictures": "generated", "script": "rules", "ai_label": True, "ai_metadata": True,
}  # fmt: skip


def fill(brief: Brief, profile: Profile | None = None) -> Brief:
    """The brief with what it leaves out taken from the profile, then from the defaults.

    The language is read off the topic when nobody names it.
    """
    said = brief.model_dump(exclude_none=True)
    wished = (profile or Profile()).model_dump(exclude_none=True)
    if "language" not in said and "language" not in wished:
        said["language"] = "zh-CN" if re.search(r"[\u4e00-\u9fff]", brief.topic) else DEFAULTS["language"]
    for key in ("brand_colors",):
        if not said.get(key):
            said.pop(key, None)
    return Brief(**{**DEFAULTS, **wished, **said})


def read_text_file(path: Path, what: str) -> str:
    """The text of a file that a person wrote: UTF-8 with or without BOM, UTF-16 with BOM, or GBK (as Notepad saves it).

    Raises LabError when it is missing, empty or in none of these.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LabError(f"The {what} {path} cannot be read ({error.strerror}): check the name.") from error
    if not raw.strip():
        raise LabError(f"The {what} {path} is empty: write at least a line 'topic: ...' into it.")
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise LabError(f"The {what} {path} is not a text file: save it as UTF-8 text.")


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """The mapping in a YAML file that a person wrote.

    Raises LabError that names the line when it is not YAML, or not a list of fields.
    """
    try:
        value = yaml.safe_load(read_text_file(path, what))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise LabError(
            f"The {what} {path}{where} is not valid YAML ({problem}): put texts with : or # in quotes."
        ) from error
    if not isinstance(value, dict):
        raise LabError(f"The {what} {path} is not a list of 'field: value' lines: see data/briefs for examples.")
    return {str(k): v for k, v in value.items()}


def parse(model: type[BaseModel], fields: dict[str, Any], where: str) -> Any:
    """`fields` as a `model`; the first mistake becomes one sentence that names the field and, if close, the right name.

    Raises LabError.
    """
    try:
        return model(**fields)
    except ValidationError as error:
        raise LabError(f"{where}: {_explain(_first(error.errors()), model, fields)}") from error


def _first(mistakes: list[dict[str, Any]]) -> dict[str, Any]:
    """The mistake to tell: a misspelt name explains why another field is missing."""
    return next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])


def _explain(mistake: dict[str, Any], model: type[BaseModel], fields: dict[str, Any]) -> str:
    name = ".".join(str(p) for p in mistake["loc"])
    if mistake["type"] == "extra_forbidden" and len(mistake["loc"]) == 1:
        near = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0.5)
        known = f"did you mean '{near[0]}'?" if near else f"known fields: {', '.join(model.model_fields)}."
        return f"unknown field '{name}': {known}"
    if mistake["type"] == "missing":
        return f"the field '{name}' is missing: add a line '{name}: ...'."
    context = mistake.get("ctx", {})
    if "max_length" in context:
        unit = "entries" if isinstance(mistake.get("input"), list) else "characters"
        return f"'{name}' is too long: at most {context['max_length']} {unit}, shorten it."
    if "min_length" in context:
        return f"'{name}' is empty: write something, or leave the line out."
    if "pattern" in context:
        return f"'{name}' is no colour ({mistake.get('input')!r}): write one like #1a73e8."
    text = mistake["msg"].removeprefix("Value error, ").replace("Input should", "should")
    given = "" if len(str(mistake.get("input"))) > 60 or not name else f" (given: {mistake.get('input')!r})"
    return f"{f'{chr(39)}{name}{chr(39)}: ' if name else ''}{text}{given}."


def read_brief(path: Path) -> Brief:
    """A brief from a YAML file. Paths in it are relative to the file. Raises LabError."""
    fields = read_yaml(path, "brief")
    brief = parse(Brief, fields, f"The brief {path}")
    return resolve_paths(brief, Path(path).resolve().parent)


def read_profile(path: Path | None = None) -> Profile:
    """The profile at `path`, else the one in the config folder, else an empty one. Raises LabError."""
    standing = config_path() / "profile.yaml"
    if path is None and not standing.exists():
        return Profile()
    chosen = Path(path or standing)
    return resolve_paths(parse(Profile, read_yaml(chosen, "profile"), f"The profile {chosen}"), chosen.resolve().parent)


def resolve_paths(wishes: Any, folder: Path) -> Any:
    """The same wishes with file names made absolute, seen from `folder`."""
    changed: dict[str, str] = {}
    for key in ("logo", "photo", "first_frame", "adapter"):
        if value := getattr(wishes, key, None):
            changed[key] = str(folder / Path(value).expanduser())
    for key, prefix in (("voice", "recording:"), ("pictures", "footage:")):
        value = getattr(wishes, key)
        if value and value.startswith(prefix):
            changed[key] = prefix + str(folder / Path(value[len(prefix) :]).expanduser())
    if wishes.music and wishes.music not in {"auto", "none"}:
        changed["music"] = str(folder / Path(wishes.music).expanduser())
    return wishes.model_copy(update=changed)
