// The thread in its window: a ticket opens at its last message; what one sent is seen; what others wrote moves nothing, and
// a button says how much of it stands below.

const MESSAGES = "#thread > article";
const STEPS = Array.from({ length: 101 }, (_, percent) => percent / 100); // of a message that comes into view
const SEEN = 100; // pixels of a message that are enough to have seen it

const known = new Set(); // ids of the messages that the page has shown
const fresh = new Set(); // of those of them that came and were not seen yet
const unseen = new Set(); // of those that stand below what one reads
const awaited = new Set(); // of those that one sent, or changed, and has not been shown yet
let watching = null;

const thread = () => document.getElementById("thread");
const messages = () => [...document.querySelectorAll(MESSAGES)];
const button = () => document.getElementById("below");

export function start() {
  if (!thread()) return;
  for (const { id } of messages()) known.add(id);
  keepRoom();
  if (isNew()) show(messages().at(-1));
  document.addEventListener("pult:sent", ({ detail }) => detail?.made && sent(detail.made));
  document.addEventListener("pult:applied", changed);
  button().addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays where one writes
  button().addEventListener("click", goBelow);
}

// -- where it opens --

// A place that the address names wins, and so does where one was before going back or loading the page anew.
function isNew() {
  if (location.hash || new URLSearchParams(location.search).has("from")) return false;
  return performance.getEntriesByType("navigation")[0]?.type === "navigate";
}

// The whole of a message, if it fits, else its beginning; with the last one also the lines that follow it. Of this page
// alone: what is around a frame stays where it is.
function show(message) {
  if (!message) return;
  const { scrollMarginTop, scrollMarginBottom } = getComputedStyle(message);
  const last = message === messages().at(-1) ? thread().lastElementChild : message;
  const above = message.getBoundingClientRect().top - parseFloat(scrollMarginTop);
  const below = last.getBoundingClientRect().bottom - (innerHeight - parseFloat(scrollMarginBottom));
  scrollBy({ top: Math.min(above, Math.max(below, 0)), behavior: "instant" });
}

// How much of the window the composer covers.
function keepRoom() {
  const compose = document.querySelector(".compose");
  const measure = () => {
    const covers = compose && getComputedStyle(compose).position === "sticky" ? compose.offsetHeight : 0;
    document.querySelector(".ticket-page").style.setProperty("--compose", `${covers}px`);
    watch(covers);
  };
  measure();
  if (compose) new ResizeObserver(measure).observe(compose);
  addEventListener("resize", measure);
}

// -- what one sent --

// Its frame may have been here before the answer that names it.
function sent(id) {
  awaited.add(id);
  changed();
}

function showAwaited() {
  for (const message of messages().filter(({ id }) => awaited.has(id))) {
    awaited.delete(message.id);
    see(message);
    show(message);
  }
}

// -- what others wrote --

function changed() {
  for (const message of messages().filter(({ id }) => !known.has(id))) {
    known.add(message.id);
    fresh.add(message.id);
    watching.observe(message);
  }
  showAwaited();
  paint();
}

function watch(covered) {
  watching?.disconnect();
  watching = new IntersectionObserver(looked, { rootMargin: `0px 0px -${covered}px`, threshold: STEPS });
  for (const message of messages()) if (fresh.has(message.id)) watching.observe(message);
}

function looked(entries) {
  for (const { target, intersectionRatio, intersectionRect, boundingClientRect, rootBounds } of entries) {
    const isSeen = intersectionRatio >= 0.5 || intersectionRect.height >= SEEN;
    const isAbove = rootBounds && boundingClientRect.bottom < rootBounds.top;
    if (isSeen || isAbove) see(target);
    else if (fresh.has(target.id)) unseen.add(target.id);
  }
  paint();
}

function see(message) {
  fresh.delete(message.id);
  unseen.delete(message.id);
  watching.unobserve(message);
}

function paint() {
  const below = messages().filter(({ id }) => unseen.has(id));
  button().hidden = below.length === 0;
  button().textContent = button().dataset.words.replace("#", below.length);
}

function goBelow() {
  const first = messages().find(({ id }) => unseen.has(id));
  if (document.activeElement === button()) first?.focus({ preventScroll: true });
  first?.scrollIntoView({ block: "start", behavior: "instant" });
}
