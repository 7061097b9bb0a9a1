"""What calls of models cost: prices from a file, exact or not at all."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Self, TypeAlias

import msgspec
from msgspec import UNSET

from spanglass import answers
from spanglass.answers import Prices
from spanglass.config import ConfigError

TOKENS_PER_PRICE: Final = 1_000_000
PRICES_BYTES_MAX: Final = 1 << 20
"""Bytes of a file of prices."""
VERSIONED: Final = re.compile(r"[-@](latest|\d{8}|\d{4}-\d{2}-\d{2})$")
"""What may follow a model's name without its price being another: the day of a version."""

_Dollars: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class Price(msgspec.Struct, rename="camel", frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """US dollars per million tokens; a kind without a price is None."""

    input: _Dollars
    output: _Dollars
    cache_read: _Dollars | None = None
    cache_write: _Dollars | None = None


class PriceList(msgspec.Struct, rename="camel", frozen=True, forbid_unknown_fields=True):
    """Prices by model, as of a day (``YYYY-MM-DD``)."""

    as_of: str
    models: dict[str, Price]

    @classmethod
    def load(cls, path: str = "") -> Self:
        """Read a file of prices, the one that comes along if no path is given.

        Raises:
            ConfigError: It cannot be read, or is no such file; the message says where.
        """
        source = Path(path) if path else files(__package__) / "prices.json"
        try:
            with source.open("rb") as file:
                body = file.read(PRICES_BYTES_MAX + 1)
            if len(body) > PRICES_BYTES_MAX:
                raise ConfigError(f"prices: {path} has more than {PRICES_BYTES_MAX} bytes")
            return msgspec.json.decode(body, type=cls)
        except OSError as error:
            raise ConfigError(f"prices: {path} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"prices: {path} is no file of prices: {error}") from None

    def cost(self, model: str, tokens: tuple[int, int, int, int]) -> float | None:
        """Return what tokens of a model cost in US dollars; None if it is not known.

        The tokens are those of the input without the cache, of the output, read from and written to the cache. A kind
        without a price may have none, and tokens that were not counted have no cost that is known.
        """
        price = self.models.get(model) or self.models.get(VERSIONED.sub("", model))
        if price is None or not any(tokens):
            return None
        total = 0.0
        for count, dollars in zip(
            tokens, (price.input, price.output, price.cache_read, price.cache_write), strict=True
        ):
            if count and dollars is None:
                return None
            total += count * (dollars or 0)
        return total / TOKENS_PER_PRICE

    def told(self) -> Prices:
        """Return the prices as the API tells them."""
        models = {
            name: answers.Price(
                input=price.input,
                output=price.output,
                cache_read=UNSET if price.cache_read is None else price.cache_read,
                cache_write=UNSET if price.cache_write is None else price.cache_write,
            )
            for name, price in self.models.items()
        }
        return Prices(as_of=self.as_of, models=models)

    def total(self, usage: Mapping[str, list[int]]) -> float | None:
        """Return what the usage of models costs, as ``SessionRecord.usage`` holds it of one agent; None if unknown."""
        costs = [self.cost(model, (counts[1], counts[2], counts[3], counts[4])) for model, counts in usage.items()]
        return None if not costs or None in costs else sum(filter(None, costs))
