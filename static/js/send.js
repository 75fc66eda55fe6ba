// Every form that changes something is sent from here, so that the page and its words stay whatever comes back. A form is
// replaced only by one that the desk answered with.

import { ask, server } from "./server.js";
import { during } from "./loading.js";
import { hush, say } from "./said.js";
import { settled } from "./stored.js";
import { remember, touched } from "./typed.js";

const PATIENCE = 30_000; // ms until an answer that does not come is given up
const LEAVES = 60_000; // characters of what is still sent when the page is left meanwhile (fetch allows 64 KiB)

const STAYS = "[data-follows], .composer"; // forms that are there again when they were sent

const sending = new WeakMap(); // form -> { body, done, changed: controls since, locked: fields until then }

export function start() {
  document.addEventListener("input", ({ target }) => sending.get(target.form)?.changed.add(target));
  // The page was not left after all, or came back.
  addEventListener("pageshow", ({ persisted }) => persisted && releaseAll());
  window.navigation?.addEventListener("navigateerror", releaseAll);
}

// Once at a time; the same again while it is on its way is the same press. What leads away stays sent until the page is left.
export async function send(form, submitter) {
  const body = read(form, submitter);
  const before = sending.get(form);
  if (before?.body === String(body)) return;
  const { changed = new Set(), locked = lock(form) } = before ?? {};
  const done = (async () => (await before?.done) || post(form, submitter, body, changed))();
  const mine = { body: String(body), done, changed, locked };
  sending.set(form, mine);
  form.dataset.sending = "";
  let leads;
  try {
    leads = await done;
  } finally {
    if (leads) setTimeout(release, PATIENCE, form);
    else if (sending.get(form) === mine) release(form);
  }
}

// Words that were typed now would go with a form that is left.
function lock(form) {
  const fields = form.matches(STAYS) ? [] : [...form.elements].filter(({ readOnly }) => readOnly === false);
  for (const field of fields) field.readOnly = true;
  return fields;
}

function release(form) {
  for (const field of sending.get(form)?.locked ?? []) field.readOnly = false;
  sending.delete(form);
  delete form.dataset.sending;
}

function releaseAll() {
  document.querySelectorAll("[data-sending]").forEach(release);
}

// A form of a live region, which is the same for everyone, does not say whose it is; the page does.
function read(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const { person } = document.documentElement.dataset;
  if (person && !body.has("as")) body.set("as", person);
  return body;
}

// The result: where it leads, if it leads away.
async function post(form, submitter, body, changed) {
  await settled(form);
  if (body.has("draft")) body.set("draft", form.elements.draft.value);
  const outcome = await deliver(submitter?.getAttribute("formaction") ?? form.getAttribute("action"), body);
  if (outcome.sent) finish(form, body, outcome);
  else if (outcome.form && form.isConnected) await adopt(form, outcome, body, changed);
  else say(form.isConnected ? form : null, outcome.form?.querySelector(".wrong, .conflict") ?? outcome.said ?? "unsent");
  return outcome.where;
}

// What became of it (nothing is posted without a body): { sent, where to go, the id of what it made }, or { form, text } in its stead, or what is to be said: { said }.
export async function deliver(url, body) {
  const posted = body && { method: "POST", body, keepalive: String(body).length < LEAVES };
  const answer = await during(ask(url, { ...posted, headers: { "HX-Request": "true" }, patience: PATIENCE }));
  if (!answer) return { said: "unsent" };
  if (answer.status === 401) return (await server.enter?.()) ? deliver(url, body) : { said: "unsent" };
  const told = tell(url, answer);
  if (answer.status === 204) return { sent: true, where: answer.headers.get("HX-Redirect"), made: answer.headers.get("Pult-Made"), told };
  const shown = new DOMParser().parseFromString(answer.text, "text/html").body.firstElementChild;
  if (shown?.matches("form[id], .editor")) return { form: shown, text: answer.text };
  return { said: shown?.matches(".notice") ? document.adoptNode(shown) : "unsent", told };
}

// What the desk says of a change (app/web/told.py): its words, by what it can be taken back, which tickets it left as they were.
function tell(url, { headers }) {
  if (!headers.has("Pult-Said")) return null;
  const told = {
    words: decodeURIComponent(headers.get("Pult-Said")),
    event: headers.get("Pult-Event") ?? "",
    left: headers.get("Pult-Left")?.split(",") ?? [],
    leads: headers.has("HX-Redirect"),
    url,
  };
  document.dispatchEvent(new CustomEvent("pult:told", { detail: told }));
  return told;
}

function finish(form, body, { where, made }) {
  hush(form);
  hushSent(form, body);
  form.dispatchEvent(new CustomEvent("pult:sent", { bubbles: true, detail: { body, made } }));
  if (where) location.assign(where);
}

// What is said of fields that were not sent is as true as before.
export function hushSent(form, body) {
  if (!form) return;
  for (const said of form.querySelectorAll("[data-about]")) if (body.has(said.dataset.about)) said.remove();
  for (const said of form.querySelectorAll(".conflict, .wrong")) {
    if (!said.dataset.about && !said.querySelector("[data-about]")) said.remove();
  }
}

// An answer that is no form of this page takes the place of the one that was sent. What was changed meanwhile is newer, and
// what was typed and not sent with it is not in it.
export async function adopt(form, { form: shown, text }, body, changed = new Set()) {
  hush(form);
  const target = document.getElementById(shown.id) ?? form;
  const unsent = touched().filter((it) => target.contains(it) && (it.form !== form || !body.has(it.name)));
  const restore = remember([...new Set([...unsent, ...changed])]);
  await htmx.swap({ sourceElement: form, target, swap: target === form && shown.id !== form.id ? "outerHTML" : "outerMorph", text });
  restore();
  const there = document.getElementById(shown.id);
  there.dispatchEvent(new CustomEvent("pult:answered", { bubbles: true }));
  // What is wrong must be seen, wherever the button is that one pressed.
  there.querySelector(".conflict, .wrong")?.scrollIntoView({ block: "nearest" });
}
