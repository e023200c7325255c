# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, or smoke: a test with less material", zh: "quick；自动测试用 smoke，素材少一些"}
# rate knob: {en: how long a step downhill is, zh: 下山一步走多长}
# epochs knob: {en: how often the network sees every clip, zh: 每个片段让网络看几遍}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# whole lesson: {en: "smoke takes fewer clips", zh: "smoke 用的片段少"}
# some clips: {en: "Eight drawn clips with theme and style", zh: 八个绘制的片段，写着主题和风格}
# no overflow: {en: "without this, exp of a large score is too large", zh: 不减的话，分数一大，exp 就存不下}
# shares line: {en: "p = exp(s) / sum of exp(s)", zh: "p = exp(s) / 所有 exp(s) 之和"}
# loss line: {en: "L = mean of -ln(p of the right one)", zh: "L = -ln(正确答案的 p) 的平均"}
# slope line: {en: "dL/ds = p - 1 where right, p elsewhere", zh: "dL/ds：正确的那一项是 p - 1，其余是 p"}
# weight: {en: weight, zh: 权重}
# nudged: {en: by nudging, zh: 推一推}
# formula: {en: by the formula, zh: 用公式}
# rate: {en: step, zh: 步长}
# rounds: {en: round, zh: 轮次}
# loss: {en: loss, zh: 损失}
# learned: {en: clips it learned from, zh: 学过的片段}
# unseen: {en: unseen clips, zh: 没见过的片段}
# blind: {en: guessing, zh: 瞎猜}
# what it learns: {en: what it learns, zh: 学什么}
# style of colours: {en: "style, from 3 mean colours", zh: 由 3 个平均颜色学风格}
# theme of colours: {en: "theme, from 3 mean colours", zh: 由 3 个平均颜色学主题}
# theme of pixels: {en: "theme, from 8,640 pixel values", zh: 由 8640 个像素值学主题}
# weights: {en: numbers to learn, zh: 要学的数}
# epoch: {en: epoch, zh: 轮}
# look for: {en: "What the layer looks for: its weights as pictures, one for each theme", zh: 这一层在找什么：把权重画成图，每个主题一张}
# bright: {en: brightness, zh: 亮度}
# upright edges: {en: upright edges, zh: 竖直的边}
# level edges: {en: level edges, zh: 水平的边}
# edges: {en: "A frame, and the places of its upright and level edges", zh: 一帧画面，以及竖直和水平的边在哪里}
# printed: {en: as printed, zh: 原样}
# whole clip: {en: a whole clip given to it, zh: 把整个片段交给它}
# shape: {en: what comes out, zh: 输出的形状}
# layer: {en: layer, zh: 层}
# apart: {en: "largest difference: ", zh: 最大相差：}
# remembered: {en: what is kept of the old memory, zh: 旧记忆保留多少}
# forwards: {en: forward, zh: 正放}
# backwards: {en: backwards, zh: 倒放}
# two ways: {en: "A clip forward and backwards, five frames each; the middle one is the same", zh: 一个片段正放和倒放，各五帧；正中间那帧完全一样}
# network: {en: network, zh: 网络}
# sees middle: {en: "CNN, sees the frame in the middle", zh: CNN，看正中间那一帧}
# sees first: {en: "CNN, sees the first frame", zh: CNN，看第一帧}
# sees all: {en: "CNN and LSTM, sees all five", zh: CNN 加 LSTM，五帧全看}
# right: {en: right answers, zh: 答对}
# at least: {en: "at least (95 %)", zh: "至少（95 %）"}
# of: {en: of, zh: 总数}
# ours: {en: "ours, drawn clips", zh: 我们的，绘制的片段}
# shipped drawn: {en: "the shipped one, drawn clips", zh: 项目自带的，绘制的片段}
# shipped made: {en: "the shipped one, generated clips", zh: 项目自带的，生成的片段}
# made: {en: "Ten generated clips: the theme that was wished for, and what the recognizer says", zh: 十个生成的片段：想要的主题，以及识别器的回答}
# told is: {en: "says: ", zh: 它说：}
# surest mistakes: {en: "Unseen clips where our network was surest and wrong", zh: 没见过的片段里，我们的网络最有把握却答错的}
# not but: {en: "{}, said {}", zh: "是{}，说成{}"}
# step in:
#   en: "x: numbers (N, D); y: the right kinds (N,); W: (D, K); b: (K,); rate: a number"
#   zh: x 是数（N, D），y 是正确的类别（N,），W 是（D, K），b 是（K,），rate 是一个数
# frames in:
#   en: "clips: (N, T, H, W, 3); look: a function from pictures (N, H, W, 3) to vectors (N, D)"
#   zh: clips 是（N, T, H, W, 3），look 是函数，把图片（N, H, W, 3）变成向量（N, D）
# memory in:
#   en: "vectors: (T, D); W: (D, M); U: (M, M); b: (M,)"
#   zh: vectors 是（T, D），W 是（D, M），U 是（M, M），b 是（M,）
# losses in: {en: "losses: a list of numbers; patience: a whole number", zh: losses 是数的列表，patience 是整数}
# matrix in: {en: "matrix: whole numbers (K, K)", zh: "matrix 是整数数组（K, K）"}

# %% [markdown] id="title" lang="en"
"""
# 03 Recognise: from one layer to a network that watches clips

A clip goes in, and a word comes out: food, city, a neon look. In this lesson you build a model that does this, from the
first layer on, without any knowledge of deep learning. You meet a well-known network of CNN and LSTM whose printed code
cannot run, find out why, and repair it with one word. This is what you will make: a network that learns to tell themes,
and the project's own one, which names what it sees.

<img src="/docs/recognise.webp" width="760"
alt="Left: four frames of a drawn clip. Middle: bars, the longest one for the right theme. Right: a curve that falls as a
network learns">

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb), a little NumPy, logarithms from school. Lesson 02 helps.

**When you are done, you can**

1. say what a tensor, a layer, a loss, a gradient and an epoch are, and train a layer by hand;
2. build a network of CNN and LSTM, and explain why it must see every frame, and when order matters;
3. tell learning from learning by heart, and read a confusion matrix.

**Time:** about 90 minutes for you, and an hour for the exercise. For the machine two minutes at most on two cores.
"""

