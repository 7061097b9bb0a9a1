"""Sessions out of AWS: page by page into what takes them, and how far is noted after each."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any, Final

import msgspec

from spanglass.formats.interface import Altered, Refused, Spans
from spanglass.moving.aws import Aws, AwsError, Page, SessionIds, StoppedError
from spanglass.moving.newer import known
from spanglass.moving.pull_state import Progress, PullState
from spanglass.moving.taking import Taker

SESSIONS_AT_A_TIME: Final = 4
"""Sessions that are read side by side: enough for the pace, whatever the way to AWS takes."""
SAME_TOKEN_MAX: Final = 3
"""How often AWS may answer a page with the token that the page was asked for with."""
INVALID: Final = "ValidationException"
"""What AWS says to a token that it does not know, or no more."""


class Pulled(msgspec.Struct, rename="camel"):
    """What became of a pull."""

    sessions: int = 0
    """Sessions that were read to their end, or were settled already."""
    skipped: int = 0
    """Those of them that were settled: read before, so long after their last span that none will come."""
    spans: int = 0
    refused: int = 0
    failed: int = 0
    """Sessions that could not be read."""


class Puller:
    """Pulls sessions; several at a time."""

    def __init__(
        self,
        aws: Aws,
        taker: Taker,
        state: PullState,
        *,
        is_there: Callable[[SessionIds], bool],
        settled_seconds: float,
        told: Callable[[Refused | Altered], None],
        seen: Callable[[int], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Pull into what takes spans.

        ``is_there`` tells whether it has a session; ``told`` hears of what is wrong, ``seen`` of how many spans were
        taken.
        """
        self._aws = aws
        self._taker = taker
        self._state = state
        self._is_there = is_there
        self._settled_seconds = settled_seconds
        self._told = told
        self._seen = seen
        self._clock = clock
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.pulled = Pulled()

    def pull(self, sessions: Iterable[SessionIds]) -> None:
        """Pull sessions, and return when all of them are durable.

        Raises:
            StoppedError: AWS gives nothing more; what was taken is noted, and a later pull goes on from there.
            TakingError, UnreachableError, StateError: Likewise, where spans go to.
        """
        coming = iter(dict.fromkeys(sessions))
        with ThreadPoolExecutor(SESSIONS_AT_A_TIME, thread_name_prefix="spanglass-pull") as threads:
            waiting = {threads.submit(self._session, ids) for ids in islice(coming, SESSIONS_AT_A_TIME)}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for one in done:
                        one.result()
                        waiting |= {threads.submit(self._session, ids) for ids in islice(coming, 1)}
            except BaseException:
                self._stopped.set()
                raise

    def _session(self, ids: SessionIds) -> None:
        known = self._state.get(*ids)
        if known is not None and known.spans and not self._is_there(ids):
            known = None  # what it was pulled into was deleted, or is another one
        if known is not None and known.is_settled(self._settled_seconds):
            self._count(sessions=1, skipped=1)
            return
        try:
            self._read(ids, known if known is not None and known.token is not None else None)
        except StoppedError:
            raise
        except AwsError as error:
            self._count(failed=1)
            self._told(Refused("/".join(ids), str(error)))
        else:
            self._count(sessions=0 if self._stopped.is_set() else 1)

    def _read(self, ids: SessionIds, known: Progress | None) -> None:
        progress = known or Progress(None, self._clock())
        try:
            page = self._page(ids, progress.token)
        except StoppedError:
            raise
        except AwsError as error:
            if known is None or error.code != INVALID:
                raise
            return self._read(ids, None)  # the token is of long ago
        while not self._stopped.is_set():
            progress = self._take(ids, page, progress)
            self._state.put(*ids, progress)
            if progress.token is None:
                return None
            page = self._page(ids, progress.token)
        return None

    def _page(self, ids: SessionIds, token: str | None) -> Page:
        for _ in range(SAME_TOKEN_MAX):
            page = self._aws.page(ids, token)
            if page.next_token is None or page.next_token != token:
                return page
        raise AwsError("a page is answered with the token that it was asked for with, again and again")

    def _take(self, ids: SessionIds, page: Page, progress: Progress) -> Progress:
        spans: list[Mapping[str, Any]] = [self._known(span, ids) for span in page.spans]
        where = [f"{'/'.join(ids)}, span {span.get('spanId', '?')}" for span in spans]
        taken = self._taker.take(Spans(*ids, spans, where))
        for refused in taken.refused:
            self._told(refused)
        self._count(spans=taken.count, refused=len(taken.refused))
        self._seen(taken.count)
        ends = [end for span in spans if isinstance(end := span.get("endTimestamp"), int | float)]
        return Progress(
            page.next_token,
            progress.begun,
            max([progress.last, *ends]),
            progress.spans + taken.count,
            progress.refused + len(taken.refused),
        )

    def _known(self, span: dict[str, Any], ids: SessionIds) -> dict[str, Any]:
        """Return a span as far as this version knows it; what it does not know is told."""
        told, unknown = known(span, ids)
        for path in unknown:
            self._told(Altered(f"{'/'.join(ids)}, span {span['spanId']}", f"{path}: newer than this version"))
        return told

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, count in more.items():
                setattr(self.pulled, name, getattr(self.pulled, name) + count)
