"""A process of its own maps as this one does, and whatever becomes of it, every request gets its answer."""

import functools
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spanglass.config import Limits
from spanglass.mappers import Mapping, MappingApart, MappingHere, Read
from spanglass.mapping import Mapper
from spanglass.otlp.codec import decode_protobuf, decode_protobuf_logs
from spanglass.otlp.errors import BadRequestError
from spanglass.packing import Mapped
from tests.captures import DATA

MAKE_MAPPER = functools.partial(Mapper, memo_bytes_max=1 << 20, document_depth_max=8)
PATHS = sorted(DATA.glob("*/*.pb"))
BODIES = [path.read_bytes() for path in PATHS if ".logs" not in path.suffixes]
LOGS = [path.read_bytes() for path in PATHS if ".logs" in path.suffixes]
UNPICKLABLE = "class Odd(Exception): pass\nraise Odd('quite odd')"


def read(body: bytes) -> Read:
    return functools.partial(decode_protobuf, body, Limits())


@pytest.fixture
def apart() -> Iterator[MappingApart]:
    mapping = MappingApart(MAKE_MAPPER)
    yield mapping
    mapping.close()


def batch(mapping: Mapping, *reads: Callable[[], Any]) -> list[Mapped | Exception]:
    mapping.begin(reads)
    return mapping.end()()


def test_maps_as_here(apart: MappingApart) -> None:
    """Recorded exports come back as this process's mapper maps them, batch after batch, a repeated one too."""
    here = MappingHere(MAKE_MAPPER())
    reads = [read(body) for body in BODIES] + [functools.partial(decode_protobuf_logs, body, Limits()) for body in LOGS]
    for some in (reads[:5], reads[5:], reads[:5]):
        assert batch(apart, *some) == batch(here, *some)


def test_an_error_is_the_request_s_own(apart: MappingApart) -> None:
    """What reading raises comes back in the request's place, as it was, and where it happened as a note."""
    whole, broken, odd = batch(apart, read(BODIES[0]), read(b"\xff"), functools.partial(exec, UNPICKLABLE))
    assert isinstance(whole, Mapped)
    assert isinstance(broken, BadRequestError)
    assert str(broken).startswith("the body is no ExportTraceServiceRequest in protobuf")
    assert "decode_protobuf" in broken.__notes__[0]
    assert repr(odd) == "RuntimeError('Odd: quite odd')"


def test_batches_may_overlap(apart: MappingApart) -> None:
    """The next batch may begin before what became of the one before is asked for."""
    apart.begin([read(BODIES[0]), read(b"\xff")])
    first = apart.end()
    apart.begin([read(BODIES[0])])
    assert [type(one) for one in first()] == [Mapped, BadRequestError]
    assert apart.end()() == batch(MappingHere(MAKE_MAPPER()), read(BODIES[0]))


def test_what_cannot_be_sent_fails_alone(apart: MappingApart) -> None:
    """A request that pickle cannot write is one that failed, not the end of all."""
    whole, odd = batch(apart, read(BODIES[0]), lambda: None)
    assert isinstance(whole, Mapped)
    assert isinstance(odd, Exception)


def test_a_process_that_dies_is_replaced(apart: MappingApart) -> None:
    """Killed between two batches or within one, it costs no request."""
    pid = apart._process.pid
    os.kill(pid, signal.SIGKILL)
    apart._process.wait()
    assert isinstance(batch(apart, read(BODIES[0]))[0], Mapped)
    apart._process.send_signal(signal.SIGSTOP)  # so that it is killed with the batch on its hands
    apart.begin([read(BODIES[0]), read(BODIES[1])])
    os.kill(apart._process.pid, signal.SIGKILL)
    assert [type(one) for one in apart.end()()] == [Mapped, Mapped]


def test_a_request_that_it_dies_of_fails_alone(apart: MappingApart) -> None:
    """The others of its batch are mapped, and so is what comes after."""
    deadly = functools.partial(os._exit, 3)
    assert [type(one) for one in batch(apart, read(BODIES[0]), deadly, read(BODIES[1]))] == [
        Mapped,
        RuntimeError,
        Mapped,
    ]
    assert isinstance(batch(apart, read(BODIES[0]))[0], Mapped)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_does_not_end_it(apart: MappingApart, number: signal.Signals) -> None:
    """Ctrl-C reaches all of a terminal's processes; what was accepted is mapped all the same."""
    batch(apart, read(BODIES[0]))  # it is up
    pid = apart._process.pid
    os.kill(pid, number)
    assert isinstance(batch(apart, read(BODIES[0]))[0], Mapped)
    assert apart._process.pid == pid


def test_it_ends_with_its_owner() -> None:
    """It does not outlive the process that started it, even one that is killed."""
    owner = (
        "import os, pickle, signal, sys\n"
        "from spanglass.mappers import MappingApart\n"
        "mapping = MappingApart(pickle.loads(bytes.fromhex(sys.argv[1])))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = (sys.executable, "-c", owner, pickle.dumps(MAKE_MAPPER).hex())
    process = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=False)  # waits for all that may write
    assert process.returncode == -signal.SIGKILL
