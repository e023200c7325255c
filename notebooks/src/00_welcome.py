# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, or smoke: a test that skips the finished video", zh: "quick；自动测试用 smoke，不做成片"}
# any topic: {en: "empty: the name of the theme", zh: "留空就用主题名"}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# whole lesson: {en: "smoke stops after the storyboard and one clip", zh: "smoke 只做到分镜和一个片段"}
# part: {en: what, zh: 项目}
# yours: {en: your machine, zh: 你的电脑}
# needed: {en: needed, zh: 需要}
# cores: {en: cores, zh: 处理器核心}
# memory: {en: free memory, zh: 可用内存}
# disk: {en: free disk, zh: 剩余磁盘}
# field: {en: field, zh: 字段}
# value: {en: what we say, zh: 内容}
# themes: {en: "themes to choose from: ", zh: 可选主题：}
# shot: {en: shot, zh: 镜头}
# begins: {en: begins at (s), zh: 开始（秒）}
# lasts: {en: lasts (s), zh: 时长（秒）}
# said: {en: what is said, zh: 旁白}
# headline: {en: large words, zh: 画面大字}
# subject: {en: subject, zh: 主体}
# motion: {en: motion, zh: 运镜}
# real times: {en: with the real times, zh: 时间已换成实际值}
# drawn scene of: {en: "A drawn scene: ", zh: 绘制的场景：}
# done: {en: made, zh: 完成}
# length: {en: length, zh: 时长}
# picture: {en: picture, zh: 画面}
# loudness: {en: loudness, zh: 响度}
# size: {en: file size, zh: 文件大小}
# the short: {en: "The finished short: ", zh: 成片：}
# cover: {en: cover, zh: 封面}
# first frame: {en: first frame, zh: 第一帧}
# change: {en: mean difference (0 to 255), zh: 平均差异（0 到 255）}
# before: {en: before, zh: 重做前}
# after: {en: with another seed, zh: 换种子后}
# generated clip: {en: "A generated clip, theme: ", zh: 生成的片段，主题：}
# taken: {en: "taken, with a note: ", zh: 收下了，附一条说明：}
# refused: {en: "refused: ", zh: 退回：}
# kind: {en: what, zh: 用途}
# author: {en: by, zh: 作者}
# licence: {en: licence, zh: 授权}
# publish: {en: may be published, zh: 可以发布}
# sell: {en: may be used to sell, zh: 可以商用}
# two lines: {en: "topic: a text; seconds: a number", zh: topic 是文字，seconds 是数}
# many cards:
#   en: "cards: a list of (start, end, text), times in seconds"
#   zh: cards 是 (开始, 结束, 文字) 的列表，时间以秒计
# one number each: {en: characters a second, zh: 每秒字符数}
# board and times:
#   en: "storyboard: a dict with a list of shots; times: a list of seconds"
#   zh: storyboard 是字典，含镜头列表；times 是秒数的列表
# sheet of credits: {en: "credits: a list of dicts, one for each file", zh: credits 是字典的列表，每个文件一个}
# two sentences: {en: return your two sentences as one text, zh: 用 return 返回你的两句话（一段文字）}
# not yet: {en: nothing is written yet, zh: 还没有写}
# example card: {en: Steam rises, zh: 热气升起来了}
# sentence one:
#   en: Someone who sees the clip cannot tell that no camera was there, so the label lets them judge for themselves.
#   zh: 只看画面，观众分不出它是不是拍出来的，有了标识才能自己判断。
# sentence two:
#   en: Whoever posts it also keeps to the law and the rules of the platform, and keeps the trust of the audience.
#   zh: 对发布者来说，这既是法规和平台的要求，也是对观众的诚实，能留住信任。

# %% [markdown] id="title" lang="en"
"""
# 00 Welcome: from a brief to a finished short

In this lesson you make a short video with picture, voice, music and captions, from a few lines of text. Below are two
shorts that this program made; yours will be smaller and will say what you want it to say.

<img src="/docs/tech-innovation.webp" width="220"
alt="A finished vertical short about technology in daily life: a large Chinese headline, moving pictures from our
own model, Chinese captions">
<img src="/docs/coffee-ad.webp" width="220"
alt="A finished vertical advertisement for coffee: moving pictures from our own model, the price, an invitation to order">

**Needed before:** a little Python (variables, lists, functions). No deep learning.

**When you are done, you can**

1. write a *brief* and turn it into a finished short;
2. change one shot, and make one shot again while the others stay as they are;
3. read what comes with the video: captions, post text, credits, and where everything came from.

**Time:** about 45 minutes for you, and an hour more for the exercise. For the machine two to three minutes at most: the
short is 6 seconds long and takes up to a minute on two cores, without a GPU.
"""

