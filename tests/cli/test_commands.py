"""The command as a whole: what a shell completes."""

from tests.cli.running import run


def completed(words: str) -> list[str]:
    """Return what bash is offered for the last word."""
    count = str(len(words.split(" ")) - 1)
    return run(_SPANGLASS_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count).out.split()


def test_a_shell_completes_commands_and_options() -> None:
    """By their beginnings, also of a command that no other run had to load."""
    assert completed("spanglass se") == ["serve", "sessions", "search"]
    assert completed("spanglass sessions --m") == [
        "--model",
        "--min-duration",
        "--max-duration",
        "--min-tokens",
        "--max-tokens",
    ]
    assert completed("spanglass keys cr") == ["create"]
