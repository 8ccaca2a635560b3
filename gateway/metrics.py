"""What a process counts: each is one addition, and becomes a line of Prometheus when that asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

STEPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds up to which the answers of a step have taken."""
FEW = 100
"""Values of a label that are told apart; all further ones are `other`."""


class Metrics:
    """Counters of one process, and their page."""

    def __init__(self) -> None:
        self.requests: Counter[int] = Counter()
        """By status."""
        self.operations: Counter[tuple[str, str, str]] = Counter()
        """By transport, kind and outcome."""
        self.fallbacks: Counter[str] = Counter()
        """By reason."""
        self.closes: Counter[int] = Counter()
        """Sockets closed by us, by code."""
        self.slow_readers: Counter[str] = Counter()
        """By transport."""
        self.socket_deliveries = 0
        self.event_deliveries = 0
        self.sockets = 0
        self.streams: Counter[str] = Counter()
        """Open now, by transport."""
        self._times = [0] * (len(STEPS) + 1)
        self._seconds = 0.0
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Families(self.families))
        for collector in (ProcessCollector, PlatformCollector):
            collector(registry=self._registry)

    def answered(self, transport: str, kind: str, outcome: str, seconds: float) -> None:
        """A query or a mutation has been run."""
        self.operations[transport, kind, outcome] += 1
        self._times[bisect_left(STEPS, seconds)] += 1
        self._seconds += seconds

    def fell_back(self, reason: str) -> None:
        """graphql-core had to answer."""
        known = reason in self.fallbacks or len(self.fallbacks) < FEW
        self.fallbacks[reason if known else "other"] += 1

    def page(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def families(self) -> Iterator[Metric]:
        """All that is counted here."""
        yield _counter("http_requests", "Answered, by status.", ["status"], self.requests)
        names = ["transport", "kind", "outcome"]
        yield _counter("operations", "Answered, and streams opened.", names, self.operations)
        yield self._histogram()
        reasons = self.fallbacks
        yield _counter("fallbacks", "Operations that graphql-core had to answer.", ["reason"], reasons)
        deliveries = {"websocket": self.socket_deliveries, "sse": self.event_deliveries}
        yield _counter("deliveries", "Events handed to readers.", ["transport"], deliveries)
        yield _counter("socket_closes", "Sockets closed by the gateway.", ["code"], self.closes)
        slow = self.slow_readers
        yield _counter("slow_readers", "Closed because they did not read.", ["transport"], slow)
        yield GaugeMetricFamily("crossfade_sockets", "Open now.", value=self.sockets)
        streams = GaugeMetricFamily("crossfade_streams", "Open now.", labels=["transport"])
        for transport in ("websocket", "sse"):
            streams.add_metric([transport], self.streams[transport])
        yield streams

    def _histogram(self) -> HistogramMetricFamily:
        total, buckets = 0, []
        for step, number in zip((*map(str, STEPS), "+Inf"), self._times, strict=True):
            total += number
            buckets.append((step, total))
        name = "crossfade_operation_seconds"
        return HistogramMetricFamily(name, "To answer one.", buckets=buckets, sum_value=self._seconds)


class Families(Collector):
    """What the registry asks."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        return self._collect()


def _counter(name: str, meaning: str, labels: list[str], values: Mapping[Any, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"crossfade_{name}", meaning, labels=labels)
    for key, value in values.items():
        family.add_metric([*map(str, key if isinstance(key, tuple) else (key,))], value)
    return family
