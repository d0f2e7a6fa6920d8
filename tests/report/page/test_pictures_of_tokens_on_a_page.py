"""Pictures of kept tokens: the report's plots of them first, then people, with what all captions say said once."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.files import write_json
from gtpt_bench.report.page.gallery import gallery
from tests.report.page.made_page import write_picture


def test_what_all_captions_say_is_said_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_picture(tmp_path, name, f"What {name} keeps. Dark: pruned tokens. From {name}.json.")
    shown = gallery(tmp_path)
    assert shown is not None
    assert shown["common"] == "Dark: pruned tokens."
    assert [picture["caption"] for picture in shown["pictures"]] == [
        "What a keeps. From a.json.",
        "What b keeps. From b.json.",
    ]


def test_plots_of_tokens_come_first_with_their_captions(tmp_path: Path) -> None:
    write_picture(tmp_path, "a", "What a keeps.")
    for name in ("survival_maps.png", "token_survival.png", "effects.png"):
        (tmp_path / name).write_bytes(b"a picture")
    write_json(tmp_path / "captions.json", {"token_survival.png": "Shares that survive."})
    shown = gallery(tmp_path)
    assert shown is not None
    assert [(picture["name"], picture["caption"], picture["plot"]) for picture in shown["pictures"]] == [
        ("token_survival.png", "Shares that survive.", True),
        ("survival_maps.png", "", True),
        ("a.png", "What a keeps.", False),
    ]
