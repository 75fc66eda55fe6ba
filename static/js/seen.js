// What its writer had seen of the thread when they began to write a reply, or said since that they have: the number of an event,
// in the form. The desk stops a reply that others overtook; who writes is told here before they send it, and whether a message
// in sight was read is nobody's to guess: they say so.

import { page } from "./position.js";

const form = () => document.getElementById("comment-form");
const line = () => document.getElementById("replied");
const conflict = () => document.getElementById("conflict");

let epoch = "";

export function start() {
  if (!line()) return;
  for (const event of ["input", "change", "pult:applied", "pult:sent", "pult:answered"]) document.addEventListener(event, look);
  document.addEventListener("click", ({ target }) => target.closest("[data-discard]") && look());
  line().addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays where one writes
  line().addEventListener("click", ({ target }) => target.matches("[data-seen]") && acknowledge());
  look();
}

// As long as nothing is written, its writer sees what the page shows.
function look() {
  if (!form()?.elements.seen) return; // its words were taken to a new ticket
  const { body, seen } = form().elements;
  if (!body.value.trim()) {
    conflict()?.remove();
    seen.value = epoch === page.epoch ? Math.max(page.cursor, seen.value) : page.cursor;
  }
  epoch = page.epoch;
  for (const copy of conflict()?.querySelectorAll("[data-copy]") ?? []) {
    if (document.getElementById(copy.dataset.copy)?.matches("[data-deleted]")) copy.remove();
  }
  paint();
}

function paint() {
  const { kind, seen } = form().elements;
  const names = new Set(seen.value && kind.value === "reply" ? unseen().map(nameOf) : []);
  line().hidden = names.size === 0;
  const said = [...names].join(", ");
  if (line().querySelector("b").textContent !== said) line().querySelector("b").textContent = said;
}

function unseen() {
  const { person } = document.documentElement.dataset;
  const replies = [...document.querySelectorAll('#thread > [data-kind="reply"]:not([data-deleted])')];
  return replies.filter(({ dataset }) => dataset.author !== person && Number(dataset.key) > Number(form().elements.seen.value));
}

const nameOf = (message) => message.querySelector("header strong").textContent;

function acknowledge() {
  const { body, seen } = form().elements;
  seen.value = Math.max(...unseen().map(({ dataset }) => Number(dataset.key)));
  seen.dispatchEvent(new Event("change", { bubbles: true })); // a draft keeps it
  body.focus({ preventScroll: true });
}
