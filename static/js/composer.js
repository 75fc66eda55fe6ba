// Messages on their way. The field is free the moment its words are sent; they stand beside the thread until they are in
// it, and come back into the field if they did not arrive: in order, each of its own kind, and none twice.

import * as drafts from "./drafts.js";
import * as places from "./places.js";
import { hush, say } from "./said.js";
import { deliver, send as refuse } from "./send.js";
import { settled } from "./stored.js";
import { touched } from "./typed.js";

const STALE = 60_000; // ms after which a message that another page was sending waits to be sent by hand
const SLOW = 3_000; // ms that a message may take from being taken by the desk to its thread, and a page to be left
const BETWEEN = "\n\n";
const DOUBLE = 500; // ms in which a key that was pressed to send is pressed once more without a thought

let line = []; // { action, fields, at, state: sending, unsent, refused or taken, made, stopped }
let returned = []; // those that the field begins with
let running = false;
let leaving = false; // what fails now fails because the page is left: the next one sends it

const composer = () => document.getElementById("comment-form");
const isHere = ({ action }) => action === composer()?.getAttribute("action");

// What the page before was sending is sent again: its key tells the desk that it is the same.
export function start() {
  for (const message of drafts.kept("sending") ?? []) {
    line.push({ ...message, state: Date.now() - message.at < STALE ? "sending" : "unsent" });
  }
  document.addEventListener("pult:applied", settle);
  document.addEventListener("change", ({ target }) => target.matches("#comment-form [name=kind]") && preset(target.form, target.value));
  document.addEventListener("click", ({ target }) => target.closest("[data-again]") && sendAgain("unsent", "refused"));
  for (const event of ["beforeunload", "pagehide"]) addEventListener(event, () => (leaving = true));
  addEventListener("pageshow", ({ persisted }) => persisted && stay());
  if (line.some((message) => message.state === "unsent" && isHere(message))) giveBack("unsent");
  run();
}

// submitter: the button: one that solves the ticket with it leads on; one sends anyway what was stopped, since others replied
// meanwhile. To send the reply again is the same.
export function send(form, submitter) {
  const conflict = form.querySelector("#conflict");
  const isNote = form.elements.kind?.value === "note";
  if (conflict && (submitter?.name === "anyway" || !isNote)) {
    if (conflict.querySelector("[name=anyway]").disabled) return;
    acknowledge(form, conflict.dataset.seen);
    if (isNote) return conflict.remove(), run(); // what was stopped stands beside the field
  }
  const messages = messagesOf(form, submitter?.name === "solve");
  if (!messages.length) return refuse(form); // by the desk, which says what is wrong
  hush(form);
  for (const wrong of form.querySelectorAll(".wrong, #conflict")) wrong.remove();
  returned = [];
  empty(form);
  line.push(...messages);
  sendAgain("unsent");
}

// Whoever read what others said meanwhile has seen the thread up to there.
function acknowledge(form, seen) {
  form.elements.seen.value = seen;
  for (const message of line.filter((one) => one.stopped && isHere(one))) {
    message.fields.seen = seen;
    Object.assign(message, { state: "sending", stopped: false });
  }
}

function sendAgain(...states) {
  for (const message of line) if (states.includes(message.state)) message.state = "sending";
  run();
}

// One after another, so that they arrive in order.
async function run() {
  paint();
  if (running) return;
  running = true;
  for (let next; (next = line.find(({ state }) => state === "sending")); ) {
    if (isHere(next)) await settled(composer(), true);
    const { sent, made, form, said } = await deliver(next.action, new URLSearchParams(next.fields));
    if (sent) take(next, made);
    else if (leaving) return setTimeout(stay, SLOW);
    else {
      for (const message of line) if (message.state === "sending") message.state = "unsent";
      if (said !== "unsent") next.state = "refused";
      const reason = form?.querySelector(".wrong, .conflict") ?? said;
      next.stopped = reason.id === "conflict";
      if (next.stopped) rest(reason.querySelector("[name=anyway]"));
      giveBack(reason);
    }
    paint();
  }
  running = false;
}

function rest(button) {
  button.disabled = true;
  setTimeout(() => (button.disabled = false), DOUBLE);
}

// The page was not left after all, or came back.
function stay() {
  leaving = running = false;
  run();
}

function take(message, made) {
  Object.assign(message, { state: "taken", made });
  setTimeout(() => settle(message), SLOW);
  settle();
  (isHere(message) ? composer() : document).dispatchEvent(new CustomEvent("pult:sent", { bubbles: true, detail: { made } }));
  if (isHere(message)) goOn(message);
}

