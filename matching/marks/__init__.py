"""The owner's logo or text mark: where it lies on a picture, and what became of it on a copy.

In: a mark (`Mark.read`: a transparent PNG, or a crop with the mark on plain ground) and the grey working copy of any
picture, whether it copies a reference or not. Out: a `Found` (place, size, angle, opacity, score) or None; and, for
a picture that copies a reference with a known mark, a `MarkFinding`: still there, cropped off, painted over, blurred.

Follow one picture: `field` (a picture as its edges, all equally strong) → `scene` (that at three sizes, ready to be
searched) → `search` (every place at every size) → `lattice` (the angle of marks that are repeated) → `verify` (looks
closely at the best places) → `finder` (asks them in turn). `state` compares a copy with its reference.
"""
