"""Truth values and floats as in YAML 1.2, and the fastest parser at hand."""

from __future__ import annotations

import re

import yaml
from yaml.composer import Composer


def top_node(text: str) -> yaml.Node | None:
    """The node at the top of a document.

    Raises:
        YAMLError: not YAML. What libyaml refuses is read again, since PyYAML's own parser says why in plainer words.
    """
    if "\t" in text:  # where libyaml allows more, and not every machine has it
        return yaml.compose(text, Loader=Loader)
    try:
        return yaml.compose(text, Loader=QUICK_LOADER)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=Loader)


class Loader(yaml.SafeLoader):
    """Safe YAML in which only `true` and `false` are truth values, as in YAML 1.2: a grouping may be called `off`.
    Nor is 12:00:00 a number of seconds there, but a text, which is then refused where a number is expected."""


NOT_AS_IN_1_1 = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag not in NOT_AS_IN_1_1]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0b[01_]+|0[0-7_]+)$"), "-+0123456789"
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:(?:[0-9][0-9_]*)?\.[0-9_]+(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*\.(?:[eE][-+]?[0-9]+)?|"
        r"[0-9][0-9_]*[eE][-+]?[0-9]+|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$"
    ),
    "-+0123456789.",
)
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")


def _with_libyaml() -> type[yaml.CSafeLoader]:
    class QuickLoader(Composer, yaml.CSafeLoader):
        """The same several times as fast. Only the parser is libyaml's: its composer recurses in C, where a document
        that is nested too deeply would end the process."""

        yaml_implicit_resolvers = Loader.yaml_implicit_resolvers

        def __init__(self, stream: str) -> None:
            yaml.CSafeLoader.__init__(self, stream)
            Composer.__init__(self)

    return QuickLoader


QUICK_LOADER = _with_libyaml() if yaml.__with_libyaml__ else Loader
"""PyYAML can be built without libyaml."""
