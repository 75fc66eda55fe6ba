// The way back to the list that one came from, and through its tickets from one to the next: as they stood there when one
// left it.

const ROWS = "#ticket-rows > tr:not([hidden], [data-waits='goes'])";

export function start() {
  if (document.querySelector("[data-list]")) {
    keep();
    document.addEventListener("pult:applied", keep);
  }
  const list = kept();
  if (!list) return;
  for (const link of document.querySelectorAll("[data-back]")) link.setAttribute("href", list.url);
  for (const link of document.querySelectorAll("[data-walk]")) lead(link, list, Number(link.dataset.walk));
}

// Where one goes from here: to the next ticket, else to the list.
export function goOn() {
  (document.querySelector('[data-walk="1"]:not([hidden])') ?? document.querySelector("[data-back]"))?.click();
}

function lead(link, { tickets, before, after }, by) {
  const at = tickets.indexOf(document.getElementById("ticket")?.dataset.ticket);
  const next = at < 0 ? "" : tickets[at + by];
  const turn = by > 0 ? after : before;
  link.hidden = at < 0 || !(next || turn);
  if (!link.hidden) link.setAttribute("href", next ? `/tickets/${next}` : turn);
}

function keep() {
  const turn = (name) => document.getElementById(`page-${name}`)?.getAttribute("href") ?? "";
  const tickets = [...document.querySelectorAll(ROWS)].map(({ dataset }) => dataset.ticket);
  const list = { url: location.pathname + location.search, tickets, before: turn("before"), after: turn("after") };
  sessionStorage.setItem("list", JSON.stringify(list));
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem("list"));
  } catch {
    return null; // of an older version of this page
  }
}
