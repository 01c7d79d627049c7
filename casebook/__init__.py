"""What is known: plain types, the SQLite casebook, the content-addressed blobs.

In: visits of the crawl (`Casebook.record`), examinations of the matcher (`Casebook.record_examination`), the owner's
works (`Casebook.sync_works`), and bytes (`Blobs.put`). Out: what is still to fetch and to compare, listings with the
state that looks prove, candidates with their evidence, and the views that docs/database.md describes.

`types` holds the nouns, `casebook.Casebook` is the way in, `errors` holds what people get to read, `lock` keeps one
scan per workspace. This package knows none of the others.
"""