# %% [markdown] id="title" lang="zh"
"""
# 00 欢迎：从一份需求单到一条成片

这一课，你只写几行字，就能得到一条有画面、有配音、有音乐、有字幕的短视频。下面两条都是这个程序做的；
你的那条会短一些，内容由你说了算。

<img src="/docs/tech-innovation.webp" width="220"
alt="一条竖屏成片，讲科技怎样改变日常生活：中文大字标题、自训模型生成的动态画面、中文字幕">
<img src="/docs/coffee-ad.webp" width="220"
alt="一条竖屏咖啡广告：自训模型生成的动态画面、价格、下单提示">

**课前准备：** 会一点 Python（变量、列表、函数）就够了，不需要学过深度学习。

**学完这一课，你能够**

1. 写一份*需求单*，把它变成一条成片；
2. 改一个镜头，或者只重做一个镜头，其余的保持不变；
3. 看懂随视频一起得到的文件：字幕、发布文案、素材授权，以及每样东西的来历。

**用时：** 你大约要 45 分钟，练习再留一小时。机器最多要算两三分钟：成片长 6 秒，双核电脑不用显卡，
一分钟之内就能做好一条。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

Everything that this lesson lets you choose stands in the next cell. Run the lesson once as it is; then change a value
and choose *Run All Cells*. The `seed` is a number from which every "random" choice of the program follows: the same
seed gives the same video, another seed another one.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

这一课里能自己选的，都在下面这一格。先原样运行一遍，再改一个值，选“运行所有单元格”。
`seed`（种子）是一个数，程序里所有“随机”的选择都由它推出来：种子不变，做出的视频就不变；换个种子，就是另一条视频。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
theme = "technology"
style = "neon"  # minimal neon retro watercolor cinematic playful
clip_language = "<<language>>"  # en-US, zh-CN
topic = ""  # <<any topic>>

# %% id="start"
from pathlib import Path

from aigc_lab.course import show
from aigc_lab.course.page import put, use_language

use_language("<<language>>")  # <<spoken to you>>
whole = mode != "smoke"  # <<whole lesson>>

# %% [markdown] id="machine-idea" lang="en"
"""
## 1. Is this machine good enough?

A *core* is a part of the processor that can work on its own; the more cores, the sooner a video is done. **Before you
run the cell: how many cores does your computer have, and how much memory is free?**
"""

# %% [markdown] id="machine-idea" lang="zh"
"""
## 1. 这台电脑够用吗？

*核心*是处理器里能独立干活的部分，核心越多，视频做得越快。**运行之前先猜猜：你的电脑有几个核心？还有多少可用内存？**
"""

# %% id="machine"
import os
import platform
import shutil

import psutil

memory = psutil.virtual_memory().available / 2**30
disk = shutil.disk_usage(".").free / 2**30
show.table([
    ["<<part>>", "<<yours>>", "<<needed>>"],
    ["Python", platform.python_version(), "3.11, 3.12, 3.13"],
    ["<<cores>>", os.cpu_count(), 2],
    ["<<memory>>", f"{memory:.1f} GB", "4 GB"],
    ["<<disk>>", f"{disk:.0f} GB", "1 GB"],
])  # fmt: skip

# %% [markdown] id="machine-seen" lang="en"
"""
If a number in the middle is smaller than the one on the right, the lesson may still run, only more slowly. When memory
is short, close other programs first.

## 2. The idea: AIGC(input) = output

*AIGC* means content generated by artificial intelligence. Seen from outside it is a function like any other:
something goes in (your wish, in words), something comes out (a video). Inside are four steps, and the course takes
them one by one:

| step | what happens | lessons |
| --- | --- | --- |
| collect | gather clips, pictures and words whose rights are known, and clean them | 01, 02 |
| train | let a model learn from them: to recognise, to predict, to compress | 03, 04, 05 |
| generate | let the model make something new; write, speak and compose for it | 06, 07, 08, 09 |
| optimise | make picture and words better, and measure that they are better | 10, 11 |

Lesson 12 is about rights and labels, and in lesson 13 you put everything together. Today you see the whole function
from outside, and have a first look at each part.
"""

# %% [markdown] id="machine-seen" lang="zh"
"""
中间的数比右边小也不一定跑不动，只是会慢一些。内存不够时，先关掉别的程序。

## 2. 核心想法：AIGC(input) = output

*AIGC* 就是人工智能生成内容。从外面看，它和别的函数没有两样：一头放进去（你用文字写的愿望），另一头出来（一条视频）。
里面有四步，这门课一步一步地讲：

| 步骤 | 做什么 | 课次 |
| --- | --- | --- |
| 数据采集 | 收集权利清楚的视频、图片和文字，并清洗干净 | 01、02 |
| 模型训练 | 让模型从数据里学会识别、预测和压缩 | 03、04、05 |
| 内容生成 | 让模型做出新东西，再配上文案、声音和音乐 | 06、07、08、09 |
| 内容优化 | 把画面和文字改得更好，并且用数字证明确实更好 | 10、11 |

第 12 课讲权利与标识，第 13 课把全部内容合到一起。今天先从外面看看整个函数，里面的每个部分都瞧上一眼。
"""

# %% [markdown] id="brief-idea" lang="en"
"""
## 3. The input: a brief

A *brief* is the list of wishes that a client gives to a film maker: what it is about, how long, in which style and
language. Ours needs a topic and takes a sensible value for everything that is left out.

**Before you run the cell: which fields would you fill in?**
"""

# %% [markdown] id="brief-idea" lang="zh"
"""
## 3. 输入：一份需求单

