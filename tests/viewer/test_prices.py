"""Prices are exact or none: which model has one, and what its tokens cost."""

from pathlib import Path

import pytest

from spanglass.config import ConfigError
from spanglass.viewer.prices import PriceList

FILE = """{"asOf": "2026-01-01", "models": {
    "m": {"input": 1, "output": 10, "cacheRead": 0.5, "cacheWrite": 2},
    "m-2025-01-01": {"input": 3, "output": 30},
    "bare": {"input": 1, "output": 2}}}"""


@pytest.fixture
def prices(tmp_path: Path) -> PriceList:
    (tmp_path / "prices.json").write_text(FILE)
    return PriceList.load(str(tmp_path / "prices.json"))


@pytest.mark.parametrize(
    ("model", "tokens", "cost"),
    [
        ("m", (1_000_000, 0, 0, 0), 1.0),
        ("m", (100, 10, 1000, 50), 0.0008),
        ("m-2026-05-06", (0, 1_000_000, 0, 0), 10.0),
        ("m-20260506", (0, 1_000_000, 0, 0), 10.0),
        ("m-latest", (0, 1_000_000, 0, 0), 10.0),
        ("m-2025-01-01", (1_000_000, 0, 0, 0), 3.0),
        ("m-mini", (1_000_000, 0, 0, 0), None),
        ("m-mini-2026-05-06", (1_000_000, 0, 0, 0), None),
        ("M", (1_000_000, 0, 0, 0), None),
        ("", (1_000_000, 0, 0, 0), None),
        ("bare", (1_000_000, 1_000_000, 0, 0), 3.0),
        ("bare", (1_000_000, 0, 1, 0), None),
        ("m", (0, 0, 0, 0), None),
    ],
)
def test_what_tokens_cost(prices: PriceList, model: str, tokens: tuple[int, int, int, int], cost: float | None) -> None:
    """A model costs what its name, maybe with a day, is priced at; anything that is not known has no cost."""
    known = prices.cost(model, tokens)
    assert known == (None if cost is None else pytest.approx(cost))


def test_one_unknown_model_leaves_no_sum(prices: PriceList) -> None:
    """The usage of models has a cost if each of them has one."""
    usage = [1, 1_000_000, 0, 0, 0, 1_000_000]
    assert prices.total({"m": usage, "bare": usage}) == pytest.approx(2.0)
    assert prices.total({"m": usage, "unknown": usage}) is None
    assert prices.total({}) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no json", "no file of prices"),
        ('{"asOf": "\udcff", "models": {}}', "no file of prices"),
        ('{"asOf": "x", "models": {"m": {"input": -1, "output": 1}}}', "input"),
        ('{"asOf": "x", "models": {"m": {"input": 1, "ouptut": 1}}}', "ouptut"),
        ('{"asOf": "x"}', "models"),
        (" " * (1 << 20) + FILE, "1048576 bytes"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, named: str) -> None:
    """What cannot be used as prices ends with one line that names the file and what is wrong."""
    path = tmp_path / "prices.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ConfigError, match=named) as caught:
        PriceList.load(str(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is told."""
    with pytest.raises(ConfigError, match="cannot be read"):
        PriceList.load(str(tmp_path / "nothing.json"))


def test_prices_come_along() -> None:
    """Without a setting there are prices, each with what every call has: input and output."""
    prices = PriceList.load()
    assert len(prices.models) > 10
    assert all(0 < price.input < price.output for price in prices.models.values())
    assert all(price.cache_read is None or price.cache_read < price.input for price in prices.models.values())
