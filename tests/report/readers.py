"""Tables read back as a reader's program would see them: Markdown by a renderer, LaTeX by its own rules."""

from __future__ import annotations

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gtpt_bench.report.latex_text import commands

_TEX = re.compile(
    r"\\texttt\{U\+(?P<code>[0-9A-F]{4,6})\}\\,\\allowbreak\{\}"
    r"|(?P<command>\\text[a-z]+\{\}|\$[^$]+\$)"
    r"|\\(?P<escaped>[&%$#_{}])"
    r"|\{(?P<braced>[\[\]*])\}"
    r"|(?P<dash>--)"
    r"|(?P<nothing>\{\})"
    r"|(?P<plain>[^\\{}$&#^_%~])",
    re.DOTALL,
)
_COMMANDS = {command: sign for sign, command in commands()} | {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textendash{}": "–",
    r"$\pm$": "±",
    r"$\times$": "×",
    "$-$": "−",
}
"""Those of every table once more, so that no mistake in ours goes unseen; test_latex_text.py has more."""


def tex_shown(source: str) -> str:
    """What LaTeX prints for a text without commands; a special sign that is not escaped is an error."""
    shown, place = "", 0
    while place < len(source):
        sign = _TEX.match(source, place)
        assert sign is not None, f"special sign in the open: {source[place:]!r}"
        shown += _shown(sign.lastgroup or "", sign.group(sign.lastgroup or 0))
        place = sign.end()
    return shown


def _shown(kind: str, text: str) -> str:
    match kind:
        case "code":
            return chr(int(text, 16))
        case "command":
            return _COMMANDS[text]
        case "dash":
            return "–"
        case "nothing":
            return ""
    return text


def tex_cells(document: str) -> list[list[str]]:
    """Cells of the table in a LaTeX document, headings first; without italics, bold and headings of groups."""
    body = document.partition("\\toprule\n")[2].partition("\\bottomrule")[0]
    lines = [line for line in body.splitlines() if not re.search(r"\\midrule|\\cmidrule|\\multicolumn", line)]
    rows = [line.removesuffix(r" \\") for line in lines]
    return [[tex_shown(_upright(cell)) for cell in re.split(r"(?<!\\) & ", row)] for row in rows]


def _upright(cell: str) -> str:
    for command in ("textbf", "textit"):
        slanted = re.fullmatch(rf"\\{command}\{{(.*)\}}", cell, re.DOTALL)
        cell = slanted[1] if slanted else cell
    return cell


def markdown_tokens(document: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(document)


def markdown_cells(document: str) -> list[list[str]]:
    """Text of the cells of the table in a Markdown document, headings first; anything but text is an error."""
    rows: list[list[str]] = []
    tokens = markdown_tokens(document)
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        if before.type in ("th_open", "td_open"):
            rows[-1].append(inline_text(token))
    return rows


def inline_text(token: Token) -> str:
    """Text of a paragraph or cell that may be in italics or bold and have line breaks, and nothing else."""
    children = token.children or []
    strangers = {child.type for child in children} - {
        "text",
        "text_special",
        "em_open",
        "em_close",
        "strong_open",
        "strong_close",
        "hardbreak",
        "softbreak",
    }
    assert not strangers, f"{token.content!r} is more than text: {strangers}"
    return "".join("\n" if child.type.endswith("break") else child.content for child in children)
