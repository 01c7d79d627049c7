"""The figures as Markdown, for the screen and for RESULTS.md."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from benchmarks.copies import metrics
from benchmarks.copies.queries import AS_IS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.copies.metrics import Answered

HARDEST = 10


def summary(rows: Sequence[tuple[str, Sequence[Answered], float]]) -> str:
    """One row a matcher: (name, results, peak megabytes)."""
    columns = (
        "matcher", "µAP", "recall at no false positive", "with verdict `copy`", "copies", "negatives",
        "ms a picture (CPU, median)", "95th percentile", "peak MB",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, results, megabytes in rows:
        bar = metrics.threshold(results)
        above, copies = metrics.found_above(results, bar)
        judges = any(found.verdict for result in results for found in result.answer.found)
        sure = _share(metrics.found_as_copy(results)[0], copies) if judges else "–"
        spent = sorted(result.answer.milliseconds for result in results)
        lines.append(
            f"| {name} | {metrics.micro_average_precision(results):.3f} | {_share(above, copies)} | "
            f"{sure} | {copies} | {len(results) - copies} | {statistics.median(spent):.0f} | "
            f"{spent[int(len(spent) * 0.95)]:.0f} | {_whole(megabytes)} |"
        )
    return "\n".join(lines)


def recall_table(results: Sequence[Answered], title: str, groups: dict[str, list[Answered]]) -> str:
    """Recall of copies by group: at any score, above the highest wrong score, and with the verdict `copy`."""
    bar = metrics.threshold(results)
    lines = [
        f"| {title} | comparisons | found at all | at no false positive | verdict `copy` |",
        "|---|---|---|---|---|",
    ]
    for name, members in groups.items():
        at_all, copies = metrics.found_above(members, -math.inf)
        if copies:
            above, sure = metrics.found_above(members, bar)[0], metrics.found_as_copy(members)[0]
            lines.append(
                f"| {name} | {copies} | {_share(at_all, copies)} | {_share(above, copies)} | {_share(sure, copies)} |"
            )
    return "\n".join(lines)


def per_edit(results: Sequence[Answered]) -> str:
    return recall_table(results, "edit", metrics.by(results, lambda query: query.edit))


def per_class(results: Sequence[Answered]) -> str:
    return recall_table(results, "class of the reference", metrics.by(results, lambda query: query.cls))


def alarms_per_class(results: Sequence[Answered]) -> str:
    """Negatives by kind and class: how many were compared, and how many got each verdict against any reference."""
    negatives = [result for result in results if not result.query.kind.copy]
    lines = ["| negatives | compared | `copy` | `possible` | highest score |", "|---|---|---|---|---|"]
    for name, members in metrics.by(negatives, lambda query: f"{query.cls}, {_dress(query.kind)}").items():
        verdicts = [member.verdict for member in members]
        highest = max((m.wrong.score for m in members if m.wrong), default=math.nan)
        lines.append(
            f"| {name} | {len(members)} | {verdicts.count('copy')} | {verdicts.count('possible')} | {highest:.3f} |"
        )
    return "\n".join(lines)


def _dress(kind: Kind) -> str:
    return "dressed" if kind in (Kind.LOOK_ALIKE_DRESSED, Kind.DISTRACTOR_DRESSED) else AS_IS


def confusion(results: Sequence[Answered]) -> str:
    """Verdicts against kinds. For copies the verdict on a right reference counts, for negatives the worst on any."""
    counts = metrics.confusion(results)
    verdicts = [
        name for name in ("copy", "possible", "match", metrics.NO_VERDICT) if any(c[name] for c in counts.values())
    ]
    lines = [
        f"| kind | {' | '.join(verdicts)} | all |",
        "|---" * (len(verdicts) + 2) + "|",
    ]
    for kind in Kind:
        if kind in counts:
            cells = " | ".join(str(counts[kind][verdict]) for verdict in verdicts)
            lines.append(f"| {kind} | {cells} | {counts[kind].total()} |")
    return "\n".join(lines)


def geometry(results: Sequence[Answered]) -> str:
    """How far shares, angles and corners are off, over rightly matched copies whose truth is known."""
    errors = metrics.geometry_errors(results)
    lines = ["| geometry of right matches | compared | median | 95th percentile | within |", "|---|---|---|---|---|"]
    for name, values, limit, unit in (
        ("share of the reference", errors.share, 0.05, ""),
        ("angle", errors.angle, 1.0, "°"),
        ("corners, parts of the diagonal", errors.corner, 0.02, ""),
    ):
        if values:
            ordered = sorted(values)
            within = sum(value <= limit for value in values)
            lines.append(
                f"| {name} | {len(values)} | {statistics.median(values):.3f}{unit} | "
                f"{ordered[int(len(ordered) * 0.95)]:.3f}{unit} | {_share(within, len(values))} within {limit}{unit} |"
            )
    return "\n".join(lines)


def naming(results: Sequence[Answered]) -> str:
    """Which edits were named; empty for a matcher that names none."""
    names, exact = metrics.namings(results)
    if not names:
        return ""
    there, named = sum(n.there for n in names.values()), sum(n.named for n in names.values())
    both = sum(n.both for n in names.values())
    lines = ["| edit named | there | named where there | right where named |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {n.there} | {_share(n.both, n.there)} | {_share(n.both, n.named)} |" for name, n in names.items()
    ]
    lines.append(f"| all | {there} | {_share(both, there)} | {_share(both, named)} |")
    return "\n".join([*lines, "", f"All names of a picture right: {exact:.3f}."])


def hardest(results: Sequence[Answered]) -> str:
    """Name the wrong answers with the highest scores."""
    lines = [
        f"The {HARDEST} surest wrong answers:",
        "",
        "| score | verdict | query | kind, edit | taken for |",
        "|---|---|---|---|---|",
    ]
    for result in metrics.accusations(results)[:HARDEST]:
        wrong, query = result.wrong, result.query
        assert wrong is not None
        lines.append(
            f"| {wrong.score:.3f} | {wrong.verdict or ''} | {query.source} ({query.name}) | "
            f"{query.kind}: {query.edit} | {wrong.reference} |"
        )
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _whole(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"
