"""Nothing of unknown or unfit rights passes the gate, and the credit sheet names everything."""

import pytest

from aigc_lab import LabError
from aigc_lab.publish.bundle import used_assets
from aigc_lab.rights import (
    USES,
    asset,
    built_in,
    credit_sheet,
    gate,
    kind_name,
    licences,
    refused,
    supplied,
    uses_of,
)  # fmt: skip
from aigc_lab.storyboard import Shot, Storyboard

OURS = ("kokoro", "timgm6mb", "composed", "lab-sans", "noto-sans-sc", "fluent-emoji", "drawn")


def board(**fields) -> Storyboard:
    return Storyboard(title="Coffee", shots=[Shot(id=1)], **fields)


@pytest.mark.parametrize("name", OURS)
def test_everything_that_ships_may_be_published_changed_and_sold(name):
    item = built_in(name)
    assert item.licence in licences() and item.author
    gate([item], "publish", "edit", "sell")


def test_a_non_commercial_photo_passes_in_a_lesson_and_is_stopped_in_an_ad():
    photo = asset("photo", "cat.jpg", "a friend", "Li", "CC-BY-NC-4.0")
    gate([photo], *uses_of(board(kind="lesson")))
    with pytest.raises(LabError, match=r"cat\.jpg may not be used to sell: its licence is CC-BY-NC-4\.0"):
        gate([built_in("drawn"), photo], *uses_of(board(kind="ad")))


@pytest.mark.parametrize("licence", ["", "free", "CC BY", "LicenseRef-Unknown"])
def test_unknown_rights_allow_nothing(licence):
    item = asset("music", "song.mp3", "", "", licence)
    assert [use for use in USES if item.may(use)] == []
    with pytest.raises(LabError, match=r"song\.mp3 may not be published"):
        gate([item], "publish")


def test_four_questions_have_four_answers():
    stock = asset("footage", "sea.mp4", "Pexels", "Wu", "LicenseRef-Pexels")
    assert [stock.may(use) for use in USES] == [True, True, True, False]
    assert not asset("photo", "p.jpg", "", "Wu", "CC-BY-ND-4.0").may("edit")
    assert not asset("footage", "f.avi", "UCF-101", "", "LicenseRef-Research").may("publish")


def test_refused_lists_only_what_is_refused():
    good, bad = built_in("drawn"), asset("music", "x.mp3", "", "", "")
    assert refused([good, bad], "publish") == [bad]


def test_an_own_file_is_the_persons_own_until_rights_yaml_says_otherwise(tmp_path):
    own = supplied("photo", tmp_path / "cup.jpg")
    assert own.licence == "LicenseRef-Own" and own.remark("zh-CN") and own.remark("en-US") != own.remark("zh-CN")
    sheet = 'cup.jpg: {author: 王, licence: CC-BY-4.0, source: "https://example.org"}\n"*": CC-BY-NC-4.0\n'
    (tmp_path / "rights.yaml").write_text(sheet, encoding="utf-8")
    told, other = supplied("photo", tmp_path / "cup.jpg"), supplied("photo", tmp_path / "dog.jpg")
    assert (told.author, told.licence, told.may_sell) == ("王", "CC-BY-4.0", True)
    assert (other.licence, other.may_sell) == ("CC-BY-NC-4.0", False)


def test_a_licence_that_nobody_knows_is_named_with_the_known_ones(tmp_path):
    (tmp_path / "rights.yaml").write_text("cup.jpg: Beerware", encoding="utf-8")
    with pytest.raises(LabError, match=r"unknown licence 'Beerware' of cup\.jpg.*CC-BY-4\.0"):
        supplied("photo", tmp_path / "cup.jpg")


def test_the_assets_of_a_bundle_follow_its_storyboard(tmp_path):
    spoken = {a.what for a in used_assets(board(), [built_in("drawn")], voice=True)}
    assert spoken == {"drawing", "voice", "music", "sound-font", "subjects", "font"}
    voice = f"recording:{tmp_path / 'me.wav'}"
    own = used_assets(board(voice=voice, music="none", logo=str(tmp_path / "logo.png")), [], voice=True)
    assert {(a.what, a.file) for a in own if a.licence == "LicenseRef-Own"} == {
        ("recording", "me.wav"),
        ("logo", "logo.png"),
    }
    assert "voice" not in {a.what for a in used_assets(board(), [], voice=False)}


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_the_credit_sheet_names_every_asset_and_who_must_be_credited(language):
    photo = asset("photo", "a|b<i>.jpg", "https://example.org", "王小明", "CC-BY-4.0")
    assets = [built_in(name) for name in OURS] + [photo]
    sheet = credit_sheet(assets, language)
    for item in assets:
        assert item.author in sheet and kind_name(item.what, language) in sheet
        assert item.licence_name(language) in sheet and item.remark(language) in sheet
    assert "a\\|b&lt;i>.jpg" in sheet and "<i>" not in sheet
    assert sheet.rstrip().endswith("- 王小明 (CC-BY-4.0)")
    assert credit_sheet(reversed(assets), language) == sheet


def test_every_kind_and_licence_in_the_table_is_complete_in_both_languages():
    for key in ("voice", "footage", "recording", "script"):
        assert kind_name(key, "zh-CN") != kind_name(key, "en-US")
    assert all(x.name and (not x.sell or x.publish) for x in licences().values())
