// The menus of a ticket's fields are saved when one chooses, each by itself: what stands in the other fields waits for the
// button. Keys that go through a menu choose on their way, so that they are waited for until they rest or go elsewhere.

import { send } from "./send.js";

const REST = 1_000; // ms

const chosen = new Set(); // names of menus that are not saved yet
let byKey = false;
let timer = 0;

const form = () => document.getElementById("ticket-form");
const isMenu = ({ target }) => target.matches("#ticket-form select");

export function start() {
  if (!form()) return;
  document.addEventListener("keydown", () => (byKey = true), { capture: true });
  document.addEventListener("pointerdown", () => (byKey = false), { capture: true });
  document.addEventListener("change", (event) => isMenu(event) && choose(event.target.name));
  document.addEventListener("focusout", (event) => isMenu(event) && save());
  document.addEventListener("submit", ({ target }) => target === form() && chosen.clear(), { capture: true });
  addEventListener("pagehide", save);
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
