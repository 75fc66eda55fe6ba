// Fields of a ticket, changed at once: shown, sent, and taken back with words if the desk says no. What is sent of one ticket
// is sent in order.

import { paint } from "./paint.js";
import { fresh } from "./facts.js";
import { say } from "./said.js";
import { adopt, deliver, hushSent } from "./send.js";

const waiting = new Map(); // ticket -> what of it is on its way, and waits behind that

addEventListener("pagehide", leave);

// fields: name -> { value, words }, as they will be. sent: name -> value, as the desk is told, if it is told otherwise. seen: the
// version that the person had seen, if it is not the one that the page shows now.
export function change(ticket, fields, sent = null, seen = "") {
  const off = paint(ticket, fields);
  const values = sent ? Object.entries(sent) : Object.entries(fields).map(([name, { value }]) => [name, value]);
  const body = () => new URLSearchParams([["as", document.documentElement.dataset.person], ["version", seen || fresh(ticket).version], ...values]);
  const queue = waiting.get(ticket.id) ?? [];
  waiting.set(ticket.id, queue);
  queue.push({ ticket, body, off });
  if (queue.length === 1) run(ticket.id, queue);
}

async function run(id, queue) {
  while (queue.length) {
    const [{ ticket, body: made, off }] = queue;
    const body = made();
    const outcome = await deliver(`/tickets/${id}`, body);
    if (queue.left) return;
    queue.shift();
    if (outcome.sent) hushSent(document.getElementById("ticket-form"), body);
    else {
      off();
      await tell(ticket, outcome, body);
    }
  }
  waiting.delete(id);
}

// What still waits when the page is left goes at once, and arrives though nobody hears the answer.
function leave() {
  for (const queue of waiting.values()) {
    for (const { ticket, body } of queue.slice(1)) deliver(`/tickets/${ticket.id}`, body());
    queue.left = true;
  }
  waiting.clear();
}

export const isWaiting = () => waiting.size > 0;

async function tell({ id }, outcome, body) {
  const form = outcome.form && document.getElementById(outcome.form.id);
  if (form) await adopt(form, outcome, body);
  else say(null, about(id, outcome.form) ?? outcome.said ?? "unsent");
}

// Where the ticket's own form is not on the page, it is said which ticket is meant.
function about(id, form) {
  const said = form?.querySelector(".conflict, .wrong");
  if (!said) return null;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  const number = document.createElement("a");
  Object.assign(number, { href: `/tickets/${id}`, textContent: `#${id}` });
  said.querySelector("[data-again-words]")?.remove();
  notice.append(number, " ", ...said.childNodes);
  return notice;
}