# %% [markdown] id="title" lang="zh"
"""
# 03 识别：从一层网络到会看视频的网络

放进一个片段，得到一个词：美食、城市、霓虹风格。这一课我们从第一层开始，亲手做出这样的模型，不需要任何深度学习基础。
途中会遇到一个有名的 CNN 加 LSTM 网络，它印出来的代码根本跑不起来；我们会弄清原因，只加一个词就把它修好。
下面就是成果：一个学会分辨主题的网络，还有项目自带的识别器，看见什么就说出什么。

<img src="/docs/recognise.webp" width="760"
alt="左：一个绘制片段的四帧。中：条形图，最长的一条是正确的主题。右：网络学习时往下降的曲线">

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)，会一点 NumPy，记得中学学过的对数。学过第 02 课更好。

**学完这一课，你能够**

1. 说清什么是张量、层、损失、梯度和轮（epoch），并且亲手训练一层网络；
2. 搭出 CNN 加 LSTM 的网络，讲明白它为什么必须看每一帧，什么时候先后顺序要紧；
3. 分清“学会了”和“背下来了”，读懂混淆矩阵。

**用时：** 你大约要 90 分钟，练习再留一小时。机器最多算两分钟（双核）。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`rate` comes back in section 4, where you can also turn it with a slider; `epochs` in section 8.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`rate`（步长）在第 4 节用到，那里也可以用滑块来调；`epochs`（轮数）在第 8 节用到。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
rate = 1.0  # <<rate knob>>
epochs = 10  # <<epochs knob>>

# %% [markdown] id="tensor-idea" lang="en"
"""
## 1. A clip is numbers

We learn from drawn clips, because of each we know for sure what it shows: its *theme* (one of ten) and its *style* (one
of six). To a model, all of them together are one block of numbers, a *tensor*. **Its shape has five numbers. What does
each of them count?**
"""

# %% [markdown] id="tensor-idea" lang="zh"
"""
## 1. 片段就是一堆数

我们用绘制的片段来学，因为每一个的内容都确切知道：*主题*（十种之一）和*风格*（六种之一）。
在模型眼里，所有片段合在一起就是一大块数，叫*张量*（tensor）。**它的形状有五个数，各数的是什么？**
"""

# %% id="tensor"
import numpy as np

from aigc_lab.course import show
from aigc_lab.course.page import put, use_language
from aigc_lab.course.recognising import examples, frames_of, names

use_language("<<language>>")  # <<spoken to you>>
whole = mode != "smoke"  # <<whole lesson>>

drawn = examples(800 if whole else 60, seed)
themes, styles = names("theme"), names("style")
print(drawn.clips.shape, drawn.clips.dtype)
said = [f"{themes[drawn.themes[i]]}\n{styles[drawn.styles[i]]}" for i in range(8)]
frames_of(drawn, range(8), said, "<<some clips>>")

# %% [markdown] id="colors-idea" lang="en"
"""
Clips, frames of each, rows, columns, and three colours. That is a lot of numbers for one clip, too many to begin with.
So let us begin with three: how much red, green and blue a clip has on average. **Can you tell the style from them? And
the theme?**
"""

# %% [markdown] id="colors-idea" lang="zh"
"""
依次是：多少个片段、每个多少帧、多少行、多少列、三种颜色。一个片段就有这么多数，一上来太多了。
先只用三个：整个片段平均有多少红、多少绿、多少蓝。**凭这三个数，猜得出风格吗？主题呢？**
"""

# %% id="colors"
from aigc_lab.course.recognising import colors_chart

colors = drawn.clips.mean(axis=(1, 2, 3)) / 255
print(colors.shape)
colors_chart(colors, drawn.styles, styles)

# %% [markdown] id="layer-idea" lang="en"
"""
Dark styles keep to the left below, light ones to the right above; some lie over each other. The theme is nowhere to be
seen in colours: in these drawings they are drawn by lot.

## 2. One layer

The smallest network: every colour has a *weight* for every style. Multiply, add up, and each style has a *score*.
*Softmax* makes shares of the scores, which are all positive and sum to 1, the model's belief. The *loss* says how badly
the right answer fares: nothing when its share is 1, and the more the smaller its share. Most clips are to learn from;
the last quarter is kept away, for the test. **With all weights 0 the model believes in each style alike. What is the
loss then?**
"""

# %% [markdown] id="layer-idea" lang="zh"
"""
暗的风格聚在左下，亮的在右上，有几种叠在一起。主题在颜色里一点也看不出来：这些画的颜色是抽签定的。

## 2. 一层网络

最小的网络：每种颜色对每种风格都有一个*权重*。相乘、相加，每种风格得到一个*分数*。*softmax* 把分数变成概率：
都是正数，加起来等于 1，这就是模型的判断。*损失*（loss）说的是正确答案吃了多大亏：它的概率是 1，损失就是 0；概率越小，损失越大。
大部分片段用来学，最后四分之一留着考试。**权重全是 0 时，模型对每种风格一视同仁。这时损失是多少？**
"""

# %% id="layer"
cut = len(colors) * 3 // 4
learn, test = slice(0, cut), slice(cut, None)
x = (colors - colors[learn].mean(axis=0)) / colors[learn].std(axis=0)
y = drawn.styles


def shares(x, W, b):
    s = x @ W + b
    e = np.exp(s - s.max(axis=1, keepdims=True))  # <<no overflow>>
    return e / e.sum(axis=1, keepdims=True)  # <<shares line>>


def loss(x, y, W, b):
    return -np.log(shares(x, W, b)[range(len(y)), y]).mean()  # <<loss line>>


W, b = np.zeros((3, 6)), np.zeros(6)
print(loss(x[learn], y[learn], W, b), np.log(6))

# %% [markdown] id="gradient-idea" lang="en"
"""
The logarithm of 6: one of six, and no idea which. From here on, to *learn* means: change W and b so that the loss
falls.

## 3. Which way is down?

Take one weight and nudge it a little up and a little down: how much does the loss change for that? This is the *slope*
of the loss at this weight. All slopes together are the *gradient*. To nudge each weight in turn takes long, but school
mathematics (the chain rule) gives them all at once, and the formula is short: share minus truth. **Do both agree?**
"""

# %% [markdown] id="gradient-idea" lang="zh"
"""
正是 6 的对数：六选一，毫无头绪。从这里开始，所谓*学习*，就是改动 W 和 b，让损失降下来。

## 3. 哪边是下坡？

