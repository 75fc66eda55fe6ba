// How a page comes to its frames: by a socket, which htmx's ws extension holds and opens again by itself after most
// closes; by another connect element after the others; by polling where no socket gets through. Nothing but the desk's
// own word that the session ended is an end: no close code, no failure, no proxy's page.

import { lookAgain } from "./again.js";
import { jumped, now, slept } from "./clock.js";
import { ask, server } from "./server.js";
import * as position from "./position.js";
import { begin, element, end, isOver, show, since, state } from "./state.js";

const SILENT = 45_000; // ms without a frame after which the connection is taken for dead
const FIRST = 10_000; // ms until the first frame of a socket, which follows its opening at once
const ANSWER = 3_000; // ms that a line in doubt is given for its answer
const LOOK = 5_000; // ms between looks at the age of the last frame
const FAILURES = 3; // sockets in a row that brought nothing, after which the page tries to poll
const POLL = 2_000; // ms between polls
const AGAIN = [10_000, 60_000]; // ms until a page that polls tries a socket again, at first and then
const WAIT = [1_000, 10_000]; // ms between tries that fail, at first and at most
const RETRIED = [1001, 1005, 1006, 1011, 1012, 1013, 1014]; // close codes at which hx-ws connects again by itself

let frames = null; // what takes them: fits(text), applied(), failed()
let connection = null; // hx-ws's, of the socket in use
let spent = ""; // the token that opened a socket: it opens no other
let heard = performance.now(); // when the desk was last heard; monotonic, as every wait here is
let misses = 0; // sockets in a row that brought no frame
let renewing = null;
let polling = null; // wakes the poll that waits

export function start(taking) {
  frames = taking;
  position.start();
  since(now());
  show("connecting");

  document.addEventListener("htmx:ws:before:connection", connecting);
  document.addEventListener("htmx:ws:after:connection", opened);
  document.addEventListener("htmx:ws:close", closed);
  document.addEventListener("htmx:ws:error", () => console.log("❌ WebSocket error"));

  addEventListener("pageshow", ({ persisted }) => persisted && renewNow());
  addEventListener("online", renewNow);
  addEventListener("offline", () => doubt()); // a hint, and sometimes a wrong one
  document.addEventListener("visibilitychange", seen);
  setInterval(look, LOOK);
  document.addEventListener("pult:sent", () => polling?.());
}

export function say(message) {
  if (isOpen()) connection.socket.send(JSON.stringify(message));
}

// A frame came, of whatever kind.
export function hear() {
  heard = performance.now();
}

// A frame brought a fresh token.
export function refresh(token) {
  position.hold(token);
  say({ action: "pong" });
}

// The page is true again; whether it is newly so by its socket.
export function caughtUp() {
  if (!isOpen()) return false; // a poll
  misses = 0;
  const wake = polling;
  polling = null;
  wake?.();
  if (state() === "connected") return false;
  show("connected");
  return true;
}

// After an end that was none.
export function resume() {
  begin();
  return renewNow();
}

// Replaces the connect element: htmx drops the old socket, whatever state it is in, and opens another.
export function renew() {
  renewing ??= replace().finally(() => (renewing = null));
  return renewing;
}

function renewNow() {
  misses = 0;
  return renew();
}

// -- the socket --

function isOpen() {
  return connection?.socket?.readyState === WebSocket.OPEN;
}

function connecting(event) {
  const again = event.detail.connection.attempt > 0;
  if (again && (polling || position.token() === spent)) {
    event.preventDefault();
    if (!polling) renew(); // which a page that polls does when it is time
    return;
  }
  connection = event.detail.connection;
  connection.url = position.socketUrl();
  hear();
  console.log(again ? "🔄 Reconnecting" : "🔌 Connecting to WebSocket");
}

function opened() {
  spent = position.token();
  console.log("✅ WebSocket connected");
}

function closed({ detail }) {
  if (detail.reason !== "closed" || detail.connection !== connection) return;
  if (state() === "connected") show("connecting");
  if (detail.code === 1008 || detail.code === 1009) return end("stopped");
  if (document.hidden && connection.config.pauseOnBackground) return;
  if (++misses >= FAILURES && detail.code < 4400) return polling || poll();
  if (!RETRIED.includes(detail.code)) renew();
}

// A page inside another site lets its socket go while it is hidden; hx-ws opens it again after this.
function seen() {
  if (document.hidden) return;
  if (connection) connection.url = position.socketUrl();
  if (isSilent()) renewNow();
  else doubt();
}

// What no event tells: a line that brings nothing, and a machine that slept, whose monotonic clock may have slept too.
function look() {
  const jump = jumped();
  if (Math.abs(jump) > LOOK) doubt(jump);
  if (document.hidden || polling || !isSilent()) return;
  if (isOpen() && state() !== "connected" && ++misses >= FAILURES) poll();
  else renew();
}

function isSilent() {
  return performance.now() - heard > (state() === "connected" ? SILENT : FIRST);
}

// Whether the line still answers; if not, it is replaced. jump: by how many ms the browser's clock went ahead, if that is
// why it is in doubt: it slept, unless the desk says otherwise.
function doubt(jump = 0) {
  if (!isOpen()) return slept(jump);
  const asked = performance.now();
  say({ action: "ping" });
  setTimeout(() => {
    if (!isOpen() || heard > asked) return;
    slept(jump);
    show(navigator.onLine ? "connecting" : "offline");
    renewNow();
  }, ANSWER);
}

// -- a new connection --

async function replace() {
  for (let tries = Math.max(0, misses - 1); !isOver(); tries += 1) {
    if (tries) await pause(tries);
    console.log("🔄 Reconnecting");
    if (state() === "connected") show("connecting");
    const body = new URLSearchParams({ token: position.token() });
    const answer = await ask(`${server.path}/connection`, { method: "POST", body });
    const text = answer?.ok && position.connectElement(answer.text);
    if (text) return htmx.swap({ sourceElement: element(), target: "#live", swap: "outerHTML", text });
    if (answer?.status === 401) return end("ended");
    if (answer?.status === 403) {
      const seen = await lookAgain();
      if (seen !== null) return seen || end("gone");
    }
  }
}

// Longer after every failure, and never the same for all pages; the network's return ends it.
function pause(tries) {
  const wait = Math.min(WAIT[0] * 2 ** (tries - 1), WAIT[1]) * (0.5 + Math.random());
  return new Promise((resume) => {
    setTimeout(resume, wait);
    addEventListener("online", resume, { once: true });
  });
}

// -- polling, where no socket gets through --

async function poll() {
  polling = () => {};
  let next = performance.now() + AGAIN[0];
  while (polling && !isOver()) {
    const answer = await ask(position.from(`${server.path}/frame`));
    if (!polling) return;
    if (!answer?.ok) {
      polling = null; // not the socket alone, or not for this page any more: a new connection finds out
      return renew();
    }
    hear();
    position.hold(answer.headers.get("Pult-Token"));
    show("polling");
    if (answer.text && frames.fits(answer.text)) {
      const swap = { sourceElement: element(), target: "#live", swap: "none", text: answer.text };
      await htmx.swap(swap).then(frames.applied, frames.failed);
    }
    if (performance.now() > next) {
      next = performance.now() + AGAIN[1];
      await renew();
    }
    await new Promise((resume) => {
      polling &&= resume;
      setTimeout(resume, POLL);
    });
  }
}
