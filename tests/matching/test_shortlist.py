from __future__ import annotations

import pytest
from drawn_pictures import photograph
from picture_edits import cropped, jpeg, mirrored, text_across, thumbnail, turned_7

from casebook.findings import Verdict
from matching.compare import library_of
from matching.matcher import Matcher
from matching.shortlist import MOST, Shortlist
from matching.views import PictureView

SEEDS = range(0, 250, 50)
EDITS = (cropped, mirrored, text_across, thumbnail, turned_7)


@pytest.fixture(scope="module")
def library():
    return library_of((str(seed), jpeg(photograph(seed), 90)) for seed in SEEDS)


def test_every_copy_that_brute_force_proves_is_proposed(library):
    oracle, shortlist = Matcher(library, exhaustive=True), Shortlist(library.views)
    proved = proposed = 0
    for number, seed in enumerate(SEEDS):
        data = jpeg(EDITS[number % len(EDITS)](photograph(seed)), 70)
        found = {m.reference_sha256 for m in oracle.examine(data).matches if m.verdict is Verdict.COPY}
        offered = {library.views[place].reference.sha256 for place in shortlist.propose(PictureView(data))}
        proved += len(found)
        proposed += len(found & offered)
    assert proved >= len(SEEDS)
    assert proposed == proved


def test_a_shortlist_that_grew_proposes_what_one_made_at_once_does(library):
    grown = Shortlist(library.views[:2])
    grown.add(library.views[2:])
    whole = Shortlist(library.views)
    for number, seed in enumerate(SEEDS):
        data = jpeg(EDITS[number % len(EDITS)](photograph(seed)), 70)
        assert grown.propose(PictureView(data)) == whole.propose(PictureView(data)) != ()


def test_a_picture_of_nothing_known_is_proposed_little(library):
    shortlist = Shortlist(library.views)
    for seed in (1_001, 2_002, 3_003):
        assert len(shortlist.propose(PictureView(jpeg(photograph(seed))))) <= MOST // 2


def test_a_file_without_pixels_is_still_proposed_by_its_hash():
    library = library_of([("cut", jpeg(photograph(0))[:20_000])])
    view = PictureView(library.views[0].grey_jpeg)
    assert Shortlist(library.views).propose(view) == (0,)
    assert Shortlist(library.views).propose(PictureView(b"")) == ()
