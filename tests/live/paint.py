"""What the page's scripts paint from its live regions, in Python: the title, menus, and forms that nobody touched."""

from lxml.html import HtmlElement, fragment_fromstring


def paint(page: HtmlElement) -> None:
    """As static/js/title.js, menus.js and follow.js do it."""
    headers = page.cssselect("#ticket[data-title]")
    if headers and page.get("data-server") is None:
        page.cssselect("title")[0].text = f"{headers[0].get('data-title')} · Pult"
    for select in page.cssselect("select[data-options]"):
        _menu(page, select)
    for person in page.cssselect("#list-people > option"):
        for name in ("assignee", "requester"):
            for option in page.cssselect(f'.filters [name="{name}"] > [value="{person.get("value")}"]'):
                option.text = person.text
    if headers and headers[0].get("data-version"):
        for control in page.cssselect("[data-follow]"):
            _follow(control, headers[0].get(f"data-{control.get('data-follow')}"))
            if control.get("data-options"):
                _menu(page, control)


def _menu(page: HtmlElement, select: HtmlElement) -> None:
    listed = [
        (option.get("value"), option.text or option.get("value"))
        for option in page.cssselect(f"#{select.get('data-options')} > option")
        if option.get("value") != select.get("data-without")
    ]
    old = [option for option in select if option.get("data-fixed") is None]
    chosen = next((option for option in old if option.get("selected") is not None), None)
    top = dict(_holder(page, select))
    if chosen is not None:
        top.setdefault(chosen.get("value"), chosen.text)
    gone = [(value, text) for value, text in top.items() if value not in dict(listed)]
    for option in old:
        select.remove(option)
    for value, text in gone + listed:
        _add(select, value, text, chosen=chosen is not None and value == chosen.get("value"))


def _holder(page: HtmlElement, select: HtmlElement) -> list[tuple[str, str | None]]:
    """Who has the ticket, for the menu of its assignee."""
    headers = page.cssselect("#ticket[data-assignee]") if select.get("data-follow") == "assignee" else []
    who = headers[0].cssselect(".who") if headers and headers[0].get("data-assignee") else []
    return [(headers[0].get("data-assignee"), who[0].text)] if who else []


def _follow(control: HtmlElement, value: str) -> None:
    if control.tag != "select":
        control.set("value", value)
        return
    for option in control:
        option.attrib.pop("selected", None)
        if option.get("value") == value:
            option.set("selected", "selected")


def _add(select: HtmlElement, value: str, text: str | None, *, chosen: bool) -> None:
    option = fragment_fromstring("<option></option>")
    option.set("value", value)
    option.text = text
    if chosen:
        option.set("selected", "selected")
    select.append(option)
