# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, or smoke: a test with tiny numbers", zh: "quick；自动测试用 smoke，数字都很小"}
# guidance knob: {en: how closely the words are followed, zh: 跟着词语走的力度}
# own knob: {en: "a video of your own; empty: the Earth at night", zh: "你自己的视频；留空就用夜晚的地球"}
# budget knob: {en: seconds of fine-tuning, zh: 微调多少秒}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# whole lesson: {en: smoke takes fewer steps and clips, zh: smoke 的步数和片段都少}
# as it is: {en: as it is, zh: 原样}
# theme: {en: theme, zh: 主题}
# style: {en: style, zh: 风格}
# palette: {en: palette, zh: 配色}
# motion: {en: motion, zh: 运镜}
# subject: {en: subject, zh: 主体}
# wish: {en: changed wish, zh: 改动的愿望}
# sees theme: {en: the judge sees, zh: 裁判看到的主题}
# sees style: {en: in the style, zh: 风格}
# moves: {en: grey levels from frame to frame, zh: 相邻两帧相差（灰度级）}
# same noise: {en: "One noise, six times; one wish changed each time", zh: 同一份噪声做六次，每次只改一个愿望}
# strength: {en: guidance, zh: 引导强度}
# by hand: {en: "One noise with growing guidance: from washed out to burnt", zh: "同一份噪声，引导逐渐加强：从寡淡到烧焦"}
# right theme: {en: theme right, zh: 主题正确}
# right style: {en: style right, zh: 风格正确}
# off: {en: colours off (OKLab), zh: 颜色偏差（OKLab）}
# spread: {en: variety, zh: 多样性}
# asked: {en: asked for, zh: 要的配色}
# measured to: {en: distance to, zh: 到这套配色的距离}
# own colours: {en: own colours, zh: 自选颜色}
# four palettes: {en: "One noise in four palettes", zh: 同一份噪声，四套配色}
# both: {en: wishes, zh: 愿望}
# judged: {en: what the judge saw, zh: 裁判看到的}
# food alone: {en: theme food, zh: 主题 food}
# bus alone: {en: "subject bus, of the theme city", zh: "主体 bus，属于主题 city"}
# fight: {en: theme food with subject bus, zh: 主题 food 加主体 bus}
# contradiction: {en: "Eight clips that were asked for food and a bus", zh: 同时要美食和公共汽车的八个片段}
# the photo: {en: the photo, zh: 照片}
# frame: {en: frame, zh: 帧}
# photo knob: {en: photo, zh: 照片}
# photo strip: {en: "A photo, and frames of the clip that goes on from it", zh: 一张照片，以及由它动起来的几帧}
# given: {en: first frame, zh: 第一帧}
# with photo: {en: the photo, zh: 给了照片}
# without photo: {en: words only, zh: 只给词语}
# near: {en: "first frame to the photo (dB)", zh: "第一帧与照片相比（dB）"}
# late: {en: "last frame to the photo (dB)", zh: "最后一帧与照片相比（dB）"}
# cut: {en: two clips put together, zh: 两段直接相接}
# going on: {en: going on from the last frames, zh: 从最后几帧接着走}
# the seam: {en: "The frames around the seam", zh: 接缝前后的几帧}
# part: {en: share of the way, zh: 走了多远}
# length: {en: length of the noise, zh: 噪声的长度}
# straight: {en: straight on, zh: 走直线}
# round: {en: on the sphere, zh: 沿球面}
# lengths: {en: "Length of the noise along the way, 1 is usual.", zh: "沿途噪声的长度，1 是正常值。"}
# walks: {en: "From one noise to another, above straight on, below on the sphere", zh: 从一份噪声走到另一份；上：走直线；下：沿球面}
# walk: {en: "Seven clips from one wish to another, playing together", zh: 从一个愿望到另一个愿望的七个片段，一起播放}
# layer: {en: the layer, zh: 层}
# numbers: {en: numbers, zh: 数的个数}
# learn: {en: that learn, zh: 其中会学习的}
# old layer: {en: as it was, zh: 原来的层}
# new layer: {en: with a low-rank part, zh: 加了低秩部分}
# own clips: {en: "Some of the clips to learn from", zh: 用来学习的几个片段}
# to learn: {en: to learn from, zh: 用来学习}
# kept: {en: kept apart, zh: 留出不学}
# step: {en: step, zh: 步}
# error: {en: error of the velocity, zh: 速度的误差}
# batches: {en: in the batches, zh: 训练批次中}
# fell: {en: "Error of the velocity while it learns.", zh: "学习过程中速度的误差。"}
# before: {en: before, zh: 微调前}
# after: {en: after, zh: 微调后}
# true clips: {en: "own clips, kept apart", zh: 留出不学的原片}
# compare: {en: "Rows: own clips kept apart; what the generator made before; and after", zh: 从上到下：留出的原片；微调前生成的；微调后生成的}
# base before: {en: "other wishes, before", zh: 别的愿望，微调前}
# base after: {en: "after, handle off", zh: 微调后，关掉把手}
# base on: {en: "after, handle on", zh: 微调后，打开把手}
# others: {en: "Five other wishes before and after, and with the handle on", zh: 另外五个愿望：微调前、微调后，以及打开把手}
# nearest: {en: distance to the nearest made clip (recognizer), zh: 到最近的生成片段的距离（识别器特征）}
# what: {en: measured, zh: 量的是}
# arrays:
#   en: "first, second: arrays of one shape; share: from 0 to 1"
#   zh: first 和 second 是形状相同的数组，share 从 0 到 1
# palette in:
#   en: "frames: uint8 (T, H, W, 3); palette: a list like ['#0b6e99', '#7fd1e0']"
#   zh: frames 是 uint8 数组（T, H, W, 3），palette 是列表，例如 ['#0b6e99', '#7fd1e0']
# kernel in: {en: "kernel: an array (inputs, outputs); rank, seed: whole numbers", zh: "kernel 是数组（inputs, outputs），rank 和 seed 是整数"}
# rows in:
#   en: "rows: a list of dicts with guidance, right, clips, diversity"
#   zh: rows 是字典的列表，每个有 guidance、right、clips、diversity

