// The cursor: the row of the list, or the message of the thread, that keys act on. It stays through every live change, and
// where the person left it through pages: back from a ticket, it is at that ticket, or at what took its place.

export const ROWS = { list: "#ticket-rows > tr:not([hidden])", thread: "#thread > article" };

const cursor = { id: "", place: -1 };
let held = false; // the focus is, or was last, in a row of the list

export function start() {
  document.addEventListener("pult:applied", follow);
  document.addEventListener("focusin", ({ target }) => {
    const row = target.closest(ROWS.list);
    held = Boolean(row);
    if (row) point(row);
  });
  document.addEventListener("click", ({ target }) => point(target.closest(ROWS.list)));
  const ticket = document.getElementById("ticket")?.dataset.ticket;
  if (ticket && kept().id !== `ticket-${ticket}`) keep({ id: `ticket-${ticket}` });
  arrive();
}

// To the next row or message, or so many back; past the end, to the link to the next page. Whether there was anything to do.
export function move(by, { key }) {
  const list = rows();
  const at = list.findIndex((row) => row.id === cursor.id);
  const first = list[0]?.matches(ROWS.thread) ? inView(list, by) : list.at(by > 0 ? 0 : -1); // where it begins
  const back = document.activeElement === (turn(-by) ?? null); // from the link to the other page, to the row beside it
  const next = (at < 0 ? first : list[back ? at : at + by]) ?? turn(by) ?? list[at];
  if (!next) return false;
  if (key.startsWith("Arrow") && goesOn(list[at], by)) return false; // the arrow scrolls through what is long
  point(next);
  (next.querySelector(`${ROWS.list} a`) ?? next).focus({ preventScroll: true });
  show(next);
  return true;
}

// The row of the list that the cursor is at, if there is one.
export function current() {
  const row = document.getElementById(cursor.id);
  return row?.matches(ROWS.list) ? row : null;
}

// Whether there is anything to be at.
export function isAnywhere() {
  return rows().length > 0;
}

function turn(by) {
  return document.getElementById(by > 0 ? "page-after" : "page-before");
}

function goesOn(row, by) {
  if (!row?.matches(ROWS.thread)) return false;
  const { top, bottom } = row.getBoundingClientRect();
  const [ceiling, floor] = room();
  return by > 0 ? bottom > floor && top < floor : top < ceiling && bottom > ceiling;
}

// Between what sticks above a thread and below it.
function room() {
  const head = document.querySelector(".ticket-head").getBoundingClientRect();
  return [Math.max(0, head.bottom), document.querySelector(".compose")?.getBoundingClientRect().top ?? innerHeight];
}

// The first message that is in view as a whole, or the last one; else the one that fills the window.
function inView(list, by) {
  const [ceiling, floor] = room();
  const spans = list.map((row) => [row, row.getBoundingClientRect()]);
  const whole = spans.filter(([, { top, bottom }]) => top >= ceiling && bottom <= floor);
  return (whole.at(by > 0 ? 0 : -1) ?? spans.findLast(([, { top }]) => top < floor))?.[0];
}

function show(row) {
  row.scrollIntoView({ block: row.offsetHeight > innerHeight / 2 ? "start" : "nearest" });
}

function rows() {
  return [...document.querySelectorAll(document.querySelector("[data-list]") ? ROWS.list : ROWS.thread)];
}

function arrive() {
  const list = rows();
  if (!list[0]?.matches(ROWS.list)) return;
  const { id, place, list: where } = kept();
  const row = list.find((one) => one.id === id) ?? (where === location.href && list[Math.min(place, list.length - 1)]);
  if (row) show(row);
  mark(row || (matchMedia("(hover: hover)").matches && list[0])); // where there is no mouse there may be no keyboard
}

function point(row) {
  if (!row?.matches(`${ROWS.list}, ${ROWS.thread}`)) return;
  mark(row);
  if (row.matches(ROWS.list)) keep({ ...cursor, list: location.href });
}

function mark(row) {
  if (!row) return;
  for (const old of document.querySelectorAll(`:is(${ROWS.list}, ${ROWS.thread})[aria-current]`)) {
    if (old !== row) old.removeAttribute("aria-current");
  }
  row.setAttribute("aria-current", "true");
  cursor.id = row.id;
  cursor.place = rows().indexOf(row);
}

// When its row left the list, the cursor goes to the one that took its place, and the focus with it.
function follow() {
  if (!cursor.id) return arrive();
  const list = rows();
  const same = document.getElementById(cursor.id);
  const row = same ?? list[Math.min(cursor.place, list.length - 1)];
  mark(row);
  if (!same && held && document.activeElement === document.body) row?.querySelector("a")?.focus({ preventScroll: true });
}

function kept() {
  return JSON.parse(sessionStorage.getItem("cursor") ?? "{}");
}

function keep(value) {
  sessionStorage.setItem("cursor", JSON.stringify(value));
}
