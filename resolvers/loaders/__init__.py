"""All loaders of one operation, each made when it is first asked for."""

from kit.db import Lease


class Loaders:
    """Fresh for each operation and each event: what one of them read is never seen by another."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
