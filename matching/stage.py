"""What a matching stage is, and what all stages share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from matching.calibration import DEFAULT_BUDGET, STANDARD, Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from casebook.findings import Evidence
    from matching.views import PictureView, ReferenceView

LIBRARIES = ("faiss-cpu", "ImageHash", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a stage is told besides the two pictures.

    `libraries` names the versions that its figures depend on. `calibration` says how often an agreement comes by
    chance, and `budget` how many false alarms per 100,000 pictures the owner accepts; no evidence depends on these two,
    only the verdict that follows from evidence (`matching.verdicts`).
    """

    libraries: Mapping[str, str]
    calibration: Calibration = STANDARD
    budget: float = DEFAULT_BUDGET

    @classmethod
    def here(cls, calibration: Calibration = STANDARD, budget: float = DEFAULT_BUDGET) -> Context:
        """Describe this installation."""
        libraries = {name: version(name) for name in LIBRARIES}
        return cls(libraries=libraries, calibration=calibration, budget=budget)

    def parameters(self, stage: Mapping[str, float]) -> str:
        """Return what goes into `Evidence.parameters`: the stage's settings and the library versions, as JSON."""
        return json.dumps({"libraries": dict(self.libraries), "settings": dict(stage)}, sort_keys=True)


class Stage(Protocol):
    """A module in `matching/stages/`. `VERSION` rises with every change of what the stage would answer."""

    NAME: str
    VERSION: int
    PARAMETERS: Mapping[str, float]

    def examine(self, picture: PictureView, reference: ReferenceView, context: Context) -> Evidence | None:
        """Compare one picture with one reference; None where this stage has nothing to say."""
        ...
