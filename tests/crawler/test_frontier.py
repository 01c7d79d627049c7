"""What a night asks for, in which order, and what it leaves out and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from casebook.casebook import Casebook
from casebook.types import Purpose, RunState, Task, TaskState
from crawler.job import CrawlJob, Target
from tests.crawler.crawls import again, job_for, run
from tests.crawler.sites import Answer, Site, html, links, product

XML = {"Content-Type": "application/xml"}


def sitemap(site: Site, *paths: str) -> Answer:
    urls = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in paths)
    return Answer(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(), headers=XML)


def mapped(job: CrawlJob, site: Site) -> CrawlJob:
    return replace(job, targets=(replace(job.targets[0], sitemaps=(site.url + "/sitemap.xml",)),))


def page(job: CrawlJob, purpose: Purpose, url: str) -> Task:
    return Task(run_id=job.run_id, target="shop", purpose=purpose, url=url)


def left_out(folder: Path, run_id: str = "night-1") -> dict[str, int]:
    with Casebook.open(folder / "casebook.db") as casebook:
        return {short.why: short.tasks for short in casebook.shortfalls(run_id) if short.state is TaskState.REFUSED}


def test_a_page_whose_address_stands_as_a_picture_elsewhere_is_read_all_the_same(tmp_path: Path) -> None:
    with Site() as site:
        site.routes |= {
            "/": links("/p/1", "/p/2"),
            "/p/1": product("Mug", "/p/2"),
            "/p/2": product("Vase", "/vase.jpg"),
        }
        with run(tmp_path, job_for(tmp_path, site.url + "/p/1", site.url + "/")) as casebook:
            assert {one.title for one in casebook.known_listings("shop")} == {"Mug", "Vase"}


def test_one_description_of_three_listings_is_read_for_each_of_them(tmp_path: Path) -> None:
    with Site() as site, run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
        tasks = [
            Task(
                run_id="night-1", target="shop", purpose=Purpose.DESCRIPTION, url="https://d.example/", listing_key=key
            )
            for key in ("shop:1", "shop:2", "shop:3", "shop:3")
        ]
        casebook.add_tasks(tasks)
        assert {task.listing_key for task in casebook.pending_tasks("night-1")} == {"shop:1", "shop:2", "shop:3"}


def test_a_host_that_wants_to_be_asked_slowly_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    many = [f"/p/{number}" for number in range(100)]
    with Site() as slow, Site() as quick:
        slow.routes |= {"/robots.txt": Answer(b"User-agent: *\nCrawl-delay: 60\n")}
        quick.routes |= {"/": links(*many), **{path: product(path) for path in many}}
        here = f"http://localhost:{quick.port}/"
        job = job_for(tmp_path, limits={"hours_limit": 20 / 3600})
        job = replace(job, targets=(*job.targets, Target(name="quick", start=(here,))))
        asked_slowly = [page(job, Purpose.PAGE, slow.url + path) for path in many]
        with run(tmp_path, job, first=asked_slowly) as casebook:
            assert len(casebook.known_listings("quick")) == len(many)
            assert len(casebook.pending_tasks(job.run_id)) >= len(many) - 1


def test_what_the_budget_can_never_reach_is_counted_and_not_kept(tmp_path: Path) -> None:
    paths = [f"/p/{number}" for number in range(2000)]
    with Site() as site:
        site.routes |= {"/sitemap.xml": sitemap(site, *paths), **{path: product(path) for path in paths}}
        job = mapped(job_for(tmp_path, page_budget=10), site)
        with run(tmp_path, job, first=[page(job, Purpose.SITEMAP, site.url + "/sitemap.xml")]) as casebook:
            assert casebook.pages_tried(job.run_id) == {"shop": 10}
            assert len(casebook.tasks_known(job.run_id)) < 30
        assert left_out(tmp_path) == {"the page budget of 10 is used up": 2000 - 9}


def test_the_next_night_asks_for_what_no_night_has_asked_for_yet(tmp_path: Path) -> None:
    paths = [f"/p/{number}" for number in range(12)]
    with Site() as site:
        site.routes |= {"/sitemap.xml": sitemap(site, *paths), **{path: links("/") for path in paths}}
        job = mapped(job_for(tmp_path, page_budget=5), site)
        for number in (1, 2, 3):
            tonight = again(job, f"night-{number}")
            with run(tmp_path, tonight, first=[page(tonight, Purpose.SITEMAP, site.url + "/sitemap.xml")]) as casebook:
                casebook.finish_run(tonight.run_id, RunState.FINISHED, tonight.now(), {})
        assert set(site.paths("/p/")) == set(paths)


def test_links_beyond_the_depth_limit_are_told_with_their_number(tmp_path: Path) -> None:
    with Site() as site:
        site.routes |= {"/": links("/a/"), "/a/": links("/b/", "/c/", "/d/")}
        run(tmp_path, job_for(tmp_path, site.url + "/", limits={"depth_limit": 1})).close()
        assert left_out(tmp_path) == {"more than 1 links away from a start page (crawl.depth_limit)": 3}


def test_a_wall_in_place_of_a_sitemap_ends_the_target(tmp_path: Path) -> None:
    with Site() as site:
        site.routes["/sitemap.xml"] = html("<script>window._cf_chl_opt={}</script>")
        job = mapped(job_for(tmp_path), site)
        with run(tmp_path, job, first=[page(job, Purpose.SITEMAP, site.url + "/sitemap.xml")]) as casebook:
            (short,) = casebook.shortfalls(job.run_id)
            assert (short.state, short.why) == (TaskState.FAILED, "blocked: Cloudflare block page")


def test_a_redirect_costs_the_budget_nothing_more_than_the_page_it_leads_to(tmp_path: Path) -> None:
    with Site() as site:
        site.routes |= {"/": links("/old/1", "/old/2"), "/p/1": product("Mug"), "/p/2": product("Vase")}
        site.routes |= {f"/old/{n}": Answer(status=301, headers={"Location": f"/p/{n}"}) for n in (1, 2)}
        with run(tmp_path, job_for(tmp_path, site.url + "/", page_budget=3)) as casebook:
            assert {one.title for one in casebook.known_listings("shop")} == {"Mug", "Vase"}


def test_a_page_of_too_many_elements_is_told_and_not_called_read(tmp_path: Path) -> None:
    with Site() as site:
        site.routes["/"] = html("<i></i>" * 60_000)
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            (short,) = casebook.shortfalls("night-1")
            assert short.state is TaskState.FAILED
            assert "more than 50,000 elements" in short.why


def test_a_start_page_that_redirects_to_another_site_is_not_followed_there(tmp_path: Path) -> None:
    with Site() as site, Site() as other:
        other.routes |= {"/": links("/p/1"), "/p/1": product("Mug")}
        site.routes["/"] = Answer(status=302, headers={"Location": f"http://localhost:{other.port}/"})
        with run(tmp_path, job_for(tmp_path, site.url + "/")) as casebook:
            assert casebook.known_listings("shop") == []
        assert "/p/1" not in other.paths()
