"""Server-sent events, as they are read."""

from spanglass.traces.events import Event, events


def test_events_are_read_however_they_are_cut() -> None:
    """Comments and unfinished events are none; data over several lines is joined; cuts may fall anywhere."""
    told = (
        ": hello\n\nretry: 5\n\nevent: a\nid: 1\ndata: xé\n\ndata:1\r\ndata: 2\r\n\r\nid\ndata\n\nevent: cut\ndata: y\n"
    ).encode()
    expected = [Event("a", "xé", "1"), Event("message", "1\n2", ""), Event("message", "", "")]
    for cut in range(len(told)):
        assert list(events([told[:cut], told[cut:]])) == expected