挑一个权重，往大推一点，再往小推一点：损失变了多少？这就是损失在这个权重上的*斜率*。所有斜率合起来，叫*梯度*（gradient）。
一个一个去推太慢；用求导的链式法则，一次就全有了，公式也很短：概率减去真相。**两种办法，结果一样吗？**
"""


# %% id="gradient"
def gradient(x, y, W, b):
    wrong = shares(x, W, b)
    wrong[range(len(y)), y] -= 1  # <<slope line>>
    return x.T @ wrong / len(y), wrong.mean(axis=0)


def nudge(row, column, by=0.001):
    up, down = W.copy(), W.copy()
    up[row, column] += by
    down[row, column] -= by
    return (loss(x[learn], y[learn], up, b) - loss(x[learn], y[learn], down, b)) / (2 * by)


dW, db = gradient(x[learn], y[learn], W, b)
rows = [["<<weight>>", "<<nudged>>", "<<formula>>"]]
for row, column in ((0, 0), (0, 1), (2, 1), (2, 5)):
    rows.append([f"{'RGB'[row]} → {styles[column]}", f"{nudge(row, column):.5f}", f"{dW[row, column]:.5f}"])
show.table(rows)

# %% [markdown] id="descend-idea" lang="en"
"""
Digit by digit. A positive slope says: more of this weight, more loss; so we go the other way.

## 4. Downhill

Go a step against the gradient, look where down is from there, and go again. How long a step is, the *learning rate*
says. **Turn the knob: what happens with very short steps, and what with very long ones?**
"""

# %% [markdown] id="descend-idea" lang="zh"
"""
一位一位都对得上。斜率是正的，说明这个权重越大、损失越大，那就往反方向走。

## 4. 下山

逆着梯度走一步，在新的地方再看哪边是下坡，再走一步。一步走多长，由*学习率*（learning rate）决定。
**拧一拧旋钮：步子很小会怎样？很大又会怎样？**
"""

# %% id="descend" tags=["nbval-ignore-output"]
from aigc_lab.course.preparing import knob
from aigc_lab.course.recognising import curves


def descend(x, y, rate, rounds=60):
    W, b, losses = np.zeros((x.shape[1], y.max() + 1)), np.zeros(y.max() + 1), []
    for _ in range(rounds):
        dW, db = gradient(x, y, W, b)
        W, b = W - rate * dW, b - rate * db
        losses.append(loss(x, y, W, b))
    return W, b, losses


def curve(rate):
    losses = descend(x[learn], y[learn], rate)[2]
    return curves({f"<<rate>> {rate:g}": losses}, "<<rounds>>", "<<loss>>", np.log(6), "<<blind>>", most=3)


knob("<<rate>>", [0.01, 0.1, 0.3, 1, 3, 10, 30], 1, curve)

# %% [markdown] id="three-idea" lang="en"
"""
The same with numbers, three steps in one picture:
"""

# %% [markdown] id="three-idea" lang="zh"
"""
同样的事，直接写数字，三种步长画在一张图里：
"""

# %% id="three"
lines = {f"<<rate>> {r:g}": descend(x[learn], y[learn], r)[2] for r in (rate / 50, rate, rate * 30)}
curves(lines, "<<rounds>>", "<<loss>>", np.log(6), "<<blind>>", most=6)

# %% [markdown] id="tested-idea" lang="en"
"""
Too short, and it hardly gets anywhere. Too long, and it leaps over the valley and lands higher than before, again and
again. In between it falls fast and then ever more slowly.

A falling loss is not yet a good model. What counts are right answers for clips *that it never saw*. We train twice with
the same three colours: for the style and for the theme. **What will the second row say?**
"""

# %% [markdown] id="tested-idea" lang="zh"
"""
步子太小，半天走不了多远；太大，一步跨过山谷，落到比原来还高的地方，来来回回。不大不小，先降得快，后来越来越慢。

损失降了，还不等于模型好。要看的是它对*从没见过*的片段答对多少。用同样的三个颜色训练两次：一次学风格，一次学主题。
**第二行会是什么结果？**
"""


# %% id="tested"
def accuracy(x, y, W, b):
    return (shares(x, W, b).argmax(axis=1) == y).mean()


rows = [["<<what it learns>>", "<<learned>>", "<<unseen>>", "<<blind>>"]]
for name, truth in (("<<style of colours>>", drawn.styles), ("<<theme of colours>>", drawn.themes)):
    W, b, _ = descend(x[learn], truth[learn], rate, 300)
    right = [f"{accuracy(x[part], truth[part], W, b):.0%}" for part in (learn, test)]
    rows.append([name, *right, f"{1 / len(b):.0%}"])
show.table(rows)

# %% [markdown] id="keras-idea" lang="en"
"""
Three numbers tell the style well, and the theme not at all: no step length and no patience helps where the answer is
not in the numbers.

## 5. The same in Keras

Nobody writes gradients by hand for long. *Keras* knows the gradient of every layer. It also goes on after each small
*batch* of 32 clips instead of looking at all of them for one step; once through all clips is an *epoch*. **Which of the
numbers below do you know already?**
"""

# %% [markdown] id="keras-idea" lang="zh"
"""
三个数就能把风格认个大概，对主题却毫无用处：答案不在这些数里，步长怎么调、走多久，都没有用。

## 5. 换成 Keras

没有人会一直手写梯度。*Keras* 知道每一种层的梯度。而且它不等看完全部片段才走一步，每看一小*批*（32 个）就走一步；
把所有片段过一遍，叫一*轮*（epoch）。**下面的数里，哪些是你已经认识的？**
"""

# %% id="keras"
import keras
from keras import layers


def train(model, x, y, unseen, rounds, step=keras.optimizers.Adam, rate=1e-3):
    model.compile(step(rate), "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=not whole)
    return model.fit(x, y, batch_size=32, epochs=rounds, validation_data=unseen, verbose=0).history


keras.utils.set_random_seed(seed)
one = keras.Sequential([keras.Input((3,)), layers.Dense(6, activation="softmax")])
told = train(one, x[learn], y[learn], (x[test], y[test]), 15 if whole else 2, keras.optimizers.SGD, rate)
print(one.count_params(), [tuple(w.shape) for w in one.get_weights()])
print(f"{told['accuracy'][-1]:.0%} {told['val_accuracy'][-1]:.0%}")

# %% [markdown] id="heart-idea" lang="en"
"""
The same weights and the same accuracy, give or take a little.

