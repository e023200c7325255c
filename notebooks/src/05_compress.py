# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, or smoke: a test; full: hours", zh: "quick；自动测试用 smoke；full 要练好几个小时"}
# share knob: {en: "0 is the first clip, 1 the second", zh: "0 是第一个片段，1 是第二个"}
# bits knob: {en: bits for each number of a token, zh: token 里每个数用几位}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# how much: {en: "clips to learn from, clips to measure on, steps of learning", zh: 学习用的片段数、测量用的片段数、学习步数}
# compared: {en: compared with, zh: 和谁比}
# apart: {en: mean difference (0 to 255), zh: 平均差异（0 到 255）}
# near: {en: the pixel to its left, zh: 左边的像素}
# before: {en: the same pixel one frame before, zh: 前一帧的同一个像素}
# any: {en: any pixel of any clip, zh: 任意片段的任意像素}
# numbers: {en: numbers a clip, zh: 每个片段多少个数}
# fewer: {en: times fewer, zh: 少了多少倍}
# quality: {en: PSNR (dB), zh: PSNR（dB）}
# original: {en: original, zh: 原片}
# k numbers: {en: of 768, zh: 个数}
# four codes: {en: "Two clips: the original, and what comes back from 1, 4, 16 and 64 numbers a patch", zh: 两个片段：原片，以及每小块只留 1、4、16、64 个数再还原的样子}
# straight: {en: one straight layer, zh: 一层线性}
# by hand: {en: by hand, zh: 手写版}
# by hand noise: {en: "by hand, with noise", zh: 手写版，加噪声}
# shipped: {en: the package, zh: 程序包}
# from nothing: {en: from nothing, zh: 从零开始}
# from straight: {en: from the straight layer, zh: 从线性层开始}
# step: {en: step, zh: 步}
# steps: {en: steps of learning, zh: 学习步数}
# jit: {en: "compiling to XLA takes longer on a processor than it saves, and so does a graph for a few steps", zh: 在 CPU 上，XLA 编译费的时间比省下的还多；只走几步时，连建图也不划算}
# starts as: {en: it starts as the straight code, zh: 一开始就等于线性编码}
# sharpens: {en: "A clip that it never saw, as it learns from nothing", zh: 它从没见过的片段，从零学起的过程}
# same size: {en: "The same clip through each: original, straight layer, by hand, package", zh: 同一个片段：原片、一层线性、手写版、程序包}
# ssim: {en: SSIM, zh: SSIM}
# flicker: {en: flicker added (grey levels), zh: 多出来的闪烁（灰度级）}
# minutes: {en: minutes of training, zh: 分钟的训练}
# way: {en: how, zh: 方法}
# share: {en: share, zh: 比例}
# channel: {en: channel, zh: 通道}
# neighbours: {en: "One place, and the places of other clips whose tokens are nearest, with the distance", zh: 一个位置，以及其他片段中 token 最接近的位置，下面是距离}
# strangers: {en: distance of two tokens by chance, zh: 随便两个 token 的距离}
# noise: {en: noise on the tokens (share of their spread), zh: token 上的噪声（占它自身波动的比例）}
# fallen: {en: "Tokens nudged by noise: original, by hand, by hand with noise, package", zh: 给 token 加噪声之后：原片、手写版、加噪声训练的手写版、程序包}
# bytes: {en: bytes a clip, zh: 每个片段的字节数}
# bits: {en: bits, zh: 位}
# code of k: {en: numbers a patch, zh: 每小块几个数}
# of black: {en: bytes for a black frame, zh: 字节才能存一帧全黑}
# real pictures: {en: "Real pictures: above the original, below what the package's autoencoder makes of it", zh: 真实图片：上面是原片，下面是程序包自编码器还原的样子}
# drawn: {en: drawn, zh: 绘制的}
# real: {en: real, zh: 真实的}
# same bytes: {en: "About 3 KB each: package, H.264; JPEG at its smallest", zh: 都是 3 KB 左右：程序包、H.264；JPEG 压到最小}
# ratio in: {en: "whole numbers; returns a number", zh: 都是整数；返回一个数}
# patches in: {en: "patches: (N, D) numbers; returns mean (D,) and directions (k, D)", zh: "patches 是 (N, D) 的数；返回 mean (D,) 和 directions (k, D)"}
# tokens in: {en: "tokens: an array of numbers; bits: a whole number from 1 on", zh: tokens 是数的数组；bits 是不小于 1 的整数}
# clips in: {en: "clip, made: uint8 (T, H, W), brightness only", zh: "clip 和 made 都是 uint8 数组（T, H, W），只有亮度"}
# walk in: {en: "first, second: tokens (N, C); returns a list of count arrays (N, C)", zh: "first 和 second 是 token（N, C）；返回 count 个（N, C）数组的列表"}

# %% [markdown] id="title" lang="en"
"""
# 05 Compress: a clip in few numbers

A clip of two seconds, no larger than a stamp, is made of 138,240 numbers. No small model can invent that many and get
them all right. So the lab's generator never sees pixels. It works on a short *code* of the clip, and an *autoencoder*
turns clips into codes and codes into clips. In this lesson you build one, look inside, and find out what it costs.

<img src="/docs/compress.webp" width="760"
alt="One frame of several drawn clips: above the original, below what comes back from one straight layer, from the
network built by hand and from the package">

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb), some NumPy, and from lesson 03 what a layer, a loss and a
step of learning are.

**When you are done, you can**

1. compress clips with one straight layer and say what it can and can't do;
2. build and train a video autoencoder, and measure what comes back: PSNR, SSIM, flicker, bytes;
3. look inside its *latent space*: walk, nudge, compare, and say what makes it fit for a generator.

**Time:** about 70 minutes for you, and an hour for the exercise. For the machine about two minutes on two cores.
"""