*需求单*（brief）就是客户交给制作人的一张愿望清单：讲什么、多长、什么风格、说哪种语言。
在这里，主题必须写；别的没写，程序会替你选一个合适的值。

**运行之前先想一想：换了你，会填哪些字段？**
"""

# %% id="brief"
from aigc_lab.brief import Brief
from aigc_lab.vocabulary import vocabulary

words = vocabulary()
print("<<themes>>" + ", ".join(words.themes))

topic = topic or words.themes[theme].name(clip_language)
brief = Brief(topic=topic, theme=theme, style=style, language=clip_language, seconds=6, seed=seed)
show.table([["<<field>>", "<<value>>"], *brief.model_dump(exclude_unset=True).items()])

# %% [markdown] id="brief-seen" lang="en"
"""
Six lines are enough. There are many more fields (a product and its price, your own photos, your own voice):
see [the README](/README.md).

## 4. The draft: script and storyboard

Before anything is drawn, the program writes a *script*, the words that are said, and cuts it into shots. A *shot* is
one picture from cut to cut. The list of all shots, with what is said and seen in each, is the *storyboard*.

**Six seconds: how many shots do you expect?**
"""

# %% [markdown] id="brief-seen" lang="zh"
"""
六行就够了。能写的字段还有很多（产品和价格、自己的照片、自己的声音），都在[说明文档](/README.md)里。

## 4. 草稿：脚本与分镜

动笔画之前，程序先写好*脚本*，也就是要说的话，再把它切成镜头。从一个剪辑点到下一个剪辑点之间的一段画面，叫一个*镜头*（shot）。
把所有镜头列成表，写明每个镜头里说什么、看到什么，就是*分镜*（storyboard）。

**只有六秒，你觉得会有几个镜头？**
"""

# %% id="draft"
from aigc_lab.production import draft


def sheet(board, caption=""):
    heads = ["<<shot>>", "<<begins>>", "<<lasts>>", "<<said>>", "<<headline>>", "<<subject>>", "<<motion>>"]
    rows = [[s.id, f"{s.start:.1f}", f"{s.seconds:.1f}", s.say, s.headline, s.subject, s.motion] for s in board.shots]
    return show.table([heads, *rows], caption or board.title)


board = draft(brief)
for note in board.notes:
    print("-", note)
sheet(board)

# %% [markdown] id="draft-seen" lang="en"
"""
The first shot is the *hook*: it has about two seconds to make people stay. The last one asks them to do something. You
gave a topic only, so the sentence in the middle comes from a small file of plain facts, and a note says so. The times
are a plan; later the voice sets the real ones.

## 5. Change one shot

A storyboard is no black box: it is a list, and you may change any of it. We give the second shot other words, another
subject and another motion. **Which columns of the table will change, and which will not?**
"""

# %% [markdown] id="draft-seen" lang="zh"
"""
第一个镜头叫*钩子*（hook）：要在大约两秒里把人留住；最后一个镜头请观众做点什么。你只给了题目，
所以中间那句话取自一个常识小文件，程序也用一条说明告诉了你。表里的时间只是计划，实际时间要等配音出来才定。

## 5. 改一个镜头

分镜不是黑箱，它就是一张列表，哪里都能改。我们给第二个镜头换一句话、换一个主体、换一种运镜。
**表里哪几列会变？哪几列不变？**
"""

# %% id="edit"
new_words = {"en-US": "A good idea starts small.", "zh-CN": "好点子，都从小处开始。"}

shot = board.shots[1]
old = shot.say.rstrip(".。")
shot.say = new_words.get(clip_language, shot.say)
shot.headline = shot.say.rstrip(".。")
board.post.description = board.post.description.replace(old, shot.headline)
shot.theme, shot.subject = theme, words.subjects_of(theme)[5]
shot.motion = "left"
shot.emphasis = []
sheet(board)

# %% [markdown] id="edit-seen" lang="en"
"""
Only the second row is different, and its times are still the old plan. You can do the same without Python: the file
`storyboard.yaml`, which comes with every video, may be edited in any editor and made again.

## 6. A clip is a stack of pictures

What moves on a screen is a row of still pictures, the *frames*. A *clip* is such a row; *fps* (frames per second) says
how many are shown in a second. We draw the scene of your shot, small. **How many numbers does a clip of two seconds
have: a thousand, a million, more?**
"""

# %% [markdown] id="edit-seen" lang="zh"
"""
只有第二行变了，时间还是原来的计划。不写 Python 也能这样改：每条视频都附带 `storyboard.yaml`，
用任何编辑器改好，就可以照着再做一遍。

## 6. 视频片段就是一叠图片

屏幕上会动的画面，其实是一张接一张的静止图片，每一张叫一*帧*（frame）。一段*片段*（clip）就是这样一叠帧；
*fps* 是每秒放几帧。我们把你那个镜头的场景画成小图看看。**两秒钟的片段里有多少个数？一千、一百万，还是更多？**
"""

# %% id="scene"
from aigc_lab.collect.scenes import draw_scene, sample_spec

look = {"style": board.style, "palette": shot.palette or board.palette, "motion": shot.motion}
spec = sample_spec(shot.seed, theme=shot.theme, subject=shot.subject, **look)
scene = draw_scene(spec, size=(180, 320))

print(scene.frames.shape, scene.frames.dtype, scene.fps, "fps")
print(f"{scene.frames.size:,}")
alt = f"<<drawn scene of>>{words.subjects[shot.subject].name('<<language>>')}"
show.clip(scene, alt, width=180, out_dir=out_dir, name="scene", kilobytes=45)

# %% [markdown] id="scene-seen" lang="en"
"""
The four numbers are frames, height, width and colour (red, green, blue); each entry is a whole number from 0 to 255.
Nearly three million numbers for two small seconds: this is why lesson 05 learns to compress.

