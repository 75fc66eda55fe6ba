// Forms by htmx: sending by keyboard, an emptied composer, the edit dialog, questions before deleting.

import { banner } from "./state.js";

const SAID = 4_000; // ms that a form says that it was saved

let sent = false; // a message of ours is on its way into the thread

export function start() {
  document.addEventListener("keydown", sendByKey);
  document.addEventListener("submit", askFirst, { capture: true });
  document.addEventListener("submit", dropEmpty);
  document.addEventListener("change", ({ target }) => target.closest("[data-autosubmit]")?.requestSubmit());
  document.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.parentElement.remove());
  document.addEventListener("click", closeEditor);
  document.addEventListener("click", insert);
  document.addEventListener("htmx:after:request", answered);
  document.addEventListener("htmx:error", ({ detail }) => banner("unsent", Boolean(detail.ctx)));
  document.addEventListener("htmx:after:swap", showEditor);
  document.addEventListener("htmx:after:swap", showWrong);
  document.addEventListener("comment_added", showSent);
  addEventListener("pageshow", restoreEmpty);
}

function sendByKey(event) {
  if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.isComposing) return;
  if (!event.target.matches("textarea") || !event.target.form) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

function askFirst(event) {
  const question = event.target.dataset.confirm;
  if (!question || confirm(question)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// A filter that is not set need not stand in the address.
function dropEmpty({ target }) {
  if (!target.matches("[data-autosubmit]")) return;
  for (const control of target.elements) if (control.name && !control.value) control.disabled = true;
}

function restoreEmpty() {
  for (const control of document.querySelectorAll("[data-autosubmit] :disabled")) {
    if (control.tagName !== "OPTION") control.disabled = false;
  }
}

// What can be searched by is offered below the field, and put into it.
function insert({ target }) {
  const button = target.closest("[data-insert]");
  if (!button) return;
  const field = button.form.elements.q;
  field.value = `${field.value} ${button.dataset.insert}`.trimStart();
  field.focus();
}

function answered({ detail: { ctx } }) {
  banner("unsent", false);
  const form = ctx.sourceElement;
  if (ctx.response.status !== 204) return;
  form.dispatchEvent(new CustomEvent("pult:sent", { bubbles: true }));
  document.getElementById("notice")?.replaceChildren();
  if (form.id === "comment-form") empty(form, ctx.request.body.get("body"));
  shut(form.closest("dialog"));
  form.querySelector(".conflict")?.remove();
  for (const wrong of form.querySelectorAll(".wrong")) wrong.remove();
  saySaved(form.querySelector("[data-saved]"));
}

function saySaved(said) {
  if (!said) return;
  said.textContent = said.dataset.saved;
  setTimeout(() => said.replaceChildren(), SAID);
}

// What is wrong must be seen, wherever the button is that one pressed.
function showWrong({ detail: { ctx } }) {
  if (ctx.sourceElement?.matches("form")) document.querySelector("form .conflict, form .wrong")?.scrollIntoView({ block: "nearest" });
}

// What was typed while the message was on its way stays.
function empty(form, body) {
  const field = form.elements.body;
  const plain = (text) => text.replaceAll("\r\n", "\n");
  field.value = plain(field.value).startsWith(plain(body)) ? plain(field.value).slice(plain(body).length) : field.value;
  form.elements.key.value = [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16)).join("");
  if (form.elements.status) form.elements.status.value = "";
  sent = true;
}

function showSent() {
  if (sent) document.querySelector("#thread > :last-child")?.scrollIntoView({ block: "nearest" });
  sent = false;
}

function showEditor({ detail: { ctx } }) {
  const dialog = document.getElementById("editor");
  if (ctx.target !== dialog || dialog.open) return;
  dialog.addEventListener("close", () => shut(dialog), { once: true });
  dialog.showModal();
  dialog.querySelector("textarea")?.focus();
}

function closeEditor(event) {
  const dialog = event.target.closest("[data-close]")?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  shut(dialog);
}

function shut(dialog) {
  dialog?.close();
  dialog?.replaceChildren();
}
