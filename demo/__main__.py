"""Run the demonstration: ``python -m demo``, and ``python -m demo --stop`` to stop the server it left up."""

import argparse
import os
import sys

from rich.console import Console

from demo.exports import EXPORTS, send
from demo.server import Server
from demo.tree import sessions

WIDTH_MAX = 120
"""Columns that the trees fill at most: wider ones part the figures from what they belong to."""


def main() -> int:
    """Start a server, send it the recordings, print what unmodified boto3 reads, leave the server up."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=main.__doc__)
    parser.add_argument("--stop", action="store_true", help="stop the server that a demonstration left up")
    parser.add_argument("--port", type=int, default=4318, help="port to serve on (default: %(default)s)")
    options = parser.parse_args()
    os.environ["no_proxy"] = "127.0.0.1"  # all requests stay on this machine
    console = Console(highlight=False, soft_wrap=True)
    server = Server(options.port)
    try:
        stopped = server.stop()
        if options.stop:
            console.print("Stopped." if stopped else "No server of a demonstration is running.")
            return 0
        server.start()
    except RuntimeError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    _show(console, server)
    return 0


def _show(console: Console, server: Server) -> None:
    console.print(f"[bold]1. A server starts on an empty store:[/bold] {server.command}\n")
    console.print("[bold]2. Exports recorded from agent frameworks go in over OTLP/HTTP:[/bold]")
    for export in EXPORTS:
        console.print(f"   {export.framework:<36}{send(server.url, export)}")
    console.print("\n[bold]3. Unmodified boto3 reads the sessions back with ListSpans:[/bold]")
    for lines in sessions(server.url, min(console.width, WIDTH_MAX)):
        console.print()
        for line in lines:
            console.print(line)
    console.print("\n[bold]4. The server stays up:[/bold]")
    console.print(f"   its sessions      {server.url}/")
    console.print(f"   the same as JSON  {server.url}/api/sessions")
    console.print(f"   your own agent    OTEL_EXPORTER_OTLP_ENDPOINT={server.url}")
    console.print("   stop it           make demo-stop")


sys.exit(main())