This scene was drawn by a program, from labels such as theme, style and motion. Thousands upon thousands of such
scenes are what our own model learns from.

## 7. Make the short

`produce` does the rest: a neural voice speaks the words, music is composed so that cuts fall on its beats, our model
generates a moving backdrop for each shot, sound is mixed, captions are set, and one program (ffmpeg) writes the video.
If you stop it, run the cell again: it goes on where it was. **Which step will take the longest?**
"""

# %% [markdown] id="scene-seen" lang="zh"
"""
四个数依次是帧数、高、宽和颜色（红、绿、蓝），每个元素都是 0 到 255 的整数。短短两秒、小小一幅画面，
就有将近三百万个数：所以第 05 课要学压缩。

这个场景是程序按主题、风格、运镜等标签画出来的。我们自己的模型，就是看着成千上万个这样的场景学会的。

## 7. 做成片

剩下的都交给 `produce`：用神经网络语音念旁白，作一段曲子并让剪辑点落在节拍上，由我们的模型为每个镜头生成会动的背景，混音，排字幕，
最后由一个程序（ffmpeg）写出视频。中途停下也没关系，重新运行这一格就会接着做。**你猜哪一步最花时间？**
"""

# %% id="produce"
import time

from aigc_lab.production import produce

short, begun, told = Path(out_dir) / "welcome", time.time(), set()


def tell(step, done):
    half = (step, int(done * 2))
    if half not in told:
        told.add(half)
        print(f"{time.time() - begun:5.0f} s  {step} {half[1] * 50} %")


if whole:
    bundle = produce(board, short, job="welcome", tell=tell)
    n = bundle.numbers
    size = f"{n['width']} x {n['height']}, {n['fps']:.0f} fps"
    rows = [["<<picture>>", size], ["<<length>>", f"{n['seconds']:.1f} s"], ["<<loudness>>", f"{n['lufs']:.1f} LUFS"]]
    put(show.table([["<<done>>", short.name], *rows, ["<<size>>", f"{n['bytes'] / 1e6:.1f} MB"]]))

# %% [markdown] id="produce-seen" lang="en"
"""
The line `video` is usually the longest: about 180 frames with two million pixels each are put together and compressed.
LUFS is how loud it sounds; -14 is what platforms ask for.

## 8. Look into the bundle

All files of one short lie in one folder, the *bundle*. First the video, as a small moving picture without sound; the
link opens the real one. **Listen: do the cuts fall on the beat?**
"""

# %% [markdown] id="produce-seen" lang="zh"
"""
通常 `video` 那一行最久：大约 180 帧，每帧两百万个像素，要合成再压缩。LUFS 表示听起来有多响，平台一般要求 -14。

## 8. 打开成片包

一条短视频的所有文件都放在同一个文件夹里，叫*成片包*（bundle）。先看视频：下面是没有声音的小动图，点链接打开真正的成片。
**听一听：剪辑点落在节拍上了吗？**
"""

# %% id="watch"
alt = "<<the short>>" + ", ".join(words.subjects[s.subject].name("<<language>>") for s in board.shots if s.subject)
if whole:
    put(show.clip(short / "video.mp4", alt, width=180, out_dir=out_dir, kilobytes=70))

# %% [markdown] id="glance-idea" lang="en"
"""
A *contact sheet* shows one frame of every second: a whole video at a glance. Below it are the cover, which people see
before they press play, and the first frame. **What stands on both of them?**
"""

# %% [markdown] id="glance-idea" lang="zh"
"""
*缩略图表*每秒取一帧，一眼看完整条视频。它下面是封面（点开之前看到的图）和第一帧。**两张图上都有什么字？**
"""

# %% id="glance"
from aigc_lab.media import read_frames

if whole:
    put(show.contact(short / "video.mp4", columns=6, alt=alt))
    first = next(read_frames(short / "video.mp4", longest=640))[1]
    put(show.before_after(short / "cover.jpg", first, ("<<cover>>", "<<first frame>>")))

# %% [markdown] id="papers-idea" lang="en"
"""
Both carry the words that say it was made by AI; section 12 tells why. Now the text that comes with the video: the
captions with their times, and the words for the post.
"""

# %% [markdown] id="papers-idea" lang="zh"
"""
两张图上都写着“AI生成”，第 12 节会讲为什么。再看随视频附带的文字：带时间的字幕，以及发布时用的文案。
"""

# %% id="papers"
import json

if whole:
    print((short / "captions.srt").read_text(encoding="utf-8"))
    post = json.loads((short / "post.json").read_text(encoding="utf-8"))
    print(post["text"])

# %% [markdown] id="papers-seen" lang="en"
"""
An `srt` file is plain text: a number, a time from and to, the words. Any player can read it. Beside it lie `credits.md`
(whose work is in the video), `provenance.json` (brief, seed, versions and assets: how it was made) and `report.html`
(all of it on one page; open it in your browser).

