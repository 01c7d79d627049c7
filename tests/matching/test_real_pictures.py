"""The same promises on real photographs, where they are at hand."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from picture_edits import EDITS, collaged, jpeg
from PIL import Image

from casebook.findings import Verdict
from matching.compare import library_of
from matching.decode import decode
from matching.matcher import Matcher

PICTURES = Path(__file__).resolve().parents[3] / "shared" / "pictures"
pytestmark = pytest.mark.skipif(not PICTURES.is_dir(), reason=f"no photographs at {PICTURES}")
SAMPLE = 8
DISTRACTORS = 40


def image(path: Path) -> Image.Image:
    return Image.fromarray(decode(path.read_bytes()).pixels)


def test_no_hard_pair_is_a_copy():
    with (PICTURES / "hard_pairs.csv").open(newline="") as table:
        pairs = [(PICTURES / row["reference"], PICTURES / row["distractor"]) for row in csv.DictReader(table)]
    matcher = Matcher(library_of((str(reference), reference.read_bytes()) for reference, _ in pairs))
    accused = [
        (distractor.name, match.because)
        for _, distractor in pairs
        for match in matcher.examine(distractor.read_bytes()).matches
        if match.verdict is Verdict.COPY
    ]
    assert accused == []


def test_edited_photographs_are_found_and_strangers_are_not_accused():
    rng = random.Random(11)
    references = rng.sample(sorted((PICTURES / "reference").glob("*/*")), SAMPLE)
    strangers = rng.sample(sorted((PICTURES / "distractor").glob("*/*")), DISTRACTORS)
    matcher = Matcher(library_of((path.name + path.parent.name, path.read_bytes()) for path in references))
    others = [image(path) for path in strangers[:3]]
    edits = {**EDITS, "collaged": lambda picture: collaged(picture, others)}
    found = sum(
        any(match.verdict is Verdict.COPY for match in matcher.examine(jpeg(edit(image(path)), 80)).matches)
        for path in references
        for edit in edits.values()
    )
    accused = [
        path.name
        for path in strangers
        for match in matcher.examine(path.read_bytes()).matches
        if match.verdict is Verdict.COPY
    ]
    assert accused == []
    assert found >= 0.85 * SAMPLE * len(edits)
