# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick; smoke: a test with few films; full: trains longer", zh: "quick；自动测试用 smoke，影片少；full 训练更久"}
# theme knob: {en: what the film in the pictures shows, zh: 示例影片的主题}
# given knob: {en: "how many frames the model sees, 1 to 10", zh: "模型能看到几帧，1 到 10"}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# a film: {en: A drawn scene of twenty frames, zh: 一段二十帧的绘制场景}
# frame: {en: frame, zh: 帧}
# difference: {en: "difference of frames 9 and 10", zh: 第 9 帧和第 10 帧的差异}
# two and a difference: {en: Two neighbouring frames and where they differ, zh: 相邻两帧，以及它们不同的地方}
# copied: {en: copy the last frame, zh: 照搬最后一帧}
# averaged: {en: mean of the ten, zh: 十帧的平均}
# twice: {en: go on as before, zh: 按原速外推}
# rival: {en: rival, zh: 对手}
# mean error: {en: mean error, zh: 平均误差}
# remembers: {en: with memory, zh: 有记忆的}
# one convolution: {en: one convolution for all four, zh: 四个和，一次卷积算出来}
# see true frame: {en: "first the true frames, then its own", zh: 先读真实的帧，再读自己说的帧}
# all at once: {en: all at once, zh: 一眼看全的}
# equal time: {en: about as many seconds, zh: 用时大致相同}
# time to channels: {en: time becomes channels, zh: 时间变成通道}
# warm: {en: builds the model, zh: 建好模型}
# seconds: {en: seconds, zh: 秒}
# clips seen: {en: films seen, zh: 看过的影片}
# parameters: {en: parameters, zh: 参数}
# truth: {en: truth, zh: 真实}
# foretold: {en: "Frames 11 to 20 as drawn, copied, and as the models foretell them", zh: "第 11 到 20 帧：真实的、照搬的、两个模型预测的"}
# shipped: {en: shipped, zh: 现成的}
# ball: {en: ball, zh: 球}
# left: {en: one future, zh: 一种未来}
# right: {en: another, zh: 另一种}
# mean of all: {en: mean of all futures, zh: 所有未来的平均}
# model says: {en: the model says, zh: 模型说}
# two futures: {en: "A ball, two of its futures, their mean, what a model foretells", zh: 球、它的两种未来、所有未来的平均、模型的预测}
# sharpness: {en: fine detail, zh: 细节多少}
# frames in: {en: "frames: uint8 (20, H, W)", zh: "frames 是 uint8 数组（20, H, W）"}
# sums in:
#   en: "sums: a dict of four arrays: forget, write, new, tell; kept: an array"
#   zh: sums 是字典，里面有四个数组：forget、write、new、tell；kept 是数组
# step in:
#   en: "step(frame, memory) -> (next frame, memory); frames: a list; count: a whole number"
#   zh: step(frame, memory) -> (下一帧, memory)；frames 是列表，count 是整数
# futures in:
#   en: "futures: uint8 (N, H, W); error: 'squares' or 'absolute'"
#   zh: "futures 是 uint8 数组（N, H, W），error 是 'squares' 或 'absolute'"
# gliding in: {en: "frames: uint8 (10, H, W); count: a whole number", zh: "frames 是 uint8 数组（10, H, W），count 是整数"}

# %% [markdown] id="title" lang="en"
"""
# 04 Predict: what comes next?

A model that can say how a film goes on must have understood something about motion. In this lesson you build two such
models, one that remembers and one that does not, and let both compete with the meanest rival there is: "it stays as it
is". This is what you will see:

<img src="/docs/predict.webp" width="760"
alt="Three rows of frames of a drawn scene that moves: as drawn, the last known frame copied, and foretold by a model.
The model's frames follow the motion and get softer the later they are">

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb), and from lesson 03: layer, loss, epoch, LSTM.

**When you are done, you can**

1. measure a prediction frame by frame, beside the rival that copies the last frame;
2. write a ConvLSTM, a memory that knows *where*, and a simpler network that learns more in the same time;
3. explain why predictions get worse frame by frame, and why they blur.

**Time:** about 60 minutes for you, and an hour for the exercise. For the machine about two minutes on two cores.
"""