# %% [markdown] id="title" lang="en"
"""
# 07 Steer: get the clip that you want out of a generator

A generator that makes anything is of little use; one makes what it is asked for. In this lesson you take the wheel of
the shipped generator: you turn one wish at a time and measure what it changes, find out how hard one may push, make a
photo move and a shot go on, walk from one clip to another, and teach it a few clips of your own.

<img src="/docs/steer.webp" width="760"
alt="Above: one noise with growing guidance, from pale to burnt. Below: a photo of a flower that moves to the left. Right:
own clips of the Earth at night, what the generator made before fine-tuning, and after">

Earth: NASA. Photo of the flower: vultilion, CC BY 2.0. All else was made by this project's generator.

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb), a little NumPy. Lesson 06 explains the generator itself: it
walks from noise to a clip along velocities; that sentence is enough here.

**When you are done, you can**

1. steer a generator by words, colours, a strength and a first frame, and say in numbers what each of them does;
2. walk between two clips without leaving the road, and join shots without a seam;
3. fine-tune a generator on own clips with a small adapter, and judge honestly what came of it.

**Time:** about 70 minutes for you, and 45 for the exercise. For the machine about two and a half minutes on two cores.
"""

# %% [markdown] id="title" lang="zh"
"""
# 07 驾驭：让生成模型做出你要的片段

什么都能生成的模型，用处不大；要它做什么，它就做什么，才有用。这一课由你来掌舵：每次只转一个旋钮，量一量它改变了什么；
看看能推到多狠；让照片动起来，让镜头接着走；从一个片段走到另一个片段；最后教它几段你自己的影像。

<img src="/docs/steer.webp" width="760"
alt="上：同一份噪声，引导逐渐加强，从苍白到烧焦。下：一张花的照片向左动起来。右：夜晚地球的原片，以及微调前后生成的画面">

地球影像：NASA。花的照片：vultilion，CC BY 2.0。其余画面都出自本项目的生成模型。

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)，会一点 NumPy。生成模型本身在第 06 课讲：它沿着速度，从噪声走到片段。
这里知道这一句就够了。

**学完这一课，你能够**

1. 用词语、颜色、力度和第一帧来驾驭生成模型，并且用数字说出每一样起了什么作用；
2. 在两个片段之间走而不偏离道路，把镜头接起来而看不出接缝；
3. 用一个小小的适配器，拿自己的片段微调生成模型，并如实评判结果。

**用时：** 你大约要 70 分钟，练习再留 45 分钟。机器大约算两分半钟（双核）。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`own` takes the path of a video of yours, upright if possible and four seconds long at least.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`own` 可以填你自己一段视频的路径，最好是竖屏，至少四秒。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
theme = "nature"
style = "minimal"
guidance = 3.0  # <<guidance knob>>
photo = "flower"
own = ""  # <<own knob>>
budget = 40  # <<budget knob>>

# %% id="start"
from dataclasses import replace
from pathlib import Path

import numpy as np

from aigc_lab.course import show
from aigc_lab.course.page import put, use_language
from aigc_lab.generate.clips import load_models
from aigc_lab.train.evaluating import load_recognizer

use_language("<<language>>")  # <<spoken to you>>
whole = mode != "smoke"  # <<whole lesson>>
folder = Path(out_dir) / f"steer-{mode}-{seed}"
steps = 8 if whole else 1
models, eye = load_models(), load_recognizer()

# %% [markdown] id="desk-idea" lang="en"
"""
## 1. At the wheel

Every knob below is one wish. Turn a few; each turn makes a new clip. **Which knob changes the most, and which one do
you hardly notice?** "Show as code" writes down the call that makes the same clip.
"""

# %% [markdown] id="desk-idea" lang="zh"
"""
## 1. 坐上驾驶座

下面每个旋钮就是一个愿望。随便拧几个，每拧一次就生成一个新片段。**哪个旋钮变化最大？哪个几乎看不出来？**
点“显示代码”，会写出生成同一个片段的那一行调用。
"""

# %% id="desk" tags=["nbval-ignore-output"]
from aigc_lab.course.studio import studio

studio("<<language>>", theme=theme, style=style, guidance=guidance, steps=steps, seed=seed)

# %% [markdown] id="wishes-idea" lang="en"
"""
One cannot learn much from turning everything at once. So we hold the *noise* still, from which the clip is made, and
change one wish at a time. Beside our eyes we ask the **judge**: the recognizer of lesson 03, which learned from drawn
clips to tell theme, subject and style, and never saw the generator. **What stays the same in all six pictures?**
"""

# %% [markdown] id="wishes-idea" lang="zh"
"""
什么都一起改，是学不到东西的。所以我们固定住*噪声*（片段就是由它变来的），每次只改一个愿望。除了自己的眼睛，还请来一位**裁判**：
第 03 课的识别器。它从绘制的片段里学会了分辨主题、主体和风格，从没见过生成模型。**六张图里，什么始终没变？**
"""

# %% id="wishes"
from aigc_lab.course.steering import clips_of, noise_of, steps_between, wishes_of
from aigc_lab.train.input import words

plain = {"theme": theme, "style": style, "palette": "ocean", "motion": "none"}
changes = {
    "<<as it is>>": {}, "<<theme>>": {"theme": "city"}, "<<style>>": {"style": "neon"},
    "<<palette>>": {"palette": "sunset"}, "<<motion>>": {"motion": "left"},
    "<<subject>>": {"theme": None, "subject": "bus", "shown": True},
}  # fmt: skip
asked = wishes_of(models, [plain | change for change in changes.values()])
noise = np.repeat(noise_of(models, seed), len(changes), axis=0)
made = clips_of(models, asked, noise, guidance, steps)

told = {name: scores.argmax(axis=1) for name, scores in eye.predict({"clips": made}, verbose=0).items()}
rows = [["<<wish>>", "<<sees theme>>", "<<sees style>>", "<<moves>>"]]
for number, name in enumerate(changes):
    seen = [words()[label][told[label][number]] for label in ("theme", "style")]
    rows.append([name, *seen, f"{steps_between(made[number]).mean():.1f}"])
show.pictures([(name, show.enlarged(clip[8], 3)) for name, clip in zip(changes, made, strict=True)], "<<same noise>>")

# %% id="wishes-table"
show.table(rows)

# %% [markdown] id="wishes-seen" lang="en"
"""
The large masses often stay where the noise put them; the wishes say what they become. Palette and style can be seen at
a glance, motion only in the last column. Where the judge disagrees with you, look again: either of you may be wrong.

## 2. How hard may one push?

The generator answers a question: *standing here at this time, which way?* It can be asked with the wishes or without
any (they were left out now and then when it learned). The difference of the two answers is what the wishes are worth,
and one may exaggerate it. With $v_0$ for the answer without and $v_1$ for the one with wishes:

$$v = v_0 + g\,(v_1 - v_0)$$