The post text was written together with the draft. In section 5 we put the new sentence into it too, with
`board.post.description`; the hashtags still speak of the old subject. Whoever changes a storyboard reads the post
again.
"""

# %% [markdown] id="papers-seen" lang="zh"
"""
`srt` 文件就是纯文本：序号、起止时间、文字，任何播放器都能读。旁边还有 `credits.md`（用了谁的作品）、
`provenance.json`（需求单、种子、版本和素材：它是怎么做出来的）和 `report.html`（全部内容汇成一页，用浏览器打开）。

发布文案是和草稿一起写好的。第 5 节里，我们用 `board.post.description` 把新的一句也换了进去，
可话题标签说的还是原来的主体。改了分镜，别忘了把文案也重读一遍。
"""

# %% id="provenance"
if whole:
    provenance = json.loads((short / "provenance.json").read_text(encoding="utf-8"))
    print(*provenance, sep=", ")
    print((short / "credits.md").read_text(encoding="utf-8")[:600])

# %% [markdown] id="anew-idea" lang="en"
"""
## 9. One shot again, the others untouched

Suppose you like the short, but not its second shot. Give that shot another seed and make the short again: what did not
change is taken from the first run. To be sure, we keep the frame in the middle of each shot before and after, and
measure how far they differ: 0 means the same picture, 255 black against white. **Which rows will be near 0?**
"""

# %% [markdown] id="anew-idea" lang="zh"
"""
## 9. 只重做一个镜头

假如整条都满意，只有第二个镜头不喜欢：给它换个种子再做一遍，没变的部分直接用上一次的结果。为了心里有数，
我们把重做前后每个镜头正中间的一帧都留下来，量一量差多少：0 表示完全相同，255 相当于黑对白。**哪几行会接近 0？**
"""

# %% id="anew"
import numpy as np


def middle_frames(board):
    times = [s.start + s.seconds / 2 for s in board.shots]
    return [next(read_frames(short / "video.mp4", at, longest=320))[1] for at in times]


if whole:
    board = bundle.storyboard  # <<real times>>
    before = middle_frames(board)
    changed = board.model_copy(deep=True)
    changed.shots[1].seed += 1
    bundle = produce(changed, short, job="welcome")
    after = middle_frames(board)
    far = [np.abs(a.astype(float) - b).mean() for a, b in zip(before, after, strict=True)]
    rows = [[s.id, f"{distance:.2f}"] for s, distance in zip(board.shots, far, strict=True)]
    put(show.table([["<<shot>>", "<<change>>"], *rows]))
    put(show.before_after(before[1], after[1], ("<<before>>", "<<after>>")))

# %% [markdown] id="anew-seen" lang="en"
"""
One row is large: that is the shot you made again. The scenery behind it is new; its subject, words, voice and cuts are
as before, because the seed says nothing about them. The other rows stay at or very near 0; a trace can be left because
the whole video is compressed once more.

## 10. The studio

The scene in section 6 was drawn by rules. The backdrops of your short were made in another way, by our own trained
model: it begins with noise, and in a few steps turns it into a clip that fits your words. The clip is small and soft,
like the far part of a photo; what stands near is drawn sharp over it. Here you see the clip alone. Turn a knob, wait a moment, and a new clip appears. *Guidance*
says how closely the model follows the words, *steps* how often it corrects itself. **What will happen with guidance
0?**
"""

# %% [markdown] id="anew-seen" lang="zh"
"""
只有一行很大：就是你重做的那个镜头。背后的场景换了新的，主体、文字、配音和剪辑点都没变，因为它们不由这个种子决定。
其余几行等于或非常接近 0；整条视频重新压缩了一次，可能留下一点点痕迹。

## 10. 工作台

第 6 节的场景是按规则画的。成片里的背景走的是另一条路，出自我们自己训练的模型：从一团噪声开始，用几步把它变成符合文字的片段。
片段又小又柔，像照片里的远景；近处的东西再清晰地画在上面。这里看到的是片段本身。
拧一下旋钮，等一会儿，新的片段就出来了。*引导强度*决定模型多听文字的话，*步数*决定它修正多少次。
**把引导强度调到 0，会怎么样？**
"""

# %% id="studio" tags=["nbval-ignore-output"]
from aigc_lab.course.studio import preview_clip, studio

studio("<<language>>", theme=theme, style=style, seed=seed)

# %% [markdown] id="preview-idea" lang="en"
"""
The knobs do nothing that you cannot do in code: each turn calls `preview_clip` with what the knobs say. Here is the
same call with numbers:
"""

# %% [markdown] id="preview-idea" lang="zh"
"""
旋钮能做的，代码都能做：每拧一下，就是按旋钮上的值调用一次 `preview_clip`。下面用数字直接调用：
"""

# %% id="preview"
knobs = {"theme": theme, "style": style, "palette": "violet", "motion": "in"}
made = preview_clip(**knobs, guidance=3.0, steps=8 if whole else 2, seed=seed)
print(made.frames.shape, made.fps, "fps")
alt = f"<<generated clip>>{words.themes[theme].name('<<language>>')}"
show.clip(made, alt, width=160, out_dir=out_dir, name="generated", kilobytes=45)

# %% [markdown] id="preview-seen" lang="en"
"""
Our model is small, so its pictures are soft and simple; that is enough for a background. In lessons 05 to 07 you build
one like it. To have drawn scenes in a short instead, write `pictures="drawn"` into the brief.