# %% [markdown] id="title" lang="zh"
"""
# 04 预测：接下来会怎样？

能把一段影片接着说下去的模型，对运动总得懂点什么。这一课我们做两个这样的模型，一个有记忆，一个没有，
再让它们都去和最气人的对手比一比：“就当什么都不会变”。下图就是途中会看到的：

<img src="/docs/predict.webp" width="760"
alt="一段会动的绘制场景，三排画面：真实的、照搬最后一帧的、模型预测的。模型的画面跟得上运动，越往后越柔和">

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)；还要用到第 03 课的：层、损失、轮次、LSTM。

**学完这一课，你能够**

1. 一帧一帧地衡量预测得好不好，并且总拿“照搬最后一帧”来对照；
2. 写出 ConvLSTM（一种记得住*位置*的记忆），以及一个更简单、同样时间里却学得更多的网络；
3. 说清楚预测为什么一帧比一帧差，又为什么会变模糊。

**用时：** 你大约要 60 分钟，练习再留一小时。机器大约算两分钟（双核）。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`theme` and `given` come back in section 7, where you can also turn them with knobs.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`theme`（主题）和 `given`（给出几帧）会在第 7 节用到，那里也可以用旋钮来调。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
theme = "travel"  # <<theme knob>>
given = 10  # <<given knob>>

# %% id="start"
import time

from aigc_lab.course import show
from aigc_lab.course.page import put, use_language

import keras
import numpy as np
from keras import layers, ops

use_language("<<language>>")  # <<spoken to you>>
keras.utils.set_random_seed(seed)
count = {"smoke": 16, "quick": 480, "full": 2000}[mode]

# %% [markdown] id="motion-idea" lang="en"
"""
## 1. What is motion, to a model?

A film is a stack of pictures: time, rows, columns, colours. A single picture says what is there, not where it is
going. **Look at the two frames: can you tell from the left one alone which way it will move? And from both?**
"""

# %% [markdown] id="motion-idea" lang="zh"
"""
## 1. 对模型来说，什么是运动？

影片就是一叠画面：时间、行、列、颜色。单独一张画面只说明有什么，说明不了要往哪里去。
**看下面两帧：只看左边一张，你说得出它会往哪边动吗？两张一起看呢？**
"""

# %% id="motion"
from aigc_lab.course.predicting import drawn_film, large
from aigc_lab.media import Clip

film = drawn_film(theme, seed)
print(film.frames.shape, film.fps, "fps")
change = np.abs(film.frames[9].astype(int) - film.frames[8]).astype(np.uint8) * 3
cells = [("<<frame>> 9", film.frames[8]), ("<<frame>> 10", film.frames[9]), ("<<difference>>", change)]
cells = [(name, large(frame)) for name, frame in cells]
put(show.pictures(cells, "<<two and a difference>>", columns=3, widest=420))
large_film = Clip(np.stack([large(frame, zoom=3) for frame in film.frames]), film.fps)
show.clip(large_film, "<<a film>>", width=120, out_dir=out_dir, name="film", kilobytes=30)

# %% [markdown] id="motion-seen" lang="en"
"""
Motion is in the *edges*: where nothing changes from pixel to pixel, a shift changes nothing. A model must compare
frames to see it. Its task from here on: **ten frames are given (1 to 10), the next ten are asked for (11 to 20).** This
is how the field has measured itself for ten years.

## 2. The rival that embarrasses many

Before anything is learned: what does it cost to learn nothing? The first rival copies frame 10 ten times. The second
takes the mean of all ten frames. The third thinks: what changed from frame 9 to 10 will change again, and again. The
error of a frame is the sum of the squared differences of all its pixels, values from 0 to 1. **Which of the three is
best? And how do the errors change from frame 11 to frame 20?**
"""

# %% [markdown] id="motion-seen" lang="zh"
"""
运动藏在*边缘*里：像素和像素之间没有差别的地方，怎么移都一样。模型必须拿几帧来比较，才看得出运动。
从现在起，它的任务是：**给出十帧（第 1 到 10 帧），要预测接下来的十帧（第 11 到 20 帧）。** 十年来，这个领域一直这样考自己。

## 2. 让许多人难堪的对手

什么都没学之前，先问一句：什么都不学，代价是多少？第一个对手把第 10 帧照搬十次；第二个取十帧的平均；
第三个想：从第 9 帧到第 10 帧变了多少，接下来就再变多少，一直变下去。一帧的误差，就是把所有像素之差（数值 0 到 1）的平方加起来。
**三个里谁最好？从第 11 帧到第 20 帧，误差会怎样变化？**
"""

# %% id="rivals"
from aigc_lab.course.predicting import EXAM, films, rollout_chart

learn_from, exam = films(count, 1000 * seed), films(64 if count > 16 else 8, EXAM)
shown, truth = exam[:, :10], exam[:, 10:] / np.float32(255)


def errors(made):
    return ((made - truth) ** 2).sum(axis=(2, 3, 4)).mean(axis=0)


share = shown / np.float32(255)
last, step = share[:, 9:], share[:, 9:] - share[:, 8:9]
ahead = np.arange(1, 11).reshape(1, 10, 1, 1, 1)
curves = {"<<copied>>": errors(last), "<<averaged>>": errors(share.mean(axis=1, keepdims=True))}
curves["<<twice>>"] = errors(np.clip(last + ahead * step, 0, 1))
put(show.table([["<<rival>>", "<<mean error>>"], *([name, f"{curve.mean():.0f}"] for name, curve in curves.items())]))
rollout_chart(curves)

# %% [markdown] id="rivals-seen" lang="en"
"""
Copying is best: from one frame to the next little changes. Adding the last change again is about as good for a single
frame and then goes wrong, because a moving edge does not brighten the same pixel twice: it moves on to the next one. **So a model
has to beat the line of copying, in every frame.** In many reports this line is missing.

