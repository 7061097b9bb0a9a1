"""Where sessions are kept: the contract, the records on disk, the backends and the battery that they all pass."""
