"""The viewer's pages over a real store: each state, whatever text comes in, headers, pages of pages, links."""

import functools
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from spanglass import viewer
from spanglass.config import Config, Limits
from spanglass.model.record import Kind, Members, fragment
from spanglass.reading import Reader
from spanglass.store.interface import UnavailableError
from spanglass.store.memory import MemoryStore
from spanglass.store.samples import message, part, span, span_id
from spanglass.viewer.text import visible
from tests.viewer.writing import unwritten

NOWHERE = "00000000-0000-0000-0000-000000000000"
HOSTILE = (
    "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>\x1b[31m\x00\u202egnp\u202c שלום 👩‍👩‍👧 {{7*7}} &lt;"
)
FORBIDDEN = frozenset({"script", "style", "img", "iframe", "object", "embed", "base"})
VOID = frozenset({"meta", "link", "input"})


class Page(HTMLParser):
    """A page as a browser takes it apart: its elements with their attributes, its text, its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: dict[str, list[str]] = {}
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        for name, value in attrs:
            self.values.setdefault(name, []).append(value or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def client_of(store: MemoryStore, threads: ThreadPoolExecutor) -> TestClient:
    return TestClient(Starlette(routes=viewer.routes(Reader(store, Limits()), store, unwritten, threads, Config())))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(store: MemoryStore) -> Iterator[TestClient]:
    with ThreadPoolExecutor(1) as threads:
        yield client_of(store, threads)


def get(client: TestClient, path: str, status: int = 200, host: str = "spans:1") -> Page:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert not FORBIDDEN & {tag for tag, _ in page.elements}
    assert not [name for name in page.values if name == "style" or name.startswith("on")]
    return page


def session_path(store: MemoryStore) -> str:
    """Return the page of the store's newest session."""
    (session, *_) = store.sessions().sessions
    return f"/sessions/{uuid.UUID(bytes=session.assistant_id)}/{uuid.UUID(bytes=session.session_id)}"


def links(page: Page, start: str = "/") -> list[str]:
    return [target for target in page.values["href"] if target.startswith(start)]


def said(*values: dict[str, Any]) -> bytes:
    return msgspec.json.encode(list(values))


def members(**values: Any) -> bytes:  # noqa: ANN401 (JSON)
    return msgspec.json.encode(values)[1:-1]


def fill(store: MemoryStore, text: str) -> None:
    """Write a session with ``text`` in every place that an emitter can fill."""
    use = {"toolUse": {"toolUseId": f"i{text}", "name": f"t{text}", "arguments": {f"k{text}": [text, {"a": text}]}}}
    nested = {"text": {"value": f"in{text}", "citations": [{"title": f"c{text}"}]}}
    result = {"toolResult": {"toolUseId": f"i{text}", "error": f"e{text}", "values": [nested]}}
    call = span(
        2,
        parent_span_id=span_id(1),
        recurring=fragment(
            Kind.MEMBERS,
            Members(
                members(spanName=f"n{text}", spanType="CLIENT"),
                members(operationName=f"o{text}", requestModel=f"m{text}", aiAgentName=f"agent {text}"),
            ).pack(),
        ),
        own=Members(
            members(status="ERROR", statusDescription=f"d{text}"),
            members(errorType=f"y{text}", responseFinishReasons=[text]),
        ),
        inputs=(fragment(Kind.CUSTOMER, said({"text": {"value": f"v{text}"}})),),
        outputs=(fragment(Kind.BOT, said({"reasoning": {"value": f"r{text}"}}, use, result)),),
        system=(fragment(Kind.SYSTEM, said({"text": {"value": f"s{text}"}})),),
        own_detail=msgspec.json.encode({f"x{text}": f"z{text}"}),
    )
    store.write([part(call, span(3, end_ns=0), session=f"session {text}", assistant=f"assistant {text}")])


def test_an_empty_store_tells_how_to_send(client: TestClient) -> None:
    """With nothing written the page names this server, as the browser calls it, for an exporter."""
    page = get(client, "/", host="box:4318")
    assert "No sessions yet" in page.text
    assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://box:4318\n" in page.text
    assert "<b>" in get(client, "/", host="<b>").text


