# %% [raw] id="words"
# language: {en: en-US, zh: zh-CN}
# modes: {en: "quick, or smoke: a test with a few files only", zh: "quick；自动测试用 smoke，只取几个文件"}
# politeness: {en: requests a second to one host, zh: 每秒向同一网站请求几次}
# same up to: {en: clips this close count as the same, zh: 距离不超过它就算相同}
# spoken to you: {en: the language of messages and tables, zh: 提示和表格用的语言}
# all files: {en: smoke takes a few files only, zh: smoke 只取几个文件}
# field: {en: field, zh: 字段}
# value: {en: what it says, zh: 内容}
# licence: {en: licence, zh: 授权}
# publish: {en: publish, zh: 发布}
# edit: {en: change, zh: 修改}
# sell: {en: sell with, zh: 商用}
# train: {en: train on, zh: 训练}
# agree: {en: "read as in the package's table:", zh: 和程序包的表读法一致：}
# of all: {en: "Creative Commons licences, of", zh: 个知识共享授权，总共}
# let through: {en: passes, zh: 放行}
# stopped: {en: "stopped: ", zh: 拦下：}
# title: {en: title, zh: 标题}
# author: {en: author, zh: 作者}
# file: {en: file, zh: 文件}
# found wrong: {en: what is wrong, zh: 问题}
# measured: {en: measured, zh: 测得的数}
# fine: {en: nothing, zh: 没有问题}
# big: {en: as it is, zh: 原图}
# tiny: {en: 8 x 8, zh: 8×8 灰度}
# bits: {en: 64 bits, zh: 64 位}
# hash steps:
#   en: "A cat, the cat as 8 by 8 grey tiles, and which tiles are brighter than the mean"
#   zh: 一只猫、缩成 8×8 灰度格的猫，以及哪些格子比平均值亮
# differ: {en: "of 64 bits differ:", zh: "（64 位中不同的位数）"}
# copies found: {en: copies found, zh: 找到的副本}
# missed: {en: missed, zh: 漏掉}
# false alarms: {en: false alarms, zh: 误报}
# limit: {en: limit, zh: 界限}
# new: {en: new files, zh: 新文件}
# shots: {en: shots, zh: 镜头}
# refused: {en: refused, zh: 被拒}
# usable: {en: usable, zh: 可用}
# byte for byte: {en: "came twice, byte for byte: ", zh: "来了两次，一个字节都不差："}
# caption column: {en: title, zh: caption_zh}
# caption: {en: title, zh: 说明}
# use: {en: use, zh: 用途}
# pass: {en: files that pass, zh: 放行的文件}
# why not: {en: why not, zh: 为什么不行}
# no right: {en: the licence does not allow it, zh: 授权不允许}
# face: {en: "a face, and no consent", zh: 有人脸，没有本人同意}
# seen: {en: a face is found, zh: 找到一张脸}
# covered: {en: covered, zh: 遮住之后}
# astronaut:
#   en: "An astronaut in an orange suit with a frame around her face; the same picture with the face blurred"
#   zh: 一位穿橙色航天服的宇航员，脸上画着方框；旁边是同一张照片，脸已打码
# at first: {en: "at first, usable:", zh: 一开始，可用的有}
# later: {en: "with rights, usable:", zh: 补上权利以后，可用的有}
# rows and use: {en: "rows: a list of dicts; use: a text such as sell", zh: rows 是字典的列表；use 是 sell 这样的文本}
# file and texts: {en: "file: a name; texts: a dict of names and contents", zh: texts 是文件名到内容的字典}
# marks: {en: "marks: a dict, name: 128 characters, each 0 or 1", zh: marks 是字典：名字对应 128 个 0 或 1}
# a work:
#   en: "work: a dict with title, author, address, licence, changes"
#   zh: work 是字典，有 title、author、address、licence、changes
# ask and wait:
#   en: "ask() gives (code, headers); wait(3) waits 3 seconds"
#   zh: ask() 返回 (代码, 应答头)；wait(3) 等 3 秒
# copies differ: {en: "copies differ in (%):", zh: 副本之间不同的位（%）：}
# others differ: {en: "others differ in (%):", zh: 无关的画面之间不同的位（%）：}
# never ends: {en: stopped after ten requests; it would have gone on, zh: 请求了十次才叫停，不然它还会继续}

# %% [markdown] id="title" lang="en"
"""
# 01 Collect: clips, pictures and text, and whose they are

In this lesson you gather a small *corpus*, a collection that models can learn from and shorts can be cut from. Every
file in it has an author and a licence, and what is broken, double or forbidden stays outside, with the reason.

<img src="/docs/collected.webp" width="640"
alt="A contact sheet of a small corpus: the earth at night, a cat, a rocket, coffee, a temple, a flower, textures,
and drawn scenes of a city">

**Needed before:** [lesson 00](/notebooks/00_welcome.ipynb); a little Python (functions, dicts, loops).

**When you are done, you can**

1. gather clips, pictures and text from a folder, from samples and from a web service, politely;
2. say of each file whether it may be published, changed, sold with or trained on, and prove it with a credit sheet;
3. find what is broken, empty or double, by numbers with a limit that you chose by measuring.

**Time:** about 60 minutes for you, an hour more for the exercise; about a minute for the machine. Nothing here needs a
network: the "web service" is a small server on your own computer.
"""

# %% [markdown] id="title" lang="zh"
"""
# 01 数据采集：视频、图片和文字，以及它们是谁的

这一课，你要攒出一个小小的*语料库*（corpus）：模型从里面学，短视频从里面剪。库里每个文件都说得出作者和授权；
坏的、重复的、不许用的，一律挡在外面，并且写明理由。

<img src="/docs/collected.webp" width="640"
alt="一个小语料库的缩略图：夜晚的地球、猫、火箭、咖啡、古建筑、花、各种纹理，还有几幅手绘的城市场景">

**课前准备：** 学过[第 00 课](/notebooks/00_welcome.ipynb)，会一点 Python（函数、字典、循环）。

**学完这一课，你能够**

1. 从文件夹、样本和网站收集视频、图片和文字，而且下载得有礼貌；
2. 说清每个文件能不能发布、修改、商用、用来训练，并拿得出署名表；
3. 用数字找出坏的、空的、重复的文件，界限由你自己量出来。

**用时：** 你大约要 60 分钟，练习再留一小时；机器只要一分钟左右。
全程不用联网：课里的“网站”是你自己电脑上的一个小服务器。
"""