## 6. What goes wrong: learning by heart

If three numbers do not tell the theme, why not give it *all* pixels of a frame? Still one layer, but with 8,640 numbers
going in for each of the ten themes. We let it learn long from a few clips. **Which curve will fall, and which will
not?**
"""

# %% [markdown] id="heart-idea" lang="zh"
"""
还是那些权重，正确率也差不多。

## 6. 出错会怎样：死记硬背

三个数认不出主题，那把一帧的*全部*像素都给它呢？还是一层，不过每个主题都有 8640 个数进来。片段少给一些，让它多学一会儿。
**哪条曲线会降？哪条不会？**
"""

# %% id="heart"
few = slice(0, min(cut, 300))
pixels = drawn.clips[:, 8].reshape(len(drawn.clips), -1) / 127.5 - 1
keras.utils.set_random_seed(seed)
heart = keras.Sequential([keras.Input((pixels.shape[1],)), layers.Dense(10, activation="softmax")])
unseen = (pixels[test], drawn.themes[test])
told = train(heart, pixels[few], drawn.themes[few], unseen, 80 if whole else 3, rate=3e-4)
rows = [["<<what it learns>>", "<<weights>>", "<<learned>>", "<<unseen>>"]]
right = [f"{told[name][-1]:.0%}" for name in ("accuracy", "val_accuracy")]
put(show.table([*rows, ["<<theme of pixels>>", heart.count_params(), *right]]))
lines = {"<<learned>>": told["loss"], "<<unseen>>": told["val_loss"]}
curves(lines, "<<epoch>>", "<<loss>>", np.log(10), "<<blind>>", most=4)

# %% [markdown] id="heart-seen" lang="en"
"""
On the clips it learned from it gets better and better; on unseen ones it stops getting better, and then becomes *worse*.
With tens of thousands of weights for 300 clips, it can remember each of them by a few odd pixels. This is *overfitting*,
and you see it only if you kept clips away. What helps: more clips, stopping in time, and a network that
cannot remember single pixels. Here is what the layer looks for:
"""

# %% [markdown] id="heart-seen" lang="zh"
"""
学过的片段，它越答越好；没见过的，先是不再进步，接着还*变差*了。才 300 个片段，却有几万个权重，随便靠几个古怪的像素，就能把每个片段记住。
这叫*过拟合*（overfitting），只有留出一部分片段，才看得出来。对付它的办法：更多片段、见好就收，还有换一种记不住单个像素的网络。
来看看这一层在找什么：
"""

# %% id="look-for"
from aigc_lab.course.recognising import weight_pictures

weight_pictures(heart.get_weights()[0], themes, "<<look for>>")

# %% [markdown] id="convolution-idea" lang="en"
"""
Noise with a ghost of scenery in it: at each place its own weights, and nothing learned at one place helps at another.

## 7. A layer that slides

A tree is a tree wherever it stands. So let a *small* layer, a *kernel* of 3 x 3 weights, slide over the picture and give
one number at each place: high where the picture looks like the kernel. This is *convolution*, and a network of such
layers is a CNN. These two kernels we choose by hand; a CNN learns its own. **What will each of them find?**
"""

# %% [markdown] id="convolution-idea" lang="zh"
"""
满眼噪点，隐约有点风景的影子：每个位置各有各的权重，在一处学到的，换一处就用不上。

## 7. 会滑动的层

一棵树，站在哪里都是树。那就让一个*小*层，也就是 3 x 3 个权重的*卷积核*，在画面上滑过去，每个位置给出一个数：画面像它，数就大。
这就是*卷积*，由这样的层组成的网络叫 CNN。下面两个核是我们手选的，CNN 会自己学。**它们各能找到什么？**
"""


# %% id="convolution"
def slide(picture, kernel):
    h, w = picture.shape
    return sum(kernel[i, j] * picture[i : h - 2 + i, j : w - 2 + j] for i in range(3) for j in range(3))


upright = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
picture = drawn.clips[5, 8].mean(axis=2)
found = [np.abs(slide(picture, kernel)) for kernel in (upright, upright.T)]
print(picture.shape, found[0].shape)
found = [np.pad(np.clip(edges, 0, 255), 1).astype(np.uint8) for edges in found]
cells = zip(("<<bright>>", "<<upright edges>>", "<<level edges>>"), (picture.astype(np.uint8), *found), strict=True)
show.pictures([(name, show.enlarged(made, 4)) for name, made in cells], "<<edges>>", columns=3, widest=540)

# %% [markdown] id="printed-idea" lang="en"
"""
Nine weights, used at every place, and the borders of things stand out. The next layer slides over such maps and finds
corners, the one after it roofs and wheels.

## 8. The network of the article, and why it cannot run

A CNN looks at a picture. For video, one often finds this recipe, printed many times: let a CNN look, then let an *LSTM*,
a layer with a memory, watch what happens over time. In our own words it goes like this, for ten themes. **Read it, and
guess at which line it stops. And does it help to give it a whole clip instead?**
"""

# %% [markdown] id="printed-idea" lang="zh"
"""
九个权重，每个位置都用它，物体的边就显出来了。下一层在这些图上继续滑，找到拐角；再下一层，找到屋顶和车轮。

## 8. 文章里的网络，为什么跑不起来

CNN 看的是一张图片。要看视频，常见这样一个配方，到处都印着：先让 CNN 看，再让 *LSTM*（带记忆的层）去看随时间发生了什么。
用我们自己的话写出来，十个主题，就是下面这样。**先读一遍，猜猜它停在哪一行。换成把整个片段交给它，行不行？**
"""


# %% id="printed"
def as_printed(shape):
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.LSTM(64),
            layers.Dense(10, activation="softmax"),
        ]
    )


for name, shape in (("<<printed>>", (72, 40, 3)), ("<<whole clip>>", (16, 72, 40, 3))):
    try:
        as_printed(shape)
    except ValueError as error:
        print(f"{name} {shape}: {error}\n")

# %% [markdown] id="printed-seen" lang="en"
"""
Two errors, and each tells one half of the truth.

- *As printed* it gets one picture. `Flatten` makes a single long vector of it, `ndim=2` with the batch. But the LSTM
  wants a **sequence**: (batch, time, numbers), `ndim=3`. One picture is no video: there is no time in it to watch.
