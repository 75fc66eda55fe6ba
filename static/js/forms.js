// What forms do besides being sent: keys, questions before deleting, filters that apply at once, what was saved.

import * as composer from "./composer.js";
import { send } from "./send.js";

const SAID = 4_000; // ms that a form says that it was saved

export function start() {
  document.addEventListener("keydown", sendByKey);
  document.addEventListener("submit", askFirst, { capture: true });
  document.addEventListener("submit", submitted);
  document.addEventListener("change", ({ target }) => target.closest("[data-autosubmit]")?.requestSubmit());
  document.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.parentElement.remove());
  document.addEventListener("click", insert);
  document.addEventListener("pult:sent", saySaved);
  addEventListener("pageshow", restoreEmpty);
}

function sendByKey(event) {
  if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
  const { form } = event.target;
  if (!event.target.matches("input, select, textarea") || form?.getAttribute("method") !== "post") return;
  const button = event.shiftKey ? form.querySelector("[name=solve]") : null;
  if (event.shiftKey && !button?.checkVisibility()) return;
  event.preventDefault();
  if (!event.repeat && !form.querySelector(".send .primary:disabled")) form.requestSubmit(button);
}

function askFirst(event) {
  const question = event.target.dataset.confirm;
  if (!question || confirm(question)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function submitted(event) {
  const { target, submitter } = event;
  if (event.defaultPrevented) return;
  if (target.matches("[data-autosubmit]")) dropEmpty(target);
  if (target.getAttribute("method") !== "post") return;
  event.preventDefault();
  if (target.id === "comment-form" && !submitter?.hasAttribute("formaction")) composer.send(target, submitter);
  else send(target, submitter);
}

// A filter that is not set need not stand in the address.
function dropEmpty(form) {
  for (const control of form.elements) if (control.name && !control.value) control.disabled = true;
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

function saySaved({ target }) {
  const said = target.querySelector("[data-saved]");
  if (!said || target.querySelector(".conflict, .wrong")) return;
  said.textContent = said.dataset.saved;
  setTimeout(() => said.replaceChildren(), SAID);
}
