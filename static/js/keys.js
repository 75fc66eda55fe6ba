// Keyboard shortcuts: the registry is the sheet in the page (app/web/keys.py); each clicks or focuses what is on the page.

const ROWS = { list: "#ticket-rows > tr", thread: "#thread > article" };
const SECOND = 1_500; // ms for the second key of two
const TEXT = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

let shortcuts = [];
let first = ""; // the first key of two, for a moment
let timer = 0;
let cursor = { id: "", place: -1 };

export function start() {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  document.addEventListener("keydown", (event) => event.key === "Escape" && leave(event));
  document.addEventListener("click", (event) => event.target.closest("[data-sheet]") && sheet.showModal());
  if (document.documentElement.dataset.keys === "off") return;
  shortcuts = [...sheet.querySelectorAll("[data-does]:not([data-does=''])")].map(({ dataset }) => ({
    keys: dataset.keys.split("|"),
    does: dataset.does,
    on: dataset.on,
  }));
  document.addEventListener("keydown", pressed);
  document.addEventListener("pult:applied", repaint);
  announce();
  const came = sessionStorage.getItem("cursor");
  if (came && document.getElementById(came)?.matches(ROWS.list)) point(document.getElementById(came));
}

// -- which key --

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest(TEXT) || document.querySelector("dialog[open]")) return;
  const names = [physical(event), event.key].filter(Boolean);
  const before = first ? `${first} ` : "";
  const found = shortcuts.find(({ keys }) => names.some((name) => keys.includes(before + name)));
  first = "";
  clearTimeout(timer);
  if (!found && !before && shortcuts.some(({ keys }) => keys.some((key) => names.includes(key.split(" ")[1] && key[0])))) {
    first = names[0];
    timer = setTimeout(() => (first = ""), SECOND);
    return;
  }
  if (found && !(event.repeat && found.does !== "move") && act(found, event)) event.preventDefault();
}

// The key as it is printed on a US keyboard, whatever layout is on.
function physical({ code, shiftKey }) {
  if (code === "Slash") return shiftKey ? "?" : "/";
  if (shiftKey) return "";
  if (code === "NumpadEnter") return "Enter";
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : code;
}

function leave({ target }) {
  if (target.closest(TEXT) && !document.querySelector("dialog[open]")) target.blur();
}

// -- what it does --

function act({ does, on }, event) {
  if (does === "move") return move(Number(on));
  if (event.code === "Enter" && event.target.closest("a, button, summary")) return false; // it has its own meaning there
  const found = [...document.querySelectorAll(on)].find((control) => control.checkVisibility());
  if (!found) return false;
  if (does === "click") found.click();
  else write(found);
  return true;
}

function write(control) {
  if (control.type === "search") return control.select();
  if (control.type === "radio") control.click();
  document.getElementById("comment-body").focus();
}

function move(by) {
  const list = rows();
  if (!list.length) return false;
  const at = list.findIndex((row) => row.id === cursor.id);
  const next = list[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by, 0), list.length - 1)];
  point(next);
  if (next.matches(ROWS.thread)) next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// -- the cursor row, which stays through every live change --

function rows() {
  return [...document.querySelectorAll(document.querySelector(ROWS.list) ? ROWS.list : ROWS.thread)];
}

function point(row) {
  for (const old of document.querySelectorAll(`:is(${ROWS.list}, ${ROWS.thread})[aria-current]`)) {
    if (old !== row) old.removeAttribute("aria-current");
  }
  row.setAttribute("aria-current", "true");
  cursor = { id: row.id, place: rows().indexOf(row) };
  if (row.matches(ROWS.list)) sessionStorage.setItem("cursor", row.id);
}

// When its row left the list, the cursor goes to the one that took its place.
function repaint() {
  if (!cursor.id) return;
  const list = rows();
  const row = document.getElementById(cursor.id) ?? list[Math.min(cursor.place, list.length - 1)];
  if (row) point(row);
}

function announce() {
  for (const { keys, does, on } of shortcuts) {
    if (does === "move" || on.startsWith("#ticket-rows")) continue;
    for (const control of document.querySelectorAll(on)) control.setAttribute("aria-keyshortcuts", keys.join(" "));
  }
}
