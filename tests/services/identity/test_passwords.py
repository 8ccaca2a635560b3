import asyncio
import threading

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError
from argon2.profiles import CHEAPEST

from kit.errors import Problem, ProblemCode
from services.identity.passwords import Passwords

CHEAP = PasswordHasher.from_parameters(CHEAPEST)


class WatchedHasher(PasswordHasher):
    """Waits until it is let go; counts who is at work, and remembers what was hashed."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.begun = threading.Event()
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.at_work = 0
        self.most_at_work = 0
        self.hashed: list[bytes] = []

    def hash(self, password, *, salt=None):
        with self.lock:
            self.at_work += 1
            self.most_at_work = max(self.most_at_work, self.at_work)
            self.hashed.append(password)
        self.begun.set()
        self.go.wait()
        with self.lock:
            self.at_work -= 1
        return super().hash(password, salt=salt)


@pytest.fixture
def passwords():
    opened = Passwords(CHEAP)
    yield opened
    opened.close()


async def test_a_password_verifies_against_its_own_hash_only(passwords):
    stored = await passwords.hash("correct horse battery")
    assert await passwords.verify("correct horse battery", stored)
    assert not await passwords.verify("correct horse batterz", stored)
    assert not await passwords.verify("", stored)


async def test_the_same_password_never_has_the_same_hash(passwords):
    assert await passwords.hash("correct horse battery") != await passwords.hash("correct horse battery")


async def test_the_default_is_argon2id_with_64_mib():
    passwords = Passwords()
    parameters = extract_parameters(await passwords.hash("correct horse battery"))
    passwords.close()
    assert (parameters.type, parameters.memory_cost, parameters.time_cost) == (Type.ID, 65_536, 3)


async def test_where_there_is_no_password_to_compare_one_is_hashed_all_the_same():
    hasher = WatchedHasher()
    hasher.go.set()
    passwords = Passwords(hasher)
    assert not await passwords.verify("correct horse battery", None)
    assert hasher.hashed == [b"correct horse battery"]
    passwords.close()


async def test_a_password_beyond_every_rule_is_wrong_and_costs_no_more_than_any(passwords):
    stored = await passwords.hash("x" * 200)
    assert await passwords.verify("x" * 200, stored)
    assert not await passwords.verify("x" * 201, stored)
    assert not await passwords.verify("x" * 1_000_000, stored)


@pytest.mark.parametrize("odd", ["\ud800" * 10, "\x00" * 10, "👍" * 10])
async def test_whatever_is_typed_is_right_or_wrong_and_no_error(passwords, odd):
    assert not await passwords.verify(odd, await passwords.hash("correct horse battery"))
    assert not await passwords.verify(odd, None)


async def test_a_password_is_the_same_however_a_keyboard_spells_it(passwords):
    assert await passwords.verify("cafe\u0301 au lait", await passwords.hash("caf\u00e9 au lait"))


async def test_a_hash_of_other_parameters_is_to_be_renewed(passwords):
    assert not passwords.needs_rehash(await passwords.hash("correct horse battery"))
    assert passwords.needs_rehash(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x"))


async def test_a_damaged_hash_is_our_fault_and_no_wrong_password(passwords):
    with pytest.raises(InvalidHashError):
        await passwords.verify("correct horse battery", "not a hash")


async def test_no_more_than_the_given_threads_work_and_the_loop_goes_on():
    hasher = WatchedHasher()
    passwords = Passwords(hasher, threads=2, most_waiting=20)
    tasks = [asyncio.create_task(passwords.hash(f"password {number}")) for number in range(10)]
    await asyncio.sleep(0)
    hasher.go.set()
    await asyncio.gather(*tasks)
    passwords.close()
    assert hasher.most_at_work <= 2
    assert len(hasher.hashed) == 10


async def test_beyond_the_waiting_places_people_are_told_to_come_back_and_later_find_one():
    hasher = WatchedHasher()
    passwords = Passwords(hasher, threads=1, most_waiting=2)
    tasks = [asyncio.create_task(passwords.hash("password")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as caught:
        await passwords.verify("password", None)
    assert caught.value.code is ProblemCode.LIMIT_REACHED
    assert caught.value.retry_at is not None
    hasher.go.set()
    await asyncio.gather(*tasks)
    assert not await passwords.verify("password", None)
    passwords.close()


async def test_who_hangs_up_while_waiting_costs_no_work_and_frees_the_place():
    hasher = WatchedHasher()
    passwords = Passwords(hasher, threads=1, most_waiting=1)
    working = asyncio.create_task(passwords.hash("working"))
    await asyncio.to_thread(hasher.begun.wait)
    waiting = asyncio.create_task(passwords.hash("gone"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    patient = asyncio.create_task(passwords.hash("patient"))
    await asyncio.sleep(0)
    hasher.go.set()
    await asyncio.gather(working, patient)
    passwords.close()
    assert hasher.hashed == [b"working", b"patient"]
