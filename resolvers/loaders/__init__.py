"""All loaders of one operation, each made when it is first asked for."""

from functools import cached_property

from kit.db import Lease
from resolvers.loaders import identity


class Loaders:
    """Fresh for each operation and each event: what one of them read is never seen by another."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease

    # Identity

    @cached_property
    def user_by_id(self) -> identity.UserById:
        return identity.UserById(self.lease)

    @cached_property
    def user_by_key(self) -> identity.UserByKey:
        return identity.UserByKey(self.lease)

    @cached_property
    def account_by_user(self) -> identity.AccountByUser:
        return identity.AccountByUser(self.lease)

    @cached_property
    def session_by_id(self) -> identity.SessionById:
        return identity.SessionById(self.lease)

    @cached_property
    def identities_by_user(self) -> identity.IdentitiesByUser:
        return identity.IdentitiesByUser(self.lease)
