"""The Cassandra that tests run is a real one."""

from tests.cassandra.node import Node


def test_node_answers(cassandra_node: Node) -> None:
    """A node answers CQL once the fixture returns it."""
    assert cassandra_node.running
    assert cassandra_node.answers()
