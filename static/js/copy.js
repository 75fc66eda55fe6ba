// The address of the ticket, copied; twice in a moment, its number.

import { current } from "./facts.js";
import { verb } from "./keys.js";
import { toast } from "./undo.js";

const TWICE = 1_500; // ms

let last = -Infinity;

export function start() {
  verb("copy", copy, () => Boolean(current()), { often: true, control: () => "[data-copy-link]" });
  document.addEventListener("click", ({ target }) => target.closest("[data-copy-link]") && copy());
}

function copy() {
  const ticket = current();
  if (!ticket) return false;
  const isSecond = performance.now() - last < TWICE;
  last = isSecond ? -Infinity : performance.now();
  write(isSecond ? `#${ticket.id}` : new URL(`/tickets/${ticket.id}`, location.href).href);
  return true;
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    writeByHand(text); // no clipboard without https
  }
  toast(`${document.getElementById("toast").dataset.copied} ${text}`);
}

function writeByHand(text) {
  const field = document.createElement("textarea");
  const { activeElement } = document;
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  activeElement?.focus({ preventScroll: true });
}
