"""`python -m benchmarks.copies`: make the queries, run the matchers, print the tables."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.copies.matchers.peer import PEERS
from benchmarks.copies.pictures import Half, read
from benchmarks.copies.queries import build
from benchmarks.copies.run import PROCESSES, SEED, report, run_ours

OURS = "ours"


def main() -> None:
    options = _options()
    pictures = read(options.pictures, options.seed)
    queries = build(pictures, Half(options.half), seed=options.seed, sample=options.sample, processes=options.processes)
    if options.edits:
        wanted = set(options.edits.split(","))
        kept = tuple(query for query in queries.queries if query.edit in wanted or not query.kind.copy)
        queries = replace(queries, queries=kept)
    outcome = run_ours(queries, processes=options.processes)
    wanted = set(options.matcher.split(","))
    peers = [peer for peer in PEERS if peer.name in wanted or "all" in wanted]
    print(report(pictures, queries, outcome, peers, seed=options.seed))
    print(f"\nQueries: {queries.folder / queries.half}\nEvery answer: {outcome.dump}")


def _options() -> argparse.Namespace:
    names = ", ".join((OURS, *(peer.name for peer in PEERS)))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copies", description=__doc__)
    parser.add_argument("--half", choices=[str(half) for half in Half], default=str(Half.TUNE))
    parser.add_argument("--sample", type=int, help="at most so many edited references and negatives of each kind")
    parser.add_argument("--matcher", default=OURS, help=f"whom to run beside ours, comma-separated: {names}, or all")
    parser.add_argument("--edits", help="only these edits, comma-separated; negatives are all kept")
    parser.add_argument("--pictures", type=Path, help="another folder of pictures; its folders are the classes")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    return parser.parse_args()


if __name__ == "__main__":
    main()
