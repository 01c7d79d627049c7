"""`python -m benchmarks.copies`: make the queries, run the matchers, print the tables."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.copies.pictures import Half, read
from benchmarks.copies.queries import build
from benchmarks.copies.run import report, run_ours

SEED = 2026


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copies", description=__doc__)
    parser.add_argument("--half", choices=[str(half) for half in Half], default=str(Half.TUNE))
    parser.add_argument("--sample", type=int, help="at most so many edited references and negatives of each kind")
    parser.add_argument("--edits", help="only these edits, comma-separated; negatives are all kept")
    parser.add_argument("--pictures", type=Path, help="another folder of pictures; its folders are the classes")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    pictures = read(options.pictures, options.seed)
    print(f"{pictures.label}: {len(pictures.pictures)} pictures")
    queries = build(pictures, Half(options.half), seed=options.seed, sample=options.sample, processes=options.processes)
    if options.edits:
        wanted = set(options.edits.split(","))
        kept = tuple(query for query in queries.queries if query.edit in wanted or not query.kind.copy)
        queries = replace(queries, queries=kept)
    outcome = run_ours(queries, processes=options.processes)
    print(report(pictures, queries, [outcome], seed=options.seed))
    print(f"\nQueries: {queries.folder / queries.half}\nEvery answer: {outcome.dump}")


if __name__ == "__main__":
    main()