# %% [markdown] id="knobs" lang="en"
"""
## What you can change

`limit` is the number that sections 7 and 8 are about. Run the lesson once as it is, then change it and run again.
"""

# %% [markdown] id="knobs" lang="zh"
"""
## 可以改什么

`limit` 就是第 7、第 8 节要讲的那个数。先原样运行一遍，再改一改、重新运行。
"""

# %% id="parameters" tags=["parameters"]
mode = "quick"  # <<modes>>
seed = 7
out_dir = "out"
per_second = 5.0  # <<politeness>>
limit = 0.17  # <<same up to>>

# %% id="start"
import shutil
from pathlib import Path

from aigc_lab.course import collected, collecting, show
from aigc_lab.course.page import put, use_language

use_language("<<language>>")  # <<spoken to you>>
whole = mode != "smoke"  # <<all files>>
place = Path(out_dir) / "collect"
shutil.rmtree(place, ignore_errors=True)

# %% [markdown] id="item-idea" lang="en"
"""
## 1. The idea: what a source gives

The article that this course follows needs one line for data collection: *gather video, pictures and text from the net,
or use existing data sets*. Nearly everything that can go wrong later is hidden in that line. Whose is it? Is it whole?
Have we got it already? Who can be seen in it?

So a *source* here never gives a bare file. It gives an *item*: the file with all that is known about it. The first
source are the sixteen free samples that lie in the project. **What would you want to know about a clip before you use
it?**
"""

# %% [markdown] id="item-idea" lang="zh"
"""
## 1. 核心想法：来源给出的是什么

这门课依据的那篇文章，讲数据采集只用了一句话：*从网上收集视频、图片和文字，或者用现成的数据集*。
后面会出的岔子，几乎都藏在这句话里。东西是谁的？文件完整吗？是不是已经有了？里面拍到了谁？

所以这里的*来源*（source）从不只给一个光秃秃的文件，它给的是*条目*（item）：文件，加上关于它的一切已知信息。
第一个来源是项目自带的十六个免费样本。**用一段视频之前，你想知道它的哪些事？**
"""

# %% id="item"
from dataclasses import fields

from aigc_lab.collect.sources import local

few = ("earth", "astronaut", "china", "black", "night-copy", "from-a-forum")
items = [item for item in local.samples() if whole or item.path.stem in few]
item = items[0]
known = {f.name: getattr(item, f.name) for f in fields(item) if f.name != "path" and getattr(item, f.name)}
show.table([["<<field>>", "<<value>>"], *known.items()])

# %% [markdown] id="sheet-idea" lang="en"
"""
`address` says where to check it, `group` which files are of one take: lesson 02 needs that. Now all samples at once,
with title and licence. **How many different licences do you expect?**
"""

# %% [markdown] id="sheet-idea" lang="zh"
"""
`address` 说明到哪里去核对，`group` 说明哪些文件出自同一次拍摄（第 02 课要用）。再一口气看完所有样本，连同内容和授权。
**你猜一共有几种授权？**
"""

# %% id="sheet"
collected.gallery(items)

# %% [markdown] id="rights-idea" lang="en"
"""
## 2. Reading a licence

A *licence* is the author's answer to four questions: may I **publish** it, **change** it, **sell** with it, **train** a
model on it? Creative Commons licences say it in their name: `BY` name the author, `NC` nothing that sells, `ND` no
changes, `SA` what you make of it must carry the same licence. `CC0` gives everything away; in the *public domain*
nobody owns it any more.

Let us read such a name by hand. We are careful with training: where selling or changing is forbidden, we do not train.
(A reading for everyday use, no legal advice.) **What does `CC-BY-NC-ND-4.0` still allow?**
"""

# %% [markdown] id="rights-idea" lang="zh"
"""
## 2. 读懂一份授权

*授权*（licence）就是作者对四个问题的回答：能不能**发布**？能不能**修改**？能不能**商用**？能不能拿去**训练**模型？
知识共享（Creative Commons）的答案就写在名字里：`BY` 要署名，`NC` 不许商用，`ND` 不许改动，
`SA` 改出来的东西要用同样的授权。`CC0` 是全部放弃；*公有领域*则是已经没有权利人了。

我们来亲手读一读这种名字。对训练要谨慎：凡是不许商用或不许改动的，都不拿来训练。
（这只是日常用的读法，不是法律意见。）**`CC-BY-NC-ND-4.0` 还允许做什么？**
"""

# %% id="rights"
USES = ("publish", "edit", "sell", "train")
tick = {True: "✔", False: "✘"}


def read_licence(name):
    parts = name.split("-")
    known = name.startswith(("CC0-", "CC-BY-")) or name == "LicenseRef-Public-Domain"
    edit, sell = known and "ND" not in parts, known and "NC" not in parts
    return {"publish": known, "edit": edit, "sell": sell, "train": edit and sell}