$g$ is the *guidance* (Ho and Salimans 2022). At 0 the wishes are ignored, at 1 they are followed as the data does.
Here it is by hand, with the simplest walk: straight on, a step at a time.
"""

# %% [markdown] id="wishes-seen" lang="zh"
"""
大块的形状往往还在噪声安排的地方，愿望决定它们变成什么。配色和风格一眼就能看出，运镜只有最后一列看得出来。
裁判和你意见不同时，请再看一遍：你们谁都可能看错。

## 2. 能推到多狠？

生成模型回答的是一个问题：*此时此刻站在这里，该往哪边走？* 可以带着愿望问，也可以不带（学习时偶尔会把愿望拿掉）。
两个答案之差，就是愿望的分量；这个差可以放大。记不带愿望的答案为 $v_0$，带愿望的为 $v_1$：

$$v = v_0 + g\,(v_1 - v_0)$$

$g$ 叫*引导强度*（guidance，Ho 和 Salimans，2022）。取 0 就是不理会愿望，取 1 就是照数据那样跟随。
下面亲手写一遍，用最简单的走法：一步一步直着走。
"""


# %% id="guidance"
def answer(here, time, wishes):
    times = np.full(len(here), time, np.float32)
    return models.generator.predict_on_batch(wishes | {"here": here, "time": times})


def forgotten(wishes):
    return {name: 0 * value if name.startswith("word_") else value for name, value in wishes.items()}


def velocity(here, time, wishes, g):
    without = answer(here, time, forgotten(wishes))
    return without + g * (answer(here, time, wishes) - without)


def walk(noise, wishes, g, steps):
    here = noise
    for number in range(steps):
        here = here + velocity(here, number / steps, wishes, g) / steps
    return here


# %% [markdown] id="strengths-idea" lang="en"
"""
**Guess: what does a clip look like at 0, and at 12?**
"""

# %% [markdown] id="strengths-idea" lang="zh"
"""
**猜一猜：强度为 0 时片段是什么样？为 12 时呢？**
"""

# %% id="strengths"
from aigc_lab.course.steering import decoded

strengths = [0.0, 1.0, 3.0, 6.0, 12.0]
count = len(strengths)
wishes = wishes_of(models, [plain | {"theme": "city", "palette": "sunset"}] * count)
g = np.reshape(strengths, (count, 1, 1, 1, 1)).astype(np.float32)
tokens = walk(np.repeat(noise_of(models, seed), count, axis=0), wishes, g, 2 * steps)
pushed = decoded(models, tokens)
named = [(f"g = {value:g}", show.enlarged(clip[8], 3)) for value, clip in zip(strengths, pushed, strict=True)]
show.pictures(named, "<<by hand>>", columns=5)

# %% [markdown] id="exam-idea" lang="en"
"""
The colours are there even at 0: they were asked for in both answers, so nothing exaggerates them. What grows is what
makes it a city, until it burns. But pretty is a matter of taste; we want numbers. An exam: ten themes, each asked for
three times with other noise. The judge says how often theme and style are right. Two numbers more: how far the
colours are from those that were asked for (`palette_error`, in OKLab, where black and white are 1 apart), and the
*variety*: how much the three clips of one wish differ. **Which of the four numbers gets better with more guidance,
and which one worse?**
"""

# %% [markdown] id="exam-idea" lang="zh"
"""
强度为 0 时颜色也在：两个答案都要了颜色，所以它不会被放大。越来越强的，是让它像城市的那些东西，直到烧焦。
不过好不好看是口味问题，我们要的是数字。来一场考试：十个主题，每个要三次，噪声各不相同。裁判统计主题和风格对了多少。
另外两个数：颜色离要求有多远（`palette_error`，在 OKLab 里量，黑白相距 1）；以及*多样性*：同一个愿望的三个片段彼此差多少。
**引导加强时，四个数里哪些变好，哪些变差？**
"""

# %% id="exam"
from aigc_lab.course.steering import exam_specs, marked
from aigc_lab.train.generated import clips_for


def percent(share):
    return f"{share.rate:.0%} ({share.lower:.0%}–{share.upper:.0%})"


each = 3 if whole else 2
specs = exam_specs(10 if whole else 1, each, seed)
rows = [["<<strength>>", "<<right theme>>", "<<right style>>", "<<off>>", "<<spread>>"]]
for value in (1.0, 3.0, 6.0, 12.0) if whole else (guidance,):
    mark = marked(eye, clips_for(models, specs, seed, value, steps), specs, each)
    rows.append([f"{value:g}", percent(mark.theme), percent(mark.style), f"{mark.colors:.3f}", f"{mark.spread:.2f}"])
show.table(rows)

# %% [markdown] id="exam-seen" lang="en"
"""
In brackets: where the true share lies, as far as 30 clips can tell (95 %); do not read too much into a few points.
Look at the trends. From 1 to 3 theme gets clearer and variety falls: what is possible but not typical is lost. The
colours drift off with every row. At 12 we see **what goes wrong when one pushes too hard**: edges and colours run to
the limit of what can be shown, and the style, above all, is recognised less and less. The lab uses 3.

## 3. Colours

A palette is asked for by twelve colours, in numbers; so you may ask for colours that no palette has. One noise, four
palettes; the table measures each clip against each palette. **Where should the smallest number of each row stand?**
"""

# %% [markdown] id="exam-seen" lang="zh"
"""
括号里是真实比例所在的范围，30 个片段只能说到这个程度（95 % 把握），差几个百分点不要当真，要看走势。从 1 到 3，主题更清楚，
多样性下降：可能、但不典型的样子丢了。颜色一行比一行偏。到了 12，就是**推得太狠会出的毛病**：边缘和颜色都冲到了显示的极限，
尤其是风格，越来越认不出来。实验室用的是 3。

## 3. 颜色

配色是用十二个颜色的数值来提要求的，所以也可以要任何配色表里都没有的颜色。同一份噪声，四套配色；
表格拿每个片段和每套配色去比。**每一行最小的数应该在哪里？**
"""

# %% id="colours"
from aigc_lab.collect.scenes import sample_spec
from aigc_lab.train.generated import palette_error

palettes = {
    "ocean": "ocean",
    "sunset": "sunset",
    "forest": "forest",
    "<<own colours>>": ("#ff2d95", "#ffe9f4", "#222222"),
}
rows = [plain | {"palette": value} for value in palettes.values()]
dyed = clips_of(models, wishes_of(models, rows), np.repeat(noise_of(models, seed + 1), 4, axis=0), guidance, steps)
table = [["<<asked>>", *(f"<<measured to>> {name}" for name in palettes)]]
for name, clip in zip(palettes, dyed, strict=True):
    scenes = [(sample_spec(0, theme=theme, style=style, palette=value), False) for value in palettes.values()]
    table.append([name, *(f"{error:.3f}" for error in palette_error(np.repeat(clip[None], 4, axis=0), scenes))])
put(show.table(table))
cells = [(name, show.enlarged(clip[8], 3)) for name, clip in zip(palettes, dyed, strict=True)]
show.pictures(cells, "<<four palettes>>", columns=4)

# %% [markdown] id="fight-idea" lang="en"
"""
In the diagonal, if the palette is kept. It never reaches 0: mixtures, shadows and light are colours too. The exercise
builds such a measure.

