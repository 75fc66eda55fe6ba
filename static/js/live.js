// The page's half of the live protocol (docs/live-protocol.md): which frames to apply, when to ask for the whole, when
// to connect anew, and what to tell people about it. htmx's ws extension holds the socket and swaps.

const SILENT = 45_000; // ms without a frame after which the connection is taken for dead
const LATE = 3_000; // ms without a connection after which the page says that it is offline
const RETRIED = [1001, 1005, 1006, 1011, 1012, 1013, 1014]; // close codes at which hx-ws connects again by itself

const page = { epoch: "", cursor: 0, token: "", whole: false, watched: new Set() };
let connection = null; // hx-ws's, of the socket in use
let frame = null; // the one that is being applied
let heard = Date.now();
let over = false; // nothing more will come to this page
let refused = false; // a new connection was refused once since the last frame
let renewing = null;
let lateTimer = 0;

const element = () => document.getElementById("live");

export function start() {
  const url = address();
  page.epoch = url.searchParams.get("epoch");
  page.cursor = Number(url.searchParams.get("since"));
  page.token = url.searchParams.get("token");
  mark(new Date().toISOString());
  show("connecting");

  document.addEventListener("htmx:ws:before:connection", connecting);
  document.addEventListener("htmx:ws:after:connection", () => console.log("✅ WebSocket connected"));
  document.addEventListener("htmx:ws:close", closed);
  document.addEventListener("htmx:ws:error", failed);
  document.addEventListener("htmx:ws:before:message:incoming", incoming);
  document.addEventListener("htmx:before:swap", swapping);
  document.addEventListener("htmx:ws:after:message:incoming", applied);

  addEventListener("pageshow", (event) => event.persisted && renew());
  addEventListener("online", renew);
  addEventListener("offline", () => show("offline"));
  document.addEventListener("visibilitychange", () => !document.hidden && silent() && renew());
  setInterval(() => !document.hidden && silent() && renew(), 5_000);

  document.addEventListener("pult:subscribe", (event) => watch(Number(event.detail.ticket), true));
  document.addEventListener("pult:unsubscribe", (event) => watch(Number(event.detail.ticket), false));
}

// -- connecting --

function address() {
  return new URL(element().getAttribute("hx-ws:connect"), location.href);
}

function connecting(event) {
  connection = event.detail.connection;
  const url = address();
  if (connection.attempt > 0) url.searchParams.set("token", page.token);
  url.searchParams.set("since", page.whole ? "" : page.cursor); // no position: the whole is sent
  url.searchParams.set("epoch", page.epoch);
  url.protocol = url.protocol.replace("http", "ws");
  connection.url = url.href;
  heard = Date.now();
  console.log(connection.attempt > 0 ? "🔄 Reconnecting" : "🔌 Connecting to WebSocket");
}

function closed({ detail }) {
  if (detail.reason !== "closed" || detail.connection !== connection) return;
  if (element().dataset.state === "connected") show("connecting");
  if (detail.code === 4403) end("gone");
  else if (detail.code === 1008 || detail.code === 1009) end("stopped");
  else if (detail.code === 4401 && refused) end("ended");
  else if (detail.code === 4401) (refused = true), renew();
  else if (!RETRIED.includes(detail.code)) renew();
}

function failed({ detail }) {
  console.log("❌ WebSocket error");
  if (detail.error instanceof Error && frame) resync(); // a swap threw
}

// Replaces the connect element: htmx drops the old socket, whatever state it is in, and opens another.
function renew() {
  renewing ??= ask().finally(() => (renewing = null));
  return renewing;
}

async function ask() {
  for (let wait = 1_000; !over; wait = Math.min(wait * 2, 10_000)) {
    if (navigator.onLine) {
      console.log("🔄 Reconnecting");
      if (element().dataset.state !== "offline") show("connecting");
      const answer = await fetch("/live/connection", {
        method: "POST",
        body: new URLSearchParams({ token: page.token }),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => null);
      if (answer?.status === 401) return end("ended");
      if (answer?.status === 403) return end("gone");
      if (answer?.ok) return replace(await answer.text());
    }
    await new Promise((resume) => {
      setTimeout(resume, wait * (0.5 + Math.random()));
      addEventListener("online", resume, { once: true });
    });
  }
}

async function replace(html) {
  const state = element().dataset.state;
  const text = html.replace(/data-state="\w*"/, `data-state="${state}"`);
  await htmx.swap({ sourceElement: element(), target: "#live", swap: "outerHTML", text });
}

// -- frames --

function incoming(event) {
  heard = Date.now();
  const text = String(event.detail.message.data);
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
    return;
  }
  event.preventDefault();
  if (!whole && (page.whole || !same || from > page.cursor)) resync();
  else caughtUp();
}

