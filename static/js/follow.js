// The controls of a ticket's forms stand outside its live regions: they follow the live values as long as nobody
// touched them; a touched one stays, and says what it is now.

import { paint } from "./menus.js";

const bases = new WeakMap(); // control -> the live value that it had last

export const isFollowing = (control) => bases.has(control);
export const isTouched = (control) => control.value !== bases.get(control);
export const base = (control) => bases.get(control);

export function start() {
  if (!document.getElementById("ticket")) return;
  follow(true);
  document.addEventListener("pult:applied", () => follow(false));
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.sourceElement?.id !== "live") follow(true);
  });
}

// What a control was touched for stays what it says that it is not any more, also in an answer that knows better.
export function rebase(control, value) {
  bases.set(control, value);
  follow(false);
}

function follow(anew) {
  const live = document.getElementById("ticket")?.dataset;
  if (!live || live.version === undefined) return;
  const controls = [...document.querySelectorAll("[data-follow]")];
  const fields = controls.filter((control) => control.dataset.follow !== "version");
  for (const control of fields) followOne(control, live[control.dataset.follow] ?? "", anew);
  const touched = fields.some(isTouched);
  for (const control of controls) {
    if (control.dataset.follow !== "version") continue;
    if (!touched || !control.closest("[data-follows]")) control.value = live.version;
  }
}

function followOne(control, live, anew) {
  if (anew || !bases.has(control) || control.value === live) bases.set(control, live);
  const base = bases.get(control);
  const free = control.value === base;
  if (free && live !== base) {
    control.value = live; // which its menu has by now
    bases.set(control, live);
    if (control.dataset.options) paint(control); // without whoever it was
  }
  const hint = control.form?.querySelector(`[data-now="${control.dataset.follow}"]`);
  if (!hint) return;
  hint.hidden = free || live === base;
  hint.querySelector("b").textContent = words(control, live);
}

function words(control, value) {
  return [...(control.options ?? [])].find((option) => option.value === value)?.text || value || "—";
}
