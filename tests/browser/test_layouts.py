"""What a key press means on each layout, what it does, and that one press does it once."""

from playwright.async_api import Browser, Page, Route

from tests.browser.conftest import Running, open_page
from tests.browser.layouts import LAYOUTS, Layout, Press
from tests.live.actions import Desk

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "/?#[];"
DIGITS = "1234567890"
PROBES = "".join(
    f'<div data-keys="{key}|g {key}" data-does="click" data-on="[id=&quot;probe {key}&quot;]"></div>'
    for key in LETTERS.replace("g", "") + SIGNS + DIGITS
)
BUTTONS = "".join(f'<button id="probe {key}">{key}</button>' for key in LETTERS + SIGNS + DIGITS)
PRESS = """
([press, more]) => {
  window.did = [];
  document.activeElement.blur();
  const options = { code: press.code, key: press.key, shiftKey: press.shift, modifierAltGraph: press.altgr, ...more };
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...options });
  if (more?.at) Object.defineProperty(event, "timeStamp", { value: more.at });
  document.activeElement.dispatchEvent(event);
  return window.did;
}
"""
ALL_OF = f"(presses) => presses.map({PRESS})"
KEEP = """
() => {
  const keep = (event) => (window.did.push(event.target.id), event.preventDefault(), event.stopImmediatePropagation());
  addEventListener("click", keep, { capture: true });
}
"""
OTHERS = (  # presses of more scripts, and what they mean
    (Press("KeyB", "لا"), "b"),  # one key that types two letters
    (Press("KeyE", "ث"), "e"),
    (Press("KeyD", "्"), "d"),  # a mark that Devanagari has on a key of its own
    (Press("KeyU", "ี"), "u"),  # Thai
    (Press("KeyH", "ㅗ"), "h"),
    (Press("KeyQ", "た"), "q"),
    (Press("Slash", "ظ"), "/"),
    (Press("Digit1", "۱"), "1"),
    (Press("Slash", "؟", shift=True), "?"),
    (Press("Numpad2", "2"), "2"),
    (Press("KeyX", "E"), "e"),  # Caps Lock
    (Press("KeyT", "У"), "t"),
    (Press("KeyL", "l", shift=True), ""),  # Caps Lock and Shift
    (Press("", "e"), "e"),  # a keyboard on a screen knows no places
    (Press("", "у"), ""),
    *((Press("KeyE", key), "") for key in ("é", "ê", "ß", "ı", "Process", "Dead", "Unidentified")),
)
# What the sheet lists, and from then on clicks are counted and do nothing.
LISTED = """
() => {
  document.querySelector("[data-sheet]").click();
  const sheet = document.getElementById("keys");
  const listed = [...sheet.querySelectorAll("[data-does]:not([data-does=''])")].filter((row) => row.checkVisibility());
  sheet.close();
  const keep = (event) => { window.did++; event.preventDefault(); event.stopImmediatePropagation(); };
  addEventListener("click", keep, { capture: true });
  addEventListener("focusin", () => window.did++, { capture: true });
  window.confirm = () => Boolean(window.did++) && false;
  for (const [where, what] of [[window, "fetch"], [navigator.clipboard, "writeText"]]) {
    where[what] = () => Promise.reject(new Error(window.did++)); // as on a line that is cut
  }
  return listed.flatMap((row) => row.dataset.keys.split("|"));
}
"""
WORKS = """
async (keys) => {
  const named = (key) => ({ key, shiftKey: /^[A-Z]$/.test(key), bubbles: true });
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", named(key)));
  document.querySelector("dialog[open]")?.close();
  document.activeElement.blur();
  window.did = 0;
  const selected = () => document.querySelectorAll("[data-selected]").length;
  const before = selected();
  keys.split(" ").forEach(press);
  await new Promise(setTimeout); // a form of no page is sent once what was sent before it is
  return window.did > 0 || selected() !== before;
}
"""


def meant(layout: Layout) -> dict[tuple[str, bool, bool], str]:
    """What each press shall mean, by (code, Shift, AltGr), from the tables alone."""
    latin = "e" in layout.plain[1] + layout.plain[2]
    meanings = {(press.code, press.shift, press.altgr): meaning(press, latin=latin) for press in layout.presses()}
    return {at: means for at, means in meanings.items() if means and means != "g"}


def meaning(press: Press, *, latin: bool) -> str:
    if press.altgr:
        return press.key if press.key in "[]#" else ""
    if press.key in (*SIGNS, "№"):
        return {"№": "#"}.get(press.key, press.key)
    if press.code == "Slash" and press.key in ".,":
        return "?" if press.shift else "/"
    if press.code.startswith("Digit") and (press.key in DIGITS or not press.shift):
        return press.code[-1]
    if press.shift or press.key == "Dead" or press.key in LETTERS:
        return "" if press.shift or press.key == "Dead" else press.key
    if latin or not press.key.isalpha():
        return ""
    signs = {"BracketLeft": "[", "BracketRight": "]", "Semicolon": ";"}
    return press.code[-1].lower() if press.code.startswith("Key") else signs.get(press.code, "")


