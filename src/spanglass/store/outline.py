"""A session's spans without what was said in them: entries are read, messages only counted and compared by ordinal."""

from collections import deque
from collections.abc import Sequence

from spanglass.model.record import SpanRecord
from spanglass.store.interface import LOOK_BACK, Cursor, Outlined, OutlinePage
from spanglass.store.items import Entries, Items, Place
from spanglass.store.rollups import operation, tool_used
from spanglass.store.views import Call, goes_on_from


def outline_page(items: Items, before: Sequence[Place], places: Sequence[Place], limit: int) -> OutlinePage:
    """Return a page of a session's outline.

    ``before`` are the ``LOOK_BACK`` places before the page, the nearest first, ``places`` those from there on, one more
    than the limit if there are as many.
    """
    items.prepare([ordinal for _, _, ordinal in (*before, *places)])
    entries = Entries(items)
    calls: deque[Call] = deque(maxlen=LOOK_BACK)
    for place in reversed(before):
        calls.append(entries.call(place, entries.record(place)))
    page: list[Outlined] = []
    for place in places[:limit]:
        record = entries.record(place)
        page.append(_outlined(entries, place, record, calls))
        calls.append(entries.call(place, record))
    more = len(places) > limit
    return OutlinePage(page, Cursor(page[-1].span.start_ns, page[-1].span.span_id) if more else None)


def _outlined(entries: Entries, place: Place, record: SpanRecord, earlier: Sequence[Call]) -> Outlined:
    inputs, _ = entries.said(place[2])
    role = operation(record)
    previous, kept = goes_on_from(inputs, role, earlier)
    tool = tool_used(entries.items.fragment(inputs[0])) if inputs and role == "execute_tool" else ""
    return Outlined(record, len(inputs), previous, kept, tool)
