"""How fast, measured against something plain in the same run; `make bench` prints it and writes RESULTS.md.

A benchmark is not a test: nothing fails here because a machine is slow.
"""
