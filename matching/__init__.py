"""COMPARE: picture bytes in, evidence out; no network, no database.

In: the owner's references (`ReferenceLibrary.build`) and the bytes of one crawled picture (`Matcher.examine`).
Out: an `Examination`: what the picture is, and a `Match` for every reference it copies or may copy, with the evidence
of every stage, the geometry, and a sentence for people. `overlays` draws what was found, `compare` does all of it for
two folders.

Follow one picture: `decode` (bytes to pixels, hostile input included) → `views` (what stages look at, made once and
only when asked for) → `shortlist` (which references deserve a closer look) → `stages/` (one file per stage) →
`matcher` (one verdict). `Matcher(library, exhaustive=True)` skips the shortlist: it is the oracle of the tests.
"""
