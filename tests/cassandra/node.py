"""A node of a real Cassandra: a process of its own, with its own address, configuration and folder, ended by its id.

It has what makes it start fast and small, and nothing that makes it forget: what a node acknowledged is in its commit
log, which a killed process leaves behind whole.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
INSTALLED: Final = ROOT / ".cassandra"
JAVA: Final = 17
"""The version of Java whose internals OPENED names."""
CQL_PORT: Final = 9042
NODES_PORT: Final = 7000
"""Where nodes speak to each other."""
START_SECONDS_MAX: Final = 100.0
STOP_SECONDS_MAX: Final = 60.0
ANSWER_SECONDS_MAX: Final = 5.0
POLL_SECONDS: Final = 0.05
OPTIONS: Final = bytes((4, 0, 0, 0, 5, 0, 0, 0, 0))
"""A frame of CQL's protocol that asks what the node supports, and needs no session."""
SUPPORTED: Final = 6

EXPORTED: Final = (
    "java.base/java.lang.ref",
    "java.base/jdk.internal.misc",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
)
OPENED: Final = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.management/com.sun.management.internal",
)
"""Internals of Java that Cassandra uses."""
JVM: Final = (
    "-Xms320m",
    "-Xmx320m",
    "-XX:MaxDirectMemorySize=128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # compiling better takes longer than these tests last
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+ErrorFileToStdout",  # into its own log: a node whose disk is full crashes, and would tell of it here
    "-Djdk.attach.allowAttachSelf=true",
    *(f"--add-exports={each}=ALL-UNNAMED" for each in EXPORTED),
    *(f"--add-opens={each}=ALL-UNNAMED" for each in OPENED),
)
QUICK: Final = {
    "ring_delay_ms": 3_000,  # no node takes over another one's data; a busy machine is silent for as long
    "skip_wait_for_gossip_to_settle": 0,
    "consistent.rangemovement": "false",
}
PATIENT: Final = dict.fromkeys(
    (f"{what}_timeout" for what in ("read_request", "range_request", "write_request", "cas_contention", "request")),
    "60s",
)
"""Settings of a node without others: it is busy where it does not answer soon, and nobody else could."""
PATIENCE_SECONDS: Final = 60.0
"""How long to wait for such a node."""
LOGGING: Final = """<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{20} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""


def missing() -> str | None:
    """Return why Cassandra cannot run on this machine, or None."""
    if sys.platform != "linux":
        return "only Linux has the loopback's addresses that nodes listen at, so Cassandra was NOT tested"
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            return f"{program} is not installed, so Cassandra was NOT tested"
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S607
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) != JAVA:
        return f"Cassandra runs on Java {JAVA}, this is {told.splitlines()[0]}, so Cassandra was NOT tested"
    return None


def install() -> None:
    """Fetch Cassandra, if that was not done."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "--silent", "setup-cassandra"], cwd=ROOT, check=True, env=environment)  # noqa: S607


class Node:
    """A node at an address; as a context it lasts to the end of the block.

    ``seeds`` are the addresses at which it looks for others, ``token`` where it stands in the ring, ``settings`` what
    its configuration has beside or instead of what all have, None: not at all, and ``prefix`` the command that it is
    started by.
    """

    def __init__(
        self,
        folder: Path,
        host: str,
        *,
        seeds: Sequence[str] = (),
        token: int = 0,
        settings: Mapping[str, object] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        self.host = host
        self.folder = folder
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        told = _configuration(folder, host, seeds or (host,), token) | dict(settings or {})
        known = {name: setting for name, setting in told.items() if setting is not None}
        (folder / "cassandra.yaml").write_text(json.dumps(known))
        (folder / "logback.xml").write_text(LOGGING)
        properties = QUICK | {"config": (folder / "cassandra.yaml").as_uri(), "storagedir": folder, "foreground": "yes"}
        self._command = (
            *prefix,
            "java",
            *JVM,
            f"-Dlogback.configurationFile={folder / 'logback.xml'}",
            *(f"-Dcassandra.{name}={text}" for name, text in properties.items()),
            *("-cp", f"{INSTALLED}/*", "org.apache.cassandra.service.CassandraDaemon"),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The id of its process.

        Raises:
            AssertionError: It does not run.
        """
        assert self._process is not None, f"{self.host} does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has a process, be it paused."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers CQL."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it; it does not answer yet."""
        assert not self.running, f"{self.host} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        """Wait until it answers CQL."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.answers():
            assert self.running, f"{self.host} ended:\n{self.logged()}"
            assert time.monotonic() < deadline, f"{self.host} not up after {START_SECONDS_MAX} s:\n{self.logged()}"
            time.sleep(POLL_SECONDS)

    def answers(self) -> bool:
        """Ask whether it answers CQL."""
        try:
            with self.connect() as connection:
                connection.sendall(OPTIONS)
                answer = connection.recv(9)
        except OSError:
            return False
        return answer[4:5] == bytes((SUPPORTED,))

    def connect(self) -> socket.socket:
        """Connect to where it answers CQL."""
        return socket.create_connection((self.host, CQL_PORT), ANSWER_SECONDS_MAX)

    def kill(self) -> None:
        """End it at once, as if by a crash; where it does not run, do nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in order."""
        assert self._process is not None, f"{self.host} does not run"
        self._process.terminate()
        self._process.wait(STOP_SECONDS_MAX)
        self._process = None

    def pause(self) -> None:
        """Halt it: connections stay, and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a halted one go on."""
        os.kill(self.pid, signal.SIGCONT)

    def logged(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


def _configuration(folder: Path, host: str, seeds: Sequence[str], token: int) -> dict[str, object]:
    places = ("commitlog", "saved_caches", "hints", "cdc_raw")
    return {
        "cluster_name": "spanglass",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": ",".join(seeds)}],
            }
        ],
        "listen_address": host,
        "storage_port": NODES_PORT,
        "rpc_address": host,
        "native_transport_port": CQL_PORT,
        "num_tokens": 1,
        "initial_token": str(token),
        "auto_bootstrap": False,
        "auto_snapshot": False,  # of tables that tests drop
        "data_file_directories": [str(folder / "data")],
        **{f"{place}_directory": str(folder / place) for place in places},
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "1000ms",
        "commitlog_segment_size": "8MiB",
        "commitlog_total_space": "64MiB",
        "memtable_heap_space": "64MiB",
        "memtable_offheap_space": "32MiB",
        "file_cache_size": "32MiB",
        "networking_cache_size": "16MiB",
        "concurrent_reads": 8,
        "concurrent_writes": 8,
        "concurrent_counter_writes": 4,
    }
