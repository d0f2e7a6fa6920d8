"""What a person does with the page, in a real Chromium: it opens without a word in the console, sorts, filters, tells
where numbers come from, fits narrow screens, prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.report.page.conftest import Open, Visit
from tests.report.page.made_page import HOSTILE, page_of, study_with_everything

pytestmark = [pytest.mark.real_parts, pytest.mark.long]

TABLE = "html[data-ready]"
"""The tables are there; charts may not be."""
ORDER = ["dense", "gentle", "pruned", "hard", "Their net a name dense"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page"), "a name")


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("hostile"), HOSTILE)


def written(folder: Path, text: str) -> Path:
    file = folder / "a page #1 with 'signs'.html"
    file.write_text(page_of(study_with_everything(folder, text=text)), encoding="utf-8")
    return file


def point(visit: Visit, chart: str, place: int = 0) -> Any:
    """A point that can be seen, of a chart in a part of the page."""
    return visit.page.locator(f"#{chart} .points path.point").nth(place)


def test_every_part_is_there(visit: Open, file: Path) -> None:
    titles = visit(file, ready=TABLE).page.locator("main h2").all_inner_texts()
    assert titles == ["Results", "Plot", "Effects", "Training", "Kept tokens", "Failed", "Runs", "Environment"]


def test_a_heading_sorts_up_then_down_then_not(visit: Open, file: Path) -> None:
    seen = visit(file, ready=TABLE)
    heading = seen.page.locator('#results th[data-key="macs_full_g"] button')
    assert seen.names() == ORDER
    heading.click()
    assert seen.column("macs_full_g") == ["3.000", "6.000", "9.000", "12.000", "–"]
    heading.press("Enter")
    assert seen.column("macs_full_g") == ["12.000", "9.000", "6.000", "3.000", "–"]
    assert seen.page.locator("#results th[aria-sort=descending]").count() == 1
    heading.press("Enter")
    assert seen.names() == ORDER


def test_a_column_is_filtered_by_words_or_by_a_condition(visit: Open, file: Path) -> None:
    seen = visit(file, ready=TABLE)
    for column, written, left in (
        ("ap", ">75", ["dense", "gentle"]),
        ("ap", "70..75", ["pruned", "Their net a name dense"]),
        ("macs_full_g", "<=6", ["dense", "gentle"]),
        ("", "ED", ["pruned"]),
        ("keep_rates", "0.7", ["gentle", "pruned"]),
    ):
        seen.page.locator(f'#results th[data-key="{column}"] input').fill(written)
        seen.until("#results tbody tr", len(left))
        assert seen.names() == left
        seen.page.get_by_role("button", name="Clear").click()
        assert seen.names() == ORDER


def test_conditions_are_about_the_number_that_is_shown(visit: Open, file: Path) -> None:
    """Whose value has more digits: 79.2079… is shown as 79.2."""
    seen = visit(file, ready=TABLE)
    first = seen.column("ap")[0].split()[0]
    seen.page.locator('#results th[data-key="ap"] input').fill(f"={first}")
    seen.until("#results tbody tr", 1)
    assert seen.names() == ["dense"]
    seen.page.locator('#results th[data-key="ap"] input').fill(f">{first}")
    seen.until("#results tbody tr", 0)


def test_a_condition_without_a_number_is_told_and_hides_nothing(visit: Open, file: Path) -> None:
    seen = visit(file, ready=TABLE)
    seen.page.locator('#results th[data-key="ap"] input').fill(">abc")
    seen.until('#results input[aria-invalid="true"]', 1)
    assert "AP: “abc” is not a number" in seen.text("#results .count")
    assert seen.names() == ORDER


def test_a_wide_table_says_how_many_columns_are_out_of_sight(visit: Open, file: Path) -> None:
    seen = visit(file, width=390, ready=TABLE)
    further = seen.page.locator("#results .beyond button").last
    assert "more columns to the right" in further.inner_text()
    before = seen.page.locator("#results .table").evaluate("frame => frame.scrollLeft")
    further.click()
    seen.page.wait_for_function("document.querySelector('#results .table').scrollLeft > 50")
    assert before == 0


def test_a_table_of_a_screen_or_two_has_no_scroll_bar_for_its_rows(visit: Open, file: Path) -> None:
    frame = visit(file, ready=TABLE).page.locator("#results .table.whole")
    assert frame.evaluate("frame => getComputedStyle(frame).maxHeight") == "none"


def test_a_picture_is_enlarged_and_put_away_by_the_keyboard(visit: Open, file: Path) -> None:
    seen = visit(file, ready=TABLE)
    picture = seen.page.locator("#tokens button.picture")
    picture.press("Enter")
    assert seen.page.locator("#picture img").is_visible()
    assert "Tokens that survive" in seen.text("#picture")
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("#picture").is_visible()


def test_the_plot_shows_the_rows_that_the_table_shows(visit: Open, file: Path) -> None:
    seen = visit(file)
    seen.until("#plot .points path.point", 4)
    seen.page.locator("#results .search input").fill("gentle")
    seen.until("#plot .points path.point", 1)


def test_pointing_at_a_point_names_run_seeds_and_provenance(visit: Open, file: Path) -> None:
    seen = visit(file)
    point(seen, "plot").hover(force=True)
    seen.page.wait_for_selector("#tip:not([hidden])")
    told = seen.text("#tip")
    for words in (
        "dense",
        "AP: 79.2",
        "dense-s0-",
        "evaluate-",
        "seed 1, 2026-11-20 10:11",
        "code 0123456789",
        "on a device on a name",
    ):
        assert words in told


def test_axes_can_be_chosen_and_reported_points_look_different(visit: Open, file: Path) -> None:
    seen = visit(file)
    seen.page.get_by_label("Across", exact=True).select_option("macs_thop_g")
    seen.until("#plot .points path.point", 5)
    legend = seen.page.locator("#plot .legendtext").all_text_contents()
    assert {"measured", "reported"} <= set(legend)


def test_the_keyboard_goes_from_point_to_point_and_opens_one(visit: Open, file: Path) -> None:
    seen = visit(file)
    chart = seen.page.locator("#plot .chart")
    chart.focus()
    chart.press("ArrowRight")
    chart.press("ArrowRight")
    seen.page.wait_for_selector("#tip:not([hidden])")
    assert "gentle" in seen.text("#tip")
    chart.press("Enter")
    assert seen.text("#details h2") == "gentle"
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("#details").is_visible()


def test_charts_offer_a_picture_of_themselves_and_nothing_that_sends_data(visit: Open, file: Path) -> None:
    seen = visit(file)
    titles = {"Download plot as a PNG", "Zoom", "Pan", "Reset axes"}
    buttons = seen.page.locator(".modebar-btn")
    assert {button.get_attribute("data-title") for button in buttons.all()} == titles
    with seen.page.expect_download() as download:
        buttons.first.click(force=True)
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_details_have_every_figure_unrounded_with_its_files(visit: Open, file: Path) -> None:
    seen = visit(file, ready=TABLE)
    seen.page.locator("#results tbody th button", has_text="hard").press("Enter")
    told = seen.text("#details")
    for words in ("MACs full (G)", "12.000", "cost-", "evaluate-", "timing-", "52.47524752475247"):
        assert words in told


def test_effects_have_intervals_and_tell_what_may_be_chance(visit: Open, file: Path) -> None:
    seen = visit(file)
    assert seen.page.locator("#effects .errorbar").count() == 3
    assert "not distinguishable" in seen.page.locator("#effects .legendtext").all_text_contents()


@pytest.mark.parametrize("which", ["file", "hostile_file"])
def test_nothing_reaches_beyond_the_screen(visit: Open, which: str, request: pytest.FixtureRequest) -> None:
    seen = visit(request.getfixturevalue(which))
    for width in (1440, 1024, 390):
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.page.wait_for_timeout(200)  # charts are told after a while
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark_follow_the_system_until_somebody_chooses(visit: Open, file: Path) -> None:
    seen = visit(file, scheme="dark", ready=TABLE)
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = seen.page.evaluate(paper)
    seen.page.get_by_label("Colours of the page").click()
    light = seen.page.evaluate(paper)
    assert (dark, light) == ("rgb(20, 23, 27)", "rgb(255, 255, 255)")


def test_paper_gets_charts_too(visit: Open, file: Path) -> None:
    printed = visit(file).page.pdf()
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") >= 2


def test_hostile_words_are_shown_as_text_everywhere(visit: Open, hostile_file: Path) -> None:
    seen = visit(hostile_file)
    for part in ("h1", ".question", "#results", "#failed", "#failed pre", "#tokens figcaption", "#environment"):
        assert HOSTILE in " ".join(seen.text(part).split()), part
    seen.page.locator("#results tbody th button").last.click()
    assert HOSTILE in seen.text("#details h2")
    seen.page.keyboard.press("Escape")
    seen.page.get_by_label("Across", exact=True).select_option("macs_thop_g")
    point(seen, "plot", 4).hover(force=True)
    assert HOSTILE in seen.text("#tip")
    assert seen.page.evaluate("window.broken") is None
    assert seen.page.locator("main img").count() == 1  # the picture of the tokens
