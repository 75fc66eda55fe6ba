// Fields of a ticket, changed at once: shown, sent, and taken back with words if the desk says no. What is sent of one ticket
// is sent in order.

import { paint } from "./paint.js";
import { fresh } from "./facts.js";
import { say } from "./said.js";
import { adopt, deliver } from "./send.js";

const last = new Map(); // ticket -> what was sent of it last

// fields: name -> { value, words }, as they will be. sent: name -> value, as the desk is told, if it is told otherwise.
export function change(ticket, fields, sent = null) {
  const off = paint(ticket, fields);
  const values = sent ? Object.entries(sent) : Object.entries(fields).map(([name, { value }]) => [name, value]);
  send(ticket, "", () => [["version", fresh(ticket).version], ...values], off);
}

// What: the rest of the address, and what is sent to it. undo: what is to be done if the desk says no.
export function send(ticket, what, values = () => [], undo = () => {}) {
  const before = last.get(ticket.id);
  const sent = (async () => {
    await before;
    const body = new URLSearchParams([["as", document.documentElement.dataset.person], ...values()]);
    const outcome = await deliver(`/tickets/${ticket.id}${what}`, body);
    if (!outcome.sent) {
      undo();
      await tell(ticket, outcome, body);
    }
    if (last.get(ticket.id) === sent) last.delete(ticket.id);
  })();
  last.set(ticket.id, sent);
}

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