- *With a whole clip* there is a time, but now `Conv2D` stops: it slides over pictures, and a clip has one axis too many.

So the CNN must look at each frame by itself, and the LSTM must get all its answers in a row. That is one word of Keras:
**TimeDistributed**. It puts clips and time into one long row of pictures, lets the CNN look, and sorts the answers back.
Of the 16 frames we take five, which is enough here and three times as fast. **What are the shapes from layer to layer?**
"""

# %% [markdown] id="printed-seen" lang="zh"
"""
两个错误，各说出一半真相。

- *原样*运行时，它拿到的是一张图片。`Flatten` 把它摊成一个长向量，连批一起是 `ndim=2`。可是 LSTM 要的是**序列**：（批，时间，数），
  `ndim=3`。一张图片不是视频，里面没有时间可看。
- *把整个片段交给它*，时间有了，却轮到 `Conv2D` 停下来：它只在图片上滑，片段多出一维。

所以，CNN 应当一帧一帧地看，LSTM 应当拿到排成一排的结果。在 Keras 里，这只是一个词：**TimeDistributed**。它把所有片段的所有帧排成长长一排图片，
让 CNN 去看，再把结果按原来的次序放回去。16 帧里我们取五帧，这里够用，还快三倍。**从一层到下一层，形状会怎么变？**
"""


# %% id="repair"
def eye():
    sizes = (16, 32, 64)
    slides = [layers.Conv2D(size, 3, strides=2, padding="same", activation="relu") for size in sizes]
    return keras.Sequential([*slides, layers.Flatten(), layers.Dense(48, activation="relu")], name="eye")


def repaired(answers):
    return keras.Sequential(
        [
            keras.Input((5, 72, 40, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.TimeDistributed(eye()),
            layers.LSTM(64),
            layers.Dense(answers, activation="softmax"),
        ]
    )


keras.utils.set_random_seed(seed)
model = repaired(len(themes))
rows = [["<<layer>>", "<<shape>>", "<<weights>>"]]
show.table([*rows, *([part.name, part.output.shape, f"{part.count_params():,}"] for part in model.layers)])

# %% [markdown] id="trained-idea" lang="en"
"""
`None` is the batch: any number of clips. The eye is one CNN for all five frames, so its weights count once. (In the
package the same network is `rival("lstm", 10)` in `aigc_lab.train.rivals`.)

It runs; does it learn? **How far will the curve fall, and where is it when nothing is learned?**
"""

# %% [markdown] id="trained-idea" lang="zh"
"""
`None` 是批：几个片段都行。五帧共用同一个 CNN，所以它的权重只算一份。（在程序包里，同样的网络是 `aigc_lab.train.rivals`
里的 `rival("lstm", 10)`。）

它能跑了；它学得会吗？**曲线会降到哪里？什么都没学到时，它在哪里？**
"""

# %% id="trained"
five = drawn.clips[:, [2, 5, 8, 11, 14]]
unseen = (five[test], drawn.themes[test])
told = train(model, five[learn], drawn.themes[learn], unseen, epochs if whole else 1)
lines = {"<<learned>>": told["loss"], "<<unseen>>": told["val_loss"]}
put(curves(lines, "<<epoch>>", "<<loss>>", np.log(10), "<<blind>>"))
lines = {"<<learned>>": told["accuracy"], "<<unseen>>": told["val_accuracy"]}
curves(lines, "<<epoch>>", "<<right>>", 0.1, "<<blind>>", most=1)

# %% [markdown] id="memory-idea" lang="en"
"""
From guessing to about half of the themes, of clips that it never saw, and better than the layer of section 6. The two
curves part again: 600 clips are few. The shipped network of section 12 saw 40,000.

## 9. A memory by hand

(You may skip this section.) What does the LSTM do with the five vectors? It keeps two lists of numbers: a memory `c`, and
`h`, what it says aloud. For each vector three *gates* between 0 and 1 decide how much of the old memory is kept, how much
of the new is let in, and how much is said. **Will these few lines give the same numbers as Keras?**
"""

# %% [markdown] id="memory-idea" lang="zh"
"""
从瞎猜，到没见过的片段也能认出一半左右的主题，比第 6 节那一层强。两条曲线又分开了：600 个片段毕竟太少。
第 12 节里项目自带的网络，看过 40000 个。

## 9. 手写一份记忆

（这一节可以跳过。）LSTM 拿五个向量做什么？它有两串数：记忆 `c`，和说出口的 `h`。每来一个向量，三道*门*（0 到 1 之间的数）决定：
旧记忆留多少，新内容放进多少，说出来多少。**下面这几行，算出来会和 Keras 一样吗？**
"""


# %% id="memory"
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def watch(vectors, W, U, b):
    c, h, kept = np.zeros(len(U)), np.zeros(len(U)), []
    for x in vectors:
        i, f, new, o = np.split(x @ W + h @ U + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
        h = sigmoid(o) * np.tanh(c)
        kept.append(sigmoid(f).mean())
    return h, kept


scale, look, lstm, _ = model.layers
vectors = look(scale(five[:1]))
by_hand, kept = watch(np.array(vectors)[0], *lstm.get_weights())
print("<<apart>>", float(np.abs(by_hand - np.array(lstm(vectors))[0]).max()))
print("<<remembered>>", [f"{share:.0%}" for share in kept])

# %% [markdown] id="order-idea" lang="en"
"""
The same, but for rounding.

## 10. When does order matter?

For a theme one frame may be enough. For some questions it cannot be: does the picture move to the left or to the right?
Played backwards, the one becomes the other, with the very same frames. We ask a CNN that sees one frame, and the network
with a memory that sees five.

The drawn clips here all move to the left. Each is shown forward and backwards, and so is its mirror image: then neither
the scenery nor the time that has passed in it tells the answer. The frame in the *middle* is the same picture in both
directions. **What will the CNN reach that sees the middle frame? And one that sees the first frame?**
"""

# %% [markdown] id="order-idea" lang="zh"
"""
除了舍入误差，一模一样。

## 10. 什么时候先后顺序要紧？

认主题，看一帧也许就够了。有些问题，一帧绝对不够：画面在往左移，还是往右移？倒着放，左移就成了右移，帧还是那些帧。
一个 CNN 只看一帧，一个带记忆的网络看五帧，都来答一答。

