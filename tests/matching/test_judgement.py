from __future__ import annotations

import pytest

from casebook.edits import Relation
from casebook.types import Verdict
from matching.judgement import WORTH_A_LOOK, Judgement


@pytest.mark.parametrize(
    ("relation", "log_odds", "much", "verdict"),
    [
        (Relation.SAME_PHOTOGRAPH, 0.1, False, Verdict.COPY),
        (Relation.SAME_ART, 9.0, True, Verdict.COPY),
        (Relation.SAME_SCENE, WORTH_A_LOOK, False, Verdict.POSSIBLE),
        (Relation.SAME_SCENE, WORTH_A_LOOK - 0.1, False, Verdict.NONE),
        (Relation.SAME_OBJECT, WORTH_A_LOOK - 9.0, True, Verdict.POSSIBLE),
    ],
)
def test_a_stage_says_what_relation_and_odds_say(relation: Relation, log_odds: float, much: bool, verdict: Verdict):
    assert Judgement(log_odds=log_odds, relation=relation, much=much).verdict is verdict
