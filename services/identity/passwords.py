"""Argon2id, on a few threads of its own: a burst of sign-ins neither stalls the loop nor fills the memory."""

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from kit.clock import now
from kit.errors import Problem, ProblemCode
from services.identity.password_rules import LONGEST

T = TypeVar("T")

_BUSY_FOR = timedelta(seconds=2)


class Passwords:
    """Hashes and verifies. Built and closed by the gateway; `threads` bounds the memory (64 MiB each)."""

    def __init__(
        self, hasher: PasswordHasher | None = None, threads: int = 2, most_waiting: int = 64
    ) -> None:
        self._hasher = hasher or PasswordHasher()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(threads + most_waiting)

    async def hash(self, password: str) -> str:
        """What is stored of a password. Raises Problem LIMIT_REACHED where too many wait."""
        return await self._run(lambda: self._hasher.hash(_as_bytes(password)))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether this is the password. With none to compare, the answer no takes as long.

        Raises Problem LIMIT_REACHED where too many wait.
        """
        return await self._run(lambda: self._matches(password, stored))

    def needs_rehash(self, stored: str) -> bool:
        """Whether it was hashed by other parameters than today's: hash anew while the password is at hand."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _matches(self, password: str, stored: str | None) -> bool:
        if stored is None or len(password) > LONGEST:
            self._hasher.hash(_as_bytes(password[:LONGEST]))
            return False
        try:
            return self._hasher.verify(stored, _as_bytes(password))
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            message = "Many people are signing in just now. Try again in a moment."
            raise Problem(ProblemCode.LIMIT_REACHED, message, retry_at=now() + _BUSY_FOR)
        future = self._executor.submit(work)
        # Given back by the work, not by who waits for it: a caller that hung up frees no thread.
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)


def _as_bytes(password: str) -> bytes:
    # NFC as RFC 8265 asks: one keyboard sends é as one character, another as two.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
