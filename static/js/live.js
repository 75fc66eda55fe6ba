// The page's half of the live protocol (docs/live-protocol.md): which frames to apply, and when to ask for the whole.

import * as connection from "./connection.js";
import * as hold from "./hold.js";
import { changeInPlace } from "./inplace.js";
import { keep } from "./keep.js";
import { page } from "./position.js";
import { element } from "./state.js";

const MOST = 50; // tickets that a page may ask for; the desk closes on whoever asks for more

const watched = new Set(); // tickets that the page's scripts asked for
let frame = null; // the one that is being applied

export function start() {
  connection.start({ fits, applied, failed: resync });
  document.addEventListener("htmx:ws:before:message:incoming", incoming);
  document.addEventListener("htmx:before:swap", swapping);
  document.addEventListener("htmx:ws:after:message:incoming", applied);
  document.addEventListener("htmx:ws:error", ({ detail }) => detail.error instanceof Error && frame && resync());
  document.addEventListener("pult:subscribe", ({ detail }) => watch(Number(detail.ticket), true));
  document.addEventListener("pult:unsubscribe", ({ detail }) => watch(Number(detail.ticket), false));
}

export const resume = connection.resume;

function incoming(event) {
  connection.hear();
  if (!fits(String(event.detail.message.data))) event.preventDefault();
}

// Whether a frame is to be applied. If it leaves a gap, the whole is asked for.
function fits(text) {
  const span = text.slice(0, text.indexOf(">")); // the first element's attributes; no value of them holds a ">"
  const read = (name) => span.match(new RegExp(`data-${name}="([^"]*)"`))?.[1] ?? "";
  const [from, to, whole] = [Number(read("from")), Number(read("to")), read("span") === "whole"];
  const same = read("epoch") === page.epoch;
  frame = null;
  if (read("token")) connection.refresh(read("token"));
  if (whole ? !same || to >= page.cursor : same && !page.whole && from <= page.cursor && to > page.cursor) {
    frame = { epoch: read("epoch"), to, whole, build: Number(read("build")), happened: read("happened").split(" ").filter(Boolean) };
    return true;
  }
  if (!whole && (page.whole || !same || from > page.cursor)) resync();
  else caughtUp();
  return false;
}

function swapping(event) {
  const { ctx, tasks } = event.detail;
  if (ctx.sourceElement !== element() || !frame) return;
  if (!frame.whole && tasks.some(isLost)) {
    event.preventDefault();
    frame.lost = true;
    return;
  }
  hold.take(tasks);
  changeInPlace(tasks);
  frame.restore = keep(tasks);
}

// Whether a change has no place to go. What is to be deleted may be gone; of a subscription the page may show nothing.
function isLost({ target, swapSpec, fragment }) {
  if (["delete", "none"].includes(swapSpec.style)) return false;
  if (typeof target === "string" ? document.querySelector(target) : target) return false;
  const [name, ticket] = (fragment.firstElementChild?.dataset.region ?? "").split(" ");
  return !(name === "ticket" && watched.has(Number(ticket)));
}

function applied() {
  if (!frame) return;
  const done = frame;
  frame = null;
  if (done.lost) return resync();
  done.restore?.();
  page.cursor = done.to;
  page.epoch = done.epoch;
  if (done.whole) [page.whole, page.build] = [false, done.build];
  caughtUp();
  document.dispatchEvent(new CustomEvent("pult:applied"));
  for (const name of done.happened) {
    const [what, ticket] = name.split(":");
    document.dispatchEvent(new CustomEvent(what, { detail: { ticket: Number(ticket) } }));
  }
}

function caughtUp() {
  if (!connection.caughtUp()) return;
  for (const ticket of watched) connection.say({ action: "subscribe", ticket });
}

function resync() {
  frame = null;
  if (page.whole) return;
  page.whole = true; // a poll, or a new connection, says so by having no position
  connection.say({ action: "resync" });
}

function watch(ticket, on) {
  if (on && watched.size >= MOST && !watched.has(ticket)) return console.warn(`Pult follows ${MOST} tickets at most`);
  if (on) watched.add(ticket);
  else watched.delete(ticket);
  if (element().dataset.state === "connected") connection.say({ action: on ? "subscribe" : "unsubscribe", ticket });
}