这里绘制的片段原本都向左移。每个片段正放一遍、倒放一遍，再把左右镜像也这样放两遍：这样，画的内容和画里过了多久，都透露不出答案。
*正中间*那一帧，正放倒放是同一张图。**只看中间帧的 CNN 能答对多少？只看第一帧的呢？**
"""

# %% id="order"
from aigc_lab.course.recognising import moves, strips

moving = moves(300 if whole else 24, seed)


def both_ways(clips):
    mirrored = clips[:, :, :, ::-1]
    to_left = np.concatenate([clips, mirrored[:, ::-1]])
    to_right = np.concatenate([clips[:, ::-1], mirrored])
    return np.concatenate([to_left, to_right]), np.repeat([0, 1], len(to_left))


ways, unseen_ways = both_ways(moving[: len(moving) * 2 // 3]), both_ways(moving[len(moving) * 2 // 3 :])
print(ways[0].shape, unseen_ways[0].shape)
most = moving[np.abs(np.diff(moving.astype(int), axis=1)).mean(axis=(1, 2, 3, 4)).argmax()]
strips([most, most[::-1]], ["<<forwards>>", "<<backwards>>"], "<<two ways>>")

# %% id="order-trained"
from aigc_lab.train.evaluating import Share


def of_one_frame(at):
    frame = [keras.Input((5, 72, 40, 3)), layers.Lambda(lambda clips: clips[:, at]), layers.Rescaling(1 / 127.5, -1)]
    return keras.Sequential([*frame, eye(), layers.Dense(64, activation="relu"), layers.Dense(2, activation="softmax")])


keras.utils.set_random_seed(seed)
networks = {"<<sees middle>>": of_one_frame(2), "<<sees first>>": of_one_frame(0), "<<sees all>>": repaired(2)}
rows, lines, count = [["<<network>>", "<<right>>", "<<at least>>", "<<of>>"]], {}, len(unseen_ways[1])
for name, network in networks.items():
    lines[name] = train(network, *ways, unseen_ways, 8 if whole else 1)["val_accuracy"]
    share = Share(round(lines[name][-1] * count), count)
    rows.append([name, f"{share.rate:.1%}", f"{share.lower:.1%}", count])
put(show.table(rows))
curves(lines, "<<epoch>>", "<<right>>", 0.5, "<<blind>>", most=1)

# %% [markdown] id="order-seen" lang="en"
"""
Exactly one half for the middle frame: it is shown the same picture twice, once with the one answer and once with the
other, and can be right only once. No training helps. Five frames and a memory make it easy.

But look at the first frame! It does far better than guessing, and that is a *leak* as in lesson 02: where a move to the
left begins, the drawing ends short of the left edge, and what lies in the middle stands a little to the right. Whoever
had tested only this CNN would believe that one frame is enough to see motion. Choose with care what a rival sees, or you
measure the wrong thing. (`aigc_lab/train/rivals.py` repeats this test through windows that hide the edges.)

## 11. Read a confusion matrix

"Half of the themes are right" hides which half. A *confusion matrix* has a row for what a clip was, and a column for what
the model said; right answers lie on the diagonal. **Which theme does our network from section 8 know best, and which two
does it mix up most?**
"""

# %% [markdown] id="order-seen" lang="zh"
"""
看中间帧的，正好一半：同一张图给它看两次，答案一次是这个、一次是那个，它只能答对一次，怎么训练都没用。五帧加上记忆，就很容易。

可是看第一帧的那个，竟比瞎猜强得多！这就是第 02 课说的*泄漏*：画面刚开始左移时，左边会空出一条，中间的东西也略微偏右。
谁要是只测了这一个 CNN，就会以为看一帧也能看出运动。让对手看什么，要仔细挑，否则量到的就不是你想量的。
（`aigc_lab/train/rivals.py` 透过遮住边缘的小窗，把这个测试又做了一遍。）

## 11. 读懂混淆矩阵

“主题认对一半”，可到底是哪一半？*混淆矩阵*（confusion matrix）里，每一行是“实际是什么”，每一列是“模型说什么”，答对的落在对角线上。
**第 8 节那个网络，哪个主题认得最好？哪两个最容易混？**
"""

# %% id="confusion"
from aigc_lab.course.recognising import confusion_chart

belief = model.predict(five[test], verbose=0)
said, truth = belief.argmax(axis=1), drawn.themes[test]
matrix = np.zeros((10, 10), int)
np.add.at(matrix, (truth, said), 1)
put(confusion_chart(matrix, themes))

wrong = np.flatnonzero(said != truth)
surest = wrong[np.argsort(-belief[wrong].max(axis=1))][:8]
labels = ["<<not but>>".format(themes[truth[i]], themes[said[i]]) for i in surest]
frames_of(drawn, surest + cut, labels, "<<surest mistakes>>")

# %% [markdown] id="shipped-idea" lang="en"
"""
Along a row you read what becomes of a theme: a bright diagonal is good, a dark square beside it is a mistake that is made
again and again. Look at the clips below the chart before you blame the network: some would be hard for you as well.

## 12. The one that comes with the project

The project has a network of the same kind: a larger CNN for four frames, an LSTM, and three answers at once (theme,
subject, style). It learned for twenty minutes from 40,000 clips, other ones than these. Its older sister learned for 75
minutes and told 78 % of 103 subjects; this one tells 98 %. What was changed is worth knowing: batch normalisation, and a
short way past the LSTM. The answers also see the plain mean of the frames' vectors, so the CNN hears at once what was
wrong, not through all the gates of the LSTM. It is also the *judge* of generated clips, so we ask it about ten of those, too: one for each theme, from the shipped generator. **Where will it do better, on
drawn or on generated clips? And how sure can one be of a share of ten clips?**
"""

# %% [markdown] id="shipped-idea" lang="zh"
"""
顺着一行看，就知道这个主题的片段都被说成了什么：对角线颜色深，好；旁边有深色格子，就是反复犯的错。
先看看图下面那些片段，再怪网络不迟：有几个换了你，也不好认。

## 12. 项目自带的识别器