# %% [markdown] id="title" lang="zh"
"""
# 05 压缩：用很少的数记下一个片段

一个两秒钟、邮票大小的片段，由 138,240 个数组成。没有哪个小模型能凭空编出这么多数，还个个都对。所以实验室的生成器根本不碰像素：
它摆弄的是片段的一份简短*编码*，再由*自编码器*（autoencoder）负责片段和编码之间的来回转换。这一课我们亲手做一个，
看看它里面是什么样，再算算代价。

<img src="/docs/compress.webp" width="760"
alt="几个绘制片段的一帧：最上面是原片，下面依次是一层线性、手写网络和程序包还原的样子">

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)，会一点 NumPy；第 03 课里讲的层、损失、学习的一步，要心里有数。

**学完这一课，你能够**

1. 用一层线性网络压缩片段，并说清它能做到什么、做不到什么；
2. 搭建并训练一个视频自编码器，量出还原得怎么样：PSNR、SSIM、闪烁、字节数；
3. 走进*潜空间*（latent space）：走一走、推一推、比一比，说出什么样的编码才适合生成。

**用时：** 你大约要 70 分钟，练习再留一小时。机器大约算两分钟（双核）。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`share` and `bits` come back in sections 5 and 7, with a slider beside the first. Results differ a little between
machines, because they learn from chance; on one machine the same seed gives the same.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`share`（比例）和 `bits`（位数）会在第 5 节和第 7 节用到，前一个还配了滑块。学习带有偶然，不同机器的结果会略有差别；
同一台机器上，种子相同，结果就相同。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
share = 0.5  # <<share knob>>
bits = 8  # <<bits knob>>

# %% id="start"
import numpy as np

from aigc_lab.course import show
from aigc_lab.course.compressing import drawn_clips
from aigc_lab.course.page import put, use_language
from aigc_lab.generate.clips import to_bytes
from aigc_lab.measures import psnr

import keras
from keras import layers, ops

use_language("<<language>>")  # <<spoken to you>>
keras.utils.set_random_seed(seed)
sizes = {"smoke": (24, 8, 2), "quick": (600, 24, 500), "full": (8000, 256, 20_000)}  # <<how much>>
many, few, steps = sizes[mode]
train, test = drawn_clips("pictures", many), drawn_clips("test", few)
print(train.shape, test.shape)

# %% [markdown] id="alike-idea" lang="en"
"""
## 1. Why so few numbers can do

`train` is for learning, `test` for measuring: no model in this lesson learns from `test`. Each clip has 16 frames of
72 x 40 pixels with red, green and blue. Do we need all those numbers? Ask how well a pixel is known already **from its
neighbour to the left, and from the same place one frame before. Which one knows more?**
"""

# %% [markdown] id="alike-idea" lang="zh"
"""
## 1. 为什么少量的数就够了

`train` 用来学习，`test` 用来测量：这一课里没有哪个模型从 `test` 学过东西。每个片段有 16 帧，每帧 72 x 40 个像素，
每个像素有红、绿、蓝。这些数都少不了吗？先问问：一个像素，**从它左边的邻居能知道多少？从前一帧的同一个位置呢？哪个知道得多？**
"""

# %% id="alike"
values = test.astype(float)
shuffled = np.random.default_rng(seed).permutation(values.reshape(-1, 3))
rows = [["<<compared>>", "<<apart>>"]]
for name, difference in {
    "<<any>>": values.reshape(-1, 3) - shuffled,
    "<<near>>": np.diff(values, axis=3),
    "<<before>>": np.diff(values, axis=1),
}.items():
    rows.append([name, f"{np.abs(difference).mean():.1f}"])
show.table(rows)

# %% [markdown] id="patch-idea" lang="en"
# Neighbours are nearly the same, and in time even more than in space: most of the 138,240 numbers repeat what others say.
# A code leaves the repetition out.
#
# ## 2. One straight layer
#
# The smallest code: cut the clip into *patches* of 4 frames x 8 x 8 pixels x 3 colours = 768 numbers, and keep `k`
# numbers of each. A *straight* (linear) layer makes each of the `k` numbers a weighted sum of the 768,
#
# $$ z = (x - m)\,D^{\top}, \qquad \hat x = z\,D + m $$
#
# where the rows of $D$ are $k$ *directions* in which patches differ. The best directions are known: those in which the
# patches differ most. This is called *PCA* (principal component analysis), and needs no steps of learning.


# %% [markdown] id="patch-idea" lang="zh"
# 邻居几乎一样，时间上比空间上更像：138,240 个数里，大多数只是在重复别人说过的话。编码，就是把重复的去掉。
#
# ## 2. 一层线性网络
#
# 最小的编码：把片段切成*小块*（patch），每块 4 帧 x 8 x 8 像素 x 3 种颜色 = 768 个数，每块只留 `k` 个数。*线性*层让这 `k` 个数
# 各是那 768 个数的加权和：
#
# $$ z = (x - m)\,D^{\top}, \qquad \hat x = z\,D + m $$
#
# $D$ 的每一行是一个*方向*，说的是小块之间有怎样的不同。哪些方向最好，早有定论：小块差异最大的那些。
# 这叫*主成分分析*（PCA），用不着一步步学。



# %% id="patches"
def to_patches(clips):
    x = clips.reshape(-1, 4, 4, 9, 8, 5, 8, 3).transpose(0, 1, 3, 5, 2, 4, 6, 7)
    return (x.reshape(-1, 4, 9, 5, 768) / 127.5 - 1).astype(np.float32)


def to_clips(patches):
    x = np.asarray(patches).reshape(-1, 4, 9, 5, 4, 8, 8, 3).transpose(0, 1, 4, 2, 5, 3, 6, 7)
    return to_bytes(x.reshape(-1, 16, 72, 40, 3))


flat = to_patches(train[: many // 3]).reshape(-1, 768)
mean = flat.mean(axis=0)
spread, columns = np.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
spread, directions = spread[::-1], columns.T[::-1]
print(flat.shape, directions.shape)

# %% [markdown] id="straight-idea" lang="en"
"""
How good is what comes back? *PSNR*, in decibels, says how small the mean square error is: 20 dB is a tenth of the
range, each 6 dB halves the error, from 35 dB on one hardly sees it. **What will 16 of 768 numbers give: 10, 18, 26 or
34 dB?**
"""

# %% [markdown] id="straight-idea" lang="zh"
"""
还原得有多好？*PSNR*（单位分贝）说的是均方误差有多小：20 dB 表示误差是整个范围的十分之一，每多 6 dB 误差减半，
到 35 dB 以上就几乎看不出来了。**768 个数只留 16 个，会是多少：10、18、26 还是 34 dB？**
"""


# %% id="straight"
def straight(clips, k):
    code = (to_patches(clips) - mean) @ directions[:k].T
    return to_clips(code @ directions[:k] + mean)


def quality(clips, made):
    return np.mean([psnr(a, b) for a, b in zip(clips, made, strict=True)])


rows = [["<<code of k>>", "<<numbers>>", "<<fewer>>", "<<quality>>"]]
for k in (1, 4, 16, 64):
    rows.append([k, 180 * k, f"{768 / k:.0f}", f"{quality(test, straight(test, k)):.2f}"])
show.table(rows)

# %% id="see-straight"
from aigc_lab.course.compressing import directions_picture, moments

chosen, cells = test[[5, 7]], []
codes = {"<<original>>": chosen} | {f"{k} <<k numbers>>": straight(chosen, k) for k in (1, 4, 16, 64)}
for n in range(len(chosen)):
    cells += [cell for name, clips in codes.items() for cell in moments(name, clips[n], at=[8])]
put(show.pictures(cells, "<<four codes>>", columns=5, widest=560))
directions_picture(directions[:16])

# %% [markdown] id="straight-seen" lang="en"
"""
A great deal for one layer. With few numbers the borders of the patches show: a *patch grid*, because each patch is coded
alone and does not know what its neighbours do. And look at the directions: the first is plain light or dark, two are
colours, then come slopes and waves, ever finer. Nobody told it so. JPEG, made by hand in 1992, uses waves of the same kind.

