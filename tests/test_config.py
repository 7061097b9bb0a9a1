"""Settings: read from options and the environment, checked, and named where they are wrong."""

import pytest

from spanglass.config import Config, ConfigError, Limits


def test_defaults_serve_on_loopback() -> None:
    """Without any setting, OTLP's own ports are served on loopback from one file."""
    config = Config.from_environment({}, {})
    assert (config.host, config.port, config.grpc_port, config.auth) == ("127.0.0.1", 4318, 4317, "off")


def test_options_stand_over_the_environment() -> None:
    """An option that is given wins over its variable, one that is not does not."""
    environment = {"SPANGLASS_PORT": "1", "SPANGLASS_WORKERS": "3", "SPANGLASS_PAGE_BYTES_MAX": "1000"}
    config = Config.from_environment({"port": 2, "workers": None}, environment)
    assert (config.port, config.workers) == (2, 3)
    assert config.limits == Limits(page_bytes_max=1000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPANGLASS_PORT", "many"),
        ("SPANGLASS_LOG_LEVEL", "loud"),
        ("SPANGLASS_READERS_MAX", "1.5"),
        ("SPANGLASS_PORT", "65536"),
        ("SPANGLASS_PORT", "-1"),
        ("SPANGLASS_WORKERS", "0"),
        ("SPANGLASS_QUEUE_BYTES_MAX", "0"),
        ("SPANGLASS_SHUTDOWN_SECONDS_MAX", "-1"),
        ("SPANGLASS_PAGE_SPANS_DEFAULT", "101"),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: str) -> None:
    """A variable that cannot be used is refused with its name."""
    with pytest.raises(ConfigError, match=name):
        Config.from_environment({}, {name: value})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_served_without_authentication(host: str) -> None:
    """Loopback addresses of either family may be served to whoever is on the machine."""
    assert Config.from_environment({"host": host}, {}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", ""])  # noqa: S104 (refused)
def test_other_hosts_are_refused_without_authentication(host: str) -> None:
    """Without authentication nothing but loopback is served."""
    with pytest.raises(ConfigError, match="loopback"):
        Config.from_environment({"host": host}, {})


@pytest.mark.parametrize(("text", "meant"), [("True", True), ("true", True), ("false", False), ("0", False)])
def test_yes_and_no_are_read_as_written(text: str, meant: bool) -> None:  # noqa: FBT001 (the parameter of the test)
    """A setting that is on or off takes the usual words."""
    assert Config.from_environment({}, {"SPANGLASS_MAPPING_PROCESS": text}).mapping_process is meant
