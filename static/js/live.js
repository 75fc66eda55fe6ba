// The page's half of the live protocol (docs/live-protocol.md): which frames to apply, when to ask for the whole, and when
// to connect anew. htmx's ws extension holds the socket and swaps.

import { door } from "./door.js";
import { keep } from "./keep.js";
import { begin, element, end, isOver, show, since, state } from "./state.js";

const SILENT = 45_000; // ms without a frame after which the connection is taken for dead
const FAILURES = 3; // sockets in a row that could not be opened, after which the page tries to poll
const POLL = 2_000; // ms between polls
const AGAIN = [10_000, 60_000]; // ms until a page that polls tries a socket again, at first and then
const RETRIED = [1001, 1005, 1006, 1011, 1012, 1013, 1014]; // close codes at which hx-ws connects again by itself

const page = { epoch: "", cursor: 0, token: "", whole: false, watched: new Set() };
let connection = null; // hx-ws's, of the socket in use
let frame = null; // the one that is being applied
let heard = Date.now();
let failures = 0;
let refused = false; // a new connection was refused once since the last frame
let renewing = null;
let polling = null; // wakes the poll that waits

export function start() {
  const url = address();
  page.epoch = url.searchParams.get("epoch");
  page.cursor = Number(url.searchParams.get("since"));
  page.token = url.searchParams.get("token");
  since(new Date());
  show("connecting");

  document.addEventListener("htmx:ws:before:connection", connecting);
  document.addEventListener("htmx:ws:after:connection", opened);
  document.addEventListener("htmx:ws:close", closed);
  document.addEventListener("htmx:ws:error", failed);
  document.addEventListener("htmx:ws:before:message:incoming", incoming);
  document.addEventListener("htmx:before:swap", swapping);
  document.addEventListener("htmx:ws:after:message:incoming", applied);

  addEventListener("pageshow", (event) => event.persisted && renew());
  addEventListener("online", renew);
  addEventListener("offline", () => show("offline"));
  document.addEventListener("visibilitychange", seen);
  setInterval(() => !document.hidden && isSilent() && renew(), 5_000);

  document.addEventListener("pult:sent", () => polling?.());
  document.addEventListener("pult:subscribe", (event) => watch(Number(event.detail.ticket), true));
  document.addEventListener("pult:unsubscribe", (event) => watch(Number(event.detail.ticket), false));
}

// -- connecting --

function address() {
  return new URL(element().getAttribute("hx-ws:connect"), location.href);
}

// Where the page is. Without a position the whole is sent.
function place(url, token) {
  url.searchParams.set("token", token);
  url.searchParams.set("since", page.whole ? "" : page.cursor);
  url.searchParams.set("epoch", page.epoch);
  return url;
}

function connecting(event) {
  const again = event.detail.connection.attempt > 0;
  if (again && polling) return event.preventDefault(); // renew() tries a socket when it is time
  connection = event.detail.connection;
  aim(again ? page.token : address().searchParams.get("token"));
  heard = Date.now();
  console.log(again ? "🔄 Reconnecting" : "🔌 Connecting to WebSocket");
}

// Where hx-ws connects to when it next does.
function aim(token) {
  const url = address();
  url.protocol = url.protocol.replace("http", "ws");
  connection.url = place(url, token).href;
}

// A page inside another site lets its socket go while it is hidden; hx-ws opens it again after this.
function seen() {
  if (document.hidden) return;
  if (connection) aim(page.token);
  if (isSilent()) renew();
}

function opened() {
  failures = 0;
  console.log("✅ WebSocket connected");
}

function closed({ detail }) {
  if (detail.reason !== "closed" || detail.connection !== connection) return;
  if (state() === "connected") show("connecting");
  if (detail.code === 4403) end("gone");
  else if (detail.code === 1008 || detail.code === 1009) end("stopped");
  else if (detail.code === 4401 && refused) end("ended");
  else if (detail.code === 4401) (refused = true), renew();
  else if (!RETRIED.includes(detail.code)) renew();
  else if (++failures >= FAILURES && !polling) poll();
}

function failed({ detail }) {
  console.log("❌ WebSocket error");
  if (detail.error instanceof Error && frame) resync(); // a swap threw
}

// After an end that was none.
export function resume() {
  begin();
  refused = false;
  return renew();
}

// Replaces the connect element: htmx drops the old socket, whatever state it is in, and opens another.
function renew() {
  renewing ??= ask().finally(() => (renewing = null));
  return renewing;
}