A straight layer can learn the same by steps: a `Dense` layer down to 16 numbers and one back up. It climbs towards PCA
and can't come past it: no straight code of 16 numbers is better than PCA (Baldi and Hornik 1989).
*(A beginner may skip the next cell.)*
"""

# %% [markdown] id="straight-seen" lang="zh"
"""
只凭一层，已经很不错了。数太少的时候，小块的边界会露出来，这叫*块状格子*：每块各编各的，不知道邻居在做什么。
再看那些方向：第一个只管明暗，接着两个管颜色，后面是斜坡和波浪，越来越细。没有人教过它。1992 年由人设计的 JPEG，用的正是这样的波浪。

线性层也可以一步步学出来：一个 `Dense` 压到 16 个数，再一个 `Dense` 变回去。它会一步步向 PCA 靠拢，但超不过去：
16 个数的线性编码，没有比 PCA 更好的（Baldi 和 Hornik，1989）。*（初学者可以跳过下一格。）*
"""

# %% id="dense"
pair = keras.Sequential([layers.Dense(16), layers.Dense(768)])
pair.compile(keras.optimizers.Adam(2e-3), loss="mse", jit_compile=False)
curve = []
for _ in range(5):
    pair.fit(flat - mean, flat - mean, batch_size=256, epochs=2, verbose=0)
    made = to_clips(pair((to_patches(test) - mean).reshape(-1, 768)).numpy() + mean)
    curve.append(f"{quality(test, made):.2f}")
print(curve, f"PCA: {quality(test, straight(test, 16)):.2f}")

# %% [markdown] id="hand-idea" lang="en"
# ## 3. An autoencoder by hand
#
# What could do better than a straight layer? One that looks at the *neighbours*, in the picture and in time, and that
# may bend: add where there is an edge, leave alone where there is none. Here is a block of it. It normalises, looks at
# 3 x 3 places (convolution, bent by SiLU), mixes the channels, and *adds* that to what came in:
#
# $$ y = x + W\,\mathrm{silu}(K * \mathrm{norm}(x)) $$
#
# $W$ starts at zero: a new block changes nothing, so a deep stack starts as if it were not there.


# %% [markdown] id="hand-idea" lang="zh"
# ## 3. 手写一个自编码器
#
# 怎样才能胜过一层线性？要能看到*邻居*，画面里的和时间上的；还要能拐弯：有边缘的地方补一笔，没有的地方不动。
# 下面是其中的一块：先归一化，再看 3 x 3 个位置（卷积，用 SiLU 拐弯），混合各通道，最后把结果*加*到输入上：
#
# $$ y = x + W\,\mathrm{silu}(K * \mathrm{norm}(x)) $$
#
# $W$ 从零开始：新的一块什么也不改变，所以叠得再深，一开始也像不存在一样。



# %% id="block"
class Block(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.norm = layers.LayerNormalization()
        self.look = layers.Conv2D(width, 3, padding="same", activation="silu")
        self.mix = layers.Dense(width, kernel_initializer="zeros")

    def call(self, x):
        return x + self.mix(self.look(self.norm(x)))


def in_columns(x):
    x = ops.transpose(x, (0, 2, 3, 1, 4))
    return ops.reshape(x, (-1, 9, 5, 4 * x.shape[-1]))


# %% [markdown] id="model-idea" lang="en"
"""
`in_columns` puts what stands at one place through all of the time side by side, so that a convolution sees space and time.
Now the whole. *Encoder*: patches to tokens. *Decoder*: tokens to patches. Both are a straight layer plus a correction
by blocks. A *token* is the code of one patch: 16 numbers. There are 4 x 9 x 5 = 180 of them in a clip. (`noise` stays 0
for now; section 6 needs it.)
"""

# %% [markdown] id="model-idea" lang="zh"
"""
`in_columns` 把同一个位置上各个时刻的内容并排放好，这样一次卷积就同时看到空间和时间。下面是整个网络。
*编码器*：小块变成 token；*解码器*：token 变回小块。两者都是一层线性，加上几个块给出的修正。一个 *token*
就是一个小块的编码：16 个数。一个片段有 4 x 9 x 5 = 180 个 token。（`noise` 暂时是 0，第 6 节才用。）
"""


# %% id="model"
class Small(keras.Model):
    def __init__(self, k=16, wide=192, noise=0.0):
        super().__init__()
        self.k, self.noise = k, layers.GaussianNoise(noise, seed=seed)
        self.down, self.up = layers.Dense(k), layers.Dense(768)
        zero = {"kernel_initializer": "zeros"}
        self.more_down = keras.Sequential([layers.Dense(wide), Block(wide), layers.Dense(4 * k, **zero)])
        self.near = keras.Sequential([layers.Dense(wide), Block(wide), Block(wide), layers.Dense(4 * 128)])
        self.fine = keras.Sequential([Block(128), Block(128), layers.Dense(4 * 192, **zero)])

    def encode(self, patches):
        more = ops.reshape(self.more_down(in_columns(patches)), (-1, 9, 5, 4, self.k))
        return self.down(patches) + ops.transpose(more, (0, 3, 1, 2, 4))

    def decode(self, tokens):
        x = ops.reshape(self.near(in_columns(tokens)), (-1, 9, 5, 2, 2, 128))
        x = self.fine(ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 18, 10, 128)))
        x = ops.reshape(x, (-1, 9, 2, 5, 2, 4, 4, 4, 4, 3))
        x = ops.transpose(x, (0, 5, 1, 3, 6, 2, 7, 4, 8, 9))
        return self.up(tokens) + ops.reshape(x, (-1, 4, 9, 5, 768))

    def call(self, patches, training=False):
        return self.decode(self.noise(self.encode(patches), training=training))


# %% [markdown] id="learn-idea" lang="en"
"""
Learning as in lesson 03: take a few clips, code them and bring them back, compare with what went in (mean square error:
the clip is its own right answer, nobody needs to label anything), change the weights a little. The rate rises, then
falls. **Guess: after a hundred steps from nothing, is it better or worse than the straight layer?**
"""

# %% [markdown] id="learn-idea" lang="zh"
"""
学习的过程和第 03 课一样：取几个片段，编码、还原，和原来的比较（均方误差：片段自己就是标准答案，谁也不用贴标签），
再把权重改一点点。学习率先升后降。**猜一猜：从零学一百步之后，它比一层线性好，还是差？**
"""


# %% id="learn"
def through(model, clips):
    return np.concatenate([to_clips(model(to_patches(clips[i : i + 8]))) for i in range(0, len(clips), 8)])


def learn(model, steps, rate, looks=()):
    draw, curve, seen = np.random.default_rng(seed), [], {}
    falling = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=rate, warmup_steps=max(steps // 10, 1))
    # <<jit>>
    model.compile(keras.optimizers.Adam(falling), loss="mse", jit_compile=False, run_eagerly=steps < 10)
    for step in range(steps + 1):
        if step in looks or step % max(steps // 10, 1) == 0:
            made = through(model, test)
            curve.append((step, quality(test, made)))
            seen[step] = made[5]
        batch = to_patches(train[draw.integers(len(train), size=8)])
        model.train_on_batch(batch, batch)
    return curve, seen


looks = [steps * at // 100 for at in (2, 5, 10, 20, 50)]
from_nothing, seen = learn(Small(), max(steps // 2, 1), 2e-3, looks)
cells = [cell for step in looks for cell in moments(f"<<step>> {step}", seen[step], at=[8])]
show.pictures([*cells, *moments("<<original>>", test[5], at=[8])], "<<sharpens>>", columns=6, widest=760)

# %% [markdown] id="nothing-seen" lang="en"
"""
Noise, then colours, then blocks where things are. It learns, but how does it stand beside the straight layer? There is a better
start than nothing: give the straight part the directions that we know already. The blocks add nothing at first, so the
network *is* PCA before its first step, and all that it learns comes on top. (Each number is divided by its spread, so
that all numbers of a token are about equally large.)
"""

# %% [markdown] id="nothing-seen" lang="zh"
"""
先是噪点，然后有了颜色，再有一块一块的东西。它确实在学，可是和一层线性比起来怎么样？其实不必从零开始：
线性的部分，直接用我们已经知道的方向。各个块一开始什么也不加，所以网络在第一步之前就*等于* PCA，
之后学到的都是多出来的。（每个数除以自己的波动，让 token 里的各个数差不多大。）
"""


# %% id="better-start"
def started(k=16, noise=0.0):
    model, size = Small(k, noise=noise), np.sqrt(spread[:k])
    model(to_patches(test[:1]))
    model.down.set_weights([directions[:k].T / size, -(directions[:k] @ mean) / size])
    model.up.set_weights([(directions[:k].T * size).T, mean])  # <<starts as>>
    return model


by_hand = started()
from_straight, _ = learn(by_hand, steps, 1e-3)

# %% id="curves"
from aigc_lab.course.compressing import curves_chart

level = {"<<straight>>": quality(test, straight(test, 16))}
put(curves_chart({"<<from nothing>>": from_nothing, "<<from straight>>": from_straight}, "<<steps>>", "<<quality>>", level))
curves_chart({"<<from straight>>": from_straight}, "<<steps>>", "<<quality>>", level)

# %% [markdown] id="curves-seen" lang="en"
"""
Two lessons in two charts. A deep network from nothing needs many steps to come to where a formula from 1901 stands.
Started there, it goes past it in a minute. (The dip: the first large steps disturb what was good, until all parts fit
again.) When something simple is good already, let the network learn only the rest.

