// While a hand is at a list, its rows change where they stand, and none comes, goes or moves: a click opens what stood
// there when the button went down. Frames are applied as ever; what waits stands in the page, marked by data-waits:
// "comes" (not shown yet), "goes" (shown still), "moves" (its place is another by now); a moment after the hand rests,
// all of it happens at once. What was lost with a right to it is emptied at once, and only its room waits.

import { keep } from "./keep.js";

const REST = 1_000; // ms after the last move of a pointer
const MOST = 60_000; // ms that a button may seem to be down without a word: its release may have gone elsewhere

let down = false; // a button of the mouse, or a pen
let fingers = 0;
let moved = -Infinity; // when the hand last did something, on the monotonic clock
let place = ""; // of the pointer: what scrolls under it, or is painted anew, is no move
const reasons = []; // for which else the list is held: each answers whether it is one now
let foot = null; // what stands below the rows, as it will be
let timer = 0;

export function start() {
  if (!list()) return;
  const options = { capture: true, passive: true };
  document.addEventListener("pointerdown", (event) => isAt(event) && touched((down = true)), options);
  document.addEventListener("pointermove", pointed, options);
  document.addEventListener("wheel", (event) => isAt(event) && touched(), options);
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(end, lifted, options);
  for (const touch of ["touchstart", "touchend", "touchcancel"]) document.addEventListener(touch, fingered, options);
  document.addEventListener("pult:applied", show);
  document.addEventListener("click", ({ target }) => target.closest("#pill") && release());
  addEventListener("pagehide", () => ((down = false), (fingers = 0), (moved = -Infinity)));
}

// -- the hand --

function list() {
  return document.getElementById("ticket-rows");
}

function isAt({ target }) {
  return target instanceof Element && Boolean(target.closest("[data-list], #list-foot"));
}

function pointed(event) {
  if (event.buttons === 0 && event.pointerType === "mouse") down = false;
  const at = `${event.clientX} ${event.clientY}`;
  if (at !== place && isAt(event)) touched();
  place = at;
}

function lifted() {
  if (down) touched();
  down = false;
}

function fingered({ target, touches }) {
  if (!fingers && !isAt({ target })) return;
  fingers = touches.length;
  touched();
}

function touched() {
  moved = performance.now();
}

// Another reason to hold the list, for as long as it is one: rows of it are selected.
export function holdWhile(reason) {
  reasons.push(reason);
}

function isHeld() {
  if (reasons.some((is) => is())) return true;
  return performance.now() - moved < (down || fingers ? MOST : REST);
}

// -- frames --

// Of the changes that a frame is about to make to the list, leave those that can be made where things stand.
export function take(tasks) {
  if (!list() || (!isHeld() && !isWaiting())) return;
  const left = new Map(); // row -> whether a right to it was lost
  const shown = [];
  for (const task of tasks.splice(0)) {
    const { swapSpec, fragment } = task;
    const target = typeof task.target === "string" ? document.querySelector(task.target) : task.target; // as upserts have it
    if (target?.id === "list-foot") foot = fragment;
    else if (target === list() && swapSpec.style === "innerMorph") {
      for (const row of list().children) left.set(row, true);
      shown.push(...fragment.children);
    } else if (target === list() && swapSpec.style === "upsert") shown.push(...fragment.children);
    else if (swapSpec.style === "delete" && target?.parentElement === list()) left.set(target, Boolean(swapSpec.lost));
    else tasks.push(task);
  }
  for (const row of shown) {
    const known = document.getElementById(row.id);
    left.delete(known);
    tasks.push(known ? inPlace(row, known) : waits(row));
  }
  for (const [row, lost] of left) goes(row, lost);
  clearTimeout(timer);
  timer = setTimeout(look, REST / 4);
}

function inPlace(row, known) {
  if (known.dataset.waits === "comes") Object.assign(row, { hidden: true }).dataset.waits = "comes";
  else if (row.dataset.key !== known.dataset.key || known.dataset.waits === "moves") row.dataset.waits = "moves";
  known.removeAttribute("style");
  return { type: "partial", fragment: only(row), target: known, swapSpec: { style: "outerMorph" }, sourceElement: known };
}

function waits(row) {
  row.hidden = true;
  row.dataset.waits = "comes";
  return { type: "partial", fragment: only(row), target: list(), swapSpec: { style: "beforeend" }, sourceElement: list() };
}

function goes(row, lost) {
  if (row.dataset.waits === "comes") return row.remove();
  if (lost) {
    row.style.blockSize = `${row.offsetHeight}px`;
    row.replaceChildren();
  }
  row.dataset.waits = "goes";
}

function only(row) {
  const fragment = document.createDocumentFragment();
  fragment.append(row);
  return fragment;
}

// -- what waits --

export function isWaiting() {
  return foot !== null || Boolean(document.querySelector("#ticket-rows > [data-waits]"));
}

// Something that the list was held for is over.
export function settle() {
  clearTimeout(timer);
  look();
}

function look() {
  if (!isWaiting()) return;
  if (!isHeld()) return release();
  timer = setTimeout(look, REST / 4);
}

// All that waits happens now, whatever it is held for. Whether anything did.
export function release() {
  if (!isWaiting()) return false;
  const rows = [...list().querySelectorAll(":scope > [data-waits]")];
  const restore = keep(rows.map(asTask));
  for (const row of rows) {
    if (row.dataset.waits === "goes") row.remove();
    row.hidden = false;
    delete row.dataset.waits;
  }
  sort();
  if (foot) htmx.swap({ sourceElement: document.body, target: "#list-foot", swap: "innerMorph", text: html(foot) });
  foot = null;
  restore();
  document.dispatchEvent(new CustomEvent("pult:applied"));
  return true;
}

function asTask(row) {
  if (row.dataset.waits === "goes") return { target: row, swapSpec: { style: "delete" } };
  return { swapSpec: { style: "upsert" }, fragment: { children: [row] } };
}

// Sort keys are digits of one width, so that their order is that of texts.
function sort() {
  const ordered = [...list().children].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  ordered.forEach((row, at) => {
    const there = list().children[at];
    if (there === row) return;
    if (list().moveBefore) list().moveBefore(row, there); // keeps the focus, and what is open
    else list().insertBefore(row, there);
  });
}

function isBefore(one, other) {
  const [high, low] = list().dataset.descending === undefined ? [other, one] : [one, other];
  return high.dataset.key > low.dataset.key;
}

function html(fragment) {
  const around = document.createElement("div");
  around.append(fragment);
  return around.innerHTML;
}

// -- how it is shown --

function show() {
  if (!list()) return;
  if (isWaiting() && !isHeld()) return release();
  const rows = [...list().children].filter((row) => row.dataset.waits !== "goes" && !row.hidden);
  for (const [at, row] of rows.entries()) {
    const stays = (!rows[at - 1] || isBefore(rows[at - 1], row)) && (!rows[at + 1] || isBefore(row, rows[at + 1]));
    if (row.dataset.waits && stays) delete row.dataset.waits;
  }
  const waiting = list().querySelectorAll(":scope > [data-waits]").length;
  const pill = document.getElementById("pill");
  pill.hidden = waiting === 0;
  pill.dataset.held = waiting;
  pill.textContent = words(pill.dataset, waiting);
}

// The forms of a number in the page's language, with another number in them.
function words({ one, few, many }, count) {
  const form = new Intl.PluralRules(document.documentElement.lang).select(count);
  return ({ one, few }[form] ?? many).replace(/\d+/, count);
}