## 11. What goes wrong

Everybody makes mistakes in a brief. The program should then say in one sentence what is wrong and what to do. Here are
three briefs with one slip each. **Which of them is no mistake for the program?**
"""

# %% [markdown] id="preview-seen" lang="zh"
"""
我们的模型很小，画面柔和而简单，做背景够用了。第 05 到 07 课，你会亲手搭一个这样的模型。
想在成片里改用按规则画的场景，就在需求单里写 `pictures="drawn"`。

## 11. 出错会怎样

写需求单，谁都会出错。这时程序应当用一句话说清楚：哪里不对，怎么改。下面三份需求单各有一处毛病。
**其中哪一处，程序并不当成错误？**（程序包里的报错目前是英文，一句一条，不难读懂。）
"""

# %% id="wrong"
from aigc_lab import LabError
from aigc_lab.brief import parse

slips = [{"seconds": -5}, {"sytle": "neon"}, {"style": "cyberpunk"}]
for slip in slips:
    try:
        noted = draft(parse(Brief, {"topic": topic, **slip}, "brief")).notes[0]
        print(f"<<taken>>{noted}")
    except LabError as error:
        print(f"<<refused>>{error}")

# %% [markdown] id="wrong-seen" lang="en"
"""
A negative length cannot be meant, and there is no field `sytle`: both are refused, and nothing was
spoiled. A style in your own words is a wish: it is taken as the nearest style, and the note says so. `LabError` is
our name for mistakes that you can put right yourself.

## 12. Labels and rights

Someone who sees your short cannot tell that no camera was there. That is why it says so, in two places: **for
people**, in large enough letters at the start of the video and on the cover; **for machines**, as a hidden mark in
both files, which platforms can read. China has asked for both since 2025 (GB 45438-2025), and many platforms
elsewhere ask for such a label too. You can turn them off, but then the bundle says that you did.

A video is also made of other people's work: letters, instruments, voices. A *licence* is the text in which an author
says what others may do with it. **Look at the table: whose work is in your short, and could you sell with it?**
"""

# %% [markdown] id="wrong-seen" lang="zh"
"""
时长不可能是负数，也没有 `sytle` 这个字段，这两份都被退回，已经做好的东西一点没坏。
风格写成自己的词是一种愿望：程序取最接近的风格，并用一条说明告诉你。凡是你自己就能改好的错误，我们都叫它 `LabError`。

## 12. 标识与权利

只看画面，观众分不出它是不是拍出来的。所以要说明白，而且说两遍：**给人看的**，片头和封面上有足够大的字；
**给机器看的**，两个文件里都有隐藏的标记，平台能读出来。中国从 2025 年起两样都要求（GB 45438-2025），
其他地方的许多平台也要求类似的标识。你可以关掉它们，但成片包会如实记下来。

一条视频里还有许多别人的作品：字体、乐器音色、配音音色。*授权*（licence）就是作者写明别人可以拿它做什么的文字。
**看看下面的表：你的短视频里有谁的作品？能不能商用？**
"""

# %% id="rights"
from aigc_lab.publish.bundle import used_assets
from aigc_lab.publish.labels import read_aigc
from aigc_lab.rights import built_in, kind_name

if whole:
    print(read_aigc(short / "video.mp4"))

tick = {True: "✔", False: "✘"}
rows = [["<<kind>>", "<<author>>", "<<licence>>", "<<publish>>", "<<sell>>"]]
for item in used_assets(board, [built_in("generated")], voice=True):
    name, licence = kind_name(item.what, "<<language>>"), item.licence_name("<<language>>")
    rows.append([name, item.author, licence, tick[item.may_publish], tick[item.may_sell]])
show.table(rows)

# %% [markdown] id="end" lang="en"
"""
Nothing with unknown rights gets into a bundle: the program would stop and name the file. `Label` "1" in the hidden mark
means: made by AI.

## What was left out

How the model learns (lessons 03 to 07), how a language model can write the script (08), how voice and music are made
(09), your own footage and photos (01), and everything about posting a video and learning from its numbers (11). The
model behind the pictures is small, the words come from patterns: a real short needs points of your own.

## Three questions

<details><summary>1. You run the lesson twice with the same seed on the same machine. What is different?</summary>

Nothing that you see or hear. Every random choice follows from the seed, and every step remembers what it was made from.
</details>

<details><summary>2. Why does the voice set the real times of the shots, and not the plan?</summary>

Nobody knows to a tenth of a second how long a sentence takes until it is spoken. A cut in the middle of a word would
hurt, so the words are spoken first, and the cut is then moved to a beat of the music nearby.
</details>

