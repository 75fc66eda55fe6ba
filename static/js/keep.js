// What a swap must leave as it was: the focus in a row that was replaced, and what one reads where it stands.

const ROWS = "#ticket-rows > *, #thread > *";
const FOCUSABLE = "a, button, input";

// Look at the page before these swaps; the result puts things right after them.
export function keep(tasks) {
  const touched = new Set();
  for (const { target, swapSpec, fragment } of tasks) {
    if (/^(delete|outerMorph)$/.test(swapSpec.style) && target?.matches(ROWS)) touched.add(target.id);
    if (swapSpec.style === "upsert") for (const child of fragment.children) touched.add(child.id);
  }
  const focused = document.activeElement?.closest(ROWS);
  const place = focused && [...focused.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  const still = [...document.querySelectorAll(ROWS)].find(
    (row) => !touched.has(row.id) && row.getBoundingClientRect().bottom > 0,
  );
  const top = still?.getBoundingClientRect().top;
  return () => {
    if (focused && !document.getElementById(focused.id)?.contains(document.activeElement)) {
      const row = document.getElementById(focused.id);
      (row?.querySelectorAll(FOCUSABLE)[place] ?? row)?.focus({ preventScroll: true });
    }
    const moved = still?.isConnected ? still.getBoundingClientRect().top - top : 0;
    const outer = moved && scroller(still);
    if (outer && outer.scrollTop > 0) outer.scrollBy({ top: moved, behavior: "instant" });
    for (const id of touched) glow(document.getElementById(id));
  };
}

function scroller(row) {
  for (let outer = row.parentElement; outer; outer = outer.parentElement) {
    if (outer.scrollHeight > outer.clientHeight && /auto|scroll/.test(getComputedStyle(outer).overflowY)) return outer;
  }
  return document.scrollingElement;
}

function glow(row) {
  if (!row) return;
  row.dataset.fresh = "";
  setTimeout(() => delete row.dataset.fresh, 1_200);
}
