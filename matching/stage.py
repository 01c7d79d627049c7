"""What a matching stage is, and what all stages share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from matching.judgement import DEFAULT_BUDGET, MOST_POSSIBLE, STANDARD, Calibration, Judgement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from casebook.types import Evidence, Verdict
    from matching.views import PictureView, ReferenceView

LIBRARIES = ("faiss-cpu", "ImageHash", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a stage is told besides the two pictures.

    `libraries` names the versions that its figures depend on. `calibration` says how often an agreement comes by
    chance. `budget` is how many false alarms per 100,000 pictures the owner accepts; no evidence depends on it, only
    the verdict that follows from evidence (`matching.verdicts`).
    """

    libraries: Mapping[str, str]
    calibration: Calibration = STANDARD
    budget: float = DEFAULT_BUDGET

    def verdict(self, judgement: Judgement) -> Verdict:
        """Return what a stage says: what follows from a judgement within the largest budget."""
        return self.calibration.verdict(judgement, MOST_POSSIBLE)

    @classmethod
    def here(cls, calibration: Calibration = STANDARD, budget: float = DEFAULT_BUDGET) -> Context:
        """Describe this installation."""
        libraries = {name: version(name) for name in LIBRARIES}
        return cls(libraries=libraries, calibration=calibration, budget=budget)

    def parameters(self, stage: Mapping[str, float]) -> str:
        """Return what goes into `Evidence.parameters`: the stage's settings and the library versions, as JSON."""
        settings = {"judgement": asdict(self.calibration), "libraries": dict(self.libraries), "settings": dict(stage)}
        return json.dumps(settings, sort_keys=True)


class Stage(Protocol):
    """A module in `matching/stages/`. `VERSION` rises with every change of what the stage would answer."""

    NAME: str
    VERSION: int
    PARAMETERS: Mapping[str, float]

    def examine(self, picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
        """Compare one picture with one reference; None where this stage has nothing to say."""
        ...
