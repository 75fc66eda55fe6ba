// Menus of people and tags, painted from the lists of them that the desk keeps true: a select says by data-options which
// list its options are of, beside those of its own (data-fixed) and without one of them (data-without).

export function start() {
  document.addEventListener("pult:applied", () => document.querySelectorAll("select[data-options]").forEach(paint));
}

// What is chosen stays, at the top, even if it is in the list no more: that is how the desk renders it too.
function paint(select) {
  const { options, without } = select.dataset;
  const list = [...document.querySelectorAll(`#${options} > option`)].filter(({ value }) => value !== without);
  const old = [...select.options].filter((option) => option.dataset.fixed === undefined);
  const chosen = old.find((option) => option.selected);
  const gone = chosen && !list.some(({ value }) => value === chosen.value);
  const wanted = (gone ? [chosen, ...list] : list).map(({ value, text }) => [value, text || value]);
  if (JSON.stringify(wanted) === JSON.stringify(old.map(({ value, text }) => [value, text]))) return;
  const marked = new Set(old.filter((option) => option.defaultSelected).map(({ value }) => value));
  const fresh = wanted.map(([value, text]) => new Option(text, value, marked.has(value), value === chosen?.value));
  for (const option of old) option.remove();
  select.append(...fresh);
}