项目里有一个同类的网络：更大的 CNN 看四帧，再加 LSTM，一次回答三个问题（主题、主体、风格）。它用 40000 个片段学了二十分钟，
其中没有这里的任何一个。它的“姐姐”学了 75 分钟，103 种主体只认对 78 %；它认对 98 %。改动值得一记：加了批归一化，又修了一条绕过 LSTM
的近路——回答时还能直接看到各帧向量的平均，错在哪里，CNN 马上就知道，不必等误差一道道穿过 LSTM 的门。生成的片段也由它来当*裁判*，所以我们也拿十个生成的片段问问它：每个主题一个，由项目自带的生成模型来做。
**绘制的和生成的，哪一种它认得更好？只凭十个片段算出的比例，又有几分可信？**
"""

# %% id="shipped"
from aigc_lab.course.recognising import clip_of, told
from aigc_lab.train.input import words

ids = words()
wishes = range(10 if whole else 2)
made = np.stack([clip_of(ids["theme"][i], ids["style"][i % 6], seed, generated=True) for i in wishes])
theirs, of_made = (told(clips)["theme"].argmax(axis=1) for clips in (drawn.clips[test], made))
rows = [["<<network>>", "<<right>>", "<<at least>>", "<<of>>"]]
cases = (("<<ours>>", said == truth), ("<<shipped drawn>>", theirs == truth), ("<<shipped made>>", of_made == wishes))
for name, right in cases:
    share = Share(int(right.sum()), len(right))
    rows.append([name, f"{share.rate:.0%}", f"{share.lower:.0%}", share.count])
put(show.table(rows))
cells = [(f"{themes[i]}\n<<told is>>{themes[of_made[i]]}", show.enlarged(made[i, 8], 3)) for i in wishes]
show.pictures(cells, "<<made>>", columns=5, widest=680)

# %% [markdown] id="question-idea" lang="en"
"""
The column "at least" is the lower end of the interval in which the true share lies with 95 % certainty (Wilson 1927): with
ten clips it reaches far down. Always ask how many.

Now it is your turn: choose a theme, a style and a seed, and see what the recognizer believes. **Can you find a clip that
it takes for something else? Is a generated one easier to mistake?**
"""

# %% [markdown] id="question-idea" lang="zh"
"""
“至少”这一栏，是真实比例有 95 % 把握不低于的那个下限（Wilson 1927）：只有十个片段时，这个下限低得很。看到百分比，先问一共多少个。

现在轮到你：选主题、风格和种子，看识别器怎么判断。**你能找到一个被它认错的片段吗？生成的是不是更容易认错？**
"""

# %% id="question" tags=["nbval-ignore-output"]
from aigc_lab.course.recognising import question

question("city", "neon", seed)

# %% [markdown] id="asked-idea" lang="en"
"""
The same as a call:
"""

# %% [markdown] id="asked-idea" lang="zh"
"""
同样的事，写成一次调用：
"""

# %% id="asked"
from aigc_lab.course.recognising import asked

asked("travel", "watercolor", seed, generated=True)

# %% [markdown] id="end" lang="en"
"""
## What was left out

Why the chain rule works through many layers (*backpropagation*); what Adam does better than plain steps; layers that keep
numbers in a healthy range (normalisation) or switch themselves off at random (dropout); attention, which today often
stands where the LSTM stood; networks that were trained on millions of photos, which one would start from for real
footage. Ours knows drawn scenes only: shown a photo it says something all the same.

How the CNN of one frame, SimpleRNN, LSTM, GRU and a 3-D CNN compare after longer training, in accuracy, size and time,
`aigc_lab/train/rivals.py` measures.

## Three questions

<details><summary>1. A loss is 2.30 for ten kinds and does not move. What does that tell you?</summary>

2.30 is the logarithm of 10: the model guesses. Either the answer is not in its input (theme from mean colours), or the
steps are far too short or too long, or the labels do not belong to the clips.
</details>

<details><summary>2. A friend's network is right on 99 % of its training clips and on 60 % of unseen ones. He wants to train it
longer. What do you say?</summary>

It has nothing more to learn from these clips, it knows them by heart. Longer training makes it worse. More clips, mirrored
ones (with their labels), a smaller network, or stopping earlier may help.
</details>

<details><summary>3. You want to tell "a door opens" from "a door closes". Why is a CNN of one frame not enough, and what must
you look out for when you test one anyway?</summary>

Played backwards, one is the other, with the same frames. But if clips of opening always begin with a closed door, the
first frame gives it away: that is a leak of how the clips were cut, and no understanding of opening.
</details>

## Go on

Now do [the exercise](/exercises/03_recognise.ipynb). All terms, in both languages: [the glossary](/notebooks/glossary.md).
"""

# %% [markdown] id="end" lang="zh"
"""
## 这一课没有讲的

链式法则怎样穿过许多层（*反向传播*）；Adam 比直接走一步好在哪里；让数保持在合适范围的层（归一化），随机关掉一部分的层（dropout）；
如今常常取代 LSTM 的注意力（attention）；还有用上百万张照片训练好的网络，处理真实素材时，人们一般从它们起步。
我们的网络只认得绘制的场景：给它看照片，它照样会说出一个词来。

只看一帧的 CNN、SimpleRNN、LSTM、GRU 和三维 CNN，训练久一些之后，正确率、大小和用时各是多少，由 `aigc_lab/train/rivals.py` 来量。

## 三个问题

<details><summary>1. 十个类别，损失一直停在 2.30。这说明什么？</summary>

2.30 就是 10 的对数：模型在瞎猜。要么输入里根本没有答案（比如凭平均颜色认主题），要么步子太小或太大，要么标签和片段没对上。
</details>

<details><summary>2. 朋友的网络，训练片段答对 99 %，没见过的只对 60 %。他想再多训练一会儿。你怎么说？</summary>

从这些片段里已经学不到什么了，它全背下来了，再练只会更差。可以试试：更多片段、左右翻转（标签也要跟着改）、小一点的网络，或者早点停。
</details>

<details><summary>3. 要分清“门打开”和“门关上”。为什么只看一帧的 CNN 不够？如果还是拿它来比，要当心什么？</summary>

倒着放，开门就成了关门，帧还是那些帧。可如果“开门”的片段总是从关着的门开始，看第一帧就露馅了：那是剪片子的方式泄漏了答案，不是真懂什么叫开门。
</details>

## 接下来

去做[练习](/exercises/03_recognise.ipynb)吧。所有术语的中英对照在[术语表](/notebooks/glossary.md)里。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 03: Recognise