## 4. Two wishes that contradict each other

What if you ask for the theme *food* and for a *bus*? The generator never saw such a clip. **Who wins: theme, subject,
or nobody?**
"""

# %% [markdown] id="fight-idea" lang="zh"
"""
如果配色守住了，就在对角线上。它不会到 0：混色、阴影和光也是颜色。练习里会亲手做一个这样的量法。

## 4. 两个互相矛盾的愿望

如果主题要*美食*，主体却要*公共汽车*呢？这样的片段它从没见过。**谁会赢：主题、主体，还是谁都没赢？**
"""

# %% id="fight"
from collections import Counter

cases = {"<<food alone>>": {"theme": "food"}, "<<bus alone>>": {"subject": "bus"},
         "<<fight>>": {"theme": "food", "subject": "bus"}}  # fmt: skip
tries = 8 if whole else 2
table = [["<<both>>", "<<judged>>"]]
for name, wish in cases.items():
    asked = wishes_of(models, [{"style": style, "palette": "ocean", "shown": True} | wish] * tries)
    fought = clips_of(models, asked, noise_of(models, seed, tries), guidance, steps)
    seen = eye.predict({"clips": fought}, verbose=0)["theme"].argmax(axis=1)
    table.append([name, ", ".join(f"{words()['theme'][k]} {n}x" for k, n in Counter(seen.tolist()).most_common())])
put(show.table(table))
show.pictures([(str(n + 1), show.enlarged(clip[8])) for n, clip in enumerate(fought)], "<<contradiction>>", columns=8)

# %% [markdown] id="photo-idea" lang="en"
"""
Look at the pictures too: something stands in the place of a subject, but is it a bus? A wish can be dropped, and nobody
tells you: no error, no warning. That is why one measures.

## 5. A photo that moves

The generator may be given the first frames as tokens, "these shall come out". For a photo, which has no motion yet, it
was taught a second mark: *this is your first picture, standing still*. **Will the last frame still look like the
photo?**
"""

# %% [markdown] id="photo-idea" lang="zh"
"""
也看看画面：主体的位置上确实有东西，可那是公共汽车吗？愿望可能被丢掉，却没有人告诉你：不报错，也不警告。所以才要测量。

## 5. 让照片动起来

可以把开头几帧的 token 交给生成模型：“这几帧就要这样”。照片本身不会动，所以它还学过第二种标记：*这是你的第一幅画面，静止的*。
**最后一帧还会像这张照片吗？**
"""

# %% id="photo"
from aigc_lab.course.preparing import photo as sample_photo
from aigc_lab.generate.clips import generate_clip, still_tokens
from aigc_lab.measures import psnr


def moving(name, way):
    picture = sample_photo(name)
    clip = generate_clip(style=None, palette=None, motion=way, first_frame=picture, steps=steps, seed=seed).frames
    told = np.repeat(still_tokens(picture, models)[None], 4, axis=0)[None]
    flat = decoded(models, told)[0, 0]  # the photo as the autoencoder knows it
    return clip, flat


def photo_view(name, way):
    clip, flat = moving(name, way)
    cells = [("<<the photo>>", show.enlarged(flat, 3))]
    cells += [(f"<<frame>> {n}", show.enlarged(clip[n], 3)) for n in (0, 4, 8, 12, 15)]
    return show.pictures(cells, "<<photo strip>>")


# %% id="photo-knobs" tags=["nbval-ignore-output"]
from aigc_lab.course.generating import knobs

knobs({"<<photo knob>>": (["flower", "china", "coffee", "chelsea", "rocket"], photo),
       "<<motion>>": (["left", "right", "up", "down", "in", "out", "none"], "left")}, photo_view)  # fmt: skip

# %% [markdown] id="photo-call" lang="en"
"""
The same with words, and two numbers. The rival is a clip from the same noise that never saw the photo. (Photos:
vultilion and danielbuechele, CC BY 2.0; Rachel Michetti, Stefan van der Walt, SpaceX, free to use.)
"""

# %% [markdown] id="photo-call" lang="zh"
"""
同样的事，直接写参数，再加两个数字。对手是同一份噪声做出来、没见过照片的片段。（照片：vultilion、danielbuechele，CC BY 2.0；
Rachel Michetti、Stefan van der Walt、SpaceX，可自由使用。）
"""

# %% id="photo-numbers"
clip, flat = moving(photo, "left")
blind = generate_clip(style=None, palette=None, motion="left", steps=steps, seed=seed).frames
table = [["<<given>>", "<<near>>", "<<late>>", "<<moves>>"]]
for name, frames in {"<<with photo>>": clip, "<<without photo>>": blind}.items():
    near, late = (f"{psnr(flat, frames[n]):.1f}" for n in (0, -1))
    table.append([name, near, late, f"{steps_between(frames).mean():.1f}"])
put(show.table(table))
photo_view(photo, "left")

# %% [markdown] id="photo-seen" lang="en"
"""
The photo comes in through the same small door as everything else: 40 x 72 pixels, and an encoder that mostly saw drawings.
The clip begins at the photo and slides away from it; what comes into the picture at its edge is made up. It is a painting
of your photo that moves, and no film of the real thing. In a short: `aigc-lab make brief.yaml --first-frame photo.jpg`.

## 6. A shot that goes on

A clip has 16 frames, two seconds. For a longer shot we give the *last* four frames of one part (its last group of
tokens) as the first of the next, and blend where they overlap. The rival: two clips of the same wishes, one after the
other. **Look at the chart: where is the seam?**
"""

# %% [markdown] id="photo-seen" lang="zh"
"""
照片和别的东西走的是同一扇小门：40 x 72 像素，加上一个看惯了绘画的编码器。片段从照片开始，随后渐渐滑开；从边上进来的那些，是编出来的。
它是一幅会动的、照着你的照片画的画，不是真实场景的录像。做短片时这样用：`aigc-lab make brief.yaml --first-frame photo.jpg`。

