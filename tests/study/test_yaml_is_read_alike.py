"""The quick parser of study files reads what PyYAML's own reads: content, types of values, and the line of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from gtpt_bench.study.yaml_loader import QUICK_LOADER, Loader, top_node
from tests.study.every_variant import STUDIES

SCALARS = "a: [yes, on, ~, null, 012, 1e3, .5, .inf, 12:00:00, 0x1f, 2020-01-01, 'é \u4e2d', \"\\t\", <<]"
BLOCKS = "a: |\n  one\n   two\n\nb: >-\n  x\n  y\n? long\n: - &c {k: 1}\n  - *c\n  - !!str 5\n"


def told(node: yaml.Node | None) -> Iterator[tuple[str, str, Any]]:
    """Kind, place and value of all nodes from the top down."""
    assert node is not None
    if isinstance(node, yaml.ScalarNode):
        yield node.tag, str(node.start_mark.line), node.value
        return
    yield node.tag, str(node.start_mark.line), len(node.value)
    for part in node.value:
        for inner in part if isinstance(part, tuple) else (part,):
            yield from told(inner)


@pytest.mark.skipif(QUICK_LOADER is Loader, reason="PyYAML was built without libyaml")
@pytest.mark.parametrize("text", [*(path.read_text(encoding="utf-8") for path in STUDIES), SCALARS, BLOCKS])
def test_both_parsers_tell_the_same(text: str) -> None:
    assert list(told(yaml.compose(text, Loader=QUICK_LOADER))) == list(told(yaml.compose(text, Loader=Loader)))


@pytest.mark.parametrize("text", ["a:\tb", "a: b\tc", "a: [1,\t2]"])
def test_tabs_are_refused_alike_wherever_pyyaml_refuses_them(text: str) -> None:
    """libyaml takes some that PyYAML does not: a study would be valid on one machine and not on another."""
    with pytest.raises(yaml.YAMLError):
        yaml.compose(text, Loader=Loader)
    with pytest.raises(yaml.YAMLError):
        top_node(text)


def test_what_is_no_yaml_is_explained_by_the_plainer_words() -> None:
    with pytest.raises(yaml.YAMLError, match=r"found character '\\t' that cannot start any token"):
        top_node("a:\n\t- 1\n")


def test_depth_without_end_is_refused_not_crashed_on() -> None:
    with pytest.raises(RecursionError):
        top_node("a: " + "[" * 100_000 + "]" * 100_000)
