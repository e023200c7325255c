# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, full: trains longer, or smoke: a test with less material", zh: "quick；full 训练更久；自动测试用 smoke，素材少一些"}
# letter knob: {en: "any letter, digit or Chinese character", zh: 任意一个汉字、字母或数字}
# steps knob: {en: steps from noise to clip in section 9, zh: 第 9 节里从噪声走到片段的步数}
# guidance knob: {en: how closely section 9 follows the words, zh: 第 9 节多听文字的话}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# turn: {en: steps between two looks at the loss, zh: 每隔几步看一次损失}
# lengths: {en: "how long to train: full is thirty times as long", zh: 训练多久：full 是 quick 的三十倍}
# on the way: {en: "Clouds of points at five times: a round cloud of noise becomes a letter", zh: 五个时刻的点：一团圆圆的噪声变成一个字}
# time: {en: time, zh: 时刻}
# paths: {en: "Sixty straight paths from noise to the letter; they cross each other everywhere", zh: 从噪声到字的六十条直线，到处互相交叉}
# passers: {en: "Arrows of many colours of direction start at one place, and a bold one shows their mean", zh: 从同一处出发的许多箭头指向四面八方，粗箭头是它们的平均}
# pass here: {en: "paths pass here", zh: 条路经过这里}
# answer: {en: answer, zh: 回答}
# square error: {en: mean squared error, zh: 平均平方误差}
# one path: {en: the velocity of one of them, zh: 其中一条路的速度}
# stand still: {en: stand still, zh: 原地不动}
# the mean: {en: the mean of all, zh: 全体的平均}
# times chosen: {en: time, zh: 时刻}
# euler pictures: {en: "What Euler makes of noise in 1, 2, 4, 8 and 32 steps", zh: 欧拉法用 1、2、4、8、32 步把噪声变成的样子}
# steps: {en: steps, zh: 步}
# steps name: {en: steps, zh: 步数}
# step: {en: step, zh: 步}
# questions: {en: questions, zh: 提问次数}
# euler: {en: Euler, zh: 欧拉法}
# heun: {en: Heun, zh: 休恩法}
# errors: {en: "Error against questions: Heun's line falls twice as steeply", zh: 误差和提问次数：休恩法的线陡一倍}
# two words: {en: "The characters for up and down as points", zh: “上”和“下”两个字的点}
# anything: {en: "0 means anything", zh: "0 表示随便"}
# guidance: {en: guidance, zh: 引导强度}
# guidances: {en: "The character for up, made with guidance 0, 1, 3 and 8", zh: 用引导强度 0、1、3、8 画出的“上”字}
# on it: {en: made points that lie on the character, zh: 落在字上的点}
# covered: {en: of the character that is covered, zh: 字被盖住的部分}
# word: {en: word, zh: 词}
# seed: {en: seed, zh: 种子}
# your points: {en: Points made with the chosen settings, zh: 按所选设置画出的点}
# sound: {en: as it should be, zh: 正常}
# sign: {en: wrong sign, zh: 符号反了}
# untold: {en: time not told, zh: 没告诉时刻}
# faults: {en: "Three results: the letter, points that fly apart, and a letter of thin, uneven lines", zh: 三个结果：正常的字、四散的点、由粗细不匀的线组成的字}
# loss: {en: loss in training, zh: 训练时的损失}
# drawn: {en: "drawn: nature, city, education in six palettes", zh: 绘制的：自然、城市、教育，六种配色}
# through tokens: {en: the same through the autoencoder, zh: 同样的画面，经过自编码器}
# mini data: {en: "Two rows of small drawn landscapes, skylines and desks in six palettes; the second row is softer", zh: 两排绘制的小画面：风景、楼群和书桌，六种配色；第二排柔和一些}
# seconds: {en: seconds, zh: 秒}
# growing: {en: "Four rows of generated pictures: mush, then colours, then horizons, then landscapes and skylines", zh: 四排生成的画面：先是一团糊，再有颜色，再有地平线，最后有风景和楼群}
# moving: {en: "Nine generated mini clips that glide to the left", zh: 九个生成的小片段，画面向左滑}
# which clips: {en: which clips, zh: 哪些片段}
# theme right: {en: theme as wished, zh: 主题对}
# palette right: {en: palette as wished, zh: 配色对}
# by chance: {en: by chance, zh: 瞎猜}
# real: {en: "drawn, not seen in training", zh: 绘制的，训练时没见过}
# mini made: {en: Six mini clips with the chosen settings, zh: 按所选设置生成的六个小片段}
# theme: {en: theme, zh: 主题}
# palette: {en: palette, zh: 配色}
# eight steps: {en: "From noise to a neon city at night, one picture for each step", zh: 从噪声到霓虹灯下的城市夜景，每一步一幅画}
# final clip: {en: The generated clip, zh: 生成的片段}
# difference: {en: "difference from 32 steps (grey levels)", zh: 与 32 步的差别（灰度级）}
# step pictures: {en: "The same noise in 2, 4, 8, 16 and 32 steps", zh: 同一份噪声，走 2、4、8、16、32 步}
# same seed: {en: "same seed, same clip:", zh: 种子相同，片段相同：}
# other seed: {en: "other seed, same clip:", zh: 种子不同，片段相同：}
# packages pair: {en: "the package's pair leads to the clip:", zh: 程序包的那一对确实通向片段：}
# pair in: {en: "noise, clips: float (B, H, W, C); times: (B,), from 0 to 1", zh: "noise 和 clips 的形状是（B, H, W, C），times 是（B,），0 到 1"}
# heun in: {en: "velocity(here, time) gives an array like here; steps: 1 or more", zh: "velocity(here, time) 返回和 here 同形状的数组；steps 至少是 1"}
# guided in: {en: "predict(here, time, word); word 0 means anything", zh: "predict(here, time, word)，词 0 表示随便"}
# sampler in: {en: "shape: of the noise; seed: a whole number", zh: shape 是噪声的形状，seed 是整数}
# by steps: {en: "from noise to a clip, one Euler step after the other", zh: 用欧拉法从噪声一步步走到片段}
# four faults: {en: four faults, zh: 四处毛病}
# points in: {en: "data, made: float (200, 2)", zh: "data 和 made 都是浮点数组（200, 2）"}

# %% [markdown] id="title" lang="en"
"""
# 06 Generate: from noise to a clip

A generator of pictures is a *map*: noise goes in, a picture that looks like the data comes out. In this lesson you
build one from nothing, with the method behind today's video generators, *flow matching*: first for points on paper,
where you can see every arrow, then for mini clips. At the end you watch the lab's own generator at work, step by step:

<img src="/docs/generate.webp" width="760"
alt="Above: a cloud of blue points becomes the character for mountain in five pictures. Below: coloured noise becomes a
neon city at night in nine pictures">

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb), some NumPy; from lesson 03 what a layer, a loss and
training are; from lesson 05 that an autoencoder turns a clip into few numbers, its *tokens*.

**When you are done, you can**

1. say what a generator learns, and why its network tells a *mean* direction;
2. write its training data and its samplers, Euler and Heun, in a few lines each, and say what guidance does;
3. train a small generator of clips that obeys words, and judge what steps, guidance and seed change.

**Time:** about 80 minutes for you, and an hour for the exercise. For the machine about two minutes on two cores.
"""