names = ["CC0-1.0", "LicenseRef-Public-Domain", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0"]
names += ["LicenseRef-Pexels", "free, from a forum"]
heads = ["<<licence>>", "<<publish>>", "<<edit>>", "<<sell>>", "<<train>>"]
show.table([heads, *([name, *(tick[yes] for yes in read_licence(name).values())] for name in names)])

# %% [markdown] id="gate-idea" lang="en"
"""
The last row matters most: **what nobody can look up is not allowed**. The last but one is too strict: Pexels has terms
of its own, which no rule about names can know. The package therefore keeps a table, `data/rights.yaml`. Do both agree
where they should?

A *gate* uses the answers: whoever wants to do something with a file asks for that use, and the gate lets it through or
says why not. **Which of these two may go into an ad?**
"""

# %% [markdown] id="gate-idea" lang="zh"
"""
最要紧的是最后一行：**查不到的，就当不允许**。倒数第二行则过严了：Pexels 有自己的条款，光看名字的规则不可能知道。
所以程序包里存着一张表 `data/rights.yaml`。该一致的地方，两种读法一致吗？

*关口*（gate）就靠这些回答做事：谁想用一个文件，就报上用途；关口要么放行，要么说明为什么不行。
**下面这两个，哪个能放进广告？**（程序包里的报错是英文，一句一条。）
"""

# %% id="gate"
from aigc_lab import LabError
from aigc_lab.rights import asset, gate, licences

common = [name for name in licences() if name.startswith("CC")]
same = [n for n in common if read_licence(n) == {use: getattr(licences()[n], use) for use in USES}]
print("<<agree>>", len(same), "<<of all>>", len(common))

for name, licence in [("sea.mp4", "LicenseRef-Pexels"), ("rain.mp4", "CC-BY-NC-4.0")]:
    for use in ("sell", "train"):
        try:
            gate([asset("footage", name, "", "Mei", licence)], use)
            print(f"{name}, {use}: <<let through>>")
        except LabError as error:
            print(f"<<stopped>>{error}")

# %% [markdown] id="web-idea" lang="en"
"""
## 3. From the web, politely

Wikimedia Commons has millions of free files and answers questions by program (an *API*: you send an address with your
words in it, and get data back). So that nobody needs a network here, a small server on your computer answers in the
same way; for the real Commons leave `base` out. Behind it are six videos about cities: one is real, of NASA, the others
are drawn, and their authors are invented.

The server is in a bad mood. A good downloader

- takes the answers page by page, and only as many as it needs;
- waits when it hears `429` (too many requests), as long as `Retry-After` says;
- goes on where a broken download stopped, instead of beginning again;
- looks at what really came, whatever the server calls it.

**Six videos: how many do you think will arrive?**
"""

# %% [markdown] id="web-idea" lang="zh"
"""
## 3. 从网上收集，要有礼貌

维基共享资源（Wikimedia Commons）有几千万个自由文件，
还能用程序去问（这叫 *API*：把要找的词放进网址发过去，收回来的是数据）。
为了不依赖网络，这里由你电脑上的一个小服务器用同样的方式回答；想问真的 Commons，去掉 `base` 就行。
服务器上有六个讲城市的视频：一个是 NASA 的真视频，其余是画出来的，作者也是编的。

这个服务器心情不好。一个好的下载程序会这样做：

- 一页一页地取结果，够用就停；
- 听到 `429`（请求太多）就等，`Retry-After` 说等多久就等多久；
- 下载断了，从断的地方接着下，不从头再来；
- 不管服务器怎么说，都要看看到手的究竟是什么。

**一共六个视频，你猜最后能收到几个？**
"""

# %% id="web"
from aigc_lab.collect.sources import commons
from aigc_lab.collect.sources.fetch import Fetcher

passed_over = []
with collecting.city_server(place / "server") as server:
    fetcher = Fetcher(place / "fetched", per_second=per_second, allow=(server.host,))
    web = list(commons.search("city", fetcher, 9 if whole else 2, "video", base=server.base, say=passed_over.append))
    for sentence in passed_over:
        print("-", sentence.replace(server.base, "..."))
    put(collected.diary(server))
put(collected.gallery(web, columns=4))

# %% [markdown] id="web-seen" lang="en"
"""
Read the diary line by line. The first answer was `429`, so the search was asked again a second later. The NASA file
broke off in the middle: the next request asks for the rest only, `206`. The second page of results was fetched when the
first was used up. One file was refused without being fetched (all rights reserved: nothing could be done with it), one
was fetched and thrown away: it says it is a video and is a web page.

`allow` is there because this server is on your own machine: addresses inside a private network are refused otherwise,
for a list from the internet must not open doors inside the house.

## 4. From a folder, as it is

Downloads of a friend: nine files. A `credits.csv` says whose they are, for all but one. Rights may stand in four
places, and the nearest counts: `NAME.json` beside the file, a row in `credits.csv`, `rights.yaml`, a `LICENSE` for the
whole folder. **Which of the nine would you throw away just by looking?**
"""

# %% [markdown] id="web-seen" lang="zh"
"""
把这份日志一行一行读下来。第一次应答是 `429`，所以过了一秒才再搜一次。NASA 的文件下到一半断了：下一次只要剩下的部分，
应答是 `206`。第一页的结果用完了，才去取第二页。有一个文件连下载都没有下载（保留所有权利，拿来也没用）；
还有一个下载后扔掉了：自称是视频，其实是网页。

写 `allow`，是因为这个服务器就在你自己的电脑上：平时，指向内部网络的地址一律不访问，
免得网上来的一张清单打开了家里的门。

## 4. 从文件夹收集，原样拿来

这是一位朋友的下载文件夹，有九个文件。`credits.csv` 写明了它们是谁的，只漏了一个。权利可以写在四个地方，越近的越算数：
文件旁边的 `NAME.json`、`credits.csv` 里的一行、`rights.yaml`、管整个文件夹的 `LICENSE`。
**光用眼睛看，九个里面你会扔掉哪几个？**
"""

# %% id="folder"
found = local.folder(collecting.downloads(place / "downloads"))
mess = [item for item in found if whole or item.path.stem in few]
put(show.table([["<<file>>", "<<author>>", "<<licence>>"], *([i.path.name, i.author, i.licence] for i in mess)]))
put(collected.gallery(mess, columns=5))

# %% [markdown] id="clean-idea" lang="en"
"""
## 5. Cleaning, with a number for each decision

"Looks bad" is no reason that anybody can check. So every decision is a number and a limit: which share of the frames is
black, for which share of the time nothing moves, how many pixels the short side has. A video is decoded once and never
kept in memory as a whole. **Which files will be refused, and which one will you miss in the list?**
"""

# %% [markdown] id="clean-idea" lang="zh"
"""
## 5. 清洗：每个决定都有一个数

“看着不行”这种理由，别人没法核对。所以每个决定都是一个数加一条界限：百分之多少的画面是黑的，
百分之多少的时间一动不动，短边有多少像素。视频只解码一遍，从不整段放进内存。
**哪些文件会被拒绝？有没有该进名单却没进的？**
"""

# %% id="clean"
from aigc_lab.collect.cleaning import inspect

rows = [["<<file>>", "<<found wrong>>", "<<measured>>"]]
for item in mess:
    flags = inspect(item.path, item.kind).flags
    for found in [collected.finding(flag) for flag in flags] or [("<<fine>>", "")]:
        rows.append([item.path.name, *found])
show.table(rows)

# %% [markdown] id="clean-seen" lang="en"
"""
A file may fail for two reasons at once. Two are missing from the list: `from-a-forum.jpg` is a good picture (its rights
are the trouble, not its pixels), and `night-copy.mp4` is a good video, only that we have it already.

## 6. The same again? A hash that sees

Copies with the same bytes are easy: their SHA-256 is equal. But re-encode a video, and not one byte is the same. We
need a number that stays when the picture *looks* the same: a *perceptual hash*. Here is the smallest one: shrink the
picture to 8 by 8 grey tiles, and write 1 for each tile brighter than the mean. 64 bits; the *distance* of two pictures
is the number of bits that differ. **Which of the three distances below will be the smallest?**
"""

# %% [markdown] id="clean-seen" lang="zh"
"""
一个文件可能同时有两处毛病。有两个该进名单却没进：`from-a-forum.jpg` 画面很好，有问题的是权利，不是像素；
`night-copy.mp4` 也是好好的视频，只不过我们已经有了。

## 6. 又是它？会“看”的哈希

一个字节都不差的副本好办：SHA-256 相同就是。可视频只要重新压缩一遍，字节就全变了。我们需要一个数，
画面*看起来*一样，它就不变：这就是*感知哈希*（perceptual hash）。最小的一种是：把画面缩成 8×8 的灰度格，
比平均值亮的格子记 1，一共 64 位；两幅画面的*距离*，就是有几位不同。**下面三个距离，哪个最小？**
"""

# %% id="hash"
import cv2
import numpy as np


def tiny_hash(picture):
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    tiles = cv2.resize(gray, (8, 8), interpolation=cv2.INTER_AREA)
    return tiles, tiles > tiles.mean()


looks = collecting.planted()
by_name = {look.name.en: look.frames[0] for look in looks}
cat = by_name["cat"][:, 75:375]
tiles, bits = tiny_hash(cat)
steps = [("<<big>>", cat), ("<<tiny>>", tiles), ("<<bits>>", bits * np.uint8(255))]
large = [(label, cv2.resize(p, (200, 200), interpolation=cv2.INTER_NEAREST)) for label, p in steps]
large = [(label, p if p.ndim == 3 else np.repeat(p[..., None], 3, axis=2)) for label, p in large]
put(show.pictures(large, "<<hash steps>>", columns=3, widest=660))

for a, b in [("temple", "temple, 5 % cut off"), ("flower", "earth"), ("cat", "cat, mirrored")]:
    print((tiny_hash(by_name[a])[1] != tiny_hash(by_name[b])[1]).sum(), "<<differ>>", f"{a} / {b}")

# %% [markdown] id="limit-idea" lang="en"
"""
The cut temple is close, as it should be. But flower and earth are close too: both are a bright round thing on a dark
ground, and 64 tiles cannot see more. The package's hash takes 128 coarse waves of the picture instead of tiles, four
times a second, with and without the border, and slides one clip along the other. Its distance is a share: 0 the same,
0.5 nothing in common.

## 7. Choosing the limit by measuring

Up to which distance are two clips "the same"? We planted eight pairs of copies: re-encoded, brightened, made grey,
lettered, cut, mirrored. One more clip shows the same turning earth five seconds later, which is *no* copy. Move the
slider. **Is there a limit that finds all copies without a false alarm?**
"""

# %% [markdown] id="limit-idea" lang="zh"
"""
裁过的古建筑距离很小，这是对的。可花和地球的距离也小：都是暗底上一个亮亮的圆东西，64 个格子看不出更多。
程序包里的哈希不用格子，改取画面里最粗的 128 个“波”；每秒取四次，带边框和不带边框各算一遍，
还让一段视频沿着另一段滑动着比。
它的距离是一个比例：0 是相同，0.5 就是毫不相干。

## 7. 界限要靠量

距离在多少以内才算“相同”？我们埋了八对副本：重新压缩、调亮、去色、加字、裁边、左右翻转。
另有一段拍的是同一个转动的地球，只晚了五秒，它*不是*副本。拖动滑块试试。
**有没有一个界限，能找全副本又没有误报？**
"""

# %% id="slider" tags=["nbval-ignore-output"]
pairs = collecting.all_pairs(looks)
collected.finder(pairs, limit=0.05)

# %% [markdown] id="numbers-idea" lang="en"
"""
The slider calls two functions, `found` and `score`; here they are with numbers, and then the pairs at the limit from
the top of the lesson:
"""

# %% [markdown] id="numbers-idea" lang="zh"
"""
滑块调用的就是 `found` 和 `score` 两个函数。下面直接给它们数字，再看看用课程开头那个界限找到的每一对：
"""

# %% id="numbers"
heads = ["<<limit>>", "<<copies found>>", "<<missed>>", "<<false alarms>>"]
rows = [[f"{at:.2f}", *collecting.score(pairs, at).values()] for at in (0.0, 0.05, 0.12, limit, 0.2, 0.36, 0.5)]
put(show.table([heads, *rows]))
put(collected.pair_sheet(collecting.found(pairs, limit)))

# %% [markdown] id="corpus-idea" lang="en"
"""
There is none. The mirrored cat is as far from the cat as a stranger, and no limit helps: you would have to compare with
the mirrored picture too. The flower with 8 % cut off each side lies beyond the earth of five seconds later. A limit is
always a trade: **small lets copies through** (which leak from training into test, lesson 02), **large throws good clips
away**. The package uses 0.17, measured on 360 copies.

## 8. Everything into the corpus

Now all sources together: samples, web, folder, and two scenes that the lab draws from your `seed`. `add` looks at each
file, cuts videos into shots, describes them, compares, and puts what is refused into *quarantine*: a folder that
nothing later looks into, with the reason in the *manifest* (one table for the whole corpus). **The NASA clip came from
the samples, from the web, and as a copy in the folder: how often will it be in the corpus?**
"""

# %% [markdown] id="corpus-idea" lang="zh"
"""
没有。左右翻转的猫，离原来的猫和离陌生画面一样远，调界限没有用：得把翻转后的画面也拿来比才行。
四边裁掉 8% 的花，比五秒之后的地球还要远。界限总是一笔取舍：**定小了，副本会溜进来**（从训练集漏进测试集，见第 02 课）；
**定大了，好片段会被扔掉**。程序包用的是 0.17，是在 360 个副本上量出来的。

## 8. 全部放进语料库

现在把所有来源合到一起：样本、网站、文件夹，再加上实验室按你的 `seed` 画的两个场景。`add` 会检查每个文件，
把视频切成镜头，写好说明，互相比对；被拒绝的放进*隔离区*（quarantine），后面的步骤谁也不会去看，理由记在*清单*（manifest）里，
整个语料库就这一张表。**NASA 那段视频，样本里有，网上有，文件夹里还有一个副本：语料库里会有几个？**
"""

# %% id="corpus"
from aigc_lab.collect.corpus import Corpus

corpus = Corpus(place / "corpus")
drawn = list(local.drawn(2 if whole else 1, seed, place / "drawn", size=(270, 480)))
report = corpus.add([*items, *web, *mess, *drawn])
usable = [row for row in corpus.rows if row.status == "usable"]
put(show.table([["<<new>>", "<<shots>>", "<<refused>>", "<<usable>>"],
                [report.added, report.shots, len(report.refused), len(usable)]]))  # fmt: skip

rows = [[row.name, *collected.finding(flag)] for row in corpus.rows for flag in row.refusing]
put(show.table([["<<file>>", "<<found wrong>>", "<<measured>>"], *rows]))
twice = {name for name, _ in report.refused} - {row.name for row in corpus.rows}
print("<<byte for byte>>" + ", ".join(name.replace(server.base, "...") for name in twice))

# %% [markdown] id="table-idea" lang="en"
"""
Once. Of equal bytes the first stays, of near-duplicates the better one: rights before none, then larger, then longer.
And `from-a-forum.jpg` is in quarantine, as nice as it is.

## 9. The table of rights

The manifest is a Parquet file, which pandas opens. One row for each usable file, with the four answers. **Which row has
crosses? And which one has none, but should make you think?**
"""

# %% [markdown] id="table-idea" lang="zh"
"""
只有一个。字节相同的，留先来的；近似重复的，留更好的那个：先看有没有权利，再看谁大，再看谁长。
`from-a-forum.jpg` 再好看，也进了隔离区。

## 9. 权利表

清单是一个 Parquet 文件，pandas 可以打开。每个可用的文件一行，后面是那四个回答。
**哪一行有叉？哪一行一个叉也没有，却应该让你停下来想一想？**
"""

# %% id="table"
table = corpus.table().query("status == 'usable'")
columns = {"<<caption column>>": "<<caption>>", "author": "<<author>>", "licence": "<<licence>>"}
columns |= {"may_publish": "<<publish>>", "may_edit": "<<edit>>", "may_sell": "<<sell>>", "may_train": "<<train>>"}
table = table[list(columns)].rename(columns=columns).reset_index(drop=True)
table.map(lambda value: tick.get(value, value))

# %% [markdown] id="privacy-idea" lang="en"
"""
## 10. Who is in the picture?

`NC` has the crosses. The row to think about is the astronaut: the photograph of Eileen Collins is in the public
domain, everybody may publish, change and sell it. But a licence is the answer of the *author*. The person in the
picture was never asked whether a model may learn her face. So there is a second gate: with a face and without *consent*
(agreement of that person, in writing), a file is refused for training. **How many files pass for each use?**
"""

# %% [markdown] id="privacy-idea" lang="zh"
"""
## 10. 画面里是谁？

有叉的是带 `NC` 的那一行。该想一想的是宇航员：艾琳·柯林斯的这张照片属于公有领域，人人都可以发布、修改、商用。
但授权只是*作者*的回答，从来没有人问过画面里的人：能不能让模型学她的脸？所以还有第二道关口：有人脸、又没有*本人同意*（书面的），就不能用于训练。
**每种用途各有多少文件能过关？**
"""

# %% id="privacy"
uses = zip(["<<publish>>", "<<edit>>", "<<sell>>", "<<train>>"], USES, strict=True)
put(show.table([["<<use>>", "<<pass>>"], *([name, len(corpus.usable(use))] for name, use in uses)]))
stopped = [row for row, _ in corpus.refused("train") if row.status == "usable"]
why = ["<<face>>" if row.may_train else "<<no right>>" for row in stopped]
rows = [[row.title, row.licence, reason] for row, reason in zip(stopped, why, strict=True)]
put(show.table([["<<title>>", "<<licence>>", "<<why not>>"], *rows]))

# %% [markdown] id="face-idea" lang="en"
"""
A small network inside the package finds faces. What it finds can be covered: a blurred face is nobody's any more, and
the file may be collected again.
"""

# %% [markdown] id="face-idea" lang="zh"
"""
程序包里有一个小网络专门找人脸。找到之后可以遮住：打了码的脸认不出是谁，文件就可以重新收进来。
"""

# %% id="face"
from aigc_lab.collect.blurring import blur_picture
from aigc_lab.collect.detectors import faces
from aigc_lab.media import read_image

astronaut = next(item for item in items if item.path.stem == "astronaut")
picture = collected.first_picture(astronaut)
blur_picture(astronaut.path, place / "astronaut.jpg")
two = [
    ("<<seen>>", collected.boxed(picture, faces(picture) or [])),
    ("<<covered>>", read_image(place / "astronaut.jpg")),
]
show.pictures([(label, p[:300, 100:400]) for label, p in two], "<<astronaut>>", columns=2, widest=520)

# %% [markdown] id="credits-idea" lang="en"
"""
## 11. The credit sheet and the data card

CC BY asks for the author's name, the title, where it came from, and the licence with a link. The corpus knows all of
it, so the sheet writes itself. **Who must be named?** Look at the end of the sheet.
"""

# %% [markdown] id="credits-idea" lang="zh"
"""
## 11. 署名表和数据卡

CC BY 要求写明作者、标题、来源，以及授权和它的链接。语料库全都知道，所以署名表可以自动写出来。
**发布时必须提到谁？** 看看表的末尾。
"""

# %% id="credits"
from IPython.display import Markdown

Markdown(corpus.credits("<<language>>").replace("# ", "#### ").replace(server.base, "..."))

# %% [markdown] id="card-idea" lang="en"
"""
A *data card* goes with every data set: what is in it, whose it is, what was refused and why, and what it cannot do. All
numbers are counted from the manifest. We read its last part, the limits.
"""

# %% [markdown] id="card-idea" lang="zh"
"""
每个数据集都应当附一张*数据卡*（data card）：里面有什么，是谁的，拒绝了什么、为什么，以及它做不到什么。
数字都是从清单里数出来的。我们读读讲局限的那部分。
"""

# %% id="card"
cards = dict(zip(("en-US", "zh-CN"), corpus.card(), strict=True))
text = cards["<<language>>"].read_text(encoding="utf-8")
limits = next(part for part in text.split("\n## ") if part.startswith(("Limits", "局限")))
Markdown("#### " + limits)

# %% [markdown] id="wrong-idea" lang="en"
"""
## 12. What goes wrong

The most usual mistake of all: a folder of good pictures, and nobody wrote down whose they are. The two below really are
free. **What will the gate say?**
"""

# %% [markdown] id="wrong-idea" lang="zh"
"""
## 12. 出错会怎样

最常见的错误莫过于此：一文件夹的好图片，没有人记下是谁的。下面这两张其实真的是免费的。**关口会怎么说？**
"""

# %% id="wrong"
loose, lost = place / "loose", Corpus(place / "lost")
loose.mkdir()
for number, name in enumerate(("chelsea.png", "coffee.png"), 1):
    shutil.copyfile(astronaut.path.with_name(name), loose / f"IMG_000{number}.png")

lost.add(local.folder(loose))
print("<<at first>>", len(lost.usable("publish")))

collecting.sidecar(loose / "IMG_0001.png", author="Stefan van der Walt", licence="CC0-1.0")
collecting.sidecar(loose / "IMG_0002.png", author="Rachel Michetti", licence="CC0-1.0")
lost.add(local.folder(loose))
print("<<later>>", len(lost.usable("publish")))

# %% [markdown] id="end" lang="en"
"""
Everything went into quarantine at first, for nobody knew whose it was. With two small text files beside the pictures
the same folder came in. Write down author, licence and address **at the moment you take a file**; a year later nobody
finds them again.

## The same on the command line

`aigc-lab collect SOURCE... --into CORPUS` collects; a source is a folder, `samples`, `drawn:50`, `commons:WORDS` and
more. `aigc-lab corpus show|search|check|split|credits CORPUS` does what this lesson did, and looks for words:
"海浪" finds the sea.

## What was left out

Other services (the Internet Archive, Pexels, Pixabay, lists of addresses), existing data sets such as UCF-101, many
files at once with `--workers`, and how captions and themes come about. Splitting without leaks and feeding a model is
lesson 02, labels and law are lesson 12.

## Three questions

<details><summary>1. A clip is CC BY-NC. Your channel earns money from ads. May you use it?</summary>

Better not. `NC` forbids uses that are mainly for earning money, and where that begins is disputed. The lab counts ads
as selling; take another clip or ask the author.
</details>

<details><summary>2. Why does the downloader wait for a random time when a host is in trouble?</summary>

Thirty computers of a class that failed at the same moment would all come back at the same moment, and bring the host
down again. A random wait spreads them out.
</details>

<details><summary>3. You lower the limit for near-duplicates to 0. What happens to your test results later?</summary>

They look better than they are. Re-encoded copies stay in the corpus, some in training and some in the test, and the
model is tested on what it has seen.
</details>

## Go on

Now do [the exercise](/exercises/01_collect.ipynb).
"""

# %% [markdown] id="end" lang="zh"
"""
一开始全进了隔离区，因为没有人知道它们是谁的。在图片旁边放上两个小文本文件，同一个文件夹就收进来了。
作者、授权和地址，要在**拿到文件的那一刻**就记下来；过一年再找，谁也找不到了。

## 用命令行做同样的事

`aigc-lab collect SOURCE... --into CORPUS` 负责收集；来源可以是文件夹、`samples`、`drawn:50`、`commons:WORDS` 等等。
`aigc-lab corpus show|search|check|split|credits CORPUS` 做的就是这一课里的事，还能按词搜索：搜“海浪”，就能找到大海。

## 这一课没有讲的

别的网站（Internet Archive、Pexels、Pixabay、网址清单），UCF-101 这样的现成数据集，用 `--workers` 同时处理大量文件，
以及说明和主题是怎么写出来的。怎样不泄漏地划分、怎样喂给模型，是第 02 课；标识和法律，是第 12 课。

## 三个问题

<details><summary>1. 一段视频的授权是 CC BY-NC，你的频道靠广告赚钱，能用吗？</summary>

最好不用。`NC` 禁止以赚钱为主要目的的使用，界线在哪里一直有争议。实验室把广告当作商用：换一段，或者去问作者。
</details>

<details><summary>2. 网站出故障时，下载程序为什么等一段随机的时间，而不是固定等一秒？</summary>

一个班三十台电脑同时失败，要是又同时回来，就会把网站再压垮一次。随机等待能把它们错开。
</details>

<details><summary>3. 你把近似重复的界限调成 0，以后的测试成绩会怎样？</summary>

看上去会比实际好。重新压缩过的副本留在库里，有的进了训练集，有的进了测试集，等于拿模型见过的题来考它。
</details>

## 接下来

去做[练习](/exercises/01_collect.ipynb)吧。
"""

# %% [markdown] id="exercise" lang="en" part="exercise" grade="readonly"
"""
# Exercise 01: Collect

Five tasks, about an hour. Come from [the lesson](/notebooks/01_collect.ipynb), and keep it open beside you.

- Write your code where it says `YOUR CODE HERE`, and delete the line `raise NotImplementedError()`.
- Then run the cell below it. The number under the box is what you got so far.
- Stuck? `hint("01.1")` opens one hint after each new failed try; for the other tasks use their number in a new cell.
- Everything happens on this computer; nothing is fetched or sent.
"""

# %% [markdown] id="exercise" lang="zh" part="exercise" grade="readonly"
"""
# 练习 01：数据采集

共五题，大约一小时。先学[课文](/notebooks/01_collect.ipynb)，做题时也可以开着它对照。

- 在写着“在这里写代码”的地方写代码（英文版里写作 `YOUR CODE HERE`），并删掉 `raise NotImplementedError()` 这一行。
- 然后运行它下面的一格。方框下面的数就是目前的得分。
- 卡住了？每次改了代码仍没通过，`hint("01.1")` 就多打开一条提示；别的题，新建一格、换上题号。
- 一切都在这台电脑上完成，不下载也不上传任何东西。
"""

# %% id="exercise-start" part="exercise" grade="readonly"
from aigc_lab.course.check import check, hint, progress, use_language

use_language("<<language>>")

# %% [markdown] id="task-1" lang="en" part="exercise" grade="readonly"
"""
## 01.1 The gate (3 points)

Write `passes(rows, use)`: a list with the names of the files that may pass, in the order of `rows`. Each row is a dict
with `file`, `licence`, `faces` (how many are seen), `consent` (a text, empty when nobody was asked) and the answers
`may_publish`, `may_edit`, `may_sell`, `may_train`. `use` is `"publish"`, `"edit"`, `"sell"` or `"train"`. A file passes
when all of this is true:

- its licence is in `licences()` (from `aigc_lab.rights`);
- the answer for this use is there and is `True`; what is missing or `None` counts as no;
- for training: no face is seen, or `consent` is not empty.
"""

# %% [markdown] id="task-1" lang="zh" part="exercise" grade="readonly"
"""
## 01.1 授权关口（3 分）

写函数 `passes(rows, use)`：按 `rows` 的顺序返回一个列表，列出可以放行的文件名。每一行是一个字典，
有 `file`、`licence`、`faces`（看到几张脸）、`consent`（一段文字，没问过就是空的），
还有四个回答 `may_publish`、`may_edit`、`may_sell`、`may_train`。
`use` 是 `"publish"`、`"edit"`、`"sell"` 或 `"train"`。同时满足下面几条才放行：

- 授权在 `licences()` 里（来自 `aigc_lab.rights`）；
- 对这个用途的回答是 `True`；没有这一项，或者是 `None`，都当作不可以；
- 用于训练时：没有人脸，或者 `consent` 不为空。
"""


# %% id="passes" part="exercise" grade="answer"
def passes(rows, use):
    # <<rows and use>>
    ### BEGIN SOLUTION
    from aigc_lab.rights import licences

    allowed = [row for row in rows if row["licence"] in licences() and row.get(f"may_{use}") is True]
    return [row["file"] for row in allowed if use != "train" or not row["faces"] or row["consent"]]
    ### END SOLUTION


# %% id="passes-check" part="exercise" grade="test" points=3
check("01.1", passes).points

# %% id="passes-hint" part="exercise" grade="readonly"
hint("01.1")

# %% [markdown] id="task-2" lang="en" part="exercise" grade="readonly"
"""
## 01.2 Whose word counts? (3 points)

Write `licence_of(file, texts)`: the licence of a file, as it is written, without blanks at its ends. `texts` holds the
text files that lie beside it, name: content. The nearest counts:

1. the file's own JSON (`waves.json` for `waves.mp4`), if it has a `licence`;
2. else the column `licence` of `credits.csv`, in the row whose `file` is this name;
3. else the whole text of `LICENSE`;
4. else nobody speaks of it: an empty text.

Any of these text files may be missing.
"""

# %% [markdown] id="task-2" lang="zh" part="exercise" grade="readonly"
"""
## 01.2 谁说了算？（3 分）

写函数 `licence_of(file, texts)`：返回一个文件的授权，原文怎么写就怎么返回，去掉首尾空白。
`texts` 是放在它旁边的文本文件，文件名对应内容。越近的越算数：

1. 文件自己的 JSON（`waves.mp4` 对应 `waves.json`），前提是里面有 `licence`；
2. 否则看 `credits.csv`：`file` 等于这个文件名的那一行，取 `licence` 那一列；
3. 否则取 `LICENSE` 的全文；
4. 都没有，就是没有人提到它：返回空字符串。

这些文本文件都可能不存在。
"""


# %% id="licence-of" part="exercise" grade="answer"
def licence_of(file, texts):
    # <<file and texts>>
    ### BEGIN SOLUTION
    import csv
    import json

    own = json.loads(texts.get(file.rpartition(".")[0] + ".json", "{}")).get("licence", "")
    rows = csv.DictReader(texts.get("credits.csv", "").splitlines())
    listed = [row["licence"] for row in rows if row["file"] == file]
    return (own or "".join(listed[:1]) or texts.get("LICENSE", "")).strip()
    ### END SOLUTION


# %% id="licence-of-check" part="exercise" grade="test" points=3
check("01.2", licence_of).points

# %% [markdown] id="task-3" lang="en" part="exercise" grade="readonly"
"""
## 01.3 Find the copies (3 points)

Measure first. The cell takes the real clips of the lesson (without the mirrored cat and the two hardest pairs) and
prints how many of 128 bits differ, in percent: once between copies, once between others.
"""

# %% [markdown] id="task-3" lang="zh" part="exercise" grade="readonly"
"""
## 01.3 找出副本（3 分）

先量一量。下面这一格用的是课文里的真画面（去掉了翻转的猫和最难的两对），打印 128 位里有百分之多少不同：
一行是副本之间，一行是无关的画面之间。
"""

# %% id="measure" part="exercise" grade="readonly"
from aigc_lab.course.collecting import measured_bits

copies, others = measured_bits()
print("<<copies differ>>", copies)
print("<<others differ>>", others)

# %% [markdown] id="task-3-write" lang="en" part="exercise" grade="readonly"
"""
Now write `find_copies(marks)`: `marks` is a dict, each name with its mark, a text of 128 characters `0` and `1`. Return
a list of pairs of names whose marks are close enough to be copies, each pair once, in any order. Choose the limit from
what you measured.
"""

# %% [markdown] id="task-3-write" lang="zh" part="exercise" grade="readonly"
"""
现在写函数 `find_copies(marks)`：`marks` 是字典，每个名字对应它的指纹，是由 128 个 `0` 和 `1` 组成的文本。
返回一个列表，列出指纹近到足以算作副本的每一对名字；每对只出现一次，顺序不限。界限从你量到的数里选。
"""


# %% id="find-copies" part="exercise" grade="answer"
def find_copies(marks):
    # <<marks>>
    ### BEGIN SOLUTION
    from itertools import combinations

    def apart(a, b):
        return sum(x != y for x, y in zip(marks[a], marks[b], strict=True)) / 128

    return [(a, b) for a, b in combinations(marks, 2) if apart(a, b) <= 0.2]
    ### END SOLUTION


# %% id="find-copies-check" part="exercise" grade="test" points=3
check("01.3", find_copies).points

# %% [markdown] id="task-4" lang="en" part="exercise" grade="readonly"
"""
## 01.4 The credit line (2 points)

Write `credit_line(work)`: one line for the description of a video, as CC BY asks for. `work` is a dict with `title`,
`author`, `address`, `licence` (an id such as `"CC-BY-4.0"`) and `changes` (what was done to it). The line has in it:
the title, the author, the address, the usual name of the licence, the link to its text, and the changes. Title and
changes may be empty: then nothing of them is seen, no empty quotation marks either.
"""

# %% [markdown] id="task-4" lang="zh" part="exercise" grade="readonly"
"""
## 01.4 署名行（2 分）

写函数 `credit_line(work)`：按 CC BY 的要求，返回放在视频简介里的一行署名。`work` 是字典，
有 `title`、`author`、`address`、`licence`（编号，例如 `"CC-BY-4.0"`）和 `changes`（做了什么改动）。
这一行里要有：标题、作者、地址、授权的通用名称、授权全文的链接，以及改动。标题和改动可能是空的，那就一点痕迹也不留，空的引号或书名号也不要。
"""


# %% id="credit-line" part="exercise" grade="answer"
def credit_line(work):
    # <<a work>>
    ### BEGIN SOLUTION
    from aigc_lab.rights import licences

    known = licences()[work["licence"]]
    parts = [work["title"], work["author"], work["address"], f"{known.name} ({known.url})", work["changes"]]
    return ", ".join(part for part in parts if part)
    ### END SOLUTION


# %% id="credit-line-check" part="exercise" grade="test" points=2
check("01.4", credit_line).points

# %% [markdown] id="task-5" lang="en" part="exercise" grade="readonly"
"""
## 01.5 A visitor with manners (3 points)

The next function fetches something, but no host would like it. Run it: the server answers `429` and asks for two
seconds, and the function comes back again and again.
"""

# %% [markdown] id="task-5" lang="zh" part="exercise" grade="readonly"
"""
## 01.5 有礼貌的下载（3 分）

下面的函数会去取东西，可哪个网站都不会喜欢它。运行一下看看：服务器应答 `429`，请它等两秒，它却一次又一次地来。
"""


# %% id="rude" part="exercise" grade="readonly"
def rude_get(ask, wait):
    # <<ask and wait>>
    while True:
        code, headers = ask()
        if code == 200:
            return code
        wait(0.1)


answers = iter([(429, {"Retry-After": "2"})] * 10)
try:
    rude_get(lambda: next(answers), lambda seconds: None)
except StopIteration:
    print("<<never ends>>")

# %% [markdown] id="task-5-repair" lang="en" part="exercise" grade="readonly"
"""
Write `polite_get(ask, wait)`, a repaired version that returns the code of the last answer. There are three faults:

- after `429` or `503` it waits as many seconds as `headers["Retry-After"]` says (a text, such as `"2"`); one second
  when the host says nothing;
- it asks four times at most; after the fourth answer it neither waits nor asks again;
- every other code (`200`, `404`, `403` ...) is an answer: it returns at once.
"""

# %% [markdown] id="task-5-repair" lang="zh" part="exercise" grade="readonly"
"""
请写出修好的版本 `polite_get(ask, wait)`，返回最后一次应答的代码。一共有三处毛病：

- 收到 `429` 或 `503`，要按 `headers["Retry-After"]` 说的秒数等（它是文本，例如 `"2"`）；对方没说，就等一秒；
- 最多请求四次；第四次应答之后，既不再等，也不再问；
- 其他代码（`200`、`404`、`403` 等）都是明确的回答：马上返回。
"""


# %% id="polite-get" part="exercise" grade="answer"
def polite_get(ask, wait):
    # <<ask and wait>>
    ### BEGIN SOLUTION
    for attempt in range(4):
        code, headers = ask()
        if code not in (429, 503):
            return code
        if attempt < 3:
            wait(float(headers.get("Retry-After", 1)))
    return code
    ### END SOLUTION


# %% id="polite-get-check" part="exercise" grade="test" points=3
check("01.5", polite_get).points

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
progress("01")