## 3. A memory that knows where

An LSTM (lesson 03) reads one thing after the other and keeps a memory. Its gates are sums over *all* inputs: it does
not know that pixel (10, 12) lies beside (10, 13). A *ConvLSTM* (Shi and others 2015) makes each sum a *convolution*:
each place has a memory of its own and looks at its neighbours only. With x the frame, h what was said, c what is
kept, and `*` a convolution:

```text
f, i, g, o = W * [x, h] + b
c' = σ(f + 1) · c + σ(i) · tanh(g)
h' = σ(o) · tanh(c')
```

σ makes a share between 0 and 1 of any number: how much to *forget*, to *write* and to *tell*. The 1 is there so
that at first it keeps most of what it has. **How many rows will the program need for this?**
"""

# %% [markdown] id="rivals-seen" lang="zh"
"""
照搬最好：从一帧到下一帧，变化本来就不大。把上次的变化再加一遍，头一帧还差不多，往后就错得厉害：
移动的边缘不会让同一个像素再亮一次，它已经移到旁边那个像素去了。**所以，模型必须在每一帧上都赢过照搬这条线。** 许多报告里偏偏没有这条线。

## 3. 记得住位置的记忆

LSTM（第 03 课）一个接一个地读，并且保留记忆。可它的门是对*所有*输入求和：它不知道像素 (10, 12) 就在 (10, 13) 旁边。
*ConvLSTM*（Shi 等，2015）把每个求和都换成*卷积*：每个位置都有自己的记忆，只看左邻右舍。
设 x 是画面，h 是说出来的，c 是记住的，`*` 是卷积：

```text
f, i, g, o = W * [x, h] + b
c' = σ(f + 1) · c + σ(i) · tanh(g)
h' = σ(o) · tanh(c')
```

σ 把任何数变成 0 到 1 的份额：*忘掉*多少、*写入*多少、*说出*多少。加上那个 1，是让它一开始把记忆大多留住。
**猜一猜：写成程序要几行？**
"""


# %% id="cell"
class Cell(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.sums = layers.Conv2D(4 * width, 3, padding="same")  # W, b

    def call(self, x, h, c):
        # <<one convolution>>
        f, i, g, o = ops.split(self.sums(ops.concatenate([x, h], axis=-1)), 4, axis=-1)
        c = ops.sigmoid(f + 1) * c + ops.sigmoid(i) * ops.tanh(g)  # c'
        h = ops.sigmoid(o) * ops.tanh(c)  # h'
        return h, c


# %% [markdown] id="remember-idea" lang="en"
"""
Three rows. Around it, a model: it reads frame by frame and says after each by how much the next one differs. From
frame 10 on it reads *what it said itself*. Two tricks make it affordable and good:

- Squares of 4 x 4 pixels become one place with 48 numbers (`squares`, and back with `pixels`): a sixteenth of the
  places.
- The layer that says the change begins with zeros. Untrained, the model says "nothing changes": **it begins as the
  rival.**
"""

# %% [markdown] id="remember-idea" lang="zh"
"""
三行。外面再套一个模型：它一帧一帧地读，每读一帧，就说下一帧和这一帧差多少；从第 10 帧起，它读的是*自己说的*。
有两个小窍门，让它算得起，也学得好：

