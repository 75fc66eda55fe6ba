// A ticket's fields are saved when one chooses, or leaves what one typed, each by itself. Keys that go through a menu choose
// on their way, so that they are waited for until they rest or go elsewhere.

import { isFollowing, isTouched } from "./follow.js";
import { send } from "./send.js";

const REST = 1_000; // ms

const chosen = new Set(); // names of fields that are not saved yet
let byKey = false;
let timer = 0;

const form = () => document.getElementById("ticket-form");
const isField = ({ target }) => target.matches("#ticket-form :is(select, input)");

export function start() {
  if (!form()) return;
  document.addEventListener("keydown", () => (byKey = true), { capture: true });
  document.addEventListener("pointerdown", () => (byKey = false), { capture: true });
  document.addEventListener("change", (event) => isField(event) && choose(event.target.name));
  document.addEventListener("focusout", (event) => isField(event) && save());
  document.addEventListener("submit", ({ target }) => target === form() && chosen.clear(), { capture: true });
  addEventListener("pagehide", save);
  for (const event of ["input", "change", "pult:applied", "pult:sent", "pult:answered"]) document.addEventListener(event, mark);
}

// Whether there is anything to be saved that is not what the desk has.
function mark() {
  form()?.toggleAttribute("data-touched", [...form().elements].some((it) => isFollowing(it) && it.type !== "hidden" && isTouched(it)));
}

function choose(name) {
  chosen.add(name);
  clearTimeout(timer);
  timer = setTimeout(save, byKey ? REST : 0);
}

function save() {
  clearTimeout(timer);
  if (!chosen.size) return;
  const names = new Set(chosen);
  chosen.clear();
  const only = ({ formData }) => {
    for (const control of form().elements) if (control.type !== "hidden" && !names.has(control.name)) formData.delete(control.name);
  };
  form().addEventListener("formdata", only, { once: true });
  send(form());
}
