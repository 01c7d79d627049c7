"""How sure: log-odds as the false alarms to be expected.

How often an agreement comes by chance depends on whose pictures are crawled. No evidence depends on it: stages say how
likely a copy is, and verdicts follow from that (`matching.verdicts`), so another calibration compares nothing again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PER = 100_000
DEFAULT_BUDGET = 100.0
MOST_POSSIBLE = 5_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The tail of the log-odds of pictures that copy nothing: `rate` of them reach `anchor`, and every step of 1 beyond
    it leaves exp(-decay) of those."""

    rate: float
    anchor: float
    decay: float

    def expected_false_alarms(self, log_odds: float) -> float:
        """Return how many of 100,000 pictures that copy nothing reach these log-odds."""
        return PER * min(1.0, self.rate * math.exp(-self.decay * (log_odds - self.anchor)))


STANDARD = Calibration(rate=0.0185, anchor=-3.0, decay=0.63)
