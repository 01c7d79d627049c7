from __future__ import annotations

from dataclasses import replace

from casebook.edits import Edit, EditKind, Relation
from casebook.findings import Evidence, Geometry, Verdict
from matching.calibration import Calibration
from matching.matcher import matcher_key
from matching.stage import Context
from matching.verdicts import decided, weighed

CONTEXT = Context(libraries={}, calibration=Calibration(rate=0.05, decay=0.6), budget=100.0)
EDITS = (Edit(kind=EditKind.MIRRORED),)


def found(reference: str, log_odds: float, verdict: Verdict = Verdict.COPY, stage: str = "orb") -> Evidence:
    """What a stage says of one picture and a reference that fills the left half of it."""
    return Evidence(
        picture_sha256="p",
        reference_sha256=reference,
        stage=stage,
        stage_version=1,
        parameters="",
        verdict=verdict,
        score=0.5 + log_odds / 100,
        because="120 points agree",
        measures=(("agreeing", 0.9),),
        geometry=Geometry(
            transform=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            inliers=9,
            reference_share=1.0,
            picture_share=0.5,
            outline=(0.0, 0.0, 50.0, 0.0, 50.0, 50.0, 0.0, 50.0),
        ),
        relation=Relation.SAME_PHOTOGRAPH,
        edits=EDITS,
        log_odds=log_odds,
    )


def budget_at(log_odds: float) -> float:
    return CONTEXT.calibration.expected_false_alarms(log_odds)


def test_the_strongest_finding_gives_the_match_what_it_says():
    weak, strong = found("a", 9.0, Verdict.POSSIBLE, "phash"), found("a", 2.0)
    match = weighed([weak, strong], CONTEXT)
    assert match is not None
    assert (match.verdict, match.score, match.because) == (Verdict.COPY, strong.score, strong.because)
    assert (match.relation, match.edits) == (Relation.SAME_PHOTOGRAPH, EDITS)
    assert match.expected_false_alarms == budget_at(2.0)
    assert match.evidence == (strong, weak)


def test_findings_that_say_nothing_make_no_match():
    assert weighed([found("a", -9.0, Verdict.NONE)], CONTEXT) is None
    assert weighed([], CONTEXT) is None


def test_a_copy_beyond_the_budget_is_possible_and_says_so():
    for budget, verdict in ((budget_at(2.0), Verdict.COPY), (budget_at(2.1), Verdict.POSSIBLE)):
        match = weighed([found("a", 2.0)], replace(CONTEXT, budget=budget))
        assert match is not None
        assert match.verdict is verdict
        assert match.evidence == (found("a", 2.0),)
        over = f"and the budget is {budget:g}. 120 points" in match.because
        assert over is (verdict is Verdict.POSSIBLE)


def test_what_comes_by_chance_too_often_is_nothing_unless_much_agrees():
    crowded = replace(CONTEXT, calibration=Calibration(rate=0.2, decay=0.5))
    cases = ((-4.0, 12.0, Verdict.NONE), (-4.0, 40.0, Verdict.POSSIBLE), (1.5, 12.0, Verdict.POSSIBLE))
    for log_odds, cells, verdict in cases:
        weak = replace(found("a", log_odds, Verdict.POSSIBLE), measures=(("agreeing", 0.9), ("agreeing_cells", cells)))
        match = weighed([weak], crowded)
        assert match is not None
        assert match.verdict is verdict
        assert match.evidence == (weak,)


def test_what_comes_to_nothing_is_no_sibling():
    crowded = replace(CONTEXT, calibration=Calibration(rate=0.2, decay=0.5))
    weak = replace(found("b", -4.0, Verdict.POSSIBLE), measures=(("agreeing", 0.9), ("agreeing_cells", 12.0)))
    matches = [match for each in (weak, found("a", 30.0)) if (match := weighed([each], crowded))]
    assert [match.verdict for match in decided(matches, crowded)] == [Verdict.COPY, Verdict.NONE]


def test_a_finding_without_odds_such_as_a_mark_is_a_copy_at_any_budget():
    mark = replace(found("a", 2.0), log_odds=None)
    match = weighed([mark, found("a", 3.0)], replace(CONTEXT, budget=1e-300))
    assert match is not None
    assert (match.verdict, match.expected_false_alarms) == (Verdict.COPY, None)
    assert [each.log_odds for each in match.evidence] == [3.0, None], "the order is the same at every budget"


def test_no_evidence_and_no_comparison_depends_on_the_budget_or_the_calibration():
    others = replace(CONTEXT, budget=1.0), replace(CONTEXT, calibration=Calibration(rate=0.5, decay=1.0))
    for other in others:
        assert other.parameters({}) == CONTEXT.parameters({})
        assert matcher_key(other) == matcher_key(CONTEXT)


def test_deciding_again_with_all_there_is_undoes_what_was_decided_with_less():
    matches = [match for name, odds in (("a", 3.0), ("b", 6.0)) if (match := weighed([found(name, odds)], CONTEXT))]
    best, sibling = decided(matches, CONTEXT)
    assert (best.reference_sha256, best.verdict) == ("b", Verdict.COPY)
    assert (sibling.reference_sha256, sibling.verdict) == ("a", Verdict.POSSIBLE)
    assert sibling.relation is Relation.COLOUR_VARIANT
    assert decided([sibling, best], CONTEXT) == [best, sibling]
    assert decided([sibling], CONTEXT) == matches[:1]
