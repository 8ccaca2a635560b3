"""Loaders take shorter ways than aiodataloader, to the same places."""

import asyncio

import pytest
from aiodataloader import DataLoader

from resolvers.loaders.base import Batched


class Ours(Batched):
    def __init__(self):
        super().__init__(None)
        self.batches = []

    async def batch_load_fn(self, keys):
        self.batches.append(keys)
        return [KeyError(key) if key == "wrong" else key.upper() for key in keys]


class Theirs(DataLoader):
    def __init__(self):
        super().__init__()
        self.batches = []

    async def batch_load_fn(self, keys):
        return await Ours.batch_load_fn(self, keys)


@pytest.mark.parametrize("turns", [[0], [0, 0], [0, 1], [0, 2], [0, 3], [1, 0, 2, 4, 7]])
async def test_what_is_asked_in_the_same_turns_goes_out_together(turns):
    told = []
    for made in (Ours, Theirs):
        loader = made()

        async def ask(number, turns, loader=loader):
            for _ in range(turns):
                await asyncio.sleep(0)
            return await loader.load(f"key {number}")

        answers = await asyncio.gather(*(ask(number, turn) for number, turn in enumerate(turns)))
        assert answers == [f"KEY {number}" for number in range(len(turns))]
        told.append(loader.batches)
    assert told[0] == told[1]


async def test_a_loader_has_all_that_aiodataloader_gives_it():
    ours, theirs = Ours(), Theirs()
    given = {name for name in vars(theirs) if not name.startswith("__")}
    assert {name for name in given if not hasattr(ours, name)} == set()
    assert (ours._cache, ours._queue, ours.loop) == (theirs._cache, theirs._queue, theirs.loop)
    assert ours.get_cache_key("a") == theirs.get_cache_key("a") == "a"


async def test_answers_are_kept_and_errors_are_of_their_keys_alone():
    loader = Ours()
    assert await loader.load_many(["a", "b", "a"]) == ["A", "B", "A"]
    with pytest.raises(KeyError, match="wrong"):
        await loader.load("wrong")
    assert await loader.load("b") == "B"
    assert loader.batches == [["a", "b"], ["wrong"]]