function swapping(event) {
  const { ctx, tasks } = event.detail;
  if (ctx.sourceElement !== element() || !frame) return;
  if (!frame.whole && tasks.some(isLost)) {
    event.preventDefault();
    frame.lost = true;
    return;
  }
  frame.restore = remember(tasks);
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
  refused = false;
  if (element().dataset.state !== "connected") for (const ticket of page.watched) say({ action: "subscribe", ticket });
  show("connected");
}

function resync() {
  frame = null;
  if (page.whole) return;
  page.whole = true;
  say({ action: "resync" });
}

function watch(ticket, on) {
  if (on) page.watched.add(ticket);
  else page.watched.delete(ticket);
  if (element().dataset.state === "connected") say({ action: on ? "subscribe" : "unsubscribe", ticket });
}

function say(message) {
  if (connection?.socket?.readyState === WebSocket.OPEN) connection.socket.send(JSON.stringify(message));
}

// -- what a swap must leave as it was: the focus in a row that was replaced, and what one reads where it stands --

function remember(tasks) {
  const touched = new Set();
  for (const { target, swapSpec, fragment } of tasks) {
    if (swapSpec.style === "delete" && target) touched.add(target.id);
    if (swapSpec.style === "upsert") for (const child of fragment.children) touched.add(child.id);
  }
  const fresh = [...touched];
  const focused = document.activeElement?.closest("#ticket-rows > *, #thread > *");
  const place = focused && [...focused.querySelectorAll("a, button")].indexOf(document.activeElement);
  const kept = [...document.querySelectorAll("#ticket-rows > *, #thread > *")].find(
    (row) => !touched.has(row.id) && row.getBoundingClientRect().bottom > 0,
  );
  const top = kept?.getBoundingClientRect().top;
  return () => {
    if (focused && !focused.isConnected) {
      const row = document.getElementById(focused.id);
      (row?.querySelectorAll("a, button")[place] ?? row)?.focus({ preventScroll: true });
    }
    const moved = kept?.isConnected ? kept.getBoundingClientRect().top - top : 0;
    if (moved && scroller(kept).scrollTop > 0) scroller(kept).scrollBy({ top: moved, behavior: "instant" });
    for (const id of fresh) glow(document.getElementById(id));
  };
}

function scroller(row) {
  for (let outer = row.parentElement; outer; outer = outer.parentElement) {
    if (outer.scrollHeight > outer.clientHeight && /auto|scroll/.test(getComputedStyle(outer).overflowY)) return outer;
  }
  return document.scrollingElement;
}

function glow(row) {
  if (!row) return;
  row.dataset.fresh = "";
  setTimeout(() => delete row.dataset.fresh, 1_200);
}

// -- what people see of it --

function silent() {
  return Date.now() - heard > SILENT;
}

function show(state) {
  if (over) return;
  const live = element();
  clearTimeout(lateTimer);
  if (state === "connecting") late();
  if (live.dataset.state === state) return;
  if (live.dataset.state === "connected") mark(new Date(heard).toISOString());
  live.dataset.state = state;
  document.documentElement.dataset.live = state;
  banner("offline", state === "offline");
}

function late() {
  lateTimer = setTimeout(() => show("offline"), LATE);
}

function mark(since) {
  for (const time of document.querySelectorAll("time[data-since]")) time.dateTime = since;
}

// Nothing will be pushed to this page any more. What was typed stays, and stays selectable.
function end(why) {
  show("offline");
  over = true;
  banner("offline", false);
  banner(why, true);
  if (why === "gone") {
    for (const region of document.querySelectorAll("#ticket, #thread, #ticket-rows, #list-foot")) region.replaceChildren();
  }
}

export function banner(name, visible) {
  const shown = document.querySelector(`[data-banner="${name}"]`);
  if (shown) shown.hidden = !visible;
}