## 4. The package's autoencoder

It is larger, it looks at pixels one by one at the end, and it learned for longer; the table says how long. **Same
number of numbers for all three: who wins?** Beside PSNR stand *SSIM* (1: the same structure) and *flicker*: how much
places change from frame to frame that stand still in the original.
"""

# %% [markdown] id="curves-seen" lang="zh"
"""
两张图，两个道理。从零开始的深网络，要走很多步才赶得上一个 1901 年的公式；从那个公式出发，一分钟就超过了它。
（中间那个坑：最初几个大步先把好好的东西弄乱了，等各部分重新配合好，才又升上来。）
简单的办法已经不错时，就让网络只学剩下的部分。

## 4. 程序包里的自编码器

它更大，最后一层逐个像素地看，学的时间也更长（表里写着多久）。**三者用的数一样多：谁赢？** 除了 PSNR，
还列出 *SSIM*（1 表示结构完全一样）和*闪烁*：原片里不动的地方，从一帧到下一帧变了多少。
"""

# %% id="compare"
from aigc_lab.course.compressing import clips_of, tokens_of
from aigc_lab.generate.clips import load_autoencoder
from aigc_lab.train.evaluating import fidelity
from aigc_lab.train.weights import kept


package = load_autoencoder()[0]
minutes = float(kept("autoencoder")[0].metadata["seconds"]) / 60
made = {"<<straight>>": straight(test, 16), "<<by hand>>": through(by_hand, test)}
made["<<shipped>>"] = clips_of(package, tokens_of(package, test))
rows = [["<<way>>", "<<quality>>", "<<ssim>>", "<<flicker>>"]]
for name, clips in made.items():
    told = fidelity(test, clips)
    rows.append([name, *(f"{np.nanmean(told[key]):.3f}" for key in ("psnr", "ssim", "flicker_added"))])
put(show.table(rows, f"<<shipped>>: {minutes:.0f} <<minutes>>"))
sets, cells = {"<<original>>": test} | made, []
for n in (6, 7):
    cells += [cell for name, clips in sets.items() for cell in moments(name, clips[n], at=[8])]
show.pictures(cells, "<<same size>>", columns=4, widest=560)

# %% [markdown] id="compare-seen" lang="en"
"""
In decibels they are close to each other, and that is the truth about decibels: they count pixels. Look at the pictures
instead: the straight layer shows its grid, ours shows less of it, the package none. (The straight layer flickers least:
what stands still gets the same code again and again. But less than one grey level is not seen in any of them.) And the
package did something else with its minutes, which PSNR does not see and which made this number smaller. Sections 5 and 6
show what.