- 4 x 4 个像素并成一个位置，带 48 个数（`squares`；用 `pixels` 还原）：位置只剩十六分之一。
- 说出变化的那一层从零开始。没训练时它说“什么都不变”：**它的起点就是那个对手。**
"""

# %% id="remember"
from aigc_lab.train.predictor import pixels, squares


class Remembers(keras.Model):
    def __init__(self, width=32):
        super().__init__()
        self.width, self.cell = width, Cell(width)
        self.change = layers.Dense(48, kernel_initializer="zeros")

    def call(self, frames):
        frames = ops.cast(frames, "float32") / 255
        h = c = ops.zeros((ops.shape(frames)[0], 18, 10, self.width))
        said = []
        for at in range(19):
            if at < 10:  # <<see true frame>>
                frame = squares(frames[:, at])
            h, c = self.cell(frame, h, c)
            frame = frame + self.change(h)
            said.append(pixels(frame))
        return ops.stack(said[-10:], axis=1)


# %% [markdown] id="learn-idea" lang="en"
"""
Now it learns: from films that are not in the exam, to make the mean of the squares small. After each round we ask it
about the films of the exam. **Where will its curve begin, and will it get below the dotted line?** (Half a minute.)
"""

# %% [markdown] id="learn-idea" lang="zh"
"""
现在让它学：用考试里没有的影片，把平方误差的平均降下来。每学一轮，就用考试的影片考它一次。
**它的曲线会从哪里开始？能不能降到虚线以下？**（大约半分钟。）
"""

# %% id="learn" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import learning_chart

lessons, answers = learn_from[:, :10], learn_from[:, 10:] / np.float32(255)
rounds = {"smoke": 1, "quick": 8, "full": 40}[mode]


def learn(model, rounds, rate=2e-3):
    model.compile(optimizer=keras.optimizers.AdamW(rate, clipnorm=1.0), loss="mse", run_eagerly=mode == "smoke")
    model.train_on_batch(lessons[:8], answers[:8])  # <<warm>>
    begun, curve = time.perf_counter(), []
    for turn in range(rounds):
        model.optimizer.learning_rate.assign(rate * (1 - turn / rounds))
        model.fit(lessons, answers, batch_size=8, verbose=0)
        curve.append((time.perf_counter() - begun, errors(model.predict(shown, verbose=0)).mean()))
    return curve


remembers = Remembers()
progress = {"<<remembers>>": learn(remembers, rounds)}
learning_chart(progress, curves["<<copied>>"].mean(), "<<copied>>")

# %% [markdown] id="learn-seen" lang="en"
"""
It learns, and it beats copying: not by luck, because these films it has never seen. What do its frames look like?
Frames with an orange edge are foretold. **Where does it know more than the row of copies?**
"""

# %% [markdown] id="learn-seen" lang="zh"
"""
它学到了东西，赢过了照搬；这不是运气，因为这些影片它从没见过。它说出来的画面长什么样？橙色边框的是预测出来的。
**它在哪里比照搬的那一排懂得多？**
"""

# %% id="look" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import strip


def foretell(model):
    return model.predict(film.frames[None, :10], verbose=0)[0]


rows = {"<<truth>>": film.frames, "<<copied>>": np.repeat(film.frames[9:10], 10, axis=0)}
rows["<<remembers>>"] = foretell(remembers)
strip(rows, [10, 11, 14, 17, 20], "<<foretold>>")

# %% [markdown] id="mixer-idea" lang="en"
"""
## 4. A rival without memory

Must a model read frame by frame at all? In 2022 a group (Gao and others, "SimVP") tried the simplest thing: **lay
all ten frames on top of each other as channels, mix them with plain convolutions, and say all ten answers at once.**
No memory, no loop. The first one goes through its cell 19 times a film, one after the other; this one goes through
each layer once, and so sees several times as many films in the same time. **Who will win?**
"""

# %% [markdown] id="mixer-idea" lang="zh"
"""
## 4. 没有记忆的对手

非得一帧一帧地读吗？2022 年，有人（Gao 等，“SimVP”）试了最简单的办法：**把十帧叠在一起当通道，用普通的卷积来混合，
十个答案一次说完。** 没有记忆，也没有循环。前一个模型每段影片要把记忆单元走 19 遍，一遍接一遍；
这一个每层只走一遍，所以同样的时间里看过的影片要多好几倍。**谁会赢？**
"""


# %% id="mixer"
class SeesAll(keras.Model):
    def __init__(self, features=16, mixed=96, blocks=4):
        super().__init__()
        self.see = layers.Conv2D(features, 3, padding="same", activation="silu")
        self.gather = layers.Dense(mixed)
        self.wide = [layers.Conv2D(mixed, 3, padding="same", activation="silu") for _ in range(blocks)]
        self.mix = [layers.Dense(mixed, kernel_initializer="zeros") for _ in range(blocks)]
        self.change = layers.Dense(10 * 48, kernel_initializer="zeros")

    def call(self, frames):
        frames = ops.cast(frames, "float32") / 255
        x = self.see(squares(ops.reshape(frames, (-1, 72, 40, 3))))  # (B * 10, 18, 10, 16)
        x = ops.transpose(ops.reshape(x, (-1, 10, 18, 10, 16)), (0, 2, 3, 1, 4))
        x = self.gather(ops.reshape(x, (-1, 18, 10, 160)))  # <<time to channels>>
        for wide, mix in zip(self.wide, self.mix, strict=True):
            x = x + mix(wide(x))
        x = ops.transpose(ops.reshape(self.change(x), (-1, 18, 10, 10, 48)), (0, 3, 1, 2, 4))
        said = pixels(ops.reshape(x, (-1, 18, 10, 48)))  # (B * 10, 72, 40, 3)
        return frames[:, 9:] + ops.reshape(said, (-1, 10, 72, 40, 3))


# %% id="compete" tags=["nbval-ignore-output"]
sees_all = SeesAll()
progress["<<all at once>>"] = learn(sees_all, int(2.5 * rounds))  # <<equal time>>
rows_of = [["", "<<seconds>>", "<<clips seen>>", "<<parameters>>", "<<mean error>>"]]
for name, model in (("<<remembers>>", remembers), ("<<all at once>>", sees_all)):
    took, error = progress[name][-1]
    seen = len(progress[name]) * count
    rows_of.append([name, f"{took:.0f}", f"{seen:,}", f"{model.count_params():,}", f"{error:.0f}"])
rows_of.append(["<<copied>>", "0", "0", "0", f"{curves['<<copied>>'].mean():.0f}"])
put(show.table(rows_of))
learning_chart(progress, curves["<<copied>>"].mean(), "<<copied>>")

# %% [markdown] id="compete-seen" lang="en"
"""
Look at the seconds, not at the rounds: that is what a comparison costs you. The model without memory has more
parameters and is faster all the same, because a computer likes few large pieces of work better than many small ones
that wait for each other. **Compare models at equal time on the same machine, and always say how long.**

