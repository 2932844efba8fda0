from __future__ import annotations

import pytest

from quantrl.contest.entities import Entities, Pseudonyms, bundled_aliases
from quantrl.data import load_sample
from quantrl.errors import ConfigError, DataError

US = Entities.known(["AAPL", "GE", "C", "JPM", "KO", "MSFT"])


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Apple beats; shares of AAPL rise", ("AAPL",)),
        ("apple and Microsoft, then JPM", ("AAPL", "MSFT", "JPM")),
        ("$ aapl up, $GE down, $c flat", ("AAPL", "GE", "C")),
        ("C is a letter, GE an abbreviation, ko a knock-out", ()),
        ("General Electric and Coca-Cola", ("GE", "KO")),
        ("Pineapple AAPLX xJPM $AAPLE", ()),
        ("JPMorgan Chase", ("JPM",)),
        ("msft in small letters", ()),
        ("M\u0130CROSOFT, m\u0131crosoft, $m\u017fft, $\u212ao", ("MSFT", "KO")),
        ("", ()),
    ],
)
def test_find(text: str, symbols: tuple[str, ...]) -> None:
    assert US.find(text) == symbols


def test_every_character_that_a_pattern_takes_for_a_letter_names_the_symbol() -> None:
    letters = Entities(["X"], {"X": [*"abcdefghijklmnopqrstuvwxyz"]})
    everything = " ".join(map(chr, (*range(0xD800), *range(0xE000, 0x30000))))
    assert letters.find(everything) == ("X",)


def test_the_list_is_what_is_allowed() -> None:
    assert US.require("KO") == "KO"
    assert "XOM" not in US
    with pytest.raises(DataError, match="symbol 'XOM' is not one of the 6 allowed"):
        US.require("XOM")
    assert Entities([]).find("AAPL") == ()
    assert Entities(["AAPL"]).find("Apple AAPL") == ("AAPL",)


def test_a_name_must_mean_one_symbol() -> None:
    with pytest.raises(ConfigError, match="'acme' is given to 'A' and to 'B'"):
        Entities(["A", "B"], {"A": ["Acme"], "B": ["acme"]})


def test_bundled_names_cover_the_samples_and_mean_one_company_each() -> None:
    known = bundled_aliases()
    Entities.known(known)
    names = {*load_sample("us5").instruments, *load_sample("us20").instruments}
    assert names <= set(known)


def test_pseudonyms_hide_names_tickers_and_people_and_stay_the_same() -> None:
    hidden = Pseudonyms(US, people=["Tim Cook"])
    text = "Tim Cook says Apple (AAPL, $aapl) beats General Electric"
    other = hidden.hide(text)
    for name in ("Tim", "Apple", "AAPL", "aapl", "General"):
        assert name not in other
    code = hidden.symbol("AAPL")
    assert (
        other
        == f"{hidden.people['Tim Cook']} says Company {code} ({code}, ${code}) beats Company {hidden.symbol('GE')}"
    )
    again = Pseudonyms(Entities.known(reversed(US.symbols)), people=["Tim Cook"])
    assert again.hide(text) == other
    assert Pseudonyms(US, salt="x").symbol("AAPL") != code
    assert hidden.reveal(code) == "AAPL"
    with pytest.raises(DataError, match="'AAPL' is no pseudonym"):
        hidden.reveal("AAPL")
    with pytest.raises(DataError, match="'XOM' is not one of the 6 allowed"):
        hidden.symbol("XOM")


def test_pseudonyms_are_distinct_and_no_real_symbol() -> None:
    symbols = [f"{a}{b}{c}{d}" for a in "BCDF" for b in "BCDF" for c in "BCDF" for d in "BCDF"]
    hidden = Pseudonyms(Entities(symbols))
    assert len(set(hidden.tickers.values())) == len(symbols)
    assert not set(hidden.tickers.values()) & set(symbols)