# %% [markdown] id="title" lang="zh"
"""
# 06 生成：从噪声到片段

会画画的生成模型，其实是一个*映射*：进去的是噪声，出来的是像数据一样的画面。这一课我们从零开始造一个，
用的正是如今视频生成模型背后的方法：*流匹配*（flow matching）。先拿纸上的点来做，每支箭头都看得见；再做小片段；
最后一步一步地看实验室自己的生成模型怎样工作：

<img src="/docs/generate.webp" width="760"
alt="上：一团蓝点分五步变成“山”字。下：彩色噪声分九幅图变成霓虹灯下的城市夜景">

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)，会一点 NumPy；从第 03 课知道什么是层、损失和训练；
从第 05 课知道自编码器能把片段变成少量的数，也就是*词元*（token）。

**学完这一课，你能够**

1. 说清生成模型学的是什么，为什么网络给出的是*平均*方向；
2. 各用几行代码写出它的训练数据和两种采样器（欧拉法、休恩法），说清引导强度起什么作用；
3. 训练一个听得懂词的小片段生成模型，判断步数、引导强度和种子各改变什么。

**用时：** 你大约要 80 分钟，练习再留一小时。机器大约算两分钟（双核）。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`letter` is what the points will write: take one of your own name. Few strokes are learned sooner.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`letter` 是这些点要写的字：换成你名字里的一个字也行。笔画少的学得快。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
letter = "山"  # <<letter knob>>
steps = 8  # <<steps knob>>
guidance = 3.0  # <<guidance knob>>

# %% id="start"
import itertools
import time as clock

import numpy as np

from aigc_lab.course import show
from aigc_lab.course.page import put, use_language

use_language("<<language>>")  # <<spoken to you>>
rng = np.random.default_rng(seed)
length = {"smoke": 0.002, "quick": 1, "full": 30}[mode]  # <<lengths>>

# %% [markdown] id="way-idea" lang="en"
"""
## 1. A map from noise to data

Our data are points that lie on the strokes of a letter. Our noise is a round cloud (normal, mean 0, deviation 1). We
give each noise point $x_0$ a data point $x_1$, by lot, and let it go there in a straight line in a time of 1:

$$x_t = (1 - t) x_0 + t x_1$$

**What will the cloud look like at $t = 0.5$, half of the way?**
"""

# %% [markdown] id="way-idea" lang="zh"
"""
## 1. 从噪声到数据的映射

我们的数据，是落在一个字笔画上的点。我们的噪声，是一团圆圆的点（正态分布，平均值 0，标准差 1）。
抽签给每个噪声点 $x_0$ 配一个数据点 $x_1$，让它用 1 的时间沿直线走过去：

$$x_t = (1 - t) x_0 + t x_1$$

**走到一半，也就是 $t = 0.5$ 时，这团点会是什么样？**
"""

# %% id="way"
from aigc_lab.course.generating import letter_points, paths_chart, points_row

points = letter_points(letter, 4000, seed)
noise = rng.standard_normal(points.shape)


def on_the_way(t):
    return (1 - t) * noise + t * points  # x_t = (1 - t) x_0 + t x_1


points_row([(f"<<time>> {t:g}", on_the_way(t)) for t in (0, 0.25, 0.5, 0.75, 1)], "<<on the way>>")

# %% [markdown] id="paths-idea" lang="en"
"""
Half of the way it is still a cloud; only at 0.75 can the letter be guessed. So each cloud on the way is a mix of both.
But this is no generator yet, since each point has to know where it is going! A *new* noise point has no partner.
Somebody at the roadside must tell it which way to go. **Look at sixty of the paths: will that be easy?**
"""

# %% [markdown] id="paths-idea" lang="zh"
"""
走到一半还是一团，到 0.75 才隐约看出是什么字：路上每个时刻的点，都是两者的混合。可这还不是生成模型，因为每个点都得事先知道自己要去哪里！
一个*新*的噪声点没有配好的终点，得有人站在路边给它指路。**看看其中六十条路：指路容易吗？**
"""

# %% id="paths"
paths_chart(noise[:60], points[:60], "<<paths>>")

# %% [markdown] id="mean-idea" lang="en"
"""
## 2. The velocity is a mean

The paths cross: at one place, at one time, people pass who go in quite different directions. The guide at the roadside
sees a place and a time, nothing else, and may name only *one* direction. Let us stand at the place (0.8, 0.8) at time
0.6, and look at all who pass. The velocity of each is $v = x_1 - x_0$: the whole way in a time of 1. **Which one
answer is the least wrong, when errors are squared?**
"""

# %% [markdown] id="mean-idea" lang="zh"
"""
## 2. 速度是一个平均值

路会交叉：同一时刻、同一地点，经过的人走向各不相同。路边指路的人只知道地点和时刻，而且只能说出*一个*方向。
我们就站在 (0.8, 0.8)，时刻 0.6，看看谁会经过。每个人的速度是 $v = x_1 - x_0$：用 1 的时间走完全程。
**如果误差要取平方，哪一个回答错得最少？**
"""

# %% id="mean"
from aigc_lab.course.generating import crossing_chart

place, t = np.array([0.8, 0.8]), 0.6
starts = rng.standard_normal((400_000, 2))
ends = points[rng.integers(len(points), size=len(starts))]
near = np.linalg.norm((1 - t) * starts + t * ends - place, axis=1) < 0.05
velocities = (ends - starts)[near]
mean = velocities.mean(axis=0)
print(near.sum(), "<<pass here>>")

rows = [["<<answer>>", "<<square error>>"]]
for name, said in {"<<one path>>": velocities[0], "<<stand still>>": 0 * mean, "<<the mean>>": mean}.items():
    rows.append([name, f"{np.square(velocities - said).sum(axis=1).mean():.2f}"])
put(show.table(rows))
crossing_chart(velocities[:120], mean, "<<passers>>")

# %% [markdown] id="train-idea" lang="en"
"""
The mean wins, and even its error is far from zero. This is the heart of the method: **a network that is trained with
squared errors learns the mean velocity of all paths through a place, without anybody ever computing it.** And (this is
a theorem: Lipman et al., 2023) whoever follows these means step by step ends where the data are. The paths of single
points cross; the stream of means does not.

## 3. A network for the arrows

What it learns from is made on the spot, as much as one likes. This is the whole recipe:
"""

# %% [markdown] id="train-idea" lang="zh"
"""
平均值赢了，可连它的误差也远不是零。这正是这个方法的核心：**用平方误差训练的网络，学到的就是经过某处所有路的平均速度，
虽然谁也没有真的去算过这个平均。** 而且（这是一条定理：Lipman 等人，2023）顺着这些平均速度一步步走，终点就落在数据上。
单个点的路会交叉，平均之后的流不会。

## 3. 让网络来画箭头

