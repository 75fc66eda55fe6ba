// What its person has not read stands bold in a list: painted from their own marks, since rows are the same for everyone.
// A ticket that is really seen says up to where it was read; loading it, or rendering it ahead, says nothing.

import { say } from "./said.js";
import { deliver } from "./send.js";
import { ask } from "./server.js";

const { person } = document.documentElement.dataset;
const row = () => document.querySelector("#ticket-rows > tr[aria-current=true]");

let told = 0; // the number up to which the desk knows it

export function start() {
  if (document.getElementById("my-reads")) startList();
  if (document.getElementById("thread") && document.querySelector("[data-unread-here]")) startThread();
}

// -- in a list --

function startList() {
  paint();
  for (const event of ["pult:applied", "htmx:after:swap"]) document.addEventListener(event, paint);
  document.addEventListener("click", ofRow);
}

function paint() {
  const mine = document.querySelector("#my-reads > span");
  if (!mine) return; // who looks is no staff any more
  const { since, marks } = mine.dataset;
  const read = new Map(marks.split(" ").map((mark) => mark.split(":")));
  const { word } = document.getElementById("my-reads").dataset;
  for (const { dataset, cells } of document.querySelectorAll("#ticket-rows > tr[data-last]")) {
    const link = [...cells].find((cell) => cell.matches(".subject"))?.querySelector("a");
    const unread = Number(dataset.last) > Number(read.get(dataset.ticket) ?? since);
    if (!link) continue;
    if (unread) dataset.unread = "";
    else delete dataset.unread;
    if (unread) link.dataset.word = `${word} `;
    else delete link.dataset.word;
  }
}

async function ofRow({ target }) {
  const { ticket } = (target.id === "unread-row" && row()?.dataset) || {};
  if (!ticket) return;
  const { sent, said } = await deliver(`/tickets/${ticket}/unread`, new URLSearchParams({ as: person }));
  if (!sent) say(null, said ?? "unsent");
}

// -- in a ticket --

function startThread() {
  for (const event of ["pult:applied", "visibilitychange", "prerenderingchange"]) document.addEventListener(event, see);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) told = 0;
    see();
  });
  document.addEventListener("submit", ({ target }) => target.matches("[data-unread-here]") && (told = Infinity));
  document.addEventListener("pult:sent", ({ target }) => target.matches("[data-unread-here]") && document.querySelector("[data-back]").click());
  see();
}

async function see() {
  const place = document.querySelector("[data-unread-here]");
  if (!place) return; // who looks is no staff any more
  if (document.prerendering || document.visibilityState !== "visible") return;
  if (document.querySelector("#thread-after a")) return; // the last messages are on another page
  const up = Number([...document.querySelectorAll("#thread > article")].at(-1)?.dataset.key ?? 0);
  if (up <= told) return;
  const before = told;
  told = up;
  const body = new URLSearchParams({ upto: up, as: person });
  const { ticket } = place.dataset;
  const answer = await ask(`/tickets/${ticket}/read`, { method: "POST", body, headers: { "HX-Request": "true" } });
  if (!answer?.ok && told === up) told = before; // the next thing that happens here says it again
}
