"""Pictures of kept tokens: kept ones as the model saw them, pruned ones dark and hatched, a panel where it belongs."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gtpt_bench.keypoints import COCO, WHOLEBODY, KeypointSet
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size
from gtpt_bench.models.token_stages import TokenStages, token_stages
from gtpt_bench.show.colours import GROUP_COLOURS, group_colour, hex_of
from gtpt_bench.show.dimmed import WANTED_HEIGHT, borders, dimmed
from gtpt_bench.show.drawing import enlarged
from gtpt_bench.show.seen_crop import SeenCrop
from gtpt_bench.show.token_sheet import token_sheet
from tests.models.small import WHOLE_BODY
from tests.models.small_gtpt import small_config

GRID, CELL = Size(8, 6), Size(8, 8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)


def stages_of(config: GTPTConfig) -> TokenStages:
    stages = token_stages(config)
    assert stages is not None
    return stages


def crop(stages: TokenStages, keypoints: KeypointSet = COCO, *, confidence: float = 1.0) -> SeenCrop:
    """The first tokens survive, as many as are planned."""
    height, width = stages.grid.height * stages.cell.height, stages.grid.width * stages.cell.width
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    left = [stages.left[stage][group or 0] for stage, group in stages.token_sets]
    masks = np.arange(stages.grid.area) < np.asarray(left)[:, None]
    at = np.linspace(5, width - 6, len(keypoints))
    return SeenCrop(picture, masks, np.column_stack((at, at, np.full(len(keypoints), confidence))))


def sheet(config: GTPTConfig, keypoints: KeypointSet = COCO, people: int = 1, confidence: float = 1.0) -> Figure:
    stages = stages_of(config)
    return token_sheet([crop(stages, keypoints, confidence=confidence)] * people, stages, keypoints)


def words(figure: Figure) -> list[str]:
    return [axes.get_xlabel() for axes in figure.axes]


def test_kept_tokens_are_the_crop_itself_and_pruned_ones_are_dark_and_grey() -> None:
    kept = np.random.default_rng(1).random(48) < 0.4
    picture = dimmed(NOISE, kept, GRID)
    times = -(-WANTED_HEIGHT // 64)
    whole = enlarged(NOISE, times)
    assert picture.shape == (64 * times, 48 * times, 3)
    for token in range(48):
        row, column = divmod(token, 6)
        cell = np.s_[row * 8 * times : (row + 1) * 8 * times, column * 8 * times : (column + 1) * 8 * times]
        if kept[token]:
            np.testing.assert_array_equal(picture[cell], whole[cell])
        else:
            assert np.ptp(picture[cell], axis=-1).max() == 0, "grey"
            assert picture[cell].mean() < 0.55 * whole[cell].mean()
    assert picture[:, :, 0].std() > 0


def test_white_and_black_crops_show_what_is_pruned_too() -> None:
    """On snow by brightness, at night by the hatching."""
    half = np.arange(48) < 24
    white, black = (dimmed(np.full((64, 48, 3), value, np.uint8), half, GRID) for value in (255, 0))
    middle = len(white) // 2
    assert white[:middle].min() > 2 * white[middle:].max()
    assert black[:middle].max() == 0
    assert len(np.unique(black[middle:])) == 2


@given(st.lists(st.booleans(), min_size=48, max_size=48))
def test_borders_lie_between_kept_and_pruned_tokens(kept: list[bool]) -> None:
    """Each is a side of exactly one kept token that has no kept neighbour there."""
    mask, expected = np.asarray(kept), set()
    for token in np.flatnonzero(mask).tolist():
        row, column = divmod(token, 6)
        for side, (down, across) in {"top": (-1, 0), "bottom": (1, 0), "left": (0, -1), "right": (0, 1)}.items():
            there = (row + down, column + across)
            if not (0 <= there[0] < 8 and 0 <= there[1] < 6) or not mask[there[0] * 6 + there[1]]:
                y, x = row + (side == "bottom"), column + (side == "right")
                end = (x, y + 1) if across else (x + 1, y)
                expected.add(((x, y), end))
    found = {tuple(tuple(((end + 0.5) / 8).tolist()) for end in line) for line in borders(mask, GRID, CELL)}
    assert found == expected


def test_groups_have_rows_from_the_split_on_with_the_number_they_keep() -> None:
    figure = sheet(small_config())
    expected = ["48 of 48 (100 %)", "33 of 48 (69 %)", *["14 of 48 (29 %)"] * 3, *["4 of 48 (8 %)"] * 3]
    assert words(figure) == expected
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "", "head", "upper limbs", "lower limbs", "", "", ""]
    assert [axes.get_title() for axes in figure.axes] == ["stage 1", "stage 2", "stage 3", "", "", "stage 4", "", ""]
    plt.close(figure)


@pytest.mark.parametrize("grouping", ["one", "off"])
def test_one_group_is_one_row_with_its_legend_below(grouping: str) -> None:
    figure = sheet(small_config(grouping=grouping))
    assert words(figure) == ["48 of 48 (100 %)", "33 of 48 (69 %)", "14 of 48 (29 %)", "4 of 48 (8 %)"]
    assert len({axes.get_position().y0 for axes in figure.axes}) == 1
    plt.close(figure)


def test_everybody_has_a_block_and_all_panels_are_of_one_size() -> None:
    figure = sheet(small_config(), people=2)
    assert len(figure.axes) == 16
    figure.draw_without_rendering()
    sizes = np.asarray([axes.get_window_extent().size for axes in figure.axes])
    assert np.ptp(sizes, axis=0).max() < 0.5
    plt.close(figure)


def test_panels_and_words_lie_inside_the_figure_and_apart() -> None:
    figure = sheet(small_config(), people=2)
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    for box in boxes:
        assert box is not None
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
    assert sum(one.overlaps(other) for one in boxes if one for other in boxes if other) == len(boxes)
    plt.close(figure)


def test_whole_bodies_and_any_number_of_groups_are_drawn() -> None:
    for figure, num in ((sheet(WHOLE_BODY, WHOLEBODY), 8), (sheet(small_config(grouping="per_limb")), 2 + 5 + 5)):
        assert len(figure.axes) == num
        plt.close(figure)
    assert group_colour(len(GROUP_COLOURS)) == group_colour(0)


def dots(figure: Figure, panel: int) -> PathCollection:
    (found,) = (part for part in figure.axes[panel].collections if isinstance(part, PathCollection))
    return found


def test_doubtful_keypoints_are_not_drawn() -> None:
    for confidence, num in ((1.0, 17), (0.01, 0)):
        figure = sheet(small_config(grouping="off"), confidence=confidence)
        assert len(dots(figure, 0).get_offsets()) == num
        plt.close(figure)


def test_a_row_shows_its_own_keypoints_larger_and_in_its_colour() -> None:
    figure = sheet(small_config())
    drawn = dots(figure, 2)
    own = [to_hex(colour) != "#ffffff" for colour in drawn.get_facecolor()]
    assert sum(own) == 5, "the head's"
    assert {to_hex(c) for c, is_own in zip(drawn.get_facecolor(), own, strict=True) if is_own} == {
        hex_of(group_colour(0))
    }
    assert drawn.get_sizes()[own].min() > drawn.get_sizes()[np.invert(own)].max()
    plt.close(figure)


def test_the_same_crop_gives_the_same_bytes() -> None:
    def drawn() -> bytes:
        figure, file = sheet(small_config(grouping="one")), io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
        plt.close(figure)
        return file.getvalue()

    assert drawn() == drawn()
