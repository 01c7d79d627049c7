import json
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn import cloth
from PIL import Image

from benchmarks.copies.matchers import Answer, Found
from benchmarks.copies.matchers.peer import PEERS, only
from benchmarks.copies.peers import pairs, whole_hashes
from benchmarks.copies.queries import Kind, Query


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three references, a mirrored copy of the second, and a picture that copies none of them."""
    folder = tmp_path_factory.mktemp("files")
    rows = []
    for number in range(3):
        Image.fromarray(cloth(240, 180, number)).save(folder / f"{number}.png")
        rows.append({"name": f"r{number}", "path": str(folder / f"{number}.png")})
    Image.fromarray(np.ascontiguousarray(cloth(240, 180, 1)[:, ::-1])).save(folder / "mirrored.png")
    Image.fromarray(cloth(240, 180, 1)[20:150, 10:220]).save(folder / "cropped.png")
    Image.fromarray(cloth(240, 180, 99)).save(folder / "other.png")
    asked = [{"name": name, "path": str(folder / f"{name}.png")} for name in ("mirrored", "cropped", "other")]
    (folder / "references").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "queries").write_text("".join(json.dumps(row) + "\n" for row in asked))
    return folder


def _asked(script: object, argument: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], list]:
    answers = files / "answers"
    monkeypatch.setattr(sys, "argv", ["", argument, *(str(files / name) for name in ("references", "queries"))])
    sys.argv.append(str(answers))
    script.main()  # type: ignore[attr-defined]
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    return {(row["method"], row["query"]): row["found"] for row in rows}


def test_a_mirrored_copy_is_nearest_in_one_of_the_eight_turns(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _asked(whole_hashes, "imagehash", files, monkeypatch)
    assert found["imagehash phash, eight turns", "mirrored"] == [{"reference": "r1", "score": 1.0}]
    assert found["imagehash phash", "mirrored"][0]["score"] < 0.9
    assert len({method for method, _ in found}) == 7


@pytest.mark.parametrize("method", ["ORB", "SIFT"])
def test_local_points_find_a_crop_and_nothing_in_another_picture(
    method: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _asked(pairs, method, files, monkeypatch)
    assert found[method, "cropped"][0]["reference"] == "r1"
    assert found[method, "cropped"][0]["score"] > 20
    assert all(item["score"] < 15 for item in found[method, "other"])


def test_answers_are_cut_down_to_the_pairs_of_a_subset() -> None:
    query = Query(name="q", path=Path("q"), kind=Kind.EDITED, edit="", cls="", source="", references=("a",))
    answers = [
        Answer(query="q", found=(Found(reference="a", score=1), Found(reference="b", score=2)), milliseconds=1),
        Answer(query="other", found=(), milliseconds=1),
    ]
    (kept,) = only(answers, [query], ["a"])
    assert [found.reference for found in kept.found] == ["a"]


def test_every_peer_of_the_issue_is_there() -> None:
    assert [peer.name for peer in PEERS] == [
        "imagehash", "pdqhash", "perception", "imagededup", "orb", "sift", "crop-resistant", "perception-local",
    ]  # fmt: skip