def test_a_session_is_listed_with_its_sums(store: MemoryStore, client: TestClient) -> None:
    """A row has the session's name, assistant, start, agents, models, spans, errors, tokens and duration."""
    store.write([part(span(1), span(2), span(3, end_ns=0, own=Members(b'"status":"ERROR"')))])
    page = get(client, "/")
    row = page.text[page.text.index("Duration") + len("Duration") :].split()
    assert " ".join(row) == "s bot 2025-10-09 08:53:21 a m1 3 1 running 1 18 2.00 s"


def test_sessions_are_paged(store: MemoryStore, client: TestClient) -> None:
    """The link to older sessions leads through all of them, and newer pages are reached again."""
    for number in range(5):
        store.write([part(span(number, trace=number), session=f"s{number}", trace=number)])
    path, names = "/?limit=2", list[str]()
    for _ in range(3):
        page = get(client, path)
        names += re.findall(r"\bs\d\b", page.text)
        path = next(iter(links(page, "/?")[-1:]), "")
    assert names == ["s4", "s3", "s2", "s1", "s0"]
    assert path == "/?limit=2"  # the last page leads back to the newest


def test_a_search_finds_and_leads_to_where_it_was_said(store: MemoryStore, client: TestClient) -> None:
    """Sessions found keep the words in their links, and the session opens the span that says them, marked."""
    store.write([part(span(1, inputs=(message("the blue umbrella"),)), span(2, inputs=(message("a hat"),)))])
    store.write([part(span(3, trace=1), session="t", trace=1)])
    found = get(client, "/?q=UMBRELLA")
    (target,) = links(found, "/sessions")
    page = get(client, target)
    assert target.endswith("?q=UMBRELLA")
    assert page.text.count("match") == len(page.values["open"]) == 1
    assert "/?q=UMBRELLA" in links(page)
    assert "No message on this page" in get(client, target.replace("UMBRELLA", "parasol")).text


def test_a_search_without_hits_tells_how_words_count(store: MemoryStore, client: TestClient) -> None:
    """Nothing found is told as such, not as an empty store."""
    store.write([part(span(1))])
    page = get(client, "/?q=parasol")
    assert "No session says parasol" in " ".join(page.text.split())


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/?cursor=nonsense", 400, "token"),
        ("/?limit=0", 400, "limit"),
        ("/?q=" + "x" * 1001, 400, "1000"),
        (f"/sessions/{NOWHERE}/{NOWHERE}", 404, "was not found"),
        (f"/sessions/what/{NOWHERE}", 400, "UUID"),
    ],
)
def test_what_is_wrong_is_told(client: TestClient, path: str, status: int, named: str) -> None:
    """What cannot be shown is a page too, with its status, the reason, and a way on."""
    page = get(client, path, status)
    assert named in page.text
    assert "/" in links(page)


def test_a_cursor_of_another_session_is_refused(store: MemoryStore, client: TestClient) -> None:
    """A session's page takes its own cursors alone."""
    store.write([part(span(1))])
    assert "token" in get(client, session_path(store) + "?cursor=x", 400).text


