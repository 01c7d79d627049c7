"""How good and how fast, measured against others in the same run; `make bench` prints it and writes RESULTS.md.

`copies` finds copies among look-alikes and strangers, beside other people's matchers; `watermarks` finds marks on
unknown photographs; the rest measures speed as ratios. Each gives one section of RESULTS.md; `python -m benchmarks
NAME` renews one and leaves the others.

A benchmark is not a test: nothing fails here because a machine is slow.
"""