<details><summary>3. A friend sends you a song "free from the internet" for your ad. What do you do?</summary>

Look for the author and the licence. If nobody can say what is allowed, it counts as not allowed, and most of all in
something that sells. Take the composed music, or a song whose licence you can name.
</details>

## Go on

Now do [the exercise](/exercises/00_welcome.ipynb). Everything about the program is in [the README](/README.md).
"""

# %% [markdown] id="end" lang="zh"
"""
权利不明的东西进不了成片包：程序会停下来，并说出是哪个文件。隐藏标记里 `Label` 为 "1"，意思就是：由 AI 生成。

## 这一课没有讲的

模型怎样学习（03 到 07），大语言模型怎样写脚本（08），配音和音乐怎么来（09），怎样用自己的视频和照片（01），
怎样发布并从数据里学习（11）。画面出自一个很小的模型，话出自固定句式：真正要发的短视频，得有你自己的要点。

## 三个问题

<details><summary>1. 同一台电脑、同一个种子，把这一课运行两遍，结果有什么不同？</summary>

看到的、听到的都一样。所有随机的选择都由种子推出来，每一步也都记得自己是用什么做出来的。
</details>

<details><summary>2. 镜头的实际时间为什么由配音决定，而不是按计划来？</summary>

一句话到底要说多久，念出来之前谁也说不准。剪在半个词上会很难受，所以先配音，再把剪辑点挪到附近的节拍上。
</details>

<details><summary>3. 朋友发来一首“网上免费的”歌，让你放进广告里。你怎么办？</summary>

先找作者和授权。没有人说得清能不能用，就当不能用，拿去卖东西时更是如此。可以用程序作的曲子，或者换一首说得出授权的歌。
</details>

## 接下来

去做[练习](/exercises/00_welcome.ipynb)吧。程序的全部说明在 [README](/README.md) 里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 00: Welcome

