// A page that is not for its person as they are now (another role, name or language), or that says what this version of the
// desk does not understand, asks its own address again and becomes what is to be seen there. What was typed stays.

import { ask } from "./server.js";
import * as position from "./position.js";
import { element } from "./state.js";
import { remember } from "./typed.js";

const PARTS = [".skip", ".desk", "main.embed", "#sign-in:not([open])", "#keys"]; // all that a page shows, but open dialogs

const OF_STAFF = ["toast", "done", "quick"];

// Whether there is anything to be seen; null: nobody said so.
export async function lookAgain() {
  const answer = await ask(location.href, { redirect: "follow" });
  if (!answer || answer.status >= 500 || answer.status === 429) return null;
  const fresh = new DOMParser().parseFromString(answer.text, "text/html");
  if (fresh.getElementById("login")) return null; // the session ended, which is not for a page to say
  if (fresh.documentElement.dataset.person !== document.documentElement.dataset.person) return null; // another's page
  if (!answer.ok || !fresh.getElementById("live")) return false;
  await become(fresh);
  return true;
}

async function become(fresh) {
  const restore = remember();
  const live = fresh.getElementById("live");
  live.remove();
  document.body.append(element()); // out of what changes
  changeRoot(fresh.documentElement);
  document.title = fresh.title;
  for (const part of PARTS) {
    const [target, next] = [document.querySelector(part), fresh.querySelector(part)];
    if (target && next) await swap(target, "outerMorph", next.outerHTML);
  }
  for (const id of OF_STAFF) if (!fresh.getElementById(id)) document.getElementById(id)?.remove();
  document.getElementById("unsent").replaceWith(document.adoptNode(fresh.getElementById("unsent")));
  restore();
  position.move(live);
  await swap(element(), "outerHTML", position.connectElement(live.outerHTML));
  document.dispatchEvent(new CustomEvent("pult:again"));
  document.dispatchEvent(new CustomEvent("pult:applied"));
}

function changeRoot(next) {
  const root = document.documentElement;
  for (const { name } of [...root.attributes]) if (!next.hasAttribute(name) && name !== "data-live") root.removeAttribute(name);
  for (const { name, value } of next.attributes) root.setAttribute(name, value);
}

function swap(target, style, text) {
  return htmx.swap({ sourceElement: document.body, target, swap: style, text });
}