## 6. 让镜头接着走

一个片段 16 帧，两秒。想要更长的镜头，就把前一段*最后*四帧（最后一组 token）交给下一段当开头，重叠处再融合起来。
对手是：愿望相同的两个片段，直接一前一后。**看图找一找：接缝在哪里？**
"""

# %% id="longer"
from aigc_lab.course.mini_clips import strips
from aigc_lab.course.steering import seam_chart
from aigc_lab.generate.clips import blend, generate_tokens, wish_arrays

wanted = {"theme": theme, "style": style, "palette": "sky", "motion": "left"}
first = generate_tokens(models, wish_arrays(models, **wanted), [seed], guidance, steps)
alone = generate_tokens(models, wish_arrays(models, **wanted), [seed + 1], guidance, steps)
onward = wish_arrays(models, given=first[0, -1], **wanted)
second = generate_tokens(models, onward, [seed + 1], guidance, steps)

one, two, other = (decoded(models, tokens)[0] for tokens in (first, second, alone))
shots = {"<<cut>>": np.concatenate([one, other]), "<<going on>>": blend(one, two, 4)}
put(seam_chart(shots, [16]))
strips({name: shot[12:20] for name, shot in shots.items()}, "<<the seam>>")

# %% [markdown] id="sphere-idea" lang="en"
"""
One peak, as tall as a cut, and none where the shot goes on. `generate_shot(seconds, ...)` does this for any length. But
each part knows only the four frames before it: over a minute, a forest may well become a city.

## 7. A walk between two noises

Each clip belongs to a noise. What lies between two of them? The straight way, `(1 - s) * a + s * b`, has a trap. Noise of
2,880 numbers lies, practically always, on a *sphere*: its length hardly varies. The middle of the straight way lies
inside, where the generator never stood. On the sphere (Shoemake 1985, "slerp"), with the angle $\omega$ between them:

$$\frac{\sin((1-s)\,\omega)}{\sin\omega}\,a + \frac{\sin(s\,\omega)}{\sin\omega}\,b$$

**What will the middle of the straight way look like?** (You write the second way in the exercise.)
"""

# %% [markdown] id="sphere-idea" lang="zh"
"""
直接相接有一个尖峰，和剪辑点一样高；接着走的就没有。`generate_shot(seconds, ...)` 能做任意长度。
不过每一段只认得它前面的四帧：一分钟下来，森林变成城市也不奇怪。

## 7. 在两份噪声之间散步

每个片段都对应一份噪声。两份噪声之间是什么？走直线 `(1 - s) * a + s * b` 有个陷阱：由 2,880 个数组成的噪声，几乎总落在一个*球面*上，
长度基本不变。直线的中点却在球的内部，生成模型从没站在那里过。沿球面走（Shoemake，1985，“slerp”），记两者夹角为 $\omega$：

$$\frac{\sin((1-s)\,\omega)}{\sin\omega}\,a + \frac{\sin(s\,\omega)}{\sin\omega}\,b$$

**直线走到一半时，画面会是什么样？**（第二种走法，练习里由你来写。）
"""

# %% id="sphere"
from aigc_lab.course.steering import lines_chart, sheet
from aigc_lab.course.tasks.lesson07 import on_the_sphere

shares = np.linspace(0, 1, 7 if whole else 3)
start, end = noise_of(models, seed)[0], noise_of(models, seed + 9)[0]
ways = {
    "<<straight>>": np.stack([(1 - s) * start + s * end for s in shares]).astype(np.float32),
    "<<round>>": np.stack([on_the_sphere(start, end, s) for s in shares]).astype(np.float32),
}
lengths = {name: (shares, [np.sqrt(np.square(n).mean()) for n in way]) for name, way in ways.items()}
put(lines_chart(lengths, "<<part>>", "<<length>>", "<<lengths>>"))
wishes = wishes_of(models, [plain | {"palette": "sunset"}] * len(shares))
walked = {name: clips_of(models, wishes, way, guidance, steps) for name, way in ways.items()}
sheet(walked, "<<walks>>")

# %% [markdown] id="wishes-walk-idea" lang="en"
"""
In the middle of the straight way there is too little noise: details are missing there, things are smoother and paler.

Wishes can be mixed as well: ask for both velocities and go between them. **At which share does nature become a city?**
"""

# %% [markdown] id="wishes-walk-idea" lang="zh"
"""
直线走到一半，噪声不够了：细节变少，画面更平、更淡。

愿望也可以混合：两种速度都问，然后取它们之间。**走到几成时，自然变成了城市？**
"""

# %% id="wishes-walk"
from aigc_lab.course.mini_clips import side_by_side
from aigc_lab.train.generator import guided, sample

here, there = ({"theme": "nature", "palette": "forest"}, {"theme": "city", "palette": "violet"})
pair = [wishes_of(models, [{"style": style, "motion": "none"} | wish] * len(shares)) for wish in (here, there)]
ask_both = [guided(models.generator.predict_on_batch, wishes, guidance) for wishes in pair]
s = shares.reshape(-1, 1, 1, 1, 1).astype(np.float32)


def between(place, time):
    return (1 - s) * ask_both[0](place, time) + s * ask_both[1](place, time)


noise = np.repeat(noise_of(models, seed + 2), len(shares), axis=0)
*_, (_, tokens) = sample(between, noise, steps)
morph = decoded(models, tokens)
show.clip(side_by_side(morph), "<<walk>>", width=620, out_dir=out_dir, name="walk", kilobytes=90)

# %% [markdown] id="lora-idea" lang="en"
"""
## 8. Teach it something new, with few numbers

The generator has ten million numbers and saw 24,000 clips. You have twenty. Trained as a whole, it would learn your
twenty by heart and forget the rest. So we keep every matrix $W$ as it is and add a small one, of *low rank* (Hu et al.
2021, "LoRA"):

$$y = x\,W + x\,A\,B \qquad W: n \times m,\quad A: n \times r,\quad B: r \times m,\quad r \ll n, m$$

$A$ is drawn by chance, $B$ is zero. **What does the layer do before it has learnt anything? And why not start both at
zero?**
"""

# %% [markdown] id="lora-idea" lang="zh"
"""
## 8. 用很少的数，教它新东西

生成模型有一千万个数，看过 24,000 个片段；你手里只有二十个。整个一起训练，它会把你的二十个背下来，把别的忘光。
所以每个矩阵 $W$ 都原封不动，只加上一个*低秩*的小矩阵（Hu 等，2021，“LoRA”）：

