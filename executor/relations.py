"""Declared relations: the loader answers for the whole column."""

import asyncio
from typing import Any

from executor.declare import Relation
from executor.loads import Batch, arrived, is_plain
from executor.places import Places
from executor.running import Column, Later, Run, outcome


class Related:
    """Reads a relation: one load for each distinct key of the column, all of them in one batch."""

    def __init__(self, relation: Relation) -> None:
        self._name = relation.loader
        self._key = relation.key

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:  # noqa: ARG002 - as every reader
        keys = self._keys(sources)
        asked = [key for key in keys if key is not None and not isinstance(key, Exception)]
        if not asked:
            return keys
        try:
            loader = getattr(run.context.loaders, self._name)
            futures = _asked_at_once(run, loader, asked) if is_plain(loader) else None
        except Exception as error:  # noqa: BLE001 - the failure of each that asked
            return [error if key is not None else None for key in keys]
        return _asked_singly(loader, keys) if futures is None else _answers(keys, futures)

    def _keys(self, sources: Column) -> Column:
        try:
            return list(map(self._key, sources))
        except Exception:  # noqa: BLE001 - of one of them: each by itself
            return [self._key_or_error(source) for source in sources]

    def _key_or_error(self, source: Any) -> Any:
        try:
            return self._key(source)
        except Exception as error:  # noqa: BLE001 - an answer as any other
            return error


def _asked_at_once(run: Run, loader: Any, keys: list[Any]) -> dict[Any, asyncio.Future[Any]] | None:
    """The future of each key, from the loader's cache or a batch; None where keys cannot be told apart."""
    try:
        distinct = dict.fromkeys(keys)
    except TypeError:
        return None
    cache, cache_key_of = loader._cache, loader.get_cache_key  # noqa: SLF001 - pinned, and tested
    futures = {}
    for key in distinct:
        cache_key = cache_key_of(key)
        future = cache.get(cache_key)
        if future is None:
            future = _batch(run, loader).ask(key, cache_key)
        futures[key] = future
    return futures


def _batch(run: Run, loader: Any) -> Batch:
    batch = run.batches.get(loader)
    if batch is None:
        batch = Batch(loader, run.start, lambda: run.batches.pop(loader))
        run.batches[loader] = batch
    return batch


def _answers(keys: list[Any], futures: dict[Any, asyncio.Future[Any]]) -> Later:
    if all(future.done() for future in futures.values()):
        return _read(keys, futures)
    return _answers_later(keys, futures)


async def _answers_later(keys: list[Any], futures: dict[Any, asyncio.Future[Any]]) -> Column:
    await arrived(list(futures.values()))
    return _read(keys, futures)


def _read(keys: list[Any], futures: dict[Any, asyncio.Future[Any]]) -> Column:
    known = {key: outcome(future) for key, future in futures.items()}
    known[None] = None
    return [known.get(key, key) for key in keys]  # a key that could not be made is its own answer


def _asked_singly(loader: Any, keys: list[Any]) -> Column:
    """For loaders that are not plain: as an ordinary resolver asks."""
    values: Column = []
    for key in keys:
        try:
            values.append(key if key is None or isinstance(key, Exception) else loader.load(key))
        except Exception as error:  # noqa: BLE001 - an answer as any other
            values.append(error)
    return values
