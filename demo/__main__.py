"""Run the demonstration: ``python -m demo``, and ``python -m demo --stop`` to stop the server it left up."""

import argparse
import sys

from rich.console import Console

from demo.exports import EXPORTS, send
from demo.server import Server
from demo.tree import session_trees


def main() -> int:
    """Start a server, send it the recordings, print what unmodified boto3 reads."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=main.__doc__)
    parser.add_argument("--stop", action="store_true", help="stop the server that a demonstration left up")
    parser.add_argument("--port", type=int, default=4318, help="port to serve on (default: %(default)s)")
    options = parser.parse_args()
    console = Console(highlight=False)
    server = Server(options.port)
    stopped = server.stop()
    if options.stop:
        console.print("Stopped." if stopped else "No server of a demonstration is running.")
        return 0
    try:
        server.start()
    except RuntimeError as error:
        console.print(f"[red]{error}[/red]")
        return 1
    console.print(f"[bold]1. A server on an empty store:[/bold] spanglass serve --port {options.port}\n")
    console.print("[bold]2. Recorded exports of real agent frameworks go in over OTLP/HTTP:[/bold]")
    for export in EXPORTS:
        console.print(f"   {export.framework:<42} {send(server.url, export)}")
    console.print("\n[bold]3. What unmodified boto3 reads back:[/bold] client.get_paginator('list_spans')\n")
    for tree in session_trees(server.url):
        console.print(tree)
        console.print()
    console.print(f"The server is still up: {server.url}/api/sessions lists these sessions.")
    console.print(
        "[dim]Send it your own agent: OTEL_EXPORTER_OTLP_ENDPOINT=" + server.url + "   Stop it: make demo-stop[/dim]"
    )
    return 0


sys.exit(main())
