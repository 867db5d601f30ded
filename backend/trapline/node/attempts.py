"""How often somebody may try a password. Pure: the caller says what time it is.

Each key (an operator's name, a peer's address) has a bucket of `burst` attempts that fills again at one per
`refill_s`. An attempt is taken before the password is looked at, so attempts at the same time do not get around it,
and given back when the password was right. At most `capacity` keys are remembered; the one touched longest ago goes.
"""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Attempts:
    """Token buckets by key."""

    def __init__(self, *, burst: int, refill_s: float, capacity: int = 10_000) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._capacity = capacity
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now_s: float) -> bool:
        """True when `key` may try now."""
        bucket = self._buckets.get(key) or _Bucket(self._burst, now_s)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.at_s) / self._refill_s)
        bucket.at_s = now_s
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def give_back(self, key: str) -> None:
        """The attempt was a good one."""
        bucket = self._buckets.get(key)
        if bucket:
            bucket.tokens = min(self._burst, bucket.tokens + 1)