async function ask() {
  for (let wait = 1_000; !isOver(); wait = Math.min(wait * 2, 10_000)) {
    if (navigator.onLine) {
      console.log("🔄 Reconnecting");
      if (state() === "connected") show("connecting");
      const body = new URLSearchParams({ token: page.token });
      const answer = await request(`${door.path}/connection`, { method: "POST", body });
      if (answer?.ok) return replace(await answer.text());
      if (answer && answer.status < 500) return;
    }
    await new Promise((resume) => {
      setTimeout(resume, wait * (0.5 + Math.random()));
      addEventListener("online", resume, { once: true });
    });
  }
}

// null: the network failed; that never leads to the login.
async function request(url, options) {
  const answer = await fetch(url, { ...options, ...door.options(), signal: AbortSignal.timeout(10_000) }).catch(() => null);
  if (answer?.status === 401) end("ended");
  if (answer?.status === 403) end("gone");
  return answer;
}

async function replace(html) {
  const text = html.replace(/data-state="\w*"/, `data-state="${state()}"`);
  await htmx.swap({ sourceElement: element(), target: "#live", swap: "outerHTML", text });
}

// -- polling, where no socket gets through --

async function poll() {
  polling = () => {};
  let next = Date.now() + AGAIN[0];
  while (polling && !isOver()) {
    const answer = await request(place(new URL(`${door.path}/frame`, location.href), page.token));
    if (!polling) return;
    if (!answer?.ok) {
      polling = null; // not the socket alone: hx-ws, or a new connection, finds out when the network is back
      return isOver() || renew();
    }
    heard = Date.now();
    page.token = answer.headers.get("Pult-Token");
    show("polling");
    const text = answer.status === 204 ? "" : await answer.text();
    if (text && fits(text)) {
      await htmx.swap({ sourceElement: element(), target: "#live", swap: "none", text }).then(applied, resync);
    }
    if (Date.now() > next) {
      next = Date.now() + AGAIN[1];
      await renew();
    }
    await new Promise((resume) => {
      polling &&= resume;
      setTimeout(resume, POLL);
    });
  }
}

// -- frames --

function incoming(event) {
  heard = Date.now();
  if (!fits(String(event.detail.message.data))) event.preventDefault();
}

// Whether a frame is to be applied. If it leaves a gap, the whole is asked for.
function fits(text) {
  const span = text.slice(0, text.indexOf(">")); // the first element's attributes; no value of them holds a ">"
  const read = (name) => span.match(new RegExp(`data-${name}="([^"]*)"`))?.[1] ?? "";
  const [from, to, whole] = [Number(read("from")), Number(read("to")), read("span") === "whole"];
  const same = read("epoch") === page.epoch;
  frame = null;
  if (read("token")) {
    page.token = read("token");
    say({ action: "pong" });
  }
  if (whole ? !same || to >= page.cursor : same && !page.whole && from <= page.cursor && to > page.cursor) {
    frame = { epoch: read("epoch"), to, whole, happened: read("happened").split(" ").filter(Boolean) };
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
  frame.restore = keep(tasks);
}

// Whether a change has no place to go. What is to be deleted may be gone; of a subscription the page may show nothing.
function isLost({ target, swapSpec, fragment }) {
  if (["delete", "none"].includes(swapSpec.style)) return false;
  if (typeof target === "string" ? document.querySelector(target) : target) return false;
  const [name, ticket] = (fragment.firstElementChild?.dataset.region ?? "").split(" ");
  return !(name === "ticket" && page.watched.has(Number(ticket)));
}

function applied() {
  if (!frame) return;
  const done = frame;
  frame = null;
  if (done.lost) return resync();
  done.restore?.();
  page.cursor = done.to;
  page.epoch = done.epoch;
  if (done.whole) page.whole = false;
  caughtUp();
  document.dispatchEvent(new CustomEvent("pult:applied"));
  for (const name of done.happened) {
    const [what, ticket] = name.split(":");
    document.dispatchEvent(new CustomEvent(what, { detail: { ticket: Number(ticket) } }));
  }
}

function caughtUp() {
  if (connection?.socket?.readyState !== WebSocket.OPEN) return; // a poll
  refused = false;
  const wake = polling;
  polling = null;
  wake?.();
  if (state() === "connected") return;
  show("connected");
  for (const ticket of page.watched) say({ action: "subscribe", ticket });
}

function resync() {
  frame = null;
  if (page.whole) return;
  page.whole = true; // a poll, or a new connection, says so by having no position
  say({ action: "resync" });
}

function watch(ticket, on) {
  if (on) page.watched.add(ticket);
  else page.watched.delete(ticket);
  if (state() === "connected") say({ action: on ? "subscribe" : "unsubscribe", ticket });
}

function say(message) {
  if (connection?.socket?.readyState === WebSocket.OPEN) connection.socket.send(JSON.stringify(message));
}

function isSilent() {
  return Date.now() - heard > SILENT;
}
