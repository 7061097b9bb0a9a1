"""A memory of bounded size."""

from spanglass.mapping.memo import Memo


def test_what_is_used_is_kept_and_the_bound_holds() -> None:
    """Values beyond the bound push out those that were not used since, never more than the bound is kept."""
    memo: Memo[int, str] = Memo(8)
    memo.put(0, "used", 1)
    for number in range(1, 20):
        assert memo.get(0) == "used"
        memo.put(number, "unused", 1)
    kept = [number for number in range(20) if memo.get(number) is not None]
    assert 0 in kept
    assert 19 in kept
    assert len(kept) <= 8


def test_what_is_too_large_is_not_kept() -> None:
    """A value beyond half of the bound would push out all others."""
    memo: Memo[str, str] = Memo(8)
    memo.put("large", "x", 5)
    assert memo.get("large") is None
    assert memo.get("never") is None


def test_a_value_is_counted_once() -> None:
    """Putting another value under a key frees what the first held."""
    memo: Memo[str, int] = Memo(8)
    memo.put("other", 0, 1)
    for number in range(100):
        memo.put("key", number, 2)
    assert (memo.get("key"), memo.get("other")) == (99, 0)
