from benchmarks.results import HEAD, put

ORDER = ("first", "second")


def test_a_section_replaces_its_own_and_leaves_the_others() -> None:
    text = put(put("", "second", "## Two\n\nold", ORDER), "first", "## One", ORDER)
    again = put(text, "second", "## Two\n\nnew", ORDER)
    assert again.startswith(HEAD)
    assert again.index("## One") < again.index("## Two")
    assert "new" in again
    assert "old" not in again
    assert put(again, "second", "## Two\n\nnew", ORDER) == again
