"""Other people's matchers on the same files, each in an environment of its own where its packages would replace ours.

`whole_hashes.py` and `pairs.py` are plain scripts that import nothing of this project: they read references and
queries as JSON Lines (`name`, `path`), and write answers as JSON Lines. Whole-picture hashes rank all references;
whatever compares pair by pair does so on a seeded subset. Answers are kept beside the queries they belong to.
"""