## 5. Inside the latent space

All possible codes together are called the *latent space*: a clip is a point in it. What lies between two points? We mix
two clips, once by pixels and once by tokens. **Turn the knob. Where will you see a double exposure?**
"""

# %% [markdown] id="compare-seen" lang="zh"
"""
论分贝，三者差不了多少，分贝就是这样：它只会逐个数像素。看看画面就不同了：一层线性露出了格子，手写版轻一些，程序包没有。
（闪烁最少的是一层线性：不动的地方，每次得到的编码都一样。不过都不到一个灰度级，谁也看不出来。）
程序包还把训练时间花在了另一件事上，PSNR 看不见，甚至因此低了一点。是什么事，第 5、6 两节见分晓。

## 5. 走进潜空间

所有可能的编码合在一起，叫*潜空间*；一个片段就是其中的一个点。两点之间是什么？我们把两个片段混起来，一次混像素，一次混 token。
**拧一拧旋钮：在哪里会看到重影？**
"""

# %% id="walk" tags=["nbval-ignore-output"]
from aigc_lab.course.compressing import between
from aigc_lab.course.preparing import knob

ends = test[[7, 5]]
knob("<<share>>", [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1], 0.5, lambda value: between(package, ends, value))

# %% [markdown] id="walk-idea" lang="en"
"""
The same by hand, in four lines. One of them brings each token back to length: the package's tokens lie on a *sphere*,
each with mean square 1, and half-way between two points of a ball lies inside of it.
"""

# %% [markdown] id="walk-idea" lang="zh"
"""
手写只要四行。其中一行把每个 token 拉回原来的长度：程序包的 token 都在一个*球面*上，各自的均方是 1，
而球面上两点的中点落在球里面。
"""

# %% id="walk-code"
first, second = tokens_of(package, ends)
mixed = (1 - share) * first + share * second
print(f"{np.mean(np.square(mixed)):.2f}")
mixed /= np.sqrt(np.mean(np.square(mixed), axis=-1, keepdims=True))
print(f"{np.mean(np.square(mixed)):.2f}")
show.pictures(moments(f"{share:g}", clips_of(package, mixed[None])[0]), "<<share>>", columns=3, widest=420)

# %% [markdown] id="walk-seen" lang="en"
"""
Tokens mix like pixels do, nearly: this code has the shape of a small picture, and what lies at a place is told by the
token of that place. There is no magic "half a train" between a train and a cat. What is in the middle is softer than
either, and for a reason: no clip that the decoder ever saw lies there. A generator must learn where the clips are.

Now *nudge*: add the same amount to one channel of all 180 tokens. **What do you expect of a channel: a colour, a place,
a thing?**
"""

# %% [markdown] id="walk-seen" lang="zh"
"""
token 混起来，几乎和像素混起来一样：这种编码的样子像一张小图，一个位置上有什么，由那个位置的 token 说了算。
火车和猫之间，并没有什么神奇的“半列火车”。中间的画面比两头都模糊，这有道理：解码器从没见过落在那里的片段。
片段究竟在哪里，要由生成器去学。

再来*推一推*：给全部 180 个 token 的同一个通道加上同样的量。**你猜一个通道管什么：颜色、位置，还是某样东西？**
"""

# %% id="nudge" tags=["nbval-ignore-output"]
from aigc_lab.course.compressing import nudged

knob("<<channel>>", list(range(16)), 0, lambda value: nudged(package, test[7], int(value)))

# %% [markdown] id="nudge-idea" lang="en"
"""
Most channels change light or colour everywhere, some add an edge or a slope to every patch; none is "the train". Meaning
is not in one number but in how all sixteen stand together. Do tokens that stand *near each other* mean the same? We take
one place of a clip and look through all others for the nearest tokens:
"""

# %% [markdown] id="nudge-idea" lang="zh"
"""
大多数通道改变的是整体的明暗或颜色，有的给每一块都添上一道边或一个斜坡；没有哪个通道是“火车”。
意思不在某一个数里，而在十六个数合起来的样子里。那么，*离得近*的 token，意思也一样吗？
我们取一个片段的一个位置，到其他所有片段里找最接近的 token：
"""

# %% id="neighbours"
from aigc_lab.course.compressing import alike

tokens = tokens_of(package, test)
pool = np.concatenate([test, train[: many // 3]])
known = np.concatenate([tokens, tokens_of(package, train[: many // 3])])
strangers = np.random.default_rng(seed).permutation(known.reshape(-1, 16))
print(f"<<strangers>>: {np.sqrt(np.square(strangers[1:] - strangers[:-1]).mean(axis=1)).mean():.2f}")
edges = np.abs(np.diff(test[:, 0].astype(float), axis=2)).sum(axis=(1, 2, 3))
cells = []
for clip in np.argsort(-edges)[:3]:
    unusual = np.square(tokens[clip, 0] - tokens[clip, 0].mean(axis=(0, 1))).sum(axis=-1)
    row, column = np.unravel_index(unusual.argmax(), unusual.shape)
    cells += alike(known, pool, (clip, 0, row, column))
show.pictures(cells, "<<neighbours>>", columns=6, widest=760)

# %% [markdown] id="noise-idea" lang="en"
"""
Nearer than chance means: the same kind of edge, or the same colours, or both; the nearer, the more alike. That is what a
generator needs: to be a little wrong must mean to look a little different.

## 6. What goes wrong: a code that falls apart

A generator never hits a token exactly. What does a decoder make of tokens that are a little off? We add noise to the
tokens of our network by hand. **Its pictures were as good as the package's. Will they still be?**
"""

# %% [markdown] id="noise-idea" lang="zh"
"""
比随便两个 token 更近，就意味着同样的边缘，或者同样的颜色，或者两样都像；越近越像。生成器要的正是这个：
错一点点，看起来也只差一点点。

## 6. 出错会怎样：一碰就散的编码