## 5. Errors grow

Ten answers, ten errors. **Before you run it: the model with memory eats its own answers from frame 11 on. What will
that do to its curve?**
"""

# %% [markdown] id="compete-seen" lang="zh"
"""
要看秒数，不要看轮次：比较一次花掉的就是时间。没有记忆的模型参数更多，反而更快：计算机喜欢少而大块的活，
不喜欢许多互相等待的小活。**比较模型，要在同一台机器上用同样的时间，并且说明用了多久。**

## 5. 误差越滚越大

十个答案，十个误差。**运行之前想一想：有记忆的模型从第 11 帧起吃的是自己的答案，它的曲线会怎样？**
"""

# %% id="grow" tags=["nbval-ignore-output"]
models = {"<<remembers>>": remembers, "<<all at once>>": sees_all}
grown = {name: errors(model.predict(shown, verbose=0)) for name, model in models.items()}
put(rollout_chart({"<<copied>>": curves["<<copied>>"]} | grown))
strip({"<<truth>>": film.frames, "<<all at once>>": foretell(sees_all)}, [10, 11, 14, 17, 20], "<<foretold>>")

# %% [markdown] id="grow-seen" lang="en"
"""
All curves rise: the further away a frame is, the less the known ones say about it. For the model with memory there is
more to it: every answer carries a small error, and the next answer is built on it. Feeding on one's own answers is
called a *roll-out*, and that its errors add up is known to everybody who works with text models, too.

## 6. Trained for longer

Half a minute of training is not much. The package has both models at a more serious size (`aigc_lab/train/predictor.py`
reads like this lesson), trained for equal time. **By how much will they be better than ours?**
"""

# %% [markdown] id="grow-seen" lang="zh"
"""
曲线都往上走：离得越远，已知的画面越说明不了什么。有记忆的模型还多一层麻烦：每个答案都带着一点误差，
下一个答案又建在它上面。拿自己的答案接着走，叫*滚动预测*（roll-out）；误差会越滚越大，做文本模型的人同样深有体会。

## 6. 训练得更久

训练半分钟不算什么。程序包里有这两个模型的正式版（`aigc_lab/train/predictor.py` 读起来就像这一课），训练时间相同。
**会比我们的好多少？**
"""

# %% id="shipped" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import error_table, on_moving_mnist
from aigc_lab.train.predicting import compare, go_on, load_predictor, trained_for

longer = {"ConvLSTM": load_predictor("convlstm"), "SimVP": load_predictor("mixer")}
for name, kind in zip(longer, ("convlstm", "mixer"), strict=True):
    print(f"{name}: {trained_for(kind) / 60:.0f} min")
table = compare(exam, longer, "<<shipped>>")
table[0]["model"] = "<<copied>>"
put(show.table(error_table(table)))
put(show.table(error_table(on_moving_mnist()), "Moving MNIST"))
rows = {"<<truth>>": film.frames} | {name: go_on(model, film.frames[:10]) for name, model in longer.items()}
strip(rows, [10, 11, 14, 17, 20], "<<foretold>>")

# %% [markdown] id="shipped-seen" lang="en"
"""
`mse` is our error of a frame; `ssim` says how alike two pictures look (1: the same), `psnr` is the error in decibels
(more is better), `ms` is the time for a film. The second table has other films: *Moving MNIST*, two handwritten digits
that bounce in a box. Its upper rows are measured: our two networks learned from such films for so many `minutes`, on one
core of a processor, and then saw 10,000 films made of digits that they did not know. The lower rows are published, with
200 rounds on a large graphics card and the standard file of such films. **So the numbers tell what time and size buy,
and the order is the same everywhere:** plain convolutions beat the memory.

## 7. Play

Choose a theme, turn the seed, and give the model fewer frames. On the left the film as drawn, on the right the
frames that the model saw, then its own with the orange edge. **What can it still do with a single frame? Which films
are hopeless?**
"""

# %% [markdown] id="shipped-seen" lang="zh"
"""
`mse` 就是我们的一帧误差；`ssim` 表示两张画面看起来有多像（1 是一样），`psnr` 是换算成分贝的误差（越大越好），`ms` 是一段影片用的毫秒数。
第二张表换了影片：*Moving MNIST*，两个手写数字在方框里弹来弹去。上面几行是测出来的：我们的两个网络在一个 CPU 核上学了 `minutes` 那么多分钟，
再去看 10000 段用没见过的数字做成的影片。下面几行是已发表的，用大显卡学了 200 轮，测的是标准文件里的影片。
**所以数值说明时间和规模能换来什么，名次则处处相同：** 普通卷积赢了有记忆的。