教材现做现用，要多少有多少。全部配方就是这几行：
"""


# %% id="pairs"
def waves(here, time):
    numbers = np.concatenate([here, time], axis=1)
    waved = [turn(speed * numbers) for speed in (1.5, 3, 6) for turn in (np.sin, np.cos)]
    return np.concatenate([numbers, *waved], axis=1).astype(np.float32)


def flow_pairs(count=512):
    while True:
        ends = points[rng.integers(len(points), size=count)]  # x_1
        starts = rng.standard_normal(ends.shape)  # x_0
        time = rng.random((count, 1))  # t
        here = (1 - time) * starts + time * ends  # x_t = (1 - t) x_0 + t x_1
        yield waves(here, time), ends - starts  # v = x_1 - x_0


inputs, wanted = next(flow_pairs())
print(inputs.shape, "->", wanted.shape)

# %% [markdown] id="network-idea" lang="en"
"""
`waves` writes each number also as sines and cosines, so that the network sees small differences of place and time;
without them the letter comes out blurred. The network is as small as they come: three layers of 128. **Will its loss
fall to zero?**
"""

# %% [markdown] id="network-idea" lang="zh"
"""
`waves` 把每个数再写成几个正弦和余弦，好让网络看清位置和时刻的细小差别；没有它，字会糊成一团。网络小得不能再小：三层，每层 128。
**它的损失会降到零吗？**
"""

# %% id="network"
import keras
from keras import layers, ops

from aigc_lab.course.generating import loss_chart

keras.utils.set_random_seed(seed)


def train(pairs, count):
    count = max(2, round(count * length / 20))
    network = keras.Sequential([*(layers.Dense(128, activation="silu") for _ in range(3)), layers.Dense(2)])
    rate = keras.optimizers.schedules.CosineDecay(2e-3, 20 * count)
    network.compile(keras.optimizers.Adam(rate), "mse")
    told = network.fit(pairs, steps_per_epoch=20, epochs=count, shuffle=False, verbose=0)
    return network, told.history["loss"]


network, losses = train(flow_pairs(), 1000)
loss_chart(losses, every=20)

# %% [markdown] id="arrows-idea" lang="en"
"""
It falls quickly and then stays: what is left is how much the paths through one place differ from their mean, and that
no network can know. For a generator a loss far above zero is no bad sign; look at what it makes instead.

Here are its arrows (drawn at a sixth of their length), with the cloud of each time on top. **At time 0, where do all
arrows point? And late, what do those do that stand beside the letter?**
"""

# %% [markdown] id="arrows-idea" lang="zh"
"""
降得很快，然后就停住了：剩下的，是经过同一处的各条路与它们平均值的差别，这是哪个网络也不可能知道的。
对生成模型来说，损失远大于零并不是坏事；要看的是它画出了什么。

下面是它的箭头（按六分之一的长度画），上面叠着那个时刻的点。**时刻 0，所有箭头指向哪里？到了后期，站在字外面的箭头又在做什么？**
"""

# %% id="arrows" tags=["nbval-ignore-output"]
from aigc_lab.course.generating import field_chart
from aigc_lab.course.preparing import knob


def velocity(here, time):
    return network.predict_on_batch(waves(here, np.full((len(here), 1), time)))


moments = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
knob("<<times chosen>>", moments, 0.5, lambda t: field_chart(velocity, on_the_way(t), t, points))

# %% id="arrow-pictures"
for t in (0, 0.9):
    put(field_chart(velocity, on_the_way(t), t, points))

# %% [markdown] id="euler-idea" lang="en"
"""
At time 0 nobody knows yet who will go where, so every arrow points to the middle of the letter. The later it gets, the
surer the guide is: near the end each arrow leads to the nearest stroke.

## 4. Walk: Euler and Heun

To generate: take new noise, ask for the velocity, take a step, ask again. That is all, and it is called *Euler's
method*. **What comes out when you take only one step?**
"""

# %% [markdown] id="euler-idea" lang="zh"
"""
时刻 0 谁也不知道谁会去哪里，所以箭头全都指向字的正中间。越往后，指路的人越有把握：快到终点时，每支箭头都指向最近的笔画。

## 4. 走路：欧拉法和休恩法

生成的办法：取一份新噪声，问一次速度，走一步，再问一次。就这么简单，这叫*欧拉法*（Euler）。**只走一步，会得到什么？**
"""


# %% id="euler"
def euler(velocity, noise, steps):
    here, times = noise, np.linspace(0, 1, steps + 1)
    for now, then in itertools.pairwise(times.tolist()):
        here = here + (then - now) * velocity(here, now)
    return here


fresh = rng.standard_normal((1000, 2))
made = [(f"<<steps name>> {count}", euler(velocity, fresh, count)) for count in (1, 2, 4, 8, 32)]
points_row(made, "<<euler pictures>>", points)

# %% [markdown] id="heun-idea" lang="en"
"""
One step goes along the arrows of time 0: all to the middle, a mush. The direction changes on the way, so one has to
ask often. But each question costs time: for a large network it is nearly all of the time there is.

*Heun's method* asks twice a step: once here, once where the first answer would lead, and goes along the mean of both.
In the last step it does not look ahead, because at time 1 nobody was ever asked. **Is it worth twice the questions?**
"""

# %% [markdown] id="heun-idea" lang="zh"
"""
只走一步，就是沿着时刻 0 的箭头走：全到了中间，一团糊。方向一路都在变，所以得常问。可每问一次都要花时间：
网络一大，时间几乎全花在这上面。

*休恩法*（Heun）每一步问两次：在原地问一次，在第一个回答指向的地方再问一次，然后按两者的平均走。
最后一步不往前探，因为时刻 1 从来没有人问过。**多问一倍，值不值？**
"""

# %% id="heun"
from aigc_lab.course.generating import error_chart


def heun(velocity, noise, steps):
    here, times = noise, np.linspace(0, 1, steps + 1)
    for now, then in itertools.pairwise(times.tolist()):
        slope = velocity(here, now)
        if then < 1:
            slope = (slope + velocity(here + (then - now) * slope, then)) / 2
        here = here + (then - now) * slope
    return here


true_end, errors = heun(velocity, fresh, 100), {"<<euler>>": [], "<<heun>>": []}
rows = [["<<steps name>>", "<<euler>>", "<<questions>>", "<<heun>>", "<<questions>>"]]
for count in (1, 2, 4, 8, 16, 32):
    rows.append([count])
    for name, walk, asked in (("<<euler>>", euler, count), ("<<heun>>", heun, 2 * count - 1)):
        error = np.linalg.norm(walk(velocity, fresh, count) - true_end, axis=1).mean()
        errors[name].append((asked, error))
        rows[-1] += [f"{error:.4f}", asked]
put(show.table(rows))
error_chart(errors, "<<errors>>")

# %% [markdown] id="words-idea" lang="en"
"""
The error is how far the points end from where a hundred Heun steps lead. Twice the steps: Euler's error halves, Heun's
becomes a quarter or less. For the same number of questions Heun is soon the better one.

## 5. Words, and guidance

Now the generator shall obey. The data are two characters, 上 ("up") and 下 ("down"), which share a long stroke and
differ in where it lies. The network is told which one a point belongs to: a *condition*. One time in eight it is told
nothing (word 0), so that it also learns what is common to both.
"""

# %% [markdown] id="words-idea" lang="zh"
"""
误差就是终点和走一百步休恩法的终点相差多远。步数加倍：欧拉法的误差减半，休恩法的误差降到四分之一以下。
问的次数一样多时，休恩法很快就占了上风。

## 5. 词和引导强度

