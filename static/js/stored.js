// Drafts on the desk: what one types into a form with data-kept is kept there half a second after a pause, on every device and
// after any crash. Of two devices the later one wins: whoever types on is told what was written elsewhere, and goes over it.

import * as drafts from "./drafts.js";
import { ask } from "./server.js";

const PAUSE = 500; // ms
const AGAIN = 5_000; // ms until what did not arrive is sent once more

const forms = new WeakMap(); // form -> { timer, saving: a promise, over: the version that is gone over, at, key, sent }
const waiting = new Set(); // forms with a timer

const isDesks = (form) => form?.dataset?.kept !== undefined;

export function start() {
  document.addEventListener("pult:typed", ({ target, detail }) => isDesks(target) && typed(target, detail.at));
  document.addEventListener("click", ({ target }) => target.closest("[data-take]") && taken(target.closest("form")));
  addEventListener("pagehide", () => [...waiting].forEach((form) => save(form, true)));
}

// Until nothing of a form is on its way to be kept: what is sent then is sent last. stays: it may hold other words by now.
export async function settled(form, stays = false) {
  const state = forms.get(form);
  if (!state) return;
  if (!stays) stop(form, state);
  await state.saving;
}

function stateOf(form) {
  if (!forms.has(form)) forms.set(form, { over: 0, key: form.elements.key?.value });
  return forms.get(form);
}

// at: when it was typed, where it was not now.
function typed(form, at = Infinity) {
  const state = stateOf(form);
  stop(form, state);
  state.at = at;
  if (at !== Infinity) state.sent = String(read(form)); // maybe, by the page before
  const isSent = !drafts.hasWords(form) && state.key !== form.elements.key?.value; // they are on their way
  if (isSent) form.querySelector(".later")?.remove();
  else wait(form, state, PAUSE);
}

function stop(form, state) {
  clearTimeout(state.timer);
  waiting.delete(form);
}

function wait(form, state, time) {
  stop(form, state);
  waiting.add(form);
  state.timer = setTimeout(save, time, form);
}

async function save(form, keepalive = false) {
  const state = stateOf(form);
  stop(form, state);
  if (state.saving) await state.saving;
  state.saving = post(form, state, keepalive);
  await state.saving;
  state.saving = null;
}

async function post(form, state, keepalive) {
  const { draft, key } = form.elements;
  const body = read(form);
  const before = String(body);
  const version = Math.max(state.over, draft.value);
  if (!version && !state.sent && !drafts.hasWords(form)) return;
  body.set("version", version);
  body.set("as", document.documentElement.dataset.person);
  state.key = key?.value;
  const answer = await ask("/drafts", { method: "POST", body, keepalive, headers: { "HX-Request": "true" } });
  if (answer?.status === 204) kept(form, answer.headers.get("Pult-Draft"), before);
  else if (answer?.status === 409) return tell(form, state, answer.text, before);
  else if (!answer || answer.status === 429 || answer.status >= 500) wait(form, state, AGAIN);
  state.sent = before;
}

// A form without words is none; the version is that of the draft, not of what is edited.
function read(form) {
  const { draft, version, ...values } = drafts.values(form);
  const words = drafts.hasWords(form) ? values : { kind: values.kind ?? "", body: "" };
  const body = new URLSearchParams({ ...words, ...(version && { of: version }) });
  for (const [name, value] of new URLSearchParams(form.dataset.kept)) body.set(name, value);
  return body;
}

function kept(form, version, before) {
  form.elements.draft.value = version;
  stateOf(form).over = 0;
  if (String(read(form)) !== before) return; // more was typed meanwhile, and waits
  if (drafts.hasWords(form)) form.dataset.stored = "";
  drafts.save(form, true);
}

// -- what was written elsewhere --

function tell(form, state, text, before) {
  const later = new DOMParser().parseFromString(text, "text/html").querySelector(".later");
  if (!later) return; // it is another person's by now
  const version = Number(later.dataset.version);
  const theirs = JSON.parse(later.dataset.values);
  state.over = version;
  if (isOwn(theirs, state.sent)) return wait(form, state, 0); // the answer to it was lost
  if (isOwn(theirs, before)) return kept(form, version, before);
  form.querySelector(".later")?.remove();
  (form.querySelector(".send") ?? form.lastElementChild).before(later);
  if (version / 1000 > state.at) take(form);
}

// Whether what is kept is what this page sent.
function isOwn(theirs, sent) {
  const body = new URLSearchParams(sent);
  const isSame = (name) => (theirs[name] ?? "") === (body.get(name) ?? (name === "kind" ? "reply" : ""));
  return Boolean(sent) && ["kind", "body", "subject", "status", "tags"].every(isSame);
}

function taken(form) {
  take(form);
  form.elements.body.focus();
}

// The one takes the place of the other, and back.
function take(form) {
  const later = form.querySelector(".later");
  const mine = drafts.values(form);
  const theirs = JSON.parse(later.dataset.values);
  drafts.put(form, theirs);
  form.elements.draft.value = stateOf(form).over;
  later.dataset.values = JSON.stringify({ ...mine, draft: undefined });
  later.querySelector("blockquote").textContent = mine.body;
  drafts.save(form);
}
