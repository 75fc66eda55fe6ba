// The selected rows of a list: by keys, by the mouse, by their checkboxes. What is done to them is one POST for all. While
// there are any, rows change where they stand, and none comes, goes or moves (hold.js). The rows are everyone's: which of
// them are selected is painted onto them, and again after every frame.

import { current, move, ROWS } from "./cursor.js";
import * as hold from "./hold.js";
import { verb } from "./keys.js";
import { say } from "./said.js";
import { deliver } from "./send.js";

const chosen = new Set(); // numbers of tickets
let anchor = ""; // the one from which a range goes
let sending = "";

const form = () => document.getElementById("bulk");
const rows = () => [...document.querySelectorAll(ROWS.list)].filter((row) => row.childElementCount);
const box = (row) => row.querySelector("[name=ticket]");
const isAny = () => chosen.size > 0;

export function start() {
  verb("select", (what) => VERBS[what](), (what) => isThere() && (what !== "none" || isAny()));
  verb("extend", (by) => extend(Number(by)), isThere, { held: true });
  verb("show", hold.release, hold.isWaiting);
  if (!form()) return;
  hold.holdWhile(isAny);
  document.addEventListener("mousedown", keepText);
  document.addEventListener("click", clicked, { capture: true });
  document.addEventListener("contextmenu", pressedLong);
  document.addEventListener("submit", submitted, { capture: true });
  document.addEventListener("pult:applied", paint);
  addEventListener("pageshow", paint);
  paint();
}

// What is selected, with the versions that this page shows; nothing, if nothing is.
export function selected() {
  return [...chosen].map((ticket) => ({ id: Number(ticket), version: Number(rowOf(ticket).dataset.version) }));
}

// Change all that is selected: fields as a ticket's form has them, an empty one empties, or { delete: 1 }. Whatever was done
// is selected no more; what was left as it is stays so. The result: whether anything was taken.
// some: of these instead, as a ticket of facts.js.
export async function apply(fields, some = selected()) {
  const body = new URLSearchParams({ as: document.documentElement.dataset.person });
  for (const { id, version } of some) body.append("ticket", `${id}:${version}`);
  for (const [name, value] of Object.entries(fields)) body.append(name, value || "none");
  if (!some.length || sending === String(body)) return false;
  sending = String(body);
  const outcome = await deliver("/tickets/bulk", body);
  sending = "";
  if (!outcome.told) say(null, outcome.said ?? "unsent");
  if (!outcome.sent) return false;
  const left = new Set(outcome.told?.left ?? []);
  for (const ticket of body.getAll("ticket").map((one) => one.split(":")[0])) if (!left.has(ticket)) chosen.delete(ticket);
  paint();
  hold.settle();
  return true;
}

// -- by keys --

function isThere() {
  return form() !== null && rows().length > 0;
}

const VERBS = {
  row: () => isThere() && press(current() && box(current())),
  range: () => isThere() && current() && range(current()),
  all: () => isThere() && press(form().querySelector("[data-all]")),
  none,
};

function press(control) {
  control?.click();
  return Boolean(control);
}

function toggle(row, on = !chosen.has(row.dataset.ticket)) {
  anchor = row.dataset.ticket;
  return change([row], on);
}

function range(row) {
  const all = rows();
  const [from, to] = [all.indexOf(rowOf(anchor)), all.indexOf(row)];
  if (from < 0) return toggle(row, true);
  return change(all.slice(Math.min(from, to), Math.max(from, to) + 1), true);
}

// The row beside the cursor's as well; on the way back to where it began, the cursor's no more.
function extend(by) {
  if (!isThere()) return false;
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at + by];
  if (at < 0 || !next) return false;
  if (!chosen.has(anchor) || !chosen.has(all[at]?.dataset.ticket)) toggle(all[at] ?? next, true);
  const from = all.indexOf(rowOf(anchor));
  const isBack = Math.abs(at + by - from) < Math.abs(at - from);
  move(by, { key: "" });
  return change([isBack ? all[at] : next], !isBack);
}

// Whatever is open over the page is closed first.
function none() {
  if (!isAny() || document.querySelector("dialog[open], :popover-open")) return false;
  chosen.clear();
  return changed();
}

function change(some, on) {
  for (const { dataset } of some) {
    if (on) chosen.add(dataset.ticket);
    else chosen.delete(dataset.ticket);
  }
  return changed();
}

function changed() {
  paint();
  if (!isAny()) hold.settle();
  return true;
}

// -- by the mouse, and by fingers --

function keepText(event) {
  if (event.shiftKey && event.target.closest(ROWS.list)) event.preventDefault(); // a range of rows is none of words
}

function clicked(event) {
  if (event.target.closest("[data-clear]")) return none();
  if (event.target.closest("[data-all]")) return change(rows(), true);
  const row = event.target.closest(ROWS.list);
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const own = event.target === box(row);
  if (!own && !event.shiftKey) return;
  if (!own) event.preventDefault();
  if (event.shiftKey) range(row);
  else toggle(row, event.target.checked);
}

function pressedLong(event) {
  const row = event.pointerType === "touch" && event.target.closest(ROWS.list);
  if (!row) return;
  event.preventDefault();
  toggle(row);
}

// -- the bar --

function submitted(event) {
  if (event.target !== form()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const question = event.submitter?.dataset.question;
  if (question) return confirm(question) && apply({ delete: 1 });
  const own = ["as", "list", "ticket"];
  const fields = [...new FormData(form())].filter(([name, value]) => value && !own.includes(name));
  if (fields.length) applyAndForget(Object.fromEntries(fields));
}

async function applyAndForget(fields) {
  if (await apply(fields)) form().reset();
  paint();
}

// -- how it is shown --

function rowOf(ticket) {
  return document.getElementById(`ticket-${ticket}`);
}

function paint() {
  if (!form()) return; // who looks is no staff any more
  const all = rows();
  for (const ticket of chosen) if (!all.includes(rowOf(ticket))) chosen.delete(ticket);
  for (const row of all) {
    const on = chosen.has(row.dataset.ticket);
    row.toggleAttribute("data-selected", on);
    if (box(row)) box(row).checked = on;
  }
  document.documentElement.toggleAttribute("data-selecting", isAny());
  const said = form().querySelector(".chosen");
  const words = said.dataset.few.replace(/\d+/, chosen.size);
  if (isAny() && said.textContent !== words) said.textContent = words;
}