现在要让生成模型听话。数据是“上”和“下”两个字，它们都有一长横，只是位置不同。训练时告诉网络每个点属于哪个字，
这就是*条件*（condition）。八次里有一次什么也不说（词 0），好让它顺便学会两个字共同的样子。
"""

# %% id="told"
two = [letter_points("上", 4000, seed), letter_points("下", 4000, seed)]


def with_word(here, time, word):
    return np.concatenate([waves(here, time), np.eye(3, dtype=np.float32)[word]], axis=1)


def told_pairs(count=512):
    while True:
        word = rng.integers(1, 3, size=count)
        ends = np.where(word[:, None] == 1, *(shape[rng.integers(4000, size=count)] for shape in two))
        starts, time = rng.standard_normal(ends.shape), rng.random((count, 1))
        word[rng.random(count) < 1 / 8] = 0  # <<anything>>
        yield with_word((1 - time) * starts + time * ends, time, word), ends - starts


obedient, _ = train(told_pairs(), 1000)
points_row([("上 = 1", two[0]), ("下 = 2", two[1])], "<<two words>>")

# %% [markdown] id="guide-idea" lang="en"
"""
With a word the network names one velocity, without it another. Their difference is *what the word is about*. So one
can exaggerate: go from the velocity without the word towards the one with it, and on beyond it (*classifier-free
guidance*: Ho and Salimans, 2022):

$$v = v_0 + g (v_{word} - v_0)$$

$g = 0$ ignores the word, $g = 1$ follows it. **What will 3 and 8 do?**
"""

# %% [markdown] id="guide-idea" lang="zh"
"""
告诉它词，网络说一个速度；不告诉，又是另一个速度。两者之差，就是*这个词的意思*。于是可以夸张一下：
从不带词的速度出发，朝带词的速度走，再走过头（*无分类器引导*：Ho 和 Salimans，2022）：

$$v = v_0 + g (v_{word} - v_0)$$

$g = 0$ 不理会词，$g = 1$ 照着做。**3 和 8 会怎样？**
"""

# %% id="guide"
from aigc_lab.course.generating import knobs, right_and_covered


def guided(word, g):
    def velocity(here, time):
        now = np.full((len(here), 1), time)
        told = obedient.predict_on_batch(with_word(here, now, np.full(len(here), word)))
        untold = obedient.predict_on_batch(with_word(here, now, np.full(len(here), 0)))
        return untold + g * (told - untold)  # v = v_0 + g (v_word - v_0)

    return velocity


made = {g: heun(guided(1, g), fresh, 16) for g in (0, 1, 3, 8)}
rows = [["<<guidance>>", "<<on it>>", "<<covered>>"]]
rows += [[g, *(f"{share:.0%}" for share in right_and_covered(cloud, two[0]))] for g, cloud in made.items()]
put(show.table(rows))
points_row([(f"<<guidance>> {g}", cloud) for g, cloud in made.items()], "<<guidances>>", two[0], wall=3.2)

# %% [markdown] id="guide-seen" lang="en"
"""
At 0 both characters appear, one over the other. At 1 the word is followed. At 3 the strokes get thin and sharp, and
parts are left out: less variety. At 8 points are driven past the strokes: wrong. This is why every generator has this
knob, and why it is set to a small number. Turn it yourself:
"""

# %% [markdown] id="guide-seen" lang="zh"
"""
0：两个字叠在一起。1：听话了。3：笔画变得又细又清楚，可有些地方没有了，花样变少。8：点冲过了笔画，错了。
所以每个生成模型都有这个旋钮，也都只调到不大的数。自己拧一拧：
"""

# %% id="play" tags=["nbval-ignore-output"]
choices = {
    "<<word>>": (["上", "下"], "上"), "<<guidance>>": ([0, 0.5, 1, 1.5, 2, 3, 5, 8], 2),
    "<<steps name>>": ([1, 2, 4, 8, 16, 32], 8), "<<seed>>": ([1, 2, 3, 4, 5], 1),
}  # fmt: skip


def write(word, g, count, lot):
    start = np.random.default_rng(lot).standard_normal((1000, 2))
    chosen = "上下".index(word)
    cloud = heun(guided(chosen + 1, g), start, count)
    return points_row([(f"{word}, {g:g}", cloud)], "<<your points>>", two[chosen], wall=3.2)


knobs(choices, write)

# %% id="write"
write("下", 2, 8, 1)

# %% [markdown] id="wrong-idea" lang="en"
"""
## 6. What goes wrong

Two mistakes that everybody makes once. The first: a wrong sign, so that one walks against the arrows. The second is
quieter: the network is not told the *time*. No error message, and the training runs as smoothly as before. **What will
each of them draw?**
"""

# %% [markdown] id="wrong-idea" lang="zh"
"""
## 6. 出错会怎样

两个人人都犯过一次的错误。第一个：符号反了，于是逆着箭头走。第二个更隐蔽：没有把*时刻*告诉网络。不报错，训练也照样顺顺当当。
**它们各会画出什么？**
"""


# %% id="wrong"
def timeless_pairs():
    for numbers, wanted in flow_pairs():
        numbers = numbers.copy()
        numbers[:, 2::3] = 0
        yield numbers, wanted


timeless, timeless_losses = train(timeless_pairs(), 600)


def no_time(here, time):
    numbers = waves(here, np.full((len(here), 1), time))
    numbers[:, 2::3] = 0
    return timeless.predict_on_batch(numbers)


cases = {"<<sound>>": velocity, "<<sign>>": lambda here, time: -velocity(here, time), "<<untold>>": no_time}
made = [(name, heun(field, fresh, 16)) for name, field in cases.items()]
rows = [["", "<<loss>>", "<<on it>>", "<<covered>>"]]
for (name, cloud), loss in zip(made, (losses[-1], losses[-1], timeless_losses[-1]), strict=True):
    rows.append([name, f"{loss:.2f}", *(f"{share:.0%}" for share in right_and_covered(cloud, points))])
put(show.table(rows))
points_row(made, "<<faults>>", points, wall=3.2)

# %% [markdown] id="wrong-seen" lang="en"
"""
With the wrong sign everything flies apart, and the loss does not know: nothing was wrong in training. Without the time
the network takes the mean over early and late, and the same arrow is wrong for both: points crowd on thin, uneven
lines. At first sight that looks quite well; only beside the healthy one does one see that its loss stays higher and
its strokes are not filled. Judge a generator by what it makes, and always beside another one.

## 7. Mini clips

From points to clips nothing changes but the number of numbers: a point has 2, a clip has thousands. Ours are 8 frames
of drawn scenes: three themes in six palettes, gliding to the left. As in lesson 05, the shipped autoencoder turns them
into *tokens*, here 9 x 5 pieces of 32 numbers, and back. **How many times fewer numbers than pixels is that?**
"""

# %% [markdown] id="wrong-seen" lang="zh"
"""
符号反了，点四散飞开，而损失毫不知情：训练本来就没错。不告诉时刻，网络只好把早期和后期平均起来，同一支箭头对谁都不合适：
点挤成粗细不匀的线。乍一看还挺像样；和正常的放在一起，才看出它的损失降不下去，笔画也没有填满。
评判生成模型，要看它画出什么，而且总要有个对照。

## 7. 小片段