Five tasks, about an hour. Come from [the lesson](/notebooks/00_welcome.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Then run the cell below it. `check("00.1", make_brief)` calls your function with several examples and says at once
  what is right and what is not. The number under the box is what you got so far.
- Stuck? Run `hint("00.1")`, for the other tasks in a new cell with their number: after each new failed try one more
  hint opens.
- `progress()` at the end shows how far you are. Everything happens on this computer; nothing is sent anywhere.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 00：欢迎

共五题，大约一小时。先学[课文](/notebooks/00_welcome.ipynb)，做题时也可以开着它对照。

- 在写着“在这里写代码”的地方写代码（英文版里写作 `YOUR CODE HERE`），并删掉 `raise NotImplementedError()` 这一行。
- 然后运行它下面的一格。`check("00.1", make_brief)` 会用几个例子调用你的函数，当场告诉你哪里对、哪里不对；
  方框下面的数就是目前的得分。
- 卡住了？运行 `hint("00.1")`，别的题就新建一格、换上题号：每次改了代码仍没通过，就多打开一条提示。
- 最后的 `progress()` 显示做到了哪里。一切都在这台电脑上完成，不会上传任何东西。
"""

# %% id="exercise-start" part="exercise" grade="readonly"
from aigc_lab.course.check import check, hint, progress, use_language

use_language("<<language>>")

# %% [markdown] id="task-1" lang="en" part="exercise" grade="readonly"
"""
## 00.1 A brief that the lab accepts (2 points)

Write `make_brief(topic, seconds)`. It returns a dict with the keys `topic`, `seconds` and `language`, which the lab
accepts whatever it is given:

- a short lasts 6 to 90 seconds: what is outside is moved to the nearest limit;
- a topic has at most 300 characters: keep the first 300;
- `language` is `"en-US"` when the topic has plain ASCII characters only, otherwise `"zh-CN"`.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 00.1 写一份实验室收得下的需求单（2 分）

写函数 `make_brief(topic, seconds)`，返回一个字典，键是 `topic`、`seconds` 和 `language`。
不管传进来什么，实验室都要收得下：

- 短视频长 6 到 90 秒，超出范围就取最近的边界值；
- 主题最多 300 个字，多了只留前 300 个；
- 主题全是 ASCII 字符时，`language` 写 `"en-US"`，否则写 `"zh-CN"`。
"""


# %% id="make-brief" part="exercise" grade="answer"
def make_brief(topic, seconds):
    # <<two lines>>
    ### BEGIN SOLUTION
    return {
        "topic": topic[:300],
        "seconds": min(max(seconds, 6), 90),
        "language": "en-US" if topic.isascii() else "zh-CN",
    }
    ### END SOLUTION


# %% id="make-brief-check" part="exercise" grade="test" points=2
check("00.1", make_brief).points

# %% id="make-brief-hint" part="exercise" grade="readonly"
hint("00.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 00.2 Captions too fast to read (3 points)

A caption card stands on the screen from `start` to `end` seconds. The next function should say how many characters a
second one has to read, but it is broken. Run it: one card of 11 characters stands from 10 to 12 seconds.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 00.2 找出来不及读的字幕（3 分）

一张字幕卡从 `start` 秒显示到 `end` 秒。下面的函数本来要算出观众每秒得读多少个字符，可它坏了。运行一下看看：
有一张字幕从第 10 秒显示到第 12 秒。
"""


# %% id="broken-speed" part="exercise" grade="readonly"
def broken_speed(cards):
    # <<many cards>>
    return [len(text) / end for start, end, text in cards]


print(broken_speed([(10.0, 12.0, "<<example card>>")]), "<<one number each>>")

# %% [markdown] id="task-2-repair" lang="en" part="exercise" grade="readonly"
"""
Nobody reads that slowly. Write `reading_speed(cards)`, a repaired version: a list with one number for each card, the
characters that one sees divided by the seconds that the card stands. There are three faults: look at the time, at the
blanks (spaces of every kind and line breaks are not read), and at a card that begins and ends at the same moment.
Nobody can read that one, so its speed is `float("inf")`.
"""

# %% [markdown] id="task-2-repair" lang="zh" part="exercise" grade="readonly"
"""
没有人读得这么慢。请写出修好的版本 `reading_speed(cards)`：返回一个列表，每张字幕对应一个数，
等于看得见的字符数除以停留的秒数。一共有三处毛病：看看时间，看看空白（各种空格和换行都不用读），
再看看开始和结束在同一时刻的字幕。那样的字幕谁也来不及读，速度就是 `float("inf")`。
"""


# %% id="reading-speed" part="exercise" grade="answer"
def reading_speed(cards):
    # <<many cards>>
    ### BEGIN SOLUTION
    speeds = []
    for start, end, text in cards:
        seen = len("".join(text.split()))
        speeds.append(seen / (end - start) if end > start else float("inf"))
    return speeds
    ### END SOLUTION


# %% id="reading-speed-check" part="exercise" grade="test" points=3
check("00.2", reading_speed).points

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 00.3 Which shot is on screen? (3 points)

Write `shots_at(storyboard, times)`: a list with the `id` of the shot that is on screen at each time, in the order of
`times`. `storyboard["shots"]` is a list of dicts with `id`, `start` and `seconds`. Where one shot ends and the next
begins, the later one counts. When the video is over, the answer is `None`.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 00.3 此刻画面上是哪个镜头？（3 分）

写函数 `shots_at(storyboard, times)`：按 `times` 的顺序返回一个列表，给出每个时间点画面上那个镜头的 `id`。
`storyboard["shots"]` 是字典的列表，每个字典有 `id`、`start` 和 `seconds`。
前一个镜头结束、后一个镜头开始的那一刻，算后一个。视频放完之后，答案是 `None`。
"""


# %% id="shots-at" part="exercise" grade="answer"
def shots_at(storyboard, times):
    # <<board and times>>
    ### BEGIN SOLUTION
    found = []
    for moment in times:
        on_screen = [s["id"] for s in storyboard["shots"] if s["start"] <= moment < s["start"] + s["seconds"]]
        found.append(on_screen[0] if on_screen else None)
    return found
    ### END SOLUTION


# %% id="shots-at-check" part="exercise" grade="test" points=3
check("00.3", shots_at).points

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 00.4 What may not go into an ad (2 points)

Write `unclear_rights(credits)`: a list with the names of the files that may not be used in an ad. `credits` is a list
of dicts with `file`, `author`, `licence`, `may_publish`, `may_edit` and `may_sell`. A file may be used when two
things are true: the lab knows its licence (it is in `licences()`, from `aigc_lab.rights`), and `may_sell` is `True`.
What nobody answered, or what is missing, counts as no.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 00.4 哪些素材不能放进广告（2 分）

写函数 `unclear_rights(credits)`：返回一个列表，列出不能用在广告里的文件名。`credits` 是字典的列表，每个字典有
`file`、`author`、`licence`、`may_publish`、`may_edit` 和 `may_sell`。同时满足两个条件才能用：实验室认得这个授权
（在 `aigc_lab.rights` 的 `licences()` 里），并且 `may_sell` 是 `True`。没有人填，或者根本没有这一项，都当作不可以。
"""


# %% id="unclear-rights" part="exercise" grade="answer"
def unclear_rights(credits):
    # <<sheet of credits>>
    ### BEGIN SOLUTION
    from aigc_lab.rights import licences

    return [row["file"] for row in credits if row["licence"] not in licences() or row.get("may_sell") is not True]
    ### END SOLUTION


# %% id="unclear-rights-check" part="exercise" grade="test" points=2
check("00.4", unclear_rights).points

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 00.5 Why the label is there (2 points, given by your teacher)

Explain in two sentences why a label "AI-generated" is on the video. The check only looks whether two sentences are
there; whether they are right is for a person to say.
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 00.5 为什么要有 AI 标识（2 分，由老师评）

用两句话解释：视频上为什么有“AI生成”的标识？检查程序只看是不是写了两句话；写得对不对，由老师来判断。
"""


# %% id="why-label" part="exercise" grade="manual" points=2
def why_label():
    # <<two sentences>>
    ### BEGIN SOLUTION
    return "<<sentence one>> <<sentence two>>"
    ### END SOLUTION


# %% id="why-label-check" part="exercise" grade="readonly"
try:
    sentences = why_label()
except NotImplementedError:  # <<not yet>>
    sentences = ""
check("00.5", sentences)

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
progress("00")
