"""``python -m spanglass``: the command line, also where the console command is not on the path."""

from spanglass.cli import main

main()
