"""pdflatex can print whatever stands in a name: known signs as commands, letters as they are, the rest as its code."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.report.latex_text import LETTERS, commands, latex_text
from tests.report.readers import tex_shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("AP ≥ 70, ≤ 80 ± 1", r"AP $\ge$ 70, $\le$ 80 $\pm$ 1"),
        ("3 × 4 → −12", r"3 $\times$ 4 $\rightarrow$ $-$12"),
        ("keep α, Δ and µ", r"keep $\alpha$, $\Delta$ and ${\mu}$"),
        ("2³⁰", "2$^{3}$$^{0}$"),
        ("Müller, Dvořák & Łukasz", r"Müller, Dvořák \& Łukasz"),
        ("中文", r"\texttt{U+4E2D}\,\allowbreak{}\texttt{U+6587}\,\allowbreak{}"),
        ("🙂", r"\texttt{U+1F642}\,\allowbreak{}"),
        ("a\0b\u200bc", r"a\texttt{U+0000}\,\allowbreak{}b\texttt{U+200B}\,\allowbreak{}c"),
        ("a\u00a0b\n c", "a b c"),
    ],
)
def test_signs_are_written_as(text: str, written: str) -> None:
    assert latex_text(text) == written


def test_combining_marks_join_their_letters_or_show_their_code() -> None:
    assert latex_text("e\u0301") == "é"
    assert latex_text("x\u030c") == r"x\texttt{U+030C}\,\allowbreak{}"


def test_no_two_signs_are_joined_to_another_one() -> None:
    assert latex_text("a--b --- c''d ,,e,, ?`") == "a-{}-b -{}-{}- c'{}'d ,{},e,{}, ?{}`"


def test_greek_letters_are_called_what_unicode_calls_them() -> None:
    greek = re.compile(r"\$\\(?:var)?([A-Za-z]+)\$")
    named = [(sign, found[1]) for sign, command in commands() if "Ͱ" <= sign <= "Ͽ" and (found := greek.match(command))]
    assert len(named) > 35
    for sign, name in named:
        words = unicodedata.name(sign).removesuffix(" SYMBOL").replace("LAMDA", "LAMBDA").replace("FINAL ", "").split()
        assert words[-1] == name.upper(), sign
        assert ("CAPITAL" in words) == name[0].isupper()


def test_two_signs_never_look_alike_in_the_source() -> None:
    written = [command for _, command in commands()]
    assert len(set(written)) == len(written)


@given(st.text())
def test_any_text_is_letters_that_pdflatex_has_and_reads_back_as_it_was(text: str) -> None:
    written = latex_text(text)
    assert all((sign.isascii() and sign.isprintable()) or sign in LETTERS for sign in written)
    assert tex_shown(written) == unicodedata.normalize("NFC", " ".join(text.split()))