def test_a_store_that_cannot_answer_is_told(
    store: MemoryStore, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store cannot answer now, the page says why and that it may pass."""

    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(store, "sessions", fail)
    assert "the disk is full" in get(client, "/", 503).text


def test_a_session_shows_its_spans(store: MemoryStore, client: TestClient) -> None:
    """A session's page has its sums, and of each span its mark, what was said, its members and what came in."""
    fill(store, "!")
    page = get(client, session_path(store))
    words = " ".join(page.text.split())
    for shown in ("session !", "assistant !", "Spans 2", "Errors 1", "Running 1", "ERROR", "y!: d!", "running"):
        assert shown in words
    for shown in ("v!", "calls t!", '"k!"', "result of t!", "e!", "in!", "c!", "r!", "s!", '"x!": "z!"', "500 ms"):
        assert shown in words
    assert "parentSpanId" in words
    assert "not on this page" in words


def test_a_call_shows_what_is_new(store: MemoryStore, client: TestClient) -> None:
    """Messages of an earlier call are folded to a line each, linked to where they are shown in full."""
    first, answer, second = message("first"), message("answer", Kind.BOT), message("second")
    store.write([part(span(1, inputs=(first,), outputs=(answer,)), span(2, inputs=(first, answer, second)))])
    page = get(client, session_path(store))
    assert "2 earlier messages" in page.text
    assert links(page, "#m-") == ["#m-0", "#m-1"]
    assert [anchor for anchor in page.values["id"] if anchor.startswith("m-")] == ["m-0", "m-1", "m-2"]


def test_spans_are_paged(store: MemoryStore, client: TestClient) -> None:
    """The link to the next spans leads through all of a session, a hundred at a time."""
    store.write([part(*(span(n) for n in range(150)))])
    page = get(client, session_path(store))
    (following,) = (target for target in links(page, "/sessions") if "cursor" in target)
    rest = get(client, following)
    shown = [anchor for anchor in page.values["id"] + rest.values["id"] if anchor.startswith("s-")]
    assert len(shown) == len(set(shown)) == 150
    assert session_path(store) in links(rest)


def test_all_links_resolve(store: MemoryStore, client: TestClient) -> None:
    """From the first page every link of this server answers, and every anchor is there."""
    fill(store, HOSTILE)
    store.write([part(*(span(n, inputs=(message("hat"),)) for n in range(150)), session="long", trace=9)])
    seen, waiting = set[str](), ["/", "/?q=hat"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            page = Page(answer.text)
            anchors = page.values["id"]
            assert len(anchors) == len(set(anchors))
            assert {target[1:] for target in links(page, "#")} <= set(anchors)
            waiting += {target for target in links(page) if target not in seen}
    assert {re.sub(r"\?.*|/[0-9a-f-]{36}", "", path) for path in seen} == {
        *("/", "/sessions", "/viewer/style.css", "/api/assistants/sessions/spans")
    }


def test_every_answer_forbids_what_a_page_needs_not(client: TestClient) -> None:
    """No page may run a script, be framed, load from elsewhere or tell where the reader came from."""
    for path in ("/", "/?cursor=x", f"/sessions/{NOWHERE}/{NOWHERE}", "/viewer/style.css"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_style_is_ours(client: TestClient) -> None:
    """The style sheet is served from here and loads nothing."""
    answer = client.get("/viewer/style.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in answer.text
    assert "@import" not in answer.text


@functools.cache
def pages_about(text: str) -> tuple[Page, Page]:
    """Return the list of sessions and the session, every span open, of a store that is full of ``text``."""
    store = MemoryStore()
    fill(store, text)
    with ThreadPoolExecutor(1) as threads:
        client = client_of(store, threads)
        return get(client, "/"), get(client, session_path(store) + "?open=all")


@settings(max_examples=50, deadline=None)
@given(st.text() | st.sampled_from([HOSTILE, "-->", "]]>", "</details>", "&#60;b&#62;", "</title><b>"]))
def test_text_never_becomes_markup(text: str) -> None:
    """Any text in any place leaves the elements and attributes of harmless text, and can be seen."""
    for page, harmless in zip(pages_about(text), pages_about("harmless"), strict=True):
        assert page.elements == harmless.elements
    _, session = pages_about(text)
    for place in ("session ", "assistant ", "n", "o", "m", "agent ", "d", "y", "v", "r", "t", "e", "in", "s"):
        assert f"{place}{visible(text)}" in session.text


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_a_search_never_becomes_markup(text: str) -> None:
    """Whatever is searched for stands in the page as text."""
    with ThreadPoolExecutor(1) as threads:
        page = get(client_of(MemoryStore(), threads), f"/?{urlencode({'q': f'v{text}'})}")
    assert f"v{visible(text)}" in page.text
    assert f"v{visible(text)}" in page.values["value"]


def test_the_span_of_a_parent_links_to_it(store: MemoryStore, client: TestClient) -> None:
    """A child names its parent as a link to its row, and stands one level deeper."""
    store.write([part(span(1), span(2, parent_span_id=span_id(1)))])
    page = get(client, session_path(store))
    (target,) = links(page, "#s-")
    assert target[1:] in page.values["id"]
    assert page.values["aria-level"] == ["1", "2"]