Five tasks, about an hour. Come from [the lesson](/notebooks/03_recognise.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Run the cell below it: `check` calls your function with several examples and says what is right and what is not.
- Stuck? Run the `hint` cell: after each new failed try one more hint opens.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 03：识别

共五题，大约一小时。先学[课文](/notebooks/03_recognise.ipynb)，做题时也可以开着它对照。

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
## 03.1 One step downhill (3 points)

Write `step(x, y, W, b, rate)` for one layer with softmax, as in sections 2 to 4 of the lesson: it returns the new `W, b`
after one step against the gradient of the mean loss. `x` has a row of numbers for each example, `y` the number of the
right kind. Scores may be large, in the thousands: nothing may become NaN. What was given must not be changed.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 03.1 往山下走一步（3 分）

写函数 `step(x, y, W, b, rate)`：一层网络加 softmax，和课文第 2 到第 4 节一样；返回逆着平均损失的梯度走一步之后的新 `W, b`。
`x` 每行是一个样本的数，`y` 是正确类别的编号。分数可能有几千那么大，结果里不能出现 NaN。传进来的数据不要改动。
"""


# %% id="step" part="exercise" grade="answer"
def step(x, y, W, b, rate):
    # <<step in>>
    ### BEGIN SOLUTION
    s = x @ W + b
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[range(len(y)), y] -= 1
    return W - rate * x.T @ p / len(y), b - rate * p.mean(axis=0)
    ### END SOLUTION


# %% id="step-check" part="exercise" grade="test" points=3
check("03.1", step).points

# %% id="step-hint" part="exercise" grade="readonly"
hint("03.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 03.2 Look at every frame (2 points)

`look` is a CNN: it takes pictures `(N, H, W, 3)` and gives a vector for each, `(N, D)`. Give it anything else, and it
stops with an error, as `Conv2D` did. Write `look_at_all(clips, look)`, which does what TimeDistributed does: for clips
`(N, T, H, W, 3)` it returns the vectors of all frames, `(N, T, D)`.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 03.2 每一帧都要看（2 分）

`look` 是一个 CNN：它接收图片 `(N, H, W, 3)`，给每张图片一个向量，得到 `(N, D)`。给它别的，它就像 `Conv2D` 那样报错停下。
写函数 `look_at_all(clips, look)`，做 TimeDistributed 做的事：对片段 `(N, T, H, W, 3)`，返回所有帧的向量 `(N, T, D)`。
"""


# %% id="every-frame" part="exercise" grade="answer"
def look_at_all(clips, look):
    # <<frames in>>
    ### BEGIN SOLUTION
    return np.stack([look(clip) for clip in clips])
    ### END SOLUTION


# %% id="every-frame-check" part="exercise" grade="test" points=2
check("03.2", look_at_all).points

# %% id="every-frame-hint" part="exercise" grade="readonly"
hint("03.2")

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 03.3 A memory (3 points)

The simplest memory there is, Keras' `SimpleRNN`: it begins with zeros, and for each vector `x` of the clip it becomes
`h = tanh(x @ W + h @ U + b)`. Write `remember(vectors, W, U, b)`, which returns what is remembered at the end. Played
backwards, the same clip must leave something else in it.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 03.3 一份记忆（3 分）

最简单的记忆，就是 Keras 里的 `SimpleRNN`：从全零开始，片段里每来一个向量 `x`，就变成 `h = tanh(x @ W + h @ U + b)`。
写函数 `remember(vectors, W, U, b)`，返回最后记住的内容。同一个片段倒着放，记住的应当不一样。
"""


# %% id="remember" part="exercise" grade="answer"
def remember(vectors, W, U, b):
    # <<memory in>>
    ### BEGIN SOLUTION
    h = np.zeros(len(b))
    for x in vectors:
        h = np.tanh(x @ W + h @ U + b)
    return h
    ### END SOLUTION


# %% id="remember-check" part="exercise" grade="test" points=3
check("03.3", remember).points

# %% id="remember-hint" part="exercise" grade="readonly"
hint("03.3")

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 03.4 Stop in time (3 points)

After each epoch you measure the loss on unseen clips. It wobbles: one worse epoch is no reason to stop. So one has
*patience*. Write `best_epoch(losses, patience)`: go through the losses in order, and stop as soon as `patience` epochs
in a row have brought no new best. Return the number of the best epoch until then, counted from 1. What comes after the
stop you have never seen. An equal loss is no new best.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 03.4 见好就收（3 分）

每学完一轮，就在没见过的片段上量一次损失。它会上下摆动：变差一轮，还不到停的时候。所以要有*耐心*（patience）。
写函数 `best_epoch(losses, patience)`：按顺序往后看，只要连续 `patience` 轮都没有刷新最好成绩，就停。返回停下之前最好的是第几轮，从 1 数起。
停下之后的，你从来没有见过。打平不算刷新。
"""


# %% id="best-epoch" part="exercise" grade="answer"
def best_epoch(losses, patience):
    # <<losses in>>
    ### BEGIN SOLUTION
    best = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best
    ### END SOLUTION


# %% id="best-epoch-check" part="exercise" grade="test" points=3
check("03.4", best_epoch).points

# %% id="best-epoch-hint" part="exercise" grade="readonly"
hint("03.4")

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 03.5 Read a confusion matrix (2 points)

`matrix[i, j]` says how many clips were of kind `i` while the model said `j`. Some kinds have many clips, some few. Write
`weakest(matrix)`, which returns two numbers `(which, taken_for)`: the kind of which the smallest *share* is recognised,
and the other kind that it is most often taken for.
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 03.5 读懂混淆矩阵（2 分）

`matrix[i, j]` 表示：有多少个片段实际是第 `i` 类，模型说是第 `j` 类。各类的片段有多有少。
写函数 `weakest(matrix)`，返回两个数 `(which, taken_for)`：认对的*比例*最低的是哪一类，以及它最常被当成的另一类。
"""


# %% id="weakest" part="exercise" grade="answer"
def weakest(matrix):
    # <<matrix in>>
    ### BEGIN SOLUTION
    which = int(np.argmin(np.diag(matrix) / matrix.sum(axis=1)))
    row = matrix[which].copy()
    row[which] = -1
    return which, int(np.argmax(row))
    ### END SOLUTION


# %% id="weakest-check" part="exercise" grade="test" points=2
check("03.5", weakest).points

# %% id="weakest-hint" part="exercise" grade="readonly"
hint("03.5")

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
progress("03")