$$y = x\,W + x\,A\,B \qquad W: n \times m,\quad A: n \times r,\quad B: r \times m,\quad r \ll n, m$$

$A$ 随机，$B$ 为零。**还没学任何东西时，这一层做的是什么？为什么不让两个都从零开始？**
"""


# %% id="lora"
import keras


class LowRank(keras.layers.Layer):
    def __init__(self, dense, rank):
        super().__init__()
        self.dense, self.rank = dense, rank
        self.dense.trainable = False

    def build(self, shape):
        self.a = self.add_weight(shape=(shape[-1], self.rank), initializer="he_uniform")
        self.b = self.add_weight(shape=(self.rank, self.dense.units), initializer="zeros")

    def call(self, x):
        return self.dense(x) + x @ self.a @ self.b


# %% id="lora-count"
old = models.generator.blocks[0].qkv
new = LowRank(keras.layers.Dense.from_config(old.get_config()), 16)
x = np.random.default_rng(seed).normal(size=(4, old.kernel.shape[0])).astype(np.float32)
new(x)
new.dense.set_weights(old.get_weights())
print(f"{np.abs(np.asarray(new(x)) - np.asarray(old(x))).max():.1e}")
counts = [(name, layer.count_params(), sum(int(np.prod(v.shape)) for v in layer.trainable_weights))
          for name, layer in (("<<old layer>>", old), ("<<new layer>>", new))]  # fmt: skip
show.table([["<<layer>>", "<<numbers>>", "<<learn>>"], *([n, f"{a:,}", f"{b:,}"] for n, a, b in counts)])

# %% [markdown] id="own-idea" lang="en"
"""
Exactly the same at first: the difference is 0. Were both zero, each one's slope would be made of the other and be zero
too: nothing would ever move.

Now own clips. Ours are from a film of the Earth at night; the last fifth is kept apart, and nothing that overlaps
with it is learnt. Half of each batch are drawn clips, for which it shall go on saying what it said before; so it does
not forget. A **handle**, one learned vector, says "like the own ones"; without it the generator shall be as before.
It must decide alone, and so half of the own clips come with wishes that some drawn clip had. **After less than a
minute: what will it have learnt?**
"""

# %% [markdown] id="own-idea" lang="zh"
"""
一开始完全一样：相差 0。要是两个都为零，各自的梯度都要乘上对方，于是也是零，永远动不了。

