"""DECIDE: the operator's pages in the browser.

In: what a desk gives (`review.first_use.FirstUse`, …), implemented by `copycatch`. Out: pages, and what a person
decided. Nothing here imports `copycatch`.
"""
