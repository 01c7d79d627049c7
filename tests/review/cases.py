"""A workspace with a few dozen cases to decide, matched for real: what an operator finds on a Monday."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageOps

from tests.copycatch.shown_listings import cut, end_scan, jpeg, match, original, show, watching

if TYPE_CHECKING:
    from pathlib import Path

    from casebook.rulings import Reviewed
    from copycatch.workspace import Workspace

WORKS = 4
HOSTILE = {
    "h1": "<script>document.title='owned'</script><img src=x onerror=alert(1)>",
    "h2": "\u202egnp.exe \u2066\u200f turned",
    "h3": "A very long title " * 600,
    "h4": "null \x00 and bell \x07 {{ 7 * 7 }} {% raw %}",
    "h5": "'\"></bdi></a><form action=https://evil.example>",
}


def counts(workspace: Workspace) -> dict[Reviewed, int]:
    """Return how many cases there are of each state."""
    with workspace.casebook() as casebook:
        return casebook.reviewed_counts()


def _stuck(image: Image.Image) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).ellipse((25, 25, 94, 94), fill=(240, 60, 60))
    return image


_EDITS = (lambda image: image, cut(0.1, 0, 1, 0.9), ImageOps.mirror, _stuck)


def monday(folder: Path) -> Workspace:
    """Four works, each in three listings of one seller and in one of another, and five listings of hostile titles."""
    workspace = watching(folder, WORKS)
    items = [
        (f"{number}-{place}", f"thief-{number}" if place < 3 else f"other-{number}", jpeg(edit(original(number))))
        for number in range(WORKS)
        for place, edit in enumerate(_EDITS)
    ]
    items += [
        (name, f"seller-{name}", jpeg(cut(0, 0.05 * place, 0.9, 1)(original(place % WORKS))))
        for place, name in enumerate(HOSTILE)
    ]
    show(workspace, items, lambda name: HOSTILE.get(name.removeprefix("seller-"), f"Print {name}"))
    match(workspace)
    end_scan(workspace)
    return workspace
