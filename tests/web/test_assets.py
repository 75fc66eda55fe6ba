"""Style sheets and scripts, as browsers load them."""

import re

import pytest
from lxml.html import document_fromstring

from app.web.assets import SCRIPTS, STATIC, Assets, MissingLibraries
from app.web.bundle import bundle
from tests.desk.acts import a_ticket

from .reading import one, read

PAGES = ("/tickets", "/tickets?view=all&page=2", "/tickets/new", "/tickets/1", "/comments/1/edit", "/settings")
LOADED = ("script[src]", "link[href]", "img[src]")  # what a browser fetches by itself


def loaded(page) -> list[str]:
    elements = [element for selector in LOADED for element in page.cssselect(selector)]
    return [element.get("src") or element.get("href") for element in elements]


async def pages(served) -> list[str]:
    """Every kind of page, for staff, requester and stranger."""
    await a_ticket(served.cast.clara)
    visitor, clara, vera = (
        served.stranger(),
        await served.client(served.cast.clara),
        await served.client(served.cast.vera),
    )
    answers = [await visitor.get("/login"), await visitor.get("/nothing")]
    answers += [await client.get(path) for client in (clara, vera) for path in PAGES]
    return [answer.text for answer in answers]


async def test_what_pages_load_is_there_under_a_name_by_its_content_and_kept_for_ever(served):
    visitor = served.stranger()
    paths = {path for page in await pages(served) for path in loaded(document_fromstring(page))}
    assert any(path.endswith(".css") for path in paths) and any(path.endswith(".js") for path in paths)
    for path in paths:
        answer = await visitor.get(path)
        assert answer.status_code == 200, path
        if not path.startswith("/me.css"):
            assert re.match(r"/static/[0-9a-f]{12}/[\w./-]+$", path), path
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_every_asset_has_the_type_that_browsers_demand(served):
    visitor, url = served.stranger(), Assets().url
    for name, kind in {
        "pult.css": "text/css; charset=utf-8",
        "htmx.js": "text/javascript; charset=utf-8",
        "js/app.js": "text/javascript; charset=utf-8",
        "icons/pult.svg": "image/svg+xml; charset=utf-8",
    }.items():
        answer = await visitor.get(url(name))
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind), name


async def test_another_hash_or_name_is_not_found(served):
    visitor, url = served.stranger(), Assets().url
    for path in (
        re.sub(r"/static/\w+/", "/static/000000000000/", url("pult.css")),
        url("pult.css").replace("pult.css", "other.css"),
        url("pult.css").replace("pult.css", "js/app.js"),
        url("pult.css").replace("pult.css", "../app/config.py"),
        url("pult.css").replace("pult.css", "%2e%2e/%2e%2e/config.toml"),
        "/static/pult.css",
        "/static/package.json",
    ):
        answer = await visitor.get(path)
        assert answer.status_code == 404, path
        assert "immutable" not in answer.headers["cache-control"]


async def test_htmx_and_its_extensions_are_one_response_before_all_scripts(served):
    await a_ticket(served.cast.clara)
    page = read(await (await served.client(served.cast.anna)).get("/tickets/1"))
    first, *others = page.cssselect("head script")
    assert first.get("src").endswith("/htmx.js") and not set(first.keys()) & {"defer", "async", "type"}
    assert all(script.get("type") == "module" for script in others)
    body = (await served.stranger().get(first.get("src"))).text
    parts = [(STATIC / "vendor" / f"{name}.min.js").read_text() for name in ("htmx", "hx-ws", "hx-upsert")]
    places = [body.index(part) for part in parts]
    assert places == sorted(places)


def test_a_page_loads_its_modules_as_one_script_that_imports_nothing():
    for entry in SCRIPTS:
        script = Assets().named(f"js/{entry}.js").body.decode()
        assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
        source = (STATIC / "js" / f"{entry}.js").read_text()
        for name in re.findall(r'from "\./([\w-]+)\.js"', source):
            assert script.index(f"const ${name} = (() =>") < script.index(f"const ${entry.replace('-', '_')} = (() =>")
    everything = "\n".join(Assets().named(f"js/{entry}.js").body.decode() for entry in SCRIPTS)
    assert {path.stem for path in (STATIC / "js").glob("*.js")} - {"embed-host"} == {
        name.replace("_", "-") for name in re.findall(r"^const \$(\w+) = \(\(\) =>", everything, re.MULTILINE)
    }, "a module that no page loads"


@pytest.mark.parametrize(
    "module",
    [
        'import "./b.js";',
        "export default 5;",
        'import { b } from "./a.js";',
        "export { b };",
        'import b from "./b.js";',
    ],
)
def test_a_module_that_cannot_be_joined_stops_the_start(module, tmp_path):
    (tmp_path / "a.js").write_text(f"{module}\n")
    with pytest.raises(ValueError, match="a"):
        bundle(tmp_path, "a")


async def test_what_is_sent_is_packed_for_whoever_takes_it_so(served):
    anna = await served.client(served.cast.anna)
    for path in ("/tickets", Assets().url("pult.css"), Assets().url("js/app.js")):
        packed, plain = [
            await anna.get(path, headers={"Accept-Encoding": accepted}) for accepted in ("gzip, br", "identity")
        ]
        assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        assert packed.num_bytes_downloaded < len(plain.content) / 2
        assert packed.headers["content-security-policy"]
    assert "content-encoding" not in (await anna.get("/healthz", headers={"Accept-Encoding": "gzip"})).headers


async def test_the_first_page_is_small(served):
    """Eight requests (with the socket) and 80 kB, its own scripts 44 kB: docs/decisions/scripts.md."""
    for _ in range(50):
        await a_ticket(served.cast.clara, subject="A printer that prints nothing at all")
    anna = await served.client(served.cast.anna)
    page = await anna.get("/tickets", headers={"Accept-Encoding": "gzip"})
    loads = {*loaded(document_fromstring(page.text)), *re.findall(r'href="(/static/[^"#]+)#', page.text)}
    answers = [page, *[await anna.get(path, headers={"Accept-Encoding": "gzip"}) for path in loads]]
    assert len(answers) + 1 <= 8
    assert sum(answer.num_bytes_downloaded for answer in answers) <= 80_000
    assert len(Assets().named("js/app.js").packed) <= 44_000


async def test_no_page_loads_or_links_anything_elsewhere_or_carries_code(served):
    for text in await pages(served):
        assert not re.search(r"""(src|href|action|hx-\w+)=["']?(https?:)?//""", text)
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|hx-on", text)
        assert not [script for script in document_fromstring(text).cssselect("script") if script.text]
        assert "@import" not in text
    assert one(document_fromstring(text), "meta[name=htmx-config]") is not None


async def test_the_style_sheet_loads_nothing_from_elsewhere(served):
    style = (await served.stranger().get(Assets().url("pult.css"))).text
    assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", style)


def test_a_desk_without_its_libraries_says_what_to_run(monkeypatch, tmp_path):
    monkeypatch.setattr("app.web.assets.STATIC", tmp_path)
    with pytest.raises(MissingLibraries, match="make setup"):
        Assets()