// Where its person goes after it, unless they went on writing here.
function goOn({ then }) {
  const isFree = !composer().elements.body.value.trim() && !line.some((it) => isHere(it) && it.state !== "taken");
  const isElsewhere = document.querySelector("dialog[open]") || touched().some(({ form }) => form !== composer());
  if (!isFree || isElsewhere || !["next", "list"].includes(then)) return;
  if (then === "next") places.goOn();
  else document.querySelector("[data-back]").click();
}

// What stands in the thread, or should by now, is not on its way any more.
function settle(late) {
  const isOver = (it) => it.state === "taken" && (it === late || !it.made || !isHere(it) || document.getElementById(it.made));
  if (!line.some(isOver)) return;
  line = line.filter((message) => !isOver(message));
  paint();
}

// -- the field --

function empty(form) {
  const { body, key, status } = form.elements;
  body.value = "";
  key.value = [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16)).join("");
  if (status) status.value = presetFor(form, form.elements.kind.value);
  body.dispatchEvent(new Event("input", { bubbles: true }));
}

// What a reply leads to for this person, and a note does not; another choice of theirs stays.
function preset(form, kind) {
  const { status } = form.elements;
  if (status?.value === presetFor(form, kind === "note" ? "reply" : "note")) status.value = presetFor(form, kind);
}

function presetFor(form, kind) {
  return (kind !== "note" && form.elements.status.dataset.preset) || "";
}

// What of the field came back and was not touched since is sent as what it was.
function messagesOf(form, solves) {
  const action = form.getAttribute("action");
  const fields = { ...Object.fromEntries(new FormData(form)), ...(solves && { status: "solved" }) };
  const then = solves ? form.dataset.afterSolve : form.dataset.afterSend;
  const messages = [];
  let { body: rest } = fields;
  for (const { fields: before } of returned) {
    const last = rest === before.body;
    if (before.kind !== fields.kind || !(last || rest.startsWith(before.body + BETWEEN))) break;
    messages.push(last ? { ...fields, body: before.body, key: before.key } : { ...before, ...seenBy(fields) });
    rest = last ? "" : rest.slice(before.body.length + BETWEEN.length);
  }
  if (rest.trim()) messages.push({ ...fields, body: rest });
  return messages.map((one, at) => ({ action, fields: one, at: Date.now(), state: "sending", then: at === messages.length - 1 ? then : "" }));
}

// Where the form says what was seen; of requesters it does not.
const seenBy = ({ seen }) => (seen === undefined ? {} : { seen });

// A note never becomes a part of a reply: what is of another kind than the words in the field stays beside it.
function giveBack(said) {
  const form = composer();
  const unsent = line.filter(({ state }) => state === "unsent" || state === "refused");
  if (!unsent.some(isHere)) return say(null, elsewhere(said));
  const { body, kind, key, status, seen } = form.elements;
  const isFree = !body.value.trim();
  const wanted = isFree ? unsent.find(isHere).fields.kind : kind?.value;
  const back = unsent.filter((message) => isHere(message) && message.fields.kind === wanted);
  if (back.length) {
    line = line.filter((message) => !back.includes(message));
    returned = [...back, ...returned];
    if (seen) seen.value = leastSeen(back, isFree ? [] : [seen.value]);
    body.setRangeText(back.map(({ fields }) => fields.body).join(BETWEEN) + (isFree ? "" : BETWEEN), 0, 0, isFree ? "end" : "preserve");
    if (isFree) {
      if (kind) kind.value = wanted;
      if (status) status.value = back.at(-1).fields.status;
      if (back.length === 1) key.value = back[0].fields.key;
    }
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }
  say(form, said);
}

// Of words that were written at different times.
const leastSeen = (back, others) => Math.min(...[...back.map(({ fields }) => fields.seen), ...others].filter(Boolean).map(Number));

// What is said of a message to another ticket only leads there.
function elsewhere(said) {
  if (said.id !== "conflict") return said;
  said.querySelector("[name=anyway]").remove();
  said.removeAttribute("id");
  said.classList.add("notice");
  return said;
}

// -- what is seen --

function paint() {
  drafts.keep("sending", line.some(({ state }) => state !== "taken") && line.filter(({ state }) => state !== "taken"));
  const list = document.getElementById("outgoing");
  if (!list) return;
  const empty = list.querySelector("template");
  list.replaceChildren(empty, ...line.filter(isHere).map((message) => {
    const shown = empty.content.firstElementChild.cloneNode(true);
    shown.dataset.state = message.state;
    shown.dataset.kind = message.fields.kind ?? "reply";
    shown.querySelector("p").textContent = message.fields.body;
    return shown;
  }));
}