从点到片段，变的只是数的个数：一个点有 2 个数，一个片段有成千上万个。我们的片段是 8 帧的绘制场景：三种主题、六种配色，画面向左滑。
和第 05 课一样，先用自带的自编码器变成*词元*，这里是 9 x 5 块，每块 32 个数；最后再变回来。**比像素少了多少倍？**
"""

# %% id="mini"
from aigc_lab.course.mini_clips import PALETTES, THEMES, mini_clips, strips, to_frames
from aigc_lab.generate.clips import load_models

models = load_models()
mini = mini_clips(models, 1440 if mode != "smoke" else 18, seed)
print(mini.tokens.shape, f"{8 * 72 * 40 * 3 / mini.tokens[0].size:.0f}x")
back = to_frames(models, mini.tokens[:12])
strips({"<<drawn>>": mini.first[:12], "<<through tokens>>": back[:, 0]}, "<<mini data>>", 600)

# %% [markdown] id="block-idea" lang="en"
"""
The second row is the best that our generator can reach, since it speaks in tokens.

## 8. A network for clips

It sees the 9 x 5 pieces as a small picture. A *block* does two things, one after the other: look at the neighbours (a
3 x 3 convolution), and think about each piece by itself. Before and after, the wish steers it. This is called *adaLN*
(Peebles and Xie, 2023): from the wish come a shift $b$, a scale $s$ and a gate $g$ for each channel, and

$$x \leftarrow x + g \cdot f\big((1 + s) \cdot \mathrm{norm}(x) + b\big)$$

All three start at zero, so a new block does nothing at all, and learns from there. In the code below find the line
for this equation.
"""

# %% [markdown] id="block-idea" lang="zh"
"""
第二排就是我们的生成模型能达到的极限，因为它说的是词元。

## 8. 画片段的网络

它把 9 x 5 块看成一幅小画。一个*模块*先后做两件事：看看邻居（3 x 3 卷积），再各自想一想。前前后后都由愿望来控制，
这叫 *adaLN*（Peebles 和 Xie，2023）：由愿望算出每个通道的平移 $b$、缩放 $s$ 和闸门 $g$，然后

$$x \leftarrow x + g \cdot f\big((1 + s) \cdot \mathrm{norm}(x) + b\big)$$

三者都从零开始，所以新的模块什么也不做，从这里学起。在下面的代码里，找出这个公式对应的那一行。
"""


# %% id="block"
class Block(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.near = layers.Conv2D(width, 3, padding="same", activation="silu")
        self.mix = layers.Dense(width)
        self.up, self.down = layers.Dense(2 * width, activation="gelu"), layers.Dense(width)
        self.steer = layers.Dense(6 * width, kernel_initializer="zeros")

    def call(self, x, wish):
        b1, s1, g1, b2, s2, g2 = ops.split(self.steer(wish)[:, None, None], 6, axis=-1)
        x = x + g1 * self.mix(self.near((1 + s1) * norm(x) + b1))  # x + g f((1 + s) norm(x) + b)
        return x + g2 * self.down(self.up((1 + s2) * norm(x) + b2))


def norm(x):
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-6)


# %% [markdown] id="painter-idea" lang="en"
"""
The wish is one vector: the sum of what the time, the theme and the palette have to say. Words are looked up in a table
of vectors that is learned too (`Embedding`).
"""

# %% [markdown] id="painter-idea" lang="zh"
"""
愿望是一个向量：时刻、主题和配色各说各的，加在一起。词从一张向量表里查，这张表也是学出来的（`Embedding`）。
"""


# %% id="painter"
class Painter(keras.Model):
    def __init__(self, width=128, depth=3):
        super().__init__()
        self.time = keras.Sequential([layers.Dense(width, activation="silu"), layers.Dense(width)])
        self.theme, self.palette = layers.Embedding(4, width), layers.Embedding(7, width)
        self.places = self.add_weight(shape=(9, 5, width), initializer="random_normal", name="places")
        self.enter, self.leave = layers.Dense(width), layers.Dense(32, kernel_initializer="zeros")
        self.blocks = [Block(width) for _ in range(depth)]

    def call(self, inputs):
        here, time, words = inputs["here"], inputs["time"], inputs["words"]
        turns = ops.concatenate([time, *(f(2.0**k * time) for k in range(6) for f in (ops.sin, ops.cos))], axis=-1)
        wish = ops.silu(self.time(turns) + self.theme(words[:, 0]) + self.palette(words[:, 1]))
        x = self.enter(here) + self.places  # (B, 9, 5, width)
        for block in self.blocks:
            x = block(x, wish)
        return self.leave(norm(x))  # (B, 9, 5, 32)


# %% [markdown] id="clip-pairs-idea" lang="en"
"""
Its training pairs are those of section 3, with more numbers:
"""

# %% [markdown] id="clip-pairs-idea" lang="zh"
"""
它的教材和第 3 节一样，只是数更多：
"""


# %% id="clip-pairs"
def clip_pairs(count=32):
    while True:
        chosen = rng.integers(len(mini.tokens), size=count)
        ends, starts = mini.tokens[chosen], rng.standard_normal((count, 9, 5, 32), np.float32)
        time = rng.random((count, 1), np.float32)
        t, known = time[:, None, None], rng.random((count, 1)) > 1 / 8
        yield {"here": (1 - t) * starts + t * ends, "time": time, "words": mini.words[chosen] * known}, ends - starts


# %% [markdown] id="walk-clips" lang="en"
"""
To paint: the same guidance as in section 5 and the same `heun` as in section 4. A point had 2 numbers, a clip has 1,440;
the walk does not notice.
"""

# %% [markdown] id="walk-clips" lang="zh"
"""
作画的办法：引导和第 5 节一样，`heun` 就是第 4 节那个。点有 2 个数，片段有 1440 个数，走法毫无分别。
"""


# %% id="paint-clips"
def paint(words, start, g=1.5, count=8 if length >= 1 else 2):
    def velocity(here, time):
        now, wishes = np.full((2 * len(here), 1), time, np.float32), np.concatenate([words, 0 * words])
        inputs = {"here": np.concatenate([here, here]).astype(np.float32), "time": now, "words": wishes}
        told, untold = np.split(painter.predict_on_batch(inputs), 2)
        return untold + g * (told - untold)

    return heun(velocity, start, count)


# %% [markdown] id="paint-idea" lang="en"
"""
Now train it, and stop on the way to paint: always the same nine noises, with nine wishes. **What will it learn first,
and what last?** (About a minute.)
"""

# %% [markdown] id="paint-idea" lang="zh"
"""
现在训练，中途停下来画一画：始终用同样的九份噪声、九个愿望。**它最先学会什么，最后学会什么？**（大约一分钟。）
"""

# %% id="paint" tags=["nbval-ignore-output"]
painter = Painter()
total = round(1400 * length)
turn = 10 if length >= 1 else 1  # <<turn>>
rate = keras.optimizers.schedules.CosineDecay(2e-3, total)
painter.compile(keras.optimizers.Adam(rate), "mse", run_eagerly=length < 1)
wishes = np.array([(theme, palette) for theme in (1, 2, 3) for palette in (1, 2, 3)], np.int32)
nine = np.random.default_rng(seed).standard_normal((9, 9, 5, 32))
stages, losses, begun = {0: paint(wishes, nine)}, [], clock.perf_counter()
pairs, named = clip_pairs(), ["0 <<steps>>"]
for until in (0.03, 0.15, 1.0):
    more = max(1, round(until * total / turn - len(losses)))
    losses += painter.fit(pairs, steps_per_epoch=turn, epochs=more, shuffle=False, verbose=0).history["loss"]
    stages[turn * len(losses)] = paint(wishes, nine)
    named.append(f"{turn * len(losses)} <<steps>>, {clock.perf_counter() - begun:.0f} <<seconds>>")
loss_chart(losses, every=turn, marks=list(stages)[1:-1])

# %% id="painted" tags=["nbval-ignore-output"]
from aigc_lab.course.mini_clips import side_by_side

films = {name: to_frames(models, tokens) for name, tokens in zip(named, stages.values(), strict=True)}
put(strips({name: clips[:, 3] for name, clips in films.items()}, "<<growing>>", widest=560))
show.clip(side_by_side(films[named[-1]]), "<<moving>>", 640, out_dir, "mini", kilobytes=30)

# %% [markdown] id="judge-idea" lang="en"
"""
First mush, then the colours of the palette, then a horizon, then something like hills and houses: from coarse to fine.
Small things need far longer. The network of section 9 is larger and was trained for much more than a minute
([its card](/data/weights/MODEL_CARD.md)).

