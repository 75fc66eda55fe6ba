// The head of a ticket stays in sight: whole at the top of the page, short below it. It keeps the room that the whole
// takes, so that nothing moves when it changes.

export function start() {
  const head = document.querySelector(".ticket-head");
  if (!head || getComputedStyle(head).position !== "sticky") return;
  const changed = () => measure(head);
  new ResizeObserver(changed).observe(head);
  addEventListener("resize", () => (delete head.dataset.short, changed()));
  addEventListener("scroll", () => shorten(head), { passive: true });
  changed();
}

function measure(head) {
  if (head.dataset.short === undefined) head.style.setProperty("--head", `${head.offsetHeight}px`);
  shorten(head);
}

function shorten(head) {
  const sticksAt = parseFloat(getComputedStyle(head).top);
  const sticks = scrollY > 0 && head.getBoundingClientRect().top <= sticksAt + 1;
  if (sticks) head.dataset.short = "";
  else delete head.dataset.short;
}