生成器给出的 token 不可能分毫不差。token 偏了一点，解码器会还原成什么样？我们给手写网络的 token 加上噪声。
**刚才它的画面和程序包一样好，现在呢？**
"""


# %% id="noise"
def nudged_quality(encode, decode, amounts=(0, 0.1, 0.2, 0.4, 0.8)):
    tokens, draw, curve = encode(test), np.random.default_rng(seed), []
    for amount in amounts:
        off = amount * tokens.std() * draw.standard_normal(tokens.shape).astype(np.float32)
        curve.append((amount, quality(test, decode(tokens + off))))
    return curve


def ways(model):
    return (
        lambda clips: ops.convert_to_numpy(model.encode(to_patches(clips))),
        lambda tokens: to_clips(ops.convert_to_numpy(model.decode(tokens))),
    )


both = (lambda clips: tokens_of(package, clips)), (lambda tokens: clips_of(package, tokens))
nudges = {"<<by hand>>": nudged_quality(*ways(by_hand)), "<<shipped>>": nudged_quality(*both)}
curves_chart(nudges, "<<noise>>", "<<quality>>")

# %% [markdown] id="cure-idea" lang="en"
"""
Ours falls apart, the package's hardly notices. The cure is simple: put the noise in *while learning*, and the decoder
learns to forgive it. Keras has a layer for that, and our network has it already; we only turn it on and learn again.
The package did this for all of its minutes, and showed half of its clips through a zoom besides, so that its tokens lie
on the picture like a picture. That is where its decibels went.
"""

# %% [markdown] id="cure-idea" lang="zh"
"""
我们的散了架，程序包的几乎没事。治法很简单：*学习的时候*就加上噪声，解码器自然学会包容。Keras 有现成的层，
我们的网络里已经放好了，打开它再学一遍就行。程序包从头到尾都是这样学的，还让一半的片段经过缩放，使 token 像一张小图那样铺在画面上。
它的分贝就花在了这里。
"""

# %% id="cure"
steady = started(noise=0.4)
learn(steady, max(steps * 3 // 5, 1), 1e-3)
nudges["<<by hand noise>>"] = nudged_quality(*ways(steady))
put(curves_chart(nudges, "<<noise>>", "<<quality>>"))
cells = moments("<<original>>", test[7], at=[8])
pairs = {"<<by hand>>": ways(by_hand), "<<by hand noise>>": ways(steady), "<<shipped>>": both}
for name, (encode, decode) in pairs.items():
    code = encode(test[7:8])
    off = 0.4 * code.std() * np.random.default_rng(seed).standard_normal(code.shape).astype(np.float32)
    cells += moments(name, decode(code + off)[0], at=[8])
show.pictures(cells, "<<fallen>>", columns=4, widest=620)

# %% [markdown] id="size-idea" lang="en"
"""
Without any noise the steady one is worse: that is the price. Whoever only stores clips does not pay it, whoever
generates must. (A network may also dodge the noise by making its tokens larger, which is why the chart measures noise as
a share of their spread. On a sphere nobody can dodge: that is why the package has one.)

## 7. Bytes

How large is a code on disk? The package keeps 16 bits for a number: 2880 x 2 = 5760 bytes a clip. Must it be 16? By
hand: round each number to one of $2^b$ levels.
"""

# %% [markdown] id="size-idea" lang="zh"
"""
不加噪声时，抗噪的那个差一些：这就是代价。只存片段，用不着付；要生成，就非付不可。
（网络也可能耍滑头：把 token 放大，噪声就显得小了，所以图里的噪声按 token 自身波动的比例来算。在球面上谁也没法放大，程序包用球面，就是这个缘故。）

## 7. 字节数

编码存到硬盘上有多大？程序包里每个数用 16 位：一个片段 2880 x 2 = 5760 字节。一定要 16 位吗？
手写试试：把每个数取整到 $2^b$ 个台阶中最近的一个。
"""


# %% id="bits"
def rounded(tokens, bits):
    low, high = tokens.min(), tokens.max()
    step = (high - low) / (2**bits - 1)
    return low + np.round((tokens - low) / step) * step


some, ours = test[:12], []
for b in (2, 3, 4, 8):
    ours.append((tokens[0].size * b / 8, quality(some, clips_of(package, rounded(tokens[:12], b)))))
    print(f"{b} <<bits>>, {ours[-1][0]:.0f} <<bytes>>, {ours[-1][1]:.2f} dB")
print(f"16 <<bits>>, {quality(some, clips_of(package, tokens[:12])):.2f} dB")

# %% [markdown] id="codec-idea" lang="en"
"""
Eight bits cost nothing that can be measured, four cost little. Now the rivals that you use every day: JPEG, frame by
frame, and H.264, the video on your phone. And codes of 4 and 64 numbers a patch, straight and by hand, at eight bits a
number. **Who needs the fewest bytes?**
"""

# %% [markdown] id="codec-idea" lang="zh"
"""
8 位几乎没有损失，4 位也只损失一点。再请出天天在用的对手：逐帧压缩的 JPEG，和手机视频用的 H.264。
另外加上每小块 4 个数和 64 个数的编码，线性的和手写的都有，每个数 8 位。**谁用的字节最少？**
"""

# %% id="codecs"
from aigc_lab.course.compressing import h264, jpeg, sizes_of

lossy = {"JPEG": sizes_of(jpeg, some, [5, 20, 50, 80]), "H.264": sizes_of(h264, some, [18, 26, 34, 42])}
print(f"JPEG: {jpeg(0 * some[0], 5)[1] / 16:.0f} <<of black>>")
curves = {name: [(size, quality(some, clips)) for size, clips in rows] for name, rows in lossy.items()}
curves["<<straight>>"] = [(180 * k, quality(some, straight(some, k))) for k in (4, 16, 64)]
rates = {16: by_hand}
for k in (4, 64):
    rates[k] = started(k)
    learn(rates[k], max(steps // 3, 1), 1e-3)
curves["<<by hand>>"] = [(180 * k, quality(some, through(rates[k], some))) for k in (4, 16, 64)]
curves["<<shipped>>"] = ours
curves_chart(curves, "<<bytes>>", "<<quality>>", log=True)

# %% [markdown] id="codec-seen" lang="en"
"""
H.264 wins wherever a picture is to look good; only at the small end, where nothing looks good, are our tokens ahead. It is
the work of decades, and it spends its bytes where something happens. JPEG is out of the
race with such small pictures: even a black frame costs it hundreds of bytes for its tables. So why not generate H.264? Change one number
of its code and everything after it is garbage. Its code is a *letter*; ours is a *map*, where near means alike, and
every clip has the same 2880 numbers. **Small is not the point. Learnable is.**

More numbers a patch, more decibels: that is the choice of every model of this kind. 64 would look better, and a
generator would have four times as many numbers to get right. The package took 16.

