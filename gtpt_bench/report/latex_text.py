r"""Text that pdflatex prints as it is, whatever stands in titles and names. The only place that escapes for LaTeX.

ASCII and accented Latin letters of the T1 encoding stay; known signs and Greek letters become commands of LaTeX itself,
so that no package is needed. pdflatex has no letter for anything else (Chinese, emoji, combining marks, control
characters): it is printed as its code, `\texttt{U+4E2D}`, which loses nothing and which everyone can look up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LETTERS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİıĲĳĴĵĶķĹĺĻļĽľŁłŃńŅņŇňŊŋŌōŎŏŐőŒœŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮů"
    "ŰűŲųŴŵŶŷŸŹźŻżŽž"
    "«»‹›„‚"
)
"""Beyond ASCII, as pdflatex reads them from UTF-8 with \\usepackage[T1]{fontenc}."""

_OF_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
"""Brackets and stars would be arguments of the \\\\ before them."""

_IN_TEXT = {
    "–": "endash",
    "—": "emdash",
    "…": "ellipsis",
    "‘": "quoteleft",
    "’": "quoteright",
    "“": "quotedblleft",
    "”": "quotedblright",
    "¡": "exclamdown",
    "¿": "questiondown",
    "•": "bullet",
    "†": "dagger",
    "‡": "daggerdbl",
    "§": "section",
    "¶": "paragraph",
    "©": "copyright",
    "®": "registered",
    "™": "trademark",
    "€": "euro",
    "£": "sterling",
    "°": "degree",
    "‰": "perthousand",
    "½": "onehalf",
    "¼": "onequarter",
    "¾": "threequarters",
}
"""The command without its `\\text`."""

_IN_MATHS = {
    "±": r"\pm",
    "∓": r"\mp",
    "−": "-",
    "×": r"\times",
    "÷": r"\div",
    "·": r"\cdot",
    "⋅": r"{\cdot}",
    "≤": r"\le",
    "≥": r"\ge",
    "≪": r"\ll",
    "≫": r"\gg",
    "≠": r"\ne",
    "≈": r"\approx",
    "≡": r"\equiv",
    "∼": r"\sim",
    "∝": r"\propto",
    "∞": r"\infty",
    "←": r"\leftarrow",
    "→": r"\rightarrow",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "↔": r"\leftrightarrow",
    "⇐": r"\Leftarrow",
    "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow",
    "∈": r"\in",
    "∉": r"\notin",
    "∅": r"\emptyset",
    "∩": r"\cap",
    "∪": r"\cup",
    "⊂": r"\subset",
    "⊆": r"\subseteq",
    "∀": r"\forall",
    "∃": r"\exists",
    "¬": r"\neg",
    "∧": r"\wedge",
    "∨": r"\vee",
    "⊕": r"\oplus",
    "⊗": r"\otimes",
    "∘": r"\circ",
    "√": r"\surd",
    "∑": r"\sum",
    "∏": r"\prod",
    "∫": r"\int",
    "∂": r"\partial",
    "∇": r"\nabla",
    "‖": r"\Vert",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "′": r"\prime",
    "µ": r"{\mu}",
    "ε": r"\varepsilon",
    "ϵ": r"\epsilon",
    "φ": r"\varphi",
    "ϕ": r"\phi",
    "ς": r"\varsigma",
    "ϑ": r"\vartheta",
}

_GREEK = {
    "αβγδζηθικλμνξπρστυχψω": (
        "alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon chi psi omega"
    ),
    "ΓΔΘΛΞΠΣΥΦΨΩ": "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
}
_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
"""Greek letters that look like Latin ones, and have no command for that reason."""

_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀ", "0123456789+-nT", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))


def latex_text(text: str) -> str:
    """Text on one line that LaTeX shows as it is; accents are joined with their letters first (NFC)."""
    joined = unicodedata.normalize("NFC", " ".join(text.split()))
    return _LIGATURE.sub(r"\g<0>{}", joined.translate(_SIGNS))


def commands() -> Iterator[tuple[str, str]]:
    """Each character that is not printed as it stands, with what stands for it."""
    yield from _OF_LATEX.items()
    yield from ((sign, rf"\text{name}{{}}") for sign, name in _IN_TEXT.items())
    yield from ((sign, f"${maths}$") for sign, maths in _IN_MATHS.items())
    for letters, names in _GREEK.items():
        yield from ((letter, rf"$\{name}$") for letter, name in zip(letters, names.split(), strict=True))
    yield from ((letter, rf"$\mathrm{{{latin}}}$") for letter, latin in _AS_LATIN.items())
    yield from ((sign, f"$^{{{raised}}}$") for sign, raised in _RAISED.items())
    yield from ((sign, f"$_{{{lowered}}}$") for sign, lowered in _LOWERED.items())


class _Signs(dict[int, str]):
    """For str.translate."""

    def __missing__(self, code: int) -> str:
        return rf"\texttt{{U+{code:04X}}}\,\allowbreak{{}}"  # else a Chinese title would be one word


_SIGNS = _Signs({code: chr(code) for code in (*range(0x20, 0x7F), *map(ord, LETTERS))})
_SIGNS.update((ord(sign), command) for sign, command in commands())

_LIGATURE = re.compile(r"([-'`,])(?=\1)|[?!](?=`)")
"""First of two signs that LaTeX would print as one, as it makes a dash of two hyphens."""