## 7. 玩一玩

选主题，转种子，再让模型少看几帧。左边是真实的影片；右边先是模型看到的，然后是它自己说的，带橙色边框。
**只给一帧，它还能做什么？哪些影片毫无希望？**
"""

# %% id="play" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import forecast, forecast_knobs

best = longer["SimVP"]
forecast_knobs(lambda *chosen: forecast(best, *chosen, kilobytes=50), "<<language>>", theme, seed, given)

# %% [markdown] id="number-idea" lang="en"
"""
The same with numbers:
"""

# %% [markdown] id="number-idea" lang="zh"
"""
同样的事，直接写数字：
"""

# %% id="number" tags=["nbval-ignore-output"]
forecast(best, theme, seed, given)

# %% [markdown] id="blur-idea" lang="en"
"""
With one frame it can't know the direction, and hardly moves: that is the safest guess. What comes in from the edge
of the picture, nobody can know; there it paints fog.

## 8. What goes wrong: the mean of all futures

Where does the fog come from? A ball falls on an edge and rolls to the left or to the right, as chance will have it. A
small network sees the ball fall, many times, and learns with squares. **What will it foretell: left, right, or
something that never happens?**
"""

# %% [markdown] id="blur-idea" lang="zh"
"""
只给一帧，它没法知道方向，于是几乎不动：这样猜最稳妥。从画面边缘进来的东西，谁也不可能知道；那里它就画成一片雾。

## 8. 出错会怎样：所有未来的平均

雾是从哪里来的？一个球落在刀刃上，往左滚还是往右滚，全凭运气。一个小网络看这个球落下来，看很多次，用平方误差来学。
**它会预测什么：左边，右边，还是一种从来不会发生的情形？**
"""

# %% id="blur" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import ball_with_two_futures

before, after = ball_with_two_futures(512, seed)
tiny = keras.Sequential([layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(256)])
tiny.add(layers.Reshape((16, 16, 1)))
tiny.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
tiny.fit(before, after, batch_size=32, epochs=12, verbose=0)

left, right = after[after[:, 10, :8].sum(axis=(1, 2)) > 2], after[after[:, 10, 8:].sum(axis=(1, 2)) > 2]
cells = [("<<ball>>", before[0, ..., 1]), ("<<left>>", left[0]), ("<<right>>", right[0])]
cells += [("<<mean of all>>", after.mean(axis=0)), ("<<model says>>", tiny.predict(before[:1], verbose=0)[0])]
cells = [(name, large(frame, zoom=8)) for name, frame in cells]
show.pictures(cells, "<<two futures>>", columns=5, widest=760)

# %% [markdown] id="blur-seen" lang="en"
"""
Two half balls, which never happens. But count: "left" is exactly right in half of the cases and terribly wrong in the
other half; the pale mean is a little wrong always, and the mean of its squares is *smaller*. The model did what it was
told. **Blur is no weakness of the network; it is the right answer to the wrong question.** The same with our films:
how much fine detail have the foretold frames?
"""

# %% [markdown] id="blur-seen" lang="zh"
"""
两个半透明的球，而这种情形从来不会发生。但算一算就明白：猜“左”，一半时候完全正确，另一半错得离谱；那个淡淡的平均总是错一点点，
平方误差的平均反而*更小*。模型只是照吩咐办事。**模糊不是网络的弱点，而是问错了问题之后的正确答案。**
我们的影片也是这样：预测出来的画面还剩多少细节？
"""

# %% id="detail" tags=["nbval-ignore-output"]
from aigc_lab.course.predicting import fine_detail

rollout_chart({"<<truth>>": fine_detail(truth), "SimVP": fine_detail(go_on(best, shown))}, "<<sharpness>>")

# %% [markdown] id="end" lang="en"
"""
The true frames keep their detail, the foretold ones lose it frame by frame. Whoever wants sharp pictures must ask for
*one* possible future instead of the mean of all. That is what generative models do: lesson 06.

## What was left out

Models that foretell several futures (with a random number as an input). Losses for sharpness, which are no longer
honest about the error. Networks that move pixels along arrows instead of painting them anew. With MNIST's digits on
your machine, `aigc-lab train predictor --digits mnist.npz` learns from films of digits, and
`aigc-lab evaluate predictor --moving-mnist` (with the standard file, or with `mnist.npz`) puts rows of yours beside the
published ones.

## Three questions

<details><summary>1. A report says: "our model predicts the next frame with 38 dB". What do you ask?</summary>