What does it look like to save? The same bytes, or nearly:
"""

# %% [markdown] id="codec-seen" lang="zh"
"""
只要想让画面好看，就是 H.264 赢；只有在最小的那一头，大家都难看，我们的 token 才占先。那是工程师们几十年的功夫，字节都花在有事发生的地方。画面这么小，JPEG 只好退出比赛：
光是它自带的那些表，全黑的一帧也要几百字节。那为什么不直接生成 H.264？因为它的编码改动一个数，后面就全成了乱码。它的编码像一封*信*；
我们的像一张*地图*：离得近就长得像，每个片段都是同样的 2880 个数。**要紧的不是小，是学得会。**

每小块的数越多，分贝越高，这类模型都要做这个选择：64 个数更好看，可是生成器要弄对的数也多到四倍。程序包选了 16。

省下来的画面是什么样？字节数差不多的放在一起看：
"""

# %% id="same-bytes"
near = min(lossy["H.264"], key=lambda row: abs(row[0] - 2880))
ways_to_save = {"<<original>>": some, "<<shipped>>": clips_of(package, rounded(tokens[: len(some)], bits))}
ways_to_save |= {f"H.264, {near[0]:.0f} B": near[1], f"JPEG, {lossy['JPEG'][0][0]:.0f} B": lossy["JPEG"][0][1]}
rows = [["<<way>>", "<<quality>>", "<<flicker>>"]]
for name, clips in list(ways_to_save.items())[1:]:
    told = fidelity(some, clips)
    rows.append([name, f"{told['psnr'].mean():.2f}", f"{np.nanmean(told['flicker_added']):.2f}"])
put(show.table(rows))
cells = [cell for name, clips in ways_to_save.items() for cell in moments(name, clips[7], at=[8], factor=4)]
show.pictures(cells, "<<same bytes>>", columns=4, widest=700)

# %% [markdown] id="real-idea" lang="en"
"""
## 8. Real pictures

All of this was about drawn scenes, which are flat and clean. **Real photos, which none of the three learned from: better
or worse?**
"""

# %% [markdown] id="real-idea" lang="zh"
"""
## 8. 真实图片

以上说的都是绘制的场景，平整又干净。**换成三者都没学过的真实照片，会更好还是更差？**
"""

# %% id="real"
from aigc_lab.course.compressing import real_clips

photos = real_clips(min(few, 24))
brought = clips_of(package, tokens_of(package, photos))
rows = [["<<way>>", "<<drawn>>", "<<real>>"]]
backs = {"<<straight>>": straight(photos, 16), "<<by hand>>": through(by_hand, photos), "<<shipped>>": brought}
for name, back in backs.items():
    rows.append([name, f"{quality(test, made[name]):.2f}", f"{quality(photos, back):.2f}"])
put(show.table(rows))
shown = [0, 1, 2, 3, 4, 5]
cells = [cell for clips in (photos, brought) for n in shown for cell in moments("", clips[n], at=[8])]
show.pictures(cells, "<<real pictures>>", columns=6, widest=640)

# %% [markdown] id="end" lang="en"
"""
Better, for all three! Numbers alone would deceive you here too: a cup and a flower from near are soft, and soft is easy.
Fine detail is gone, the grain of the wood and the petals are painted over, and of the gravel nothing is left. The mean
says little as long as one does not see the pictures.

## What was left out

Losses that judge like an eye instead of by pixels; autoencoders whose decoder invents fine detail (it looks sharper and
is less true); codes made of whole numbers from a list (VQ); packing the code further, as H.264 does, by giving what is
frequent fewer bits. And size: the package has a larger autoencoder for 80 x 144 pixels, for machines with a GPU.

## Three questions

<details><summary>1. Why does the straight layer show a grid, and why do the networks show less of it?</summary>

It codes each patch alone, so an error on one side of a border knows nothing of the error on the other side. The networks
look at the neighbours, in the encoder and in the decoder, and can make both sides fit.
</details>

<details><summary>2. A colleague reports 34 dB for a new autoencoder of the same size. What do you ask before you train a generator on
its tokens?</summary>

On which clips (unseen ones? flat ones?), how many numbers a clip, and what happens when the tokens are nudged. A code that
falls apart at the first error is worth nothing to a generator, whatever its PSNR.
</details>

<details><summary>3. H.264 needs fewer bytes for the same quality. Why does nobody in this course generate H.264?</summary>

Its numbers depend on each other: one wrong one spoils the rest, and near codes do not mean similar clips. A model learns
step by step from being nearly right; there must be such a thing as nearly right.
</details>

## Go on

Now do [the exercise](/exercises/05_compress.ipynb). All terms, in both languages: [the glossary](/notebooks/glossary.md).
"""

# %% [markdown] id="end" lang="zh"
"""
三者都更好了！可是光看数字，这里同样会上当：近拍的杯子和花本来就柔和，柔和就容易。细节都没了：木纹和花瓣像是抹上去的，
碎石更是一点不剩。不看画面，平均数说明不了多少问题。

## 这一课没有讲的

不逐个比像素、而是像人眼那样打分的损失；让解码器自己编细节的自编码器（看起来更锐利，却没那么真）；
由列表里的整数组成的编码（VQ）；像 H.264 那样给常见的内容少分几位，把编码压得更紧。还有大小：程序包另有一个 80 x 144 像素的自编码器，
给有 GPU 的机器用。

## 三个问题

<details><summary>1. 一层线性为什么会露出格子？网络为什么好一些？</summary>

它每块各编各的，边界这一侧的误差不知道另一侧的误差。网络在编码和解码时都看邻居，能让两侧接得上。
</details>

<details><summary>2. 同事说新的自编码器大小相同，却有 34 dB。在它的 token 上训练生成器之前，你会问什么？</summary>

在什么片段上量的（没见过的吗？是不是都很平？），一个片段多少个数，还有：推一推 token 会怎样。
稍有误差就散架的编码，PSNR 再高，对生成器也毫无用处。
</details>

<details><summary>3. 同样的质量，H.264 用的字节更少。为什么这门课里没有人去生成 H.264？</summary>

它的数前后相连：错一个，后面全坏；编码相近，也不代表片段相像。模型是靠“差一点就对了”一步步学会的，
总得有“差一点”这回事才行。
</details>

## 接下来

去做[练习](/exercises/05_compress.ipynb)吧。所有术语的中英对照在[术语表](/notebooks/glossary.md)里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 05: Compress

