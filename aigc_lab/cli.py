"""The verbs on the command line: aigc-lab make | draft | preview | clip | collect | corpus | train | evaluate ..."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from aigc_lab import LabError, __version__
from aigc_lab.brief import Brief, Wishes, fill, parse, read_brief, read_profile, resolve_paths
from aigc_lab.collect.verbs import collect, corpus
from aigc_lab.console import STOPPED, in_one_sentence, progress, screen
from aigc_lab.course.verbs import course, run_lesson
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.media import write_clip, write_image
from aigc_lab.storyboard import Storyboard, read_storyboard, write_storyboard
from aigc_lab.train.evaluate import evaluate
from aigc_lab.vocabulary import vocabulary

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
app.command("collect")(collect)
app.add_typer(corpus, name="corpus")
app.add_typer(course, name="course")
app.command("run-lesson")(run_lesson)
app.command("evaluate")(evaluate)
SAFE = str.maketrans(dict.fromkeys('/\\:*?"<>| ', "-"))


HELP = {
    "topic": "What the short is about.",
    "points": "A point to make; give it again for each.",
    "kind": "short, ad or lesson.",
    "language": "zh-CN, en-US ...; read off the topic when left out.",
    "seconds": "How long it should be (6 to 90).",
    "style": "minimal, neon, retro, watercolor, cinematic, playful, or a word of your own.",
    "pictures": "generated (by the lab's own model), drawn, or footage:DIR: your own videos and photos, or a corpus.",
    "voice": "female, male, none, recording:FILE, or a voice's name.",
    "music": "auto, none, or a file.",
    "script": "rules, or openai (any OpenAI-compatible endpoint).",
    "platform": "douyin, kuaishou, shipinhao, xiaohongshu, bilibili, tiktok, shorts, reels.",
    "seed": "Another seed, another video.",
    "first_frame": "A photo that begins to move: the first shot goes on from it (generated pictures).",
    "adapter": "What the generator learnt from your clips: a file of `train generator --finetune`.",
}
FLAGS = {"points": "--point", "brand_colors": "--brand-color"}
KINDS = {"seconds": float, "seed": int, "ai_label": bool, "ai_metadata": bool}

BriefFile = Annotated[Path | None, typer.Argument(help="A brief (YAML); or give --topic.")]
ProfileFile = Annotated[Path | None, typer.Option("--profile", help="A profile file instead of your standing one.")]


def brief_options(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb one flag for each field of a brief: --call-to-action for call_to_action."""
    plain = inspect.signature(verb)
    flags = []
    for name in Brief.model_fields:
        many = name in {"points", "proof", "brand_colors"}
        option = typer.Option(FLAGS.get(name, "--" + name.replace("_", "-")), help=HELP.get(name, ""))
        kind = list[str] if many else KINDS.get(name, str)
        flags.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
            )
        )
    kept = [p for p in plain.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    verb.__signature__ = plain.replace(parameters=[*kept, *flags])
    return verb


def asked(brief_file: Path | None, profile: Path | None, fields: dict[str, Any]) -> Brief:
    """The brief of a file, of flags, or of a file with some fields replaced by flags; the profile fills the rest."""
    given = {k: v for k, v in fields.items() if v not in (None, [], ())}
    if brief_file is None and not given:
        raise LabError("Nothing to make: name a brief file, or give --topic (and --point for each point).")
    base = read_brief(brief_file).model_dump(exclude_unset=True) if brief_file else {}
    flags = resolve_paths(
        parse(Wishes, {k: v for k, v in given.items() if k in Wishes.model_fields}, "The flags"), Path.cwd()
    )
    given |= {k: v for k, v in flags.model_dump(exclude_none=True).items() if k in given}
    return fill(parse(Brief, {**base, **given}, "The brief"), read_profile(profile))


@app.command()
@brief_options
@in_one_sentence
def make(
    brief_file: BriefFile = None,
    *,
    out: Annotated[Path | None, typer.Option(help="The bundle's folder; out/NAME when left out.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="A storyboard to go on from.")] = None,
    shot: Annotated[
        int | None, typer.Option(help="With --from: make this shot anew with --seed, leave the others.")
    ] = None,
    profile: ProfileFile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what --out holds.")] = False,
    **fields: Any,
) -> None:
    """Make a finished short: video, cover, captions, post text, credits, report."""
    from aigc_lab.production import produce

    if source:
        work = _one_shot_anew(read_storyboard(source), shot, fields)
        inside = source.name == "storyboard.yaml" and (source.parent / ".work").is_dir()
        out = out or (source.parent if inside else None)
        job, name = (
            "" if inside and out.resolve() == source.parent.resolve() else f"from {source.resolve()}",
            source.stem,
        )
    else:
        work, job = asked(brief_file, profile, fields), None
        name = work.name or (brief_file.name.split(".")[0] if brief_file else work.topic[:40])
    folder = out or Path("out") / (name.translate(SAFE).strip("-.") or "short")
    with progress() as tell:
        bundle = produce(work, folder, job=job, force=force, tell=tell)
    print_shots(bundle.storyboard)
    print_bundle(bundle)


def _one_shot_anew(storyboard: Storyboard, shot_id: int | None, fields: dict[str, Any]) -> Storyboard:
    given = {k for k, v in fields.items() if v not in (None, [], ())}
    if extra := given - ({"seed"} if shot_id else set()):
        raise LabError(f"With --from, edit the storyboard instead of giving --{sorted(extra)[0].replace('_', '-')}.")
    if shot_id is None:
        return storyboard
    if shot_id not in [s.id for s in storyboard.shots]:
        raise LabError(
            f"The storyboard has no shot {shot_id}: it has {', '.join(str(s.id) for s in storyboard.shots)}."
        )
    seed = fields["seed"] if fields.get("seed") is not None else storyboard.shot(shot_id).seed + 1
    shots = [s.model_copy(update={"seed": seed}) if s.id == shot_id else s for s in storyboard.shots]
    return storyboard.model_copy(update={"shots": shots})


@app.command()
@brief_options
@in_one_sentence
def draft(
    brief_file: BriefFile = None,
    *,
    out: Annotated[Path, typer.Option(help="Where the storyboard is written.")] = Path("storyboard.yaml"),
    profile: ProfileFile = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    **fields: Any,
) -> None:
    """Write script and storyboard only, to be edited by hand and made with: make --from FILE."""
    from aigc_lab.production import draft as write

    if out.exists() and not force:
        raise LabError(f"{out} exists: choose another --out, or --force to replace it.")
    storyboard = write(asked(brief_file, profile, fields))
    write_storyboard(storyboard, out)
    print_shots(storyboard)
    for note in storyboard.notes:
        screen.print(f"[yellow]•[/] {escape(note)}")
    screen.print(f"[bold]{escape(str(out))}[/]  edit it, then: aigc-lab make --from {escape(str(out))}")


@app.command()
@in_one_sentence
def words() -> None:
    """Show the words that a brief may use: themes and subjects, styles, palettes, motions, platforms, voices."""
    from aigc_lab.generate.voice import voices
    from aigc_lab.publish.platforms import platforms

    known = vocabulary()
    table = Table("", "", box=None, show_header=False, padding=(0, 2))
    for theme in known.themes.values():
        subjects = ", ".join(f"{s} {known.subjects[s].zh}" for s in known.subjects_of(theme.id))
        table.add_row(f"[bold]{theme.id}[/] {theme.zh}", subjects)
    for title, group in (
        ("style 风格", known.styles),
        ("palette 配色", known.palettes),
        ("motion 运镜", known.motions),
    ):
        table.add_row(f"[bold]{title}[/]", ", ".join(f"{w.id} {w.zh}" for w in group.values()))
    table.add_row("[bold]platform 平台[/]", ", ".join(platforms()))
    table.add_row("[bold]voice 配音[/]", "; ".join(f"{lang}: {', '.join(voices(lang))}" for lang in ("zh-CN", "en-US")))
    screen.print(table)


@app.command()
@in_one_sentence
def preview(
    videos: Annotated[list[Path], typer.Argument(help="A finished video, or its bundle's folder; or several of them.")],
    out: Annotated[Path, typer.Option(help=".webp or .gif: it moves; .png or .jpg: a frame of every second.")],
    seconds: Annotated[float, typer.Option(help="How much of it moves.")] = 10.0,
) -> None:
    """Make a small moving picture or a contact sheet of a video; of several, one sheet to compare them."""
    from aigc_lab.publish import contact

    files = [video / "video.mp4" if video.is_dir() else video for video in videos]
    if out.suffix not in {".webp", ".gif", ".png", ".jpg"}:
        raise LabError(f"{out} is no name for a picture: end it with .webp, .gif, .png or .jpg.")
    if len(files) > 1:
        write_image(contact.compare(files), out)
    elif out.suffix in {".webp", ".gif"}:
        write_clip(contact.preview(files[0], seconds), out)
    else:
        write_image(contact.contact_sheet(files[0]), out)
    screen.print(f"[bold green]{escape(str(out))}[/]")


@app.command()
@in_one_sentence
def clip(
    caption: Annotated[
        str, typer.Argument(help='What is to be seen, English or Chinese: "a cat at night, watercolour".')
    ],
    out: Annotated[Path, typer.Option(help=".mp4, .webp or .gif.")] = Path("clip.mp4"),
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="How long; one breath of the model is 2.1 s.")] = 2.1,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another clip.")] = 0,
    guidance: Annotated[
        float, typer.Option(help="How closely the words are followed; 1 is as in the data.")
    ] = GUIDANCE,
    steps: Annotated[int, typer.Option(min=1, help="More are finer and slower.")] = STEPS,
    small: Annotated[bool, typer.Option("--small", help="As generated: 40x72 at 7.5 fps, not scaled up.")] = False,
) -> None:
    """Generate one clip from a sentence, and say how the sentence was read."""
    if out.suffix not in {".mp4", ".webp", ".gif"}:
        raise LabError(f"{out} is no name for a clip: end it with .mp4, .webp or .gif.")
    from aigc_lab.generate.clips import generate_shot, upscale
    from aigc_lab.train.reading import wishes_of

    wishes = wishes_of(caption)
    with progress() as tell:
        made = generate_shot(seconds, seed, guidance, steps, on_step=partial(tell, "generate"), **wishes)
        made = made if small else upscale(made, on_part=partial(tell, "upscale"))
    write_clip(made, out)
    table = Table("what", "as read", box=None)
    for name, word in wishes.items():
        table.add_row(name, "anything" if word is None else escape(str(word)))
    screen.print(table)
    screen.print(f"[bold green]{escape(str(out))}[/]")


@app.command()
@in_one_sentence
def train(
    model: Annotated[
        str,
        typer.Argument(
            help="corpus, autoencoder, tokens, generator, upscaler, recognizer, predictor, captions, judge, card."
        ),
    ],
    corpus: Annotated[Path, typer.Option(help="Where the drawn clips lie.")] = Path("runs/corpus"),
    out: Annotated[Path, typer.Option(help="The folder of this run; its weights lie in weights/.")] = Path("runs/mine"),
    budget: Annotated[str, typer.Option(help="How long to train: 90s, 60m, 1.5h.")] = "",
    steps: Annotated[int, typer.Option(help="How many steps, instead of a time.")] = 0,
    clips: Annotated[int, typer.Option(help="corpus: how many to draw; judge: how many to measure (at most 512).")] = 0,
    large: Annotated[bool, typer.Option("--large", help="The sizes for a GPU: 80x144.")] = False,
    half: Annotated[bool, typer.Option("--half", help="Compute in bfloat16.")] = False,
    batch: Annotated[int, typer.Option(help="Clips in a step; 0: the model's usual number.")] = 0,
    rate: Annotated[float, typer.Option(help="Highest learning rate; 0: the model's usual one.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Another seed, another model.")] = 0,
    channels: Annotated[int, typer.Option(help="Numbers in a token (0: 16); with --start they are learned anew.")] = 0,
    digits: Annotated[
        Path | None, typer.Option(help="predictor: learn from MNIST's digits (mnist.npz, idx) that bounce.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Begin with the weights in this folder (data/weights), not with chance.")
    ] = None,
    finetune: Annotated[
        bool, typer.Option("--finetune", help="generator: learn an adapter from the corpus of your own in --corpus.")
    ] = False,
) -> None:
    """Train one model; the same command goes on where it was. In order: corpus, autoencoder, tokens, generator ..."""
    import keras

    from aigc_lab.train.fitting import Progress
    from aigc_lab.train.jobs import Job, seconds_of
    from aigc_lab.train.running import train as begin

    if half:
        keras.config.set_dtype_policy("mixed_bfloat16")
    told = {"steps": steps, "large": large, "batch": batch, "rate": rate, "seed": seed, "start": start}
    told |= {"channels": channels, "digits": digits, "say": screen.print}
    job = Job(corpus, out, seconds_of(budget) if budget else 0.0, **told, **({"clips": clips} if clips else {}))
    if finetune:
        stopped = fine_tune(model, job, clips) is None
    else:
        made = begin(model, job)
        stopped = isinstance(made, Progress) and not made.done
    if stopped:  # what is kept was said already
        raise typer.Exit(STOPPED)


def fine_tune(model: str, job: Any, clips: int) -> Path | None:
    """Fine-tune the generator on clips of one's own; None when it was stopped. Raises LabError."""
    from aigc_lab.train.finetuning import JUDGED, finetune

    if model != "generator":
        raise LabError(f"Only the generator can be fine-tuned, not {model!r}: train generator --finetune.")
    if job.start:
        raise LabError("--finetune begins with the generator that it adapts: leave out --start.")
    return finetune(replace(job, clips=clips or JUDGED))


def print_shots(storyboard: Storyboard) -> None:
    """Show shot by shot what is said and what is seen, and why that subject was chosen."""
    table = Table("#", "s", "said", "headline", "subject", "why", box=None, header_style="dim", padding=(0, 1))
    for s in storyboard.shots:
        table.add_row(str(s.id), f"{s.seconds:.1f}", escape(s.say), escape(s.headline), s.subject, escape(s.why))
    screen.print(table)


def print_bundle(bundle: Any) -> None:
    """Show what was made, the numbers, and what the person should know."""
    n = bundle.numbers
    for note in bundle.notes:
        screen.print(f"[yellow]•[/] {escape(note)}")
    screen.print(
        f"{n['seconds']:.1f} s, {len(bundle.storyboard.shots)} shots, {n['lufs']:.1f} LUFS, "
        f"true peak {n['true_peak']:.1f} dB, {n['bytes'] / 1e6:.1f} MB"
    )
    video, report = (escape(str(bundle.folder / name)) for name in ("video.mp4", "report.html"))
    screen.print(f"[bold green]{video}[/]   report: {report}")


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        screen.print(f"aigc-lab {__version__}")
        raise typer.Exit