Does it obey, though? The simplest judge: of the 18 kinds (three themes, six palettes) which one's *mean clip* is
nearest? We also ask it about drawn clips that nobody was trained on: no generator can be better than that.
"""

# %% [markdown] id="judge-idea" lang="zh"
"""
先是一团糊，然后有了配色，接着有了地平线，最后有点像山丘和房子了：由粗到细。细小的东西要学得久得多。
第 9 节的网络更大，训练的时间也远不止一分钟（见[模型卡](/data/weights/MODEL_CARD.md)）。

不过，它听话吗？最简单的裁判：18 种片段（三种主题，六种配色），离哪一种的*平均片段*最近？
我们也拿谁都没学过的绘制片段来问它：再好的生成模型，也不会比那更好。
"""

# %% id="judge"
kinds = np.array([(theme, palette) for theme in (1, 2, 3) for palette in range(1, 7)], np.int32)
means = np.stack([mini.tokens[(mini.words == kind).all(axis=1)].mean(axis=0) for kind in kinds])


def obeys(tokens, words):
    far = np.square(tokens[:, None] - means[None]).mean(axis=(2, 3, 4))
    return [f"{share:.0%}" for share in (kinds[far.argmin(axis=1)] == words).mean(axis=0)]


unseen = mini_clips(models, 54, seed + 1)
many = np.repeat(kinds, 3 if length >= 1 else 1, axis=0)
start = np.random.default_rng(seed + 1).standard_normal((len(many), 9, 5, 32))
rows = [["<<which clips>>", "<<theme right>>", "<<palette right>>"], ["<<by chance>>", f"{1 / 3:.0%}", f"{1 / 6:.0%}"]]
rows += [[f"<<guidance>> {g}", *obeys(paint(many, start, g), many)] for g in (0, 1, 3)]
show.table([*rows, ["<<real>>", *obeys(unseen.tokens, unseen.words)]])

# %% [markdown] id="mini-play-idea" lang="en"
"""
Play with it. The same function as a call stands below. **Which knob changes the picture most? Try guidance 8.**
"""

# %% [markdown] id="mini-play-idea" lang="zh"
"""
拧一拧。下面一格是同一个函数的调用。**哪个旋钮对画面影响最大？试试引导强度 8。**
"""

# %% id="mini-play" tags=["nbval-ignore-output"]
choices = {
    "<<theme>>": (THEMES, "city"), "<<palette>>": (PALETTES, "sunset"), "<<guidance>>": ([0, 1, 1.5, 3, 8], 1.5),
    "<<steps name>>": ([1, 2, 4, 8, 16], 8), "<<seed>>": ([1, 2, 3, 4, 5], 1),
}  # fmt: skip


def mini_picture(theme, palette, g, count, lot):
    word = THEMES.index(theme) + 1, PALETTES.index(palette) + 1
    start = np.random.default_rng(lot).standard_normal((6, 9, 5, 32))
    clips = to_frames(models, paint(np.array([word] * 6, np.int32), start, g, count))
    return strips({f"{theme}, {palette}, {g:g}": clips[:, 3]}, "<<mini made>>", 500)


knobs(choices, mini_picture)

# %% id="mini-picture" tags=["nbval-ignore-output"]
mini_picture("nature", "ocean", 1.5, 8, 1)

# %% [markdown] id="package-idea" lang="en"
"""
## 9. The lab's generator

The package has the same three pieces, a little more general. `flow_batch` makes the pairs, with seven kinds of words,
colours and speed, and sometimes a given first frame. Is it the same idea? Go on from `here` for the rest of the time.
The last line says how many times as many weights its network has as ours.
"""

# %% [markdown] id="package-idea" lang="zh"
"""
## 9. 实验室的生成模型

