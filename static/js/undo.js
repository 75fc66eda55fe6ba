// What one has done on this page is said in a moment's line, and the last of it can be taken back: by the button beside the
// words, or by its key. What the desk says of it comes with each answer (send.js); whether it can be, the desk decides.

import { verb } from "./keys.js";
import { deliver } from "./send.js";

const MOMENT = 8_000; // ms that the line stands, if nobody is at it
const AGAIN = 1_000; // ms after which one looks whether somebody still is

const events = []; // of what was done on this page, and is not taken back; the last is the newest
let undoing = false;
let timer = 0;

const line = () => document.getElementById("toast");

export function start() {
  verb("undo", takeBack, () => events.length > 0 || Boolean(restoring()));
  if (!line()) return;
  document.addEventListener("pult:told", ({ detail }) => tell(detail));
  document.addEventListener("click", ({ target }) => target.closest("[data-undo]") && takeBack());
}

// event: the number by which it can be taken back, if it can; leads: whether the page is left for another; url: of what was done.
function tell({ words, event, leads, url }) {
  if (leads) return;
  const isUndo = url === "/undo";
  if (event && !isUndo) events.push(event);
  toast(words, Boolean(event) && !isUndo);
}

// A ticket that was deleted from its page can be put back where the list says so.
function restoring() {
  return [...document.querySelectorAll("#removed .restores button")].find((button) => button.checkVisibility());
}

function takeBack() {
  if (!events.length) return restoring()?.click() ?? Boolean(restoring());
  if (!undoing) post(events.pop());
  return true;
}

async function post(event) {
  undoing = true;
  try {
    const outcome = await deliver("/undo", new URLSearchParams({ event, as: document.documentElement.dataset.person }));
    if (outcome.told) return;
    events.push(event); // it never came to that
    toast(outcome.said.textContent ?? line().dataset.failed, true);
  } finally {
    undoing = false;
  }
}

export function toast(words, canUndo = false) {
  if (!line()) return; // who looks is no staff any more
  const shown = document.getElementById("done").content.firstElementChild.cloneNode(true);
  shown.querySelector("[data-words]").textContent = words;
  shown.querySelector("[data-undo]").hidden = !canUndo;
  line().replaceChildren(shown);
  clearTimeout(timer);
  timer = setTimeout(hush, MOMENT, shown);
}

function hush(shown) {
  if (shown.matches(":hover, :focus-within")) timer = setTimeout(hush, AGAIN, shown);
  else shown.remove();
}
