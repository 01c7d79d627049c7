"""Copy detection: who finds the copies, and who accuses the innocent?

`pictures` reads a folder of pictures and gives each a role: reference, look-alike, distractor, hard pair, natural
copy; the SHA-256 of a file decides whether it belongs to the tune half or the report half. `edits` is the catalogue
of what thieves do; every edit returns its pixels and the truth: transform, shares, angle, names. `dressing` puts the
same badges, frames and collages on the negatives. `queries` makes the query set once and keeps it as JPEG files and
JSON Lines under `.cache/benchmarks/<key>/`. Each file in `matchers` answers queries against all references; peers run
in environments of their own. `metrics` turns answers into µAP, recall at zero false positives, the confusion table,
and the tables per edit and per class; `tables` prints them; every single answer is dumped beside the queries.

Run `python -m benchmarks.copies --half tune --sample 10`. Tune on the tune half only; the report half is for closing
notes. The catalogue may become harder, never easier.
"""

from benchmarks.copies.run import measure

__all__ = ["measure"]