程序包里也是这三样，只是更通用一些。`flow_batch` 做出那一对对教材：词有七种，还有颜色和速度，有时还给定第一帧。
是不是同一个思路？从 `here` 出发，走完剩下的时间看看。最后一行是它的网络权重数是我们的多少倍。
"""

# %% id="package"
from aigc_lab.train.generator import flow_batch
from aigc_lab.train.generator import guided as guided_by_words
from aigc_lab.train.generator import sample
from aigc_lab.train.input import corpus_spec, label_numbers

c = models.generator.config
some = rng.standard_normal((4, c.grid[0] + 1, *c.grid[1:], c.channels), np.float32)
inputs, speeds = flow_batch(some, label_numbers([corpus_spec(number) for number in range(4)]), rng)
rest = 1 - inputs["time"][:, None, None, None, None]
print(", ".join(inputs))
print("<<packages pair>>", np.allclose(inputs["here"] + rest * speeds, some[:, :-1], atol=1e-4))
print(f"{models.generator.count_params() / painter.count_params():.1f}x")

# %% [markdown] id="walk-idea" lang="en"
"""
`guided` and `sample` are our `guided` and `heun`. The shipped weights know ten themes, and a clip has 16 frames. We
look at every stop on the way, decoded. **In which step does one see what it will be?**
"""

# %% [markdown] id="walk-idea" lang="zh"
"""
`guided` 和 `sample` 就是我们的 `guided` 和 `heun`。自带的权重认识十种主题，一个片段有 16 帧。路上的每一站都解码出来看看。
**走到第几步，就看得出它会变成什么？**
"""

# %% id="walk"
from aigc_lab.generate.clips import decode, wish_arrays

wish = {"theme": "city", "style": "neon", "palette": "violet", "motion": "left"}
start = np.random.default_rng(seed).standard_normal((1, *c.grid, c.channels), np.float32)


def stops(count):
    field = guided_by_words(models.generator.predict_on_batch, wish_arrays(models, **wish), guidance)
    return [start, *(tokens for _, tokens in sample(field, start, count))]


shown = decode(models, np.concatenate(stops(steps)))
large = [show.enlarged(frames[8], 3) for frames in shown]
show.pictures([(f"<<step>> {at}", picture) for at, picture in enumerate(large)], "<<eight steps>>", columns=9, widest=760)

# %% [markdown] id="steps-idea" lang="en"
"""
Colours and space come first, edges last. So how many steps are enough? The same noise, with more and more steps:
"""

# %% [markdown] id="steps-idea" lang="zh"
"""
先有颜色和空间，最后才有轮廓。那么走几步才够？同一份噪声，步数越来越多：
"""

# %% id="steps" tags=["nbval-ignore-output"]
took, last = {}, {}
for count in (2, 4, 8, 16, 32) if mode != "smoke" else (2, 4):
    begun = clock.perf_counter()
    last[count] = stops(count)[-1]
    took[count] = clock.perf_counter() - begun
clips = dict(zip(last, decode(models, np.concatenate(list(last.values()))).astype(float), strict=True))
rows = [["<<steps name>>", "<<questions>>", "<<seconds>>", "<<difference>>"]]
for count, clip in clips.items():
    away = np.abs(clip - clips[max(clips)]).mean()
    rows.append([count, 2 * count - 1, f"{took[count]:.2f}", f"{away:.1f}"])
put(show.table(rows))
cells = [(f"<<steps name>> {count}", show.enlarged(clip[8].astype(np.uint8), 3)) for count, clip in clips.items()]
show.pictures(cells, "<<step pictures>>", columns=5, widest=600)

# %% [markdown] id="seed-idea" lang="en"
"""
From 8 steps on the eye hardly sees a difference, which is why 8 is what `generate_clip` does. It is the whole way in one
call. All chance is in the first noise, and the noise comes from the seed. **So what do two calls with one seed give?**
"""

# %% [markdown] id="seed-idea" lang="zh"
"""
8 步以后，眼睛几乎看不出差别，所以 `generate_clip` 默认走 8 步。它把整条路合成一次调用。
所有的偶然都在最初那份噪声里，而噪声由种子决定。**那么，同一个种子调用两次，会得到什么？**
"""

# %% id="seed"
from aigc_lab.generate.clips import generate_clip

lots = (seed, seed, seed + 1)
first, again, other = (generate_clip(**wish, guidance=guidance, steps=steps, seed=lot) for lot in lots)
print("<<same seed>>", np.array_equal(first.frames, again.frames))
print("<<other seed>>", np.array_equal(first.frames, other.frames))
pair = side_by_side(np.stack([first.frames, other.frames]))
show.clip(pair, "<<final clip>>", 240, out_dir, "generated", kilobytes=25)

# %% [markdown] id="end" lang="en"
"""
## What was left out

The package's network also has *attention*: each piece may look at every other, not only at its neighbours, and at a small
picture of the wished subject, for a table of words would have to learn every subject's shape by itself. It draws
times from the middle more often, because there the way is hardest. Large generators make the paths straighter after
training (*rectified flow*, *distillation*), so that 1 to 4 steps are enough. And where the words come from a sentence, a
text encoder stands in for our table: `python lab.py clip` has a small one (`aigc_lab/train/text_encoder.py`).

## Three questions

<details><summary>1. Why does the loss of a generator not fall to zero, and why is that no harm?</summary>

Many paths with different velocities pass one place at one time. The network can only tell their mean; how far the
single ones are from it stays in the loss. Following the means leads to the data all the same.
</details>

<details><summary>2. With one Euler step everything lands in the middle of the letter. Why just there?</summary>

At time 0 the place says nothing about where a path will end, so the mean of the ends is the mean of all data. One step
of length 1 goes straight there.
</details>

<details><summary>3. A colleague's pictures have garish colours and all look alike. Which knob do you turn first?</summary>

Guidance, down. Too much of it exaggerates what the word is about and costs variety. If that does not help: look at
whether the words were left out now and then in training; without that the comparison means nothing.
</details>

## Go on

Now do [the exercise](/exercises/06_generate.ipynb). All terms, in both languages: [the glossary](/notebooks/glossary.md).
"""

# %% [markdown] id="end" lang="zh"
"""
## 这一课没有讲的

程序包的网络里还有*注意力*：每一块都能看到其他所有块，不只是邻居；还能看到所要主体的一张小图——只凭一张词表，每个主体的形状都得从头学起。它训练时更常取中间的时刻，因为那一段路最难。
大型生成模型在训练之后还会把路拉直（*整流流*、*蒸馏*），这样走 1 到 4 步就够了。要是愿望是一句话，就用文本编码器代替我们那张表：
`python lab.py clip` 里就有一个小的（`aigc_lab/train/text_encoder.py`）。

## 三个问题

<details><summary>1. 生成模型的损失为什么降不到零？为什么这没有坏处？</summary>

同一时刻、同一地点，有许多速度不同的路经过。网络只能说出它们的平均；各条路与平均的差别，就一直留在损失里。
可是顺着平均走，照样能走到数据上。
</details>

<details><summary>2. 欧拉法只走一步，点全落在字的正中间。为什么偏偏是那里？</summary>

在时刻 0，位置完全看不出一条路会通向哪里，所以终点的平均就是全部数据的平均。步长为 1 的一步，正好走到那里。
</details>

<details><summary>3. 同事生成的画面颜色刺眼，张张都差不多。你先拧哪个旋钮？</summary>

引导强度，往小里拧。太大了会夸张词的意思，还会丢掉花样。如果没用，就查一查训练时有没有偶尔不给词；
从来没有不给过，那个对比就毫无意义。
</details>

## 接下来

去做[练习](/exercises/06_generate.ipynb)吧。所有术语的中英对照在[术语表](/notebooks/glossary.md)里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 06: Generate

