"""Pages that were read lately come back as they were, as long as they are true and there is room."""

import threading

from spanglass.recent import PAGE_BYTES, RecentPages


def test_a_page_comes_back_at_its_version_alone() -> None:
    """A page is given for the version that it was put at, and for no other, also not for none."""
    pages = RecentPages(1 << 20)
    pages.put("a", (1, 1), b"[1]", 3)
    assert pages.get("a", (1, 1)) == (b"[1]", 3)
    assert pages.get("a", (1, 2)) is None
    assert pages.get("a", None) is None
    assert pages.get("b", (1, 1)) is None
    pages.put("a", (1, 2), b"[2]", 0)
    assert pages.get("a", (1, 1)) is None
    assert pages.get("a", (1, 2)) == (b"[2]", 0)


def test_what_was_asked_for_longest_ago_goes() -> None:
    """Beyond the bound, pages go in order of when they were last asked for; one too large for it is not kept."""
    pages = RecentPages(3 * (PAGE_BYTES + 100))
    for key in "abc":
        pages.put(key, 1, key.encode(), 0)
    assert pages.get("a", 1)
    pages.put("d", 1, b"d", 0)
    assert [key for key in "abcd" if pages.get(key, 1)] == ["a", "c", "d"]
    for _ in range(9):  # a page that takes another's place takes no more room
        pages.put("d", 1, b"d", 0)
    assert [key for key in "acd" if pages.get(key, 1)] == ["a", "c", "d"]
    small = RecentPages(1)
    small.put("a", 1, b"a", 0)
    assert small.get("a", 1) is None


def test_threads_may_share_them() -> None:
    """Whatever several threads put and get at a time, a page that comes back is the one that was put."""
    pages = RecentPages(20 * PAGE_BYTES)
    wrong: list[tuple[bytes, int]] = []

    def work(seed: int) -> None:
        for step in range(300):
            key = (seed + step) % 40
            pages.put(key, 1, b"%d" % key * 500, key)
            found = pages.get((key * 7) % 40, 1)
            if found is not None and found != (b"%d" % found[1] * 500, (key * 7) % 40):
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
