// Keyboard shortcuts: the registry is the sheet in the page (app/web/shortcuts.py); each clicks or focuses what is on the page.

import { isAnywhere, move, start as startCursor } from "./cursor.js";
import { meanings } from "./press.js";

const SECOND = 1_500; // ms for the second key of two
const ONE_PRESS = 300; // ms within which the same key again is no second press
const TEXT = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

const verbs = new Map(); // what a shortcut does -> how: see verb()

let shortcuts = [];
let first = ""; // the first key of two, for a moment
let timer = 0;
let last = { code: "", at: 0 }; // the press that did something, for as long as no other key is pressed

// What else shortcuts may do, beside clicking and focusing. does: whether there was anything to do; isThere: whether there
// is now; held: whether a key that is held down does it again and again; often: whether a second press at once means a second time;
// control: what does the same for who uses no key.
export function verb(name, does, isThere, { held = false, often = held, control = () => "" } = {}) {
  verbs.set(name, { does, isThere, held, often, control });
}

export function start() {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  const rows = [...sheet.querySelectorAll("[data-keys]")];
  document.addEventListener("keydown", leave);
  document.addEventListener("click", (event) => event.target.closest("[data-sheet]") && open(sheet, rows));
  if (document.documentElement.dataset.keys === "off") return;
  verb("move", (by, event) => move(Number(by), event), isAnywhere, { held: true });
  shortcuts = rows.filter((row) => row.dataset.does).map(read);
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", once, { capture: true });
  document.addEventListener("htmx:after:swap", announce);
  startCursor();
  announce();
}

function read({ dataset, firstElementChild }) {
  return { keys: dataset.keys.split("|"), does: dataset.does, on: dataset.on, words: firstElementChild?.textContent ?? "" };
}

// The sheet lists what does something on this page, as it is now.
function open(sheet, rows) {
  for (const row of rows) row.hidden = !works(read(row));
  sheet.showModal();
}

function works({ does, on }) {
  if (does && !shortcuts.length) return false; // switched off
  if (verbs.has(does)) return verbs.get(does).isThere(on);
  return !on || [...document.querySelectorAll(on)].some(isThere);
}

// -- which key --

function pressed(event) {
  const same = event.code !== "" && event.code === last.code;
  const taken = isTaken(event);
  if (same && event.repeat && taken) event.preventDefault(); // held, it types nothing where it led to
  const again = same && (event.repeat || event.timeStamp - last.at < ONE_PRESS);
  if (!event.repeat) last = { code: again && !taken ? event.code : "", at: event.timeStamp };
  if (taken || event.defaultPrevented) return;
  const found = shortcut(meanings(event));
  const { held, often } = verbs.get(found?.does) ?? {};
  if (found && (event.repeat ? !held : again && !often)) return event.preventDefault();
  if (!found || !act(found, event)) return;
  last = { code: event.code, at: event.timeStamp };
  event.preventDefault();
}

// Where keys type, or choose, and over the page, they are not the page's.
function isTaken({ target, key }) {
  if (target.closest(TEXT) || document.querySelector("dialog[open]")) return true;
  const choice = target.closest("input"); // arrows choose among radio buttons
  return Boolean(choice) && (key === " " || (key.length > 1 && choice.type === "radio"));
}

function shortcut(names) {
  const keys = (name) => shortcuts.find((one) => one.keys.includes(first ? `${first} ${name}` : name));
  const found = names.map(keys).find(Boolean);
  const begins = (name) => shortcuts.some((one) => one.keys.some((key) => key.startsWith(`${name} `)));
  first = found ? "" : (names.find(begins) ?? "");
  clearTimeout(timer);
  if (first) timer = setTimeout(() => (first = ""), SECOND);
  return found;
}

function leave({ key, target, isComposing }) {
  if (key === "Escape" && !isComposing && target.closest(TEXT) && !document.querySelector("dialog[open]")) target.blur();
}

// A double click is one press as well: what stands under the mouse afterwards may undo what the first one did.
function once(event) {
  if (event.detail < 2 || !event.target.closest(".actions button")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// -- what it does --

function act({ does, on }, event) {
  if (verbs.has(does)) return verbs.get(does).does(on, event);
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return false; // it has its own meaning there
  const found = [...document.querySelectorAll(on)].find(isThere);
  if (!found) return false;
  if (does === "click") found.click();
  else write(found);
  return true;
}

// What waits in the menu of a narrow window is there as well.
function isThere(control) {
  return control.checkVisibility() || Boolean(control.closest("[popover]:not(:popover-open)"));
}

function write(control) {
  if (!control.checkVisibility()) control.closest("[popover]").showPopover();
  if (control.type === "search") return control.select();
  if (control.type === "radio") control.click();
  document.getElementById("comment-body").focus();
}

// For who hears the page, and in what the mouse is told of a control that says nothing of itself.
function announce() {
  for (const { keys, does, on, words } of shortcuts) {
    const controls = verbs.has(does) ? verbs.get(does).control(on) : on;
    if (!controls || on.startsWith("#ticket-rows")) continue;
    for (const control of document.querySelectorAll(controls)) {
      control.setAttribute("aria-keyshortcuts", keys.join(" "));
      if (control.title && control.dataset.tip === undefined) continue;
      control.dataset.tip = "";
      control.title = `${words} (${keys[0].toUpperCase()})`;
    }
  }
}
