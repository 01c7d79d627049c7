"""DECIDE: the operator's queue in the browser.

What comes in: the casebook with its candidates, pictures as the matching drew them (`casebook.renditions`), and a
`Desk` that gives all this and does what the command line does. What goes out: decisions in the casebook's ledger.
Nothing is matched, drawn or crawled in a request. `app.py` puts it together; each page has a file of its own beside it,
with its template in `templates/`. There is one style sheet and one script, and no build step.
"""