Five tasks, about an hour. Come from [the lesson](/notebooks/06_generate.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Run the cell below it: `check` calls your function with several examples and says what is right and what is not.
- Stuck? Run the `hint` cell: after each new failed try one more hint opens.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 06：生成

共五题，大约一小时。先学[课文](/notebooks/06_generate.ipynb)，做题时也可以开着它对照。

- 在写着“在这里写代码”的地方写代码（英文版里写作 `YOUR CODE HERE`），并删掉 `raise NotImplementedError()` 这一行。
- 然后运行它下面的一格：`check` 会用几个例子调用你的函数，告诉你哪里对、哪里不对。
- 卡住了？运行 `hint` 那一格：每次改了代码仍没通过，就多打开一条提示。
"""

# %% id="exercise-start" part="exercise" grade="readonly"
import itertools

import numpy as np

from aigc_lab.course.check import check, hint, progress, student_seed, use_language
from aigc_lab.course.generating import own_walk, symptoms_view

use_language("<<language>>")

# %% [markdown] id="task-1" lang="en" part="exercise" grade="readonly"
"""
## 06.1 What the network learns from (3 points)

Write `flow_pair(noise, clips, times)`; it returns two arrays, `here, velocity`. `here` is the place on the straight
path from each noise to its clip at its time (0 is noise, 1 is the clip), `velocity` the velocity on that path. `noise`
and `clips` have the shape `(B, H, W, C)`, `times` has the shape `(B,)`: each clip has a time of its own.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 06.1 网络的教材（3 分）

写函数 `flow_pair(noise, clips, times)`，返回两个数组：`here, velocity`。`here` 是从每份噪声到对应片段的直线上、
在各自时刻的位置（0 是噪声，1 是片段），`velocity` 是这条路上的速度。`noise` 和 `clips` 的形状是 `(B, H, W, C)`，
`times` 的形状是 `(B,)`：每个片段有自己的时刻。
"""


# %% id="flow-pair" part="exercise" grade="answer"
def flow_pair(noise, clips, times):
    # <<pair in>>
    ### BEGIN SOLUTION
    t = times[:, None, None, None]
    return (1 - t) * noise + t * clips, clips - noise
    ### END SOLUTION


# %% id="flow-pair-check" part="exercise" grade="test" points=3
check("06.1", flow_pair).points

# %% id="flow-pair-hint" part="exercise" grade="readonly"
hint("06.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 06.2 Walk with Heun (3 points)

Here is Euler's walk. Write `heun(velocity, noise, steps)`, which asks twice in each step and goes along the mean of
both velocities; in the last step it goes straight on, because nobody may be asked at time 1.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 06.2 用休恩法走（3 分）

下面是欧拉法。写函数 `heun(velocity, noise, steps)`：每一步问两次，按两个速度的平均走；
最后一步直接走，因为时刻 1 不许提问。
"""


# %% id="euler-given" part="exercise" grade="readonly"
def euler(velocity, noise, steps):
    here, times = noise, np.linspace(0, 1, steps + 1)
    for now, then in itertools.pairwise(times.tolist()):
        here = here + (then - now) * velocity(here, now)
    return here


# %% id="own-heun" part="exercise" grade="answer"
def heun(velocity, noise, steps):
    # <<heun in>>
    ### BEGIN SOLUTION
    here, times = noise, np.linspace(0, 1, steps + 1)
    for now, then in itertools.pairwise(times.tolist()):
        slope = velocity(here, now)
        if then < 1:
            slope = (slope + velocity(here + (then - now) * slope, then)) / 2
        here = here + (then - now) * slope
    return here
    ### END SOLUTION


# %% id="own-heun-check" part="exercise" grade="test" points=3
check("06.2", heun).points

# %% id="own-heun-hint" part="exercise" grade="readonly"
hint("06.2")

# %% [markdown] id="own-walk" lang="en" part="exercise" grade="readonly"
"""
See it at work: 4 steps of Euler and 4 of your own, on data that your number draws. The velocity is exact here, counted
out from the data, without a network.
"""

# %% [markdown] id="own-walk" lang="zh" part="exercise" grade="readonly"
"""
看看它的本事：欧拉法 4 步和你的 4 步，数据由你的学号抽出。这里的速度是精确的，直接由数据算出来，没有用网络。
"""

# %% id="own-walk-view" part="exercise" grade="readonly"
own_walk(euler, heun, student_seed())

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 06.3 Guidance (2 points)

Write `guided(predict, here, time, word, guidance)`: the velocity with guidance. `predict(here, time, word)` gives the
network's velocity; word 0 means anything. Guidance 0 ignores the word, 1 follows it, more goes on beyond it.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 06.3 引导（2 分）

写函数 `guided(predict, here, time, word, guidance)`，返回加了引导的速度。`predict(here, time, word)` 给出网络说的速度，
词 0 表示随便。引导强度 0 不理会词，1 照着做，再大就走过头。
"""


# %% id="guided" part="exercise" grade="answer"
def guided(predict, here, time, word, guidance):
    # <<guided in>>
    ### BEGIN SOLUTION
    without = predict(here, time, 0)
    return without + guidance * (predict(here, time, word) - without)
    ### END SOLUTION


# %% id="guided-check" part="exercise" grade="test" points=2
check("06.3", guided).points

# %% id="guided-hint" part="exercise" grade="readonly"
hint("06.3")

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 06.4 Mend a sampler (3 points)

This sampler should take noise to a clip in `steps` Euler steps, and give the same clip for the same seed. Nothing in
it raises an error, and yet there are four faults in two lines. Write `sampler`, a version without them.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 06.4 修好采样器（3 分）

这个采样器本来应当用 `steps` 步欧拉法把噪声变成片段，而且种子相同，片段就相同。它运行时不报错，
可是有两行里藏着四处毛病。写函数 `sampler`，把它们都修好。
"""


# %% id="broken-sampler" part="exercise" grade="readonly"
def broken_sampler(velocity, shape, steps, seed):
    # <<by steps>>
    here = np.random.default_rng().random(shape)
    times = np.linspace(1, 0, steps)
    for now, then in itertools.pairwise(times.tolist()):
        here = here + (then - now) * velocity(here, now)
    return here  # <<four faults>>


# %% id="sampler" part="exercise" grade="answer"
def sampler(velocity, shape, steps, seed):
    # <<sampler in>>
    ### BEGIN SOLUTION
    here = np.random.default_rng(seed).standard_normal(shape)
    times = np.linspace(0, 1, steps + 1)
    for now, then in itertools.pairwise(times.tolist()):
        here = here + (then - now) * velocity(here, now)
    return here
    ### END SOLUTION


# %% id="sampler-check" part="exercise" grade="test" points=3
check("06.4", sampler).points

# %% id="sampler-hint" part="exercise" grade="readonly"
hint("06.4")

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 06.5 Tell the fault from the result (2 points)

Five samplers, four of them faulty, started from the same noise. The pictures show what they made of data that your
number drew (pale behind):

- `right`: as it should be
- `sign`: the velocity has the wrong sign
- `one step`: one Euler step for the whole way
- `stopped early`: the walk ended at time 0.7
- `no time`: the network was told time 0 in every step

Write `name_fault(data, made)`, which gives one of these names. `data` and `made` are points, `(200, 2)`; the data, of
whatever shape, have mean 0 and deviation 1. Look at the pictures first: in which numbers do they differ?
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 06.5 看结果，断毛病（2 分）

五个采样器，四个有毛病，都从同一份噪声出发。下面的图是它们的结果，数据由你的学号抽出（背后浅色的就是）：

- `right`：正常
- `sign`：速度的符号反了
- `one step`：全程只走一步欧拉法
- `stopped early`：走到时刻 0.7 就停了
- `no time`：每一步都告诉网络现在是时刻 0

写函数 `name_fault(data, made)`，返回其中一个名称。`data` 和 `made` 都是点，形状是 `(200, 2)`；数据不管什么形状，
平均值都是 0，标准差都是 1。先看图：它们在哪些数上不一样？
"""

# %% id="symptoms" part="exercise" grade="readonly"
symptoms_view(student_seed())


# %% id="name-fault" part="exercise" grade="answer"
def name_fault(data, made):
    # <<points in>>
    ### BEGIN SOLUTION
    far = np.linalg.norm(made[:, None] - data, axis=2).min(axis=1).mean()
    if made.std() < 0.1:
        return "one step"
    if far < 0.1:
        return "right"
    if made.std() > 1.5:
        return "sign"
    return "no time" if made.std() < 0.5 else "stopped early"
    ### END SOLUTION


# %% id="name-fault-check" part="exercise" grade="test" points=2
check("06.5", name_fault).points

# %% id="name-fault-hint" part="exercise" grade="readonly"
hint("06.5")

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
progress("06")