现在来看自己的片段。我们用一段夜晚地球的影片；最后五分之一留出不学，和它重叠的也不学。每一批里有一半是绘制的片段，
对它们，要求生成模型照原来那样回答，免得把它们忘了。再加一个**把手**：一个学出来的向量，表示“要像自己的那种”；不握把手，生成模型就该和从前一样。
要由把手说了算，所以自己的片段有一半会配上某个绘制片段的愿望。
**几十秒之后，它会学到什么？**
"""

# %% id="own"
from aigc_lab.collect.samples import sample_table
from aigc_lab.course.steering import apart, own_windows
from aigc_lab.train.finetuning import drawn_set, own_set

film = own_windows(Path(own) if own else sample_table()["earth"].path, models, most=60 if whole else 16)
learn, kept = apart(film)
own_clips, held = own_set(models, learn), own_set(models, kept)
replay = drawn_set(models, 96 if whole else 8)
print(len(own_clips), "+", len(replay), "/", len(held))
some = learn[:: max(len(learn) // 6, 1)][:6]
sheet({"<<to learn>>": some, "<<kept>>": kept[:6]}, "<<own clips>>")

# %% id="tune" tags=["nbval-ignore-output"]
from aigc_lab.course.steering import fresh_plan
from aigc_lab.train.finetuning import tune

plan = fresh_plan(folder / "tune", budget if whole else 0, 0 if whole else 2)
tuned, done = tune(models, own_clips, replay, plan, batch=16 if whole else 4, held=held)
known = [row for row in done.history if "held_out" in row]
curves = {name: ([row["step"] for row in rows], [row[key] for row in rows])
          for name, key, rows in (("<<batches>>", "loss", done.history), ("<<kept>>", "held_out", known))}  # fmt: skip
lines_chart(curves, "<<step>>", "<<error>>", "<<fell>>")

# %% [markdown] id="after-idea" lang="en"
"""
A falling curve is no picture yet. Above: own clips that were kept apart. Below: what the generator makes of the same
noise, before and after, with the handle. **Do you see what it learnt, and what it did not?**
"""

# %% [markdown] id="after-idea" lang="zh"
"""
曲线降下来了，还不等于画面好。上排：留出不学的原片。下面：同样的噪声，微调前后各做出什么，微调后握着把手。
**看得出它学到了什么、没学到什么吗？**
"""

# %% id="after"
from aigc_lab.train.finetuning import like_own

number = 12 if whole else 2
before, after = (decoded(models, like_own(m, held, number)) for m in (models, tuned))
sheet({"<<true clips>>": kept[:6], "<<before>>": before[:6], "<<after>>": after[:6]}, "<<compare>>")

# %% [markdown] id="honest-idea" lang="en"
"""
Three questions, in numbers. Is it nearer to clips that it never saw? Both its velocity's error on them and the distance
to the nearest of the made clips (in the recognizer's features) should have become smaller. And what did it cost on the
other wishes? The exam of section 2 again, the handle let go.
"""

# %% [markdown] id="honest-idea" lang="zh"
"""
三个问题，用数字回答。它离没见过的片段更近了吗？速度的误差，以及到最近的生成片段的距离（识别器特征），两个都应当变小。
为此在别的愿望上付出了什么代价？再考一次第 2 节的试，松开把手。
"""

# %% id="honest"
from aigc_lab.course.steering import error_of
from aigc_lab.train.evaluating import features
from aigc_lab.train.finetuning import nearest

let_go = replace(tuned, own=0.0)
true = features(eye, kept)
error = [error_of(m, kept) for m in (models, tuned)]
far = [nearest(true, features(eye, clips)).mean() for clips in (before, after)]
exams = [clips_for(m, specs, seed, guidance, steps) for m in (models, let_go)]
marks = [marked(eye, clips, specs, each) for clips in exams]
show.table([
    ["<<what>>", "<<before>>", "<<after>>"],
    ["<<error>>", *(f"{value:.3f}" for value in error)],
    ["<<nearest>>", *(f"{value:.3f}" for value in far)],
    ["<<right theme>>", *(percent(mark.theme) for mark in marks)],
    ["<<right style>>", *(percent(mark.style) for mark in marks)],
])  # fmt: skip

# %% id="others"
scenes = [specs[number][0] for number in range(0, len(specs), each)][:5]
names = ("theme", "subject", "style", "palette", "motion")
others = [{name: getattr(scene, name) for name in names} | {"shown": True} for scene in scenes]
noise = noise_of(models, seed, len(others))
three = {"<<base before>>": models, "<<base after>>": let_go, "<<base on>>": tuned}
made = {name: clips_of(m, wishes_of(m, others), noise, guidance, steps) for name, m in three.items()}
sheet(made, "<<others>>")

# %% [markdown] id="end" lang="en"
"""
So a small model and less than a minute give you this: the colours and the light of your clips, and a first idea of
their large shapes. Not: sharp edges, a face, a text, a particular cup; nothing that is smaller than a few of its 40 x
72 pixels, nothing that the autoencoder cannot show, and nothing that is not in your twenty clips. The clips should
belong together: fifteen photos of fifteen things teach it next to nothing.

What did it cost? Compare the last two rows of the table: with only 96 drawn clips to repeat it may forget some of what
it knew, even with the handle let go. The command repeats 512 of them, measures the cost on 300 and writes it into the
adapter. We gave it ten minutes on the film of this lesson: the error on five clips kept apart fell from 0.55 to 0.27.
With the handle let go, the judge still finds the theme in 93 % of those 300 (95 before), but the subject in 78 (85).

<img src="/docs/finetuned.webp" width="380"
alt="Three rows: clips of the Earth at night that were kept apart; what the generator made of noise; what it makes of the
same noise after ten minutes: the bright edge of the Earth, a little dented">

Above: kept apart. In the middle and below: the same noise, before, and after ten minutes. This is how you do it:

- `aigc-lab collect MY-FOLDER --own --into mine`, then `aigc-lab corpus split mine`;
- `aigc-lab train generator --finetune --corpus mine --budget 10m` writes `runs/mine/adapter.safetensors`, three megabytes
  at most, with whose clips it learnt from and how well it did;
- `aigc-lab make brief.yaml --adapter runs/mine/adapter.safetensors`.

What somebody else filmed may only be learnt from if its licence allows training; the corpus asks for you. And an adapter
is a likeness of its clips: their authors stand in the credits of every short that is made with it.

## What was left out

Steering by a sketch or a pose (ControlNet). Negative wishes ("no people"): $v_0$ is then asked with what is not wanted.
Guidance that changes along the way. Tuning all numbers, which wants more clips and a graphics card.

## Three questions

<details><summary>1. Why does more guidance cost variety?</summary>

It pushes every clip away from what is common to all wishes towards what is typical of this one. What is only possible,
but not typical, is lost.
</details>

<details><summary>2. Your adapter makes wonderful pictures of your cat's room. How do you find out whether it learnt
the room, or learnt your twenty clips by heart?</summary>

Keep clips apart before you train, best of another day, and measure the distance to them. Look for the nearest training
clip of each made one: if they are the same, it copies.
</details>

<details><summary>3. A colleague tunes with own clips only, without any drawn ones. What will happen to the theme
"food"?</summary>

It drifts towards the own clips: nothing in the batches says any more what food looks like. The adapter is small, so
it takes a while; the exam shows it.
</details>

## Go on

Now do [the exercise](/exercises/07_steer.ipynb). All terms, in both languages: [the glossary](/notebooks/glossary.md).
"""

# %% [markdown] id="end" lang="zh"
"""
一个小模型加不到一分钟，给你的是这些：你那些片段的颜色和光线，大的形状只有个雏形。给不了的是：清晰的边缘、一张脸、一行字、某只特定的杯子；
凡是小于 40 x 72 画面里几个像素的、自编码器显示不出来的、你那二十个片段里没有的，都不行。片段之间要有共同点：十五样东西的十五张照片，几乎什么也教不会。

代价是什么？比一比表格的最后两行：拿来重放的绘制片段只有 96 个，就算松开把手，它也可能忘掉一些本来会的东西。
下面的命令会重放 512 个，用 300 个片段量出代价，写进适配器里。我们在本课的影片上给了它十分钟：五个留出片段上的误差从 0.55 降到
0.27；松开把手，裁判在那 300 个片段里仍能认出 93 % 的主题（原来 95 %），主体却只认出 78 %（原来 85 %）。

<img src="/docs/finetuned.webp" width="380"
alt="三排画面：留出的夜晚地球片段；生成模型原先从噪声做出的画面；同样的噪声，十分钟之后：地球明亮的边缘，略有些坑洼">

上：留出的片段。中、下：同样的噪声，学习之前和十分钟之后。做法如下：

- `aigc-lab collect MY-FOLDER --own --into mine`，再运行 `aigc-lab corpus split mine`；
- `aigc-lab train generator --finetune --corpus mine --budget 10m` 会写出 `runs/mine/adapter.safetensors`，最多三兆字节，
  里面记着学的是谁的片段、学得怎么样；
- `aigc-lab make brief.yaml --adapter runs/mine/adapter.safetensors`。

别人拍的东西，只有授权允许训练才能学；语料库会替你把关。适配器就像那些片段的画像：用它做的每一条短片，都要在素材表里写上它们的作者。

## 这一课没有讲的

用草图或姿势来驾驭（ControlNet）；反向的愿望（“不要人”）：这时 $v_0$ 用不想要的东西去问；沿途变化的引导强度；
把所有数都拿来微调，那需要更多片段和一块显卡。

## 三个问题

<details><summary>1. 引导越强，多样性为什么越低？</summary>

它把每个片段都从“所有愿望共有的样子”推向“这个愿望最典型的样子”。那些可能、但不典型的，就丢了。
</details>

<details><summary>2. 你的适配器把猫的房间画得好极了。怎么知道它是学会了这个房间，还是把二十个片段背了下来？</summary>

训练前先留出一些片段，最好是另一天拍的，量它离这些片段有多远。再给每个生成的片段找出最近的训练片段：要是一模一样，那就是照抄。
</details>

<details><summary>3. 同事微调时只用自己的片段，没有掺绘制的。“美食”这个主题会怎么样？</summary>

会慢慢偏向自己的片段：批次里再也没有东西告诉它美食长什么样。适配器很小，所以要过一阵子；考一次试就看得出来。
</details>

## 接下来

去做[练习](/exercises/07_steer.ipynb)吧。所有术语的中英对照在[术语表](/notebooks/glossary.md)里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 07: Steer

Four tasks, about 45 minutes. Come from [the lesson](/notebooks/07_steer.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Run the cell below it: `check` calls your function with several examples and says what is right and what is not.
- Stuck? Run the `hint` cell: after each new failed try one more hint opens.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 07：驾驭

共四题，大约 45 分钟。先学[课文](/notebooks/07_steer.ipynb)，做题时也可以开着它对照。

- 在写着“在这里写代码”的地方写代码（英文版里写作 `YOUR CODE HERE`），并删掉 `raise NotImplementedError()` 这一行。
- 然后运行它下面的一格：`check` 会用几个例子调用你的函数，告诉你哪里对、哪里不对。
- 卡住了？运行 `hint` 那一格：每次改了代码仍没通过，就多打开一条提示。
"""

# %% id="exercise-start" part="exercise" grade="readonly"
import numpy as np

from aigc_lab.course.check import check, hint, progress, use_language

use_language("<<language>>")

# %% [markdown] id="task-1" lang="en" part="exercise" grade="readonly"
"""
## 07.1 Walk on the sphere (3 points)

Write `sphere(first, second, share)`: the point `share` of the way from `first` to `second` along the sphere.

$$\frac{\sin((1-s)\,\omega)}{\sin\omega}\,a + \frac{\sin(s\,\omega)}{\sin\omega}\,b \qquad
\cos\omega = \frac{a \cdot b}{|a|\,|b|}$$

The arrays may have any shape; the whole array counts as one vector, with one angle. When both point the same way,
there is no angle to divide by: give back `first`.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 07.1 沿着球面走（3 分）

写函数 `sphere(first, second, share)`：返回从 `first` 沿球面走向 `second`、走了 `share` 那么远的点。

$$\frac{\sin((1-s)\,\omega)}{\sin\omega}\,a + \frac{\sin(s\,\omega)}{\sin\omega}\,b \qquad
\cos\omega = \frac{a \cdot b}{|a|\,|b|}$$

数组可以是任何形状；整个数组当作一个向量，只有一个夹角。两者方向相同时，没有夹角可以做除数：返回 `first`。
"""


# %% id="sphere-own" part="exercise" grade="answer"
def sphere(first, second, share):
    # <<arrays>>
    ### BEGIN SOLUTION
    cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return first
    return (np.sin((1 - share) * angle) * first + np.sin(share * angle) * second) / np.sin(angle)
    ### END SOLUTION


# %% id="sphere-own-check" part="exercise" grade="test" points=3
check("07.1", sphere).points

# %% id="sphere-own-hint" part="exercise" grade="readonly"
hint("07.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 07.2 Measure a palette (3 points)

Write `palette_distance(frames, palette)`: how far the colours of a clip are from a palette, one number. For each pixel
take the distance to the *nearest* colour of the palette, then the mean of all pixels of all frames. A colour is three
numbers from 0 to 1 (red, green, blue), and the distance is the straight one: the root of the sum of squares.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 07.2 量一量配色（3 分）

写函数 `palette_distance(frames, palette)`：片段的颜色离一套配色有多远，返回一个数。每个像素取它到配色中*最近*那个颜色的距离，
再对所有帧的所有像素求平均。颜色用三个 0 到 1 的数表示（红、绿、蓝），距离是直线距离：平方和再开方。
"""


# %% id="palette-own" part="exercise" grade="answer"
def palette_distance(frames, palette):
    # <<palette in>>
    ### BEGIN SOLUTION
    colors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in palette]) / 255
    pixels = frames.reshape(-1, 1, 3) / 255
    return np.sqrt(np.square(pixels - colors).sum(axis=-1)).min(axis=1).mean()
    ### END SOLUTION


