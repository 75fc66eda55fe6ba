// Keyboard shortcuts: the registry is the sheet in the page (app/web/keys.py); each clicks or focuses what is on the page.

import { move, start as startCursor } from "./cursor.js";

const SECOND = 1_500; // ms for the second key of two
const TEXT = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

let shortcuts = [];
let first = ""; // the first key of two, for a moment
let timer = 0;

export function start() {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  document.addEventListener("keydown", leave);
  document.addEventListener("click", (event) => event.target.closest("[data-sheet]") && sheet.showModal());
  if (document.documentElement.dataset.keys === "off") return;
  shortcuts = [...sheet.querySelectorAll("[data-does]:not([data-does=''])")].map(({ dataset }) => ({
    keys: dataset.keys.split("|"),
    does: dataset.does,
    on: dataset.on,
  }));
  document.addEventListener("keydown", pressed);
  document.addEventListener("htmx:after:swap", announce);
  announce();
  startCursor();
}

// -- which key --

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest(TEXT) || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input") && !/^(Key|Slash)/.test(event.code)) return; // arrows choose among radio buttons
  const names = [physical(event), event.key].filter(Boolean);
  const found = names.map((name) => find(first ? `${first} ${name}` : name)).find(Boolean);
  first = found ? "" : (names.find((name) => shortcuts.some(({ keys }) => keys.some((key) => key.startsWith(`${name} `)))) ?? "");
  clearTimeout(timer);
  if (first) timer = setTimeout(() => (first = ""), SECOND);
  if (found && !(event.repeat && found.does !== "move") && act(found, event)) event.preventDefault();
}

function find(key) {
  return shortcuts.find(({ keys }) => keys.includes(key));
}

// The key as it is printed on a US keyboard, whatever layout is on.
function physical({ code, shiftKey }) {
  if (code === "Slash") return shiftKey ? "?" : "/";
  if (shiftKey) return "";
  if (code === "NumpadEnter") return "Enter";
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : code;
}

function leave({ key, target, isComposing }) {
  if (key === "Escape" && !isComposing && target.closest(TEXT) && !document.querySelector("dialog[open]")) target.blur();
}

// -- what it does --

function act({ does, on }, event) {
  if (does === "move") return move(Number(on), event);
  if (event.code === "Enter" && event.target.closest("a, button, summary")) return false; // it has its own meaning there
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

function announce() {
  for (const { keys, does, on } of shortcuts) {
    if (does === "move" || on.startsWith("#ticket-rows")) continue;
    for (const control of document.querySelectorAll(on)) control.setAttribute("aria-keyshortcuts", keys.join(" "));
  }
}
