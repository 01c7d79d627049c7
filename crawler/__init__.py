"""FETCH: an honest crawl of listing pages and their pictures.

In: a `CrawlJob` (targets, limits, who we are) and the frontier that the casebook holds for this run.
Out: fetches, listings, looks, pictures and sightings in the casebook, bodies in the blobs exactly as received.
One subprocess per scan (`python -m crawler JOB.json`) runs one Scrapy spider; every finished URL is one transaction,
so a kill at any moment costs at most the requests that were under way.

Read `spider.py` first, then the middlewares in the order a request meets them: `robots.py` (may we?), `targets.py`
(do we still want to?), `interface_middlewares.py` (have we a token?), `guard.py` (is the address public?),
`revalidation.py` (do we have it?), `pace.py` (is it our turn?), `recorder.py` (what came over the wire?), and
`interface_middlewares.py` again (the key). `marketplaces/` holds one file per marketplace, `interfaces/` one per
official interface: pure functions.
"""
