"""An emitter that can be recorded: its packages, its driver and its cases."""

from typing import Final

import msgspec

EXPORTERS: Final = (
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-exporter-otlp-proto-grpc",
)
NODE_EXPORTERS: Final = (
    "@opentelemetry/api",
    "@opentelemetry/sdk-node",
    "@opentelemetry/exporter-trace-otlp-http",
)


class Emitter(msgspec.Struct, frozen=True):
    """A framework or instrumentation in an environment of its own.

    ``driver`` is a file of ``recorder/drivers``. ``cases`` are words joined by underscores, which the driver reads.
    ``variables`` are set for all cases, or for those whose name has the word that they stand under. With
    ``own_texts`` the framework writes texts of its own into what it exports; such recordings stay out of the project.
    """

    name: str
    driver: str
    packages: tuple[str, ...]
    cases: tuple[str, ...]
    variables: dict[str, dict[str, str]] = {}
    own_texts: bool = False

    @property
    def is_node(self) -> bool:
        """Whether the driver is for Node, and not for Python."""
        return self.driver.endswith(".cjs")

    @property
    def installed(self) -> tuple[str, ...]:
        """The packages, and those that the driver exports with."""
        return (*self.packages, *(NODE_EXPORTERS if self.is_node else EXPORTERS))