How many dB does copying the last frame reach? From one frame to the next nearly nothing changes, so 38 dB may be
less than that. And: what about the tenth frame?
</details>

<details><summary>2. Why may the model with memory go on for a hundred frames, and the other one not?</summary>

It says one frame at a time and can always be asked again. The other one has exactly ten answers built in; it would
have to be fed its own ten answers. Whether the hundredth frame is any good is another question.
</details>

<details><summary>3. A weather service foretells rain with such a network. For three hours from now all showers are
broad and weak. Is it broken?</summary>

No: it does not know where exactly each shower will be, so it spreads it over all places where it might be. For the mean
error this is right; whoever needs the strength of a shower has to ask for single possible futures.
</details>

## Go on

Now do [the exercise](/exercises/04_predict.ipynb). All terms, in both languages: [the
glossary](/notebooks/glossary.md).
"""

# %% [markdown] id="end" lang="zh"
"""
真实的画面细节不减，预测的画面一帧比一帧少。想要清晰的画面，就不能问所有未来的平均，而要问*一种*可能的未来。
生成模型做的正是这件事：第 06 课。

## 这一课没有讲的

能说出多种未来的模型（输入里加一个随机数）；追求清晰的损失函数，不过那样误差就不再实在了；
不重新画、而是沿着箭头搬动像素的网络。你的机器上有 MNIST 数字的话，`aigc-lab train predictor --digits mnist.npz` 可以学数字的影片；
`aigc-lab evaluate predictor --moving-mnist`（给它标准文件，或者 `mnist.npz`）会把你的结果和已发表的数字放在一起。

## 三个问题

<details><summary>1. 有份报告说：“我们的模型预测下一帧，达到 38 dB。”你会问什么？</summary>

照搬最后一帧能到多少 dB？相邻两帧几乎没有变化，38 dB 也许还不如照搬。还要问：第十帧呢？
</details>

<details><summary>2. 为什么有记忆的模型可以一直说到第一百帧，另一个却不行？</summary>

它一次说一帧，可以一直问下去。另一个模型里正好装着十个答案，想要更多，就得把它自己的十个答案再喂给它。
至于第一百帧还像不像样，那是另一回事。
</details>

<details><summary>3. 气象台用这样的网络预报降雨。三小时后的图上，所有阵雨都又大又弱。它坏了吗？</summary>

没有坏：它不知道每场阵雨到底会在哪里，就把它摊到所有可能的地方。就平均误差来说，这样是对的；
要想知道阵雨有多强，就得去问一种一种可能的未来。
</details>

## 接下来

去做[练习](/exercises/04_predict.ipynb)吧。所有术语的中英对照在[术语表](/notebooks/glossary.md)里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 04: Predict