# %% id="palette-own-check" part="exercise" grade="test" points=3
check("07.2", palette_distance).points

# %% id="palette-own-hint" part="exercise" grade="readonly"
hint("07.2")

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 07.3 An adapter that changes nothing yet (3 points)

Write `new_adapter(kernel, rank, seed)`: return the two matrices `a, b` of a low-rank part for the kernel. `a @ b` has
the shape of the kernel, the rank lies between them. `a` is drawn from `np.random.default_rng(seed)`, every number by
itself; `b` is zero.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 07.3 一个暂时什么都不改变的适配器（3 分）

写函数 `new_adapter(kernel, rank, seed)`：返回这个矩阵的低秩部分，两个矩阵 `a, b`。`a @ b` 的形状和 kernel 一样，中间的一维是 rank。
`a` 用 `np.random.default_rng(seed)` 来抽，每个数各抽各的；`b` 全是零。
"""


# %% id="adapter-own" part="exercise" grade="answer"
def new_adapter(kernel, rank, seed):
    # <<kernel in>>
    ### BEGIN SOLUTION
    inputs, outputs = kernel.shape
    a = np.random.default_rng(seed).normal(size=(inputs, rank)) / np.sqrt(inputs)
    return a, np.zeros((rank, outputs))
    ### END SOLUTION


# %% id="adapter-own-check" part="exercise" grade="test" points=3
check("07.3", new_adapter).points

# %% id="adapter-own-hint" part="exercise" grade="readonly"
hint("07.3")

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 07.4 Choose the guidance by numbers (2 points)

Somebody has measured six strengths: of so many `clips`, so many had the `right` theme, and this was their `diversity`.
Write `choose(rows)`. The accuracy may be at most 3 points (0.03) below the best one of the table. Of the strengths that
are good enough, return the `guidance` with the greatest diversity.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 07.4 用数字选引导强度（2 分）

有人量了六种强度：`clips` 个片段里有 `right` 个主题正确，多样性是 `diversity`。写函数 `choose(rows)`：
准确率最多可以比表里最好的低 3 个百分点（0.03）；在够格的强度里，返回多样性最高的那个 `guidance`。
"""


# %% id="guidance-own" part="exercise" grade="answer"
def choose(rows):
    # <<rows in>>
    ### BEGIN SOLUTION
    best = max(row["right"] / row["clips"] for row in rows)
    good = [row for row in rows if row["right"] / row["clips"] >= best - 0.03]
    return max(good, key=lambda row: row["diversity"])["guidance"]
    ### END SOLUTION


# %% id="guidance-own-check" part="exercise" grade="test" points=2
check("07.4", choose).points

# %% id="guidance-own-hint" part="exercise" grade="readonly"
hint("07.4")

# %% [markdown] id="finish" lang="en" part="exercise" grade="readonly"
"""
## How far are you?

Save the notebook when you are done; your teacher may ask you to hand it in.
"""

# %% [markdown] id="finish" lang="zh" part="exercise" grade="readonly"
"""
## 做到哪里了？

做完记得保存；老师可能会请你交上来。
"""

# %% id="progress" part="exercise" grade="readonly"
progress("07")
