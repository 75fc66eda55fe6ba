"""Pages as these tests read them: parsed, and their forms filled in as a browser without JavaScript does."""

import httpx
from lxml.html import FormElement, HtmlElement, document_fromstring, fragment_fromstring


def read(response: httpx.Response) -> HtmlElement:
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return document_fromstring(response.text, base_url=str(response.url))


def read_fragment(response: httpx.Response) -> HtmlElement:
    """One element and nothing around it."""
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return fragment_fromstring(response.text)


def one(page: HtmlElement, selector: str) -> HtmlElement:
    [found] = page.cssselect(selector)
    return found


def text(page: HtmlElement, selector: str) -> str:
    return " ".join(one(page, selector).text_content().split())


def fields(form: HtmlElement) -> dict[str, str]:
    """What a browser sends when nothing in the form is touched."""
    assert isinstance(form, FormElement)
    return {name: str(value) for name, value in form.form_values()}


async def submit(client: httpx.AsyncClient, form: HtmlElement, **typed: str) -> httpx.Response:
    """Send a form of a page, with this typed into it, by nothing but its HTML."""
    assert isinstance(form, FormElement) and set(typed) <= set(form.fields.keys())
    values = fields(form) | typed
    action = form.get("action") or form.base_url
    if form.method == "GET":
        return await client.get(action, params=values)
    return await client.post(action, data=values, headers={"Origin": str(client.base_url).rstrip("/")})


def rows(page: HtmlElement) -> list[int]:
    """The numbers of the tickets in a list, in its order."""
    return [int(row.get("data-ticket")) for row in page.cssselect("#ticket-rows > tr")]


HTMX = {"HX-Request": "true"}
RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}