Five tasks, about an hour. Come from [the lesson](/notebooks/04_predict.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Run the cell below it: `check` calls your function with several examples and says what is right and what is not.
- Stuck? Run the `hint` cell: after each new failed try one more hint opens.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 04：预测

共五题，大约一小时。先学[课文](/notebooks/04_predict.ipynb)，做题时也可以开着它对照。

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
## 04.1 What copying costs (2 points)

Write `copy_errors(frames)` for a grey film of 20 frames, bytes from 0 to 255. Frame 10 is copied as the answer for each
of the frames 11 to 20. Return a list of ten errors: for each frame the sum over its pixels of the squared
difference, with values from 0 to 1.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 04.1 照搬的代价（2 分）

写函数 `copy_errors(frames)`。frames 是一段 20 帧的灰度影片，数值是 0 到 255 的字节。第 11 到 20 帧，每一帧都照搬第 10 帧作为答案。
返回十个误差的列表：每一帧里，把所有像素之差（换成 0 到 1 的数值）的平方加起来。
"""


# %% id="copy-errors" part="exercise" grade="answer"
def copy_errors(frames):
    # <<frames in>>
    ### BEGIN SOLUTION
    shares = frames / 255
    return [float(((frame - shares[9]) ** 2).sum()) for frame in shares[10:]]
    ### END SOLUTION


# %% id="copy-errors-check" part="exercise" grade="test" points=2
check("04.1", copy_errors).points

# %% id="copy-errors-hint" part="exercise" grade="readonly"
hint("04.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 04.2 One step of a memory (3 points)

Write `memory_step(sums, kept)`, the inside of an LSTM cell, with NumPy. The four sums are already made:
`sums["forget"]`, `sums["write"]`, `sums["new"]` and `sums["tell"]`. `kept` is the memory so far. Return
`said, kept`, with the new memory:

```text
kept' = σ(forget + 1) · kept + σ(write) · tanh(new)
said = σ(tell) · tanh(kept')
```
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 04.2 记忆走一步（3 分）

用 NumPy 写函数 `memory_step(sums, kept)`，也就是 LSTM 单元的内部。四个和已经算好：
`sums["forget"]`、`sums["write"]`、`sums["new"]`、`sums["tell"]`；`kept` 是到现在为止的记忆。
返回 `said, kept`，其中 kept 是新的记忆：

```text
kept' = σ(forget + 1) · kept + σ(write) · tanh(new)
said = σ(tell) · tanh(kept')
```
"""


# %% id="sigmoid" part="exercise" grade="readonly"
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# %% id="memory-step" part="exercise" grade="answer"
def memory_step(sums, kept):
    # <<sums in>>
    ### BEGIN SOLUTION
    kept = sigmoid(sums["forget"] + 1) * kept + sigmoid(sums["write"]) * np.tanh(sums["new"])
    return sigmoid(sums["tell"]) * np.tanh(kept), kept
    ### END SOLUTION


# %% id="memory-step-check" part="exercise" grade="test" points=3
check("04.2", memory_step).points

# %% id="memory-step-hint" part="exercise" grade="readonly"
hint("04.2")

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 04.3 Feed on your own answers (3 points)

`step(frame, memory)` is a model: it reads a frame and gives two things, the next frame and the
new memory. At the beginning the memory is
`None`. Write `roll_out(step, frames, count)`: read all frames that are given, in order, then go on with the model's own
answers. Return the list of the `count` frames that follow the last given one.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 04.3 拿自己的答案接着走（3 分）

`step(frame, memory)` 是一个模型：读一帧，返回两样东西：下一帧和新的记忆。最开始的记忆是 `None`。
写函数 `roll_out(step, frames, count)`：先按顺序把给出的帧都读一遍，然后拿模型自己的答案接着走。
返回最后一个给出的帧之后的 `count` 帧，放在列表里。
"""


# %% id="roll-out" part="exercise" grade="answer"
def roll_out(step, frames, count):
    # <<step in>>
    ### BEGIN SOLUTION
    memory = None
    for frame in frames:
        now, memory = step(frame, memory)
    said = [now]
    while len(said) < count:
        now, memory = step(now, memory)
        said.append(now)
    return said
    ### END SOLUTION


# %% id="roll-out-check" part="exercise" grade="test" points=3
check("04.3", roll_out).points

# %% id="roll-out-hint" part="exercise" grade="readonly"
hint("04.3")

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 04.4 The best guess at many futures (2 points)

All pictures in `futures` are equally likely, and you may name a single one. Write `best_guess(futures, error)`: the
picture whose mean error, over all futures and pixels, is smallest. `error` says which error is counted: `"squares"`
for squared differences, `"absolute"` for differences without their sign. The numbers of futures are odd. Do not round.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 04.4 面对许多种未来，最好的猜测（2 分）

`futures` 里的画面，每一张的可能性都一样大，而你只能说一张。写函数 `best_guess(futures, error)`：
返回对所有未来、所有像素来说平均误差最小的那张画面。`error` 说明算哪种误差：`"squares"` 是差的平方，`"absolute"` 是差的绝对值。
未来的数目总是奇数。结果不要取整。
"""


# %% id="best-guess" part="exercise" grade="answer"
def best_guess(futures, error):
    # <<futures in>>
    ### BEGIN SOLUTION
    return futures.mean(axis=0) if error == "squares" else np.median(futures, axis=0)
    ### END SOLUTION


# %% id="best-guess-check" part="exercise" grade="test" points=2
check("04.4", best_guess).points

# %% id="best-guess-hint" part="exercise" grade="readonly"
hint("04.4")

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 04.5 A rival that only goes on moving (3 points)

A pattern glides through a film: in each frame by the same whole number of pixels, at most 3 down or up and at most 3
to the right or left; what leaves on one side comes in on the other (that is what `np.roll` does). Write
`go_on(frames, count)`: find the shift, and return the list of the `count` frames that follow.
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 04.5 只会接着动的对手（3 分）

影片里有个图案在滑动：每帧移动同样多的整数个像素，上下最多 3 个，左右最多 3 个；从一边出去的，又从另一边进来（`np.roll` 就是这样）。
写函数 `go_on(frames, count)`：找出每帧的位移，返回接下来的 `count` 帧，放在列表里。
"""


# %% id="go-on" part="exercise" grade="answer"
def go_on(frames, count):
    # <<gliding in>>
    ### BEGIN SOLUTION
    before, last = frames[-2].astype(int), frames[-1].astype(int)
    best = (np.inf, 0, 0)
    for down in range(-3, 4):
        for across in range(-3, 4):
            off = np.abs(np.roll(before, (down, across), (0, 1)) - last).sum()
            best = min(best, (off, down, across))
    return [np.roll(frames[-1], (t * best[1], t * best[2]), (0, 1)) for t in range(1, count + 1)]
    ### END SOLUTION


# %% id="go-on-check" part="exercise" grade="test" points=3
check("04.5", go_on).points

# %% id="go-on-hint" part="exercise" grade="readonly"
hint("04.5")

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
progress("04")