async def test_a_key_means_what_people_of_its_layout_expect(browser, running):
    page = await probes(browser, running)
    for name, layout in LAYOUTS.items():
        presses = layout.presses()
        done = await page.evaluate(ALL_OF, [[vars(press)] for press in presses])
        did = {(p.code, p.shift, p.altgr): it[0][-1] for p, it in zip(presses, done, strict=True) if it}
        assert did == meant(layout), name
        for held in ("ctrlKey", "altKey", "metaKey", "isComposing"):
            plain = [[vars(press), {held: True}] for press in presses if not press.altgr]
            assert not any(await page.evaluate(ALL_OF, plain)), (name, held)
    for press, means in OTHERS:
        assert await page.evaluate(PRESS, [vars(press)]) == ([f"probe {means}"] if means else []), press


async def probes(browser: Browser, running: Running) -> Page:
    """A page on which every letter, sign and digit but g is a shortcut that clicks a button of its own."""
    page = await (await running.context(browser, running.cast.anna)).new_page()

    async def with_probes(route: Route) -> None:
        answer = await route.fetch()
        before, _, rest = (await answer.text()).partition('<dl class="keys">')
        html = f'{before}<dl class="keys">{PROBES}</dl>{rest.partition("</dl>")[2]}'
        await route.fulfill(response=answer, body=html.replace("</main>", f"{BUTTONS}</main>"))

    await page.route("**/settings", with_probes)
    await page.goto("/settings")
    await page.evaluate(KEEP)
    return page


async def test_whatever_the_sheet_lists_works_where_it_lists_it(browser, running):
    desk = Desk(running.cast)
    for number in range(3):
        await desk.say(await desk.open(tags="vpn", subject=f"Printer {number}"))
    listed: dict[str, set[str]] = {}
    for name in ("vera", "anna", "clara"):
        context = await running.context(browser, getattr(running.cast, name))
        staff = {"/tickets?view=mine", "/tickets?q=printer", "/comments/2/edit"} if name != "clara" else set()
        admin = {"/keys"} if name == "vera" else set()
        page = await context.new_page()
        for path in {"/tickets", "/tickets/1", "/tickets/new", "/settings"} | staff | admin:
            await page.goto(path)
            keys = await page.evaluate(LISTED)
            for key in keys:
                assert await page.evaluate(WORKS, key), f"{key} does nothing on {path} for {name}"
            listed[f"{name} {path}"] = set(keys)
    for where, keys in listed.items():
        assert {"?", "/"} <= keys and ("c" in keys) is not where.endswith("/new"), where
        assert ("m" in keys) is (where in ("vera /tickets/1", "anna /tickets/1")), where
        rows = where.endswith(("/tickets", "q=printer")) and "clara" not in where
        assert ("e" in keys) is ("p" in keys) is ("m" in keys or rows), where
        assert ("j" in keys) is ("k" in keys) is where.endswith(("/tickets", "/tickets/1", "q=printer")), where
    assert "i" in listed["anna /tickets/1"] and "r" in listed["clara /tickets/1"]


async def test_one_press_is_one_change(browser, running):
    """Presses of a key within 300 ms, repeats of one that is held, and double clicks do not undo each other."""
    await Desk(running.cast).open()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.evaluate("() => { window.sent = 0; addEventListener('submit', () => window.sent++, { capture: true }) }")

    async def press(key: str, at: int, *, repeat: bool = False) -> int:
        """How many forms have been sent after this press."""
        more = {"at": at, "repeat": repeat}
        await page.evaluate(PRESS, [vars(Press(f"Key{key.upper()}", key)), more])
        return await page.evaluate("window.sent")

    assert await press("e", 10_000) == 1
    assert await press("e", 10_120) == 1
    await page.wait_for_selector('#ticket[data-status="solved"]')
    assert await press("e", 10_400) == 1  # 280 ms after the one before
    for at in range(10_900, 12_000, 30):
        assert await press("e", at, repeat=True) == 1
    assert await press("e", 12_300) == 2
    await page.wait_for_selector('#ticket[data-status="open"]')
    assert await press("i", 12_310) == 3  # another key
    assert await press("e", 12_320) == 4
    await page.wait_for_selector('#ticket[data-status="solved"]')
    box = await page.locator(".actions [data-for=done] button").bounding_box()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for count in (1, 2):  # a double click
        await page.mouse.down(click_count=count)
        await page.mouse.up(click_count=count)
        await page.wait_for_selector('#ticket[data-status="open"]')
    assert await page.evaluate("window.sent") == 5


async def test_a_key_that_is_held_types_nothing_where_it_led_to(browser, running):
    await Desk(running.cast).open()
    page = await open_page(await running.context(browser, running.cast.anna), "/tickets/1")
    await page.keyboard.down("r")
    for _ in range(3):
        await page.keyboard.down("r")  # the same key again without an up: it repeats
    await page.keyboard.up("r")
    await page.keyboard.type("rr")
    await page.keyboard.down("r")
    await page.keyboard.down("r")
    assert await page.input_value("#comment-body") == "rrrr"