Five tasks, about an hour. Come from [the lesson](/notebooks/05_compress.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Run the cell below it: `check` calls your function with several examples and says what is right and what is not.
- Stuck? Run the `hint` cell: after each new failed try one more hint opens.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 05：压缩

共五题，大约一小时。先学[课文](/notebooks/05_compress.ipynb)，做题时也可以开着它对照。

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
## 05.1 How many times fewer? (2 points)

A colour clip has `frames` x `height` x `width` pixels. A code has one token for each `group` frames and each patch of
`patch` x `patch` pixels, and `channels` numbers in a token. Write
`ratio(frames, height, width, group, patch, channels)`: how many numbers of the clip come on one number of the code. All
sizes divide without a rest.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 05.1 少了多少倍？（2 分）

一个彩色片段有 `frames` x `height` x `width` 个像素。编码里，每 `group` 帧、每 `patch` x `patch` 像素的小块对应一个 token，
每个 token 有 `channels` 个数。写函数 `ratio(frames, height, width, group, patch, channels)`：
编码里的一个数，对应片段里多少个数。所有大小都能整除。
"""


# %% id="ratio" part="exercise" grade="answer"
def ratio(frames, height, width, group, patch, channels):
    # <<ratio in>>
    ### BEGIN SOLUTION
    tokens = (frames // group) * (height // patch) * (width // patch)
    return frames * height * width * 3 / (tokens * channels)
    ### END SOLUTION


# %% id="ratio-check" part="exercise" grade="test" points=2
check("05.1", ratio).points

# %% id="ratio-hint" part="exercise" grade="readonly"
hint("05.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 05.2 The best straight code (3 points)

Write `compress(patches, k)`. `patches` is an array (N, D): N patches of D numbers each. Return two arrays: `mean`, the
mean patch (D,), and `directions` (k, D): the k directions in which the patches differ most, one a row, each of length 1
and at right angles to the others.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 05.2 最好的线性编码（3 分）

写函数 `compress(patches, k)`。`patches` 是数组（N, D）：N 个小块，每块 D 个数。返回两个数组：平均的小块 `mean`（D,），
以及 `directions`（k, D）：小块差异最大的 k 个方向，一行一个，长度都是 1，彼此垂直。
"""


# %% id="compress" part="exercise" grade="answer"
def compress(patches, k):
    # <<patches in>>
    ### BEGIN SOLUTION
    mean = patches.mean(axis=0)
    return mean, np.linalg.svd(patches - mean)[2][:k]
    ### END SOLUTION


# %% id="compress-check" part="exercise" grade="test" points=3
check("05.2", compress).points

# %% id="compress-hint" part="exercise" grade="readonly"
hint("05.2")

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 05.3 Fewer bits a number (3 points)

The function below was to save tokens with few bits: it should round every number to the nearest of `2**bits` levels
that stand evenly from the smallest number to the largest. Run it: with one bit there should be two values.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 05.3 每个数少用几位（3 分）

下面这个函数本想用很少的位数来存 token：从最小的数到最大的数，均匀地铺 `2**bits` 个台阶，每个数取到最近的台阶上。
运行一下看看：1 位应该只有两个值。
"""


# %% id="broken-rounded" part="exercise" grade="readonly"
def broken_rounded(tokens, bits):
    step = (tokens.max() - tokens.min()) / 2**bits
    return tokens.min() + np.floor((tokens - tokens.min()) / step) * step


print(np.unique(broken_rounded(np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), 1)))

# %% [markdown] id="task-3-mend" lang="en" part="exercise" grade="readonly"
"""
Write `rounded(tokens, bits)`, a version that keeps its promise: an array of the same shape, with the values of the
levels.
"""

# %% [markdown] id="task-3-mend" lang="zh" part="exercise" grade="readonly"
"""
写函数 `rounded(tokens, bits)`，让它说到做到：返回形状相同的数组，里面是台阶的数值。
"""


# %% id="rounded" part="exercise" grade="answer"
def rounded(tokens, bits):
    # <<tokens in>>
    ### BEGIN SOLUTION
    low, high = tokens.min(), tokens.max()
    step = (high - low) / (2**bits - 1)
    return low + np.round((tokens - low) / step) * step
    ### END SOLUTION


# %% id="rounded-check" part="exercise" grade="test" points=3
check("05.3", rounded).points

# %% id="rounded-hint" part="exercise" grade="readonly"
hint("05.3")

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 05.4 Measure flicker (3 points)

`clip` is an original and `made` is what came back from a code, both uint8 (frames, rows, columns). Write
`flicker(clip, made)`: by how many grey levels `made` changes from one frame to the next, on average, at the places where `clip` is the
same in all frames.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 05.4 量一量闪烁（3 分）

`clip` 是原片，`made` 是编码之后还原的，都是 uint8 数组（帧，行，列）。写函数 `flicker(clip, made)`：
在 `clip` 所有帧都一样的那些位置上，`made` 从一帧到下一帧平均变化多少个灰度级。
"""


# %% id="flicker" part="exercise" grade="answer"
def flicker(clip, made):
    # <<clips in>>
    ### BEGIN SOLUTION
    still = (clip == clip[0]).all(axis=0)
    change = np.abs(np.diff(made.astype(float), axis=0))
    return change[:, still].mean()
    ### END SOLUTION


# %% id="flicker-check" part="exercise" grade="test" points=3
check("05.4", flicker).points

# %% id="flicker-hint" part="exercise" grade="readonly"
hint("05.4")

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 05.5 A walk on the sphere (3 points)

`first` and `second` are tokens of two clips, (N, C), each token with mean square 1. Write `walk(first, second, count)`: a
list of `count` arrays, the stops of an even way from `first` to `second`, both ends counted. At every stop every token
must lie on the sphere: mean square 1.
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 05.5 沿着球面走（3 分）

`first` 和 `second` 是两个片段的 token，形状（N, C），每个 token 的均方都是 1。写函数 `walk(first, second, count)`：
返回 `count` 个数组的列表，也就是从 `first` 均匀走到 `second` 的各站，两头都算在内。每一站的每个 token 都要在球面上：均方等于 1。
"""


# %% id="walk-task" part="exercise" grade="answer"
def walk(first, second, count):
    # <<walk in>>
    ### BEGIN SOLUTION
    mixed = [(1 - share) * first + share * second for share in np.linspace(0, 1, count)]
    return [tokens / np.sqrt(np.mean(tokens**2, axis=1, keepdims=True)) for tokens in mixed]
    ### END SOLUTION


# %% id="walk-check" part="exercise" grade="test" points=3
check("05.5", walk).points

# %% id="walk-hint" part="exercise" grade="readonly"
hint("05.5")

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
progress("05")
