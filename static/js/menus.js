// Menus of people and tags, painted from the lists of them that the desk keeps true: a select says by data-options which
// list its options are of, beside those of its own (data-fixed) and without one of them (data-without).

export function start() {
  document.addEventListener("pult:applied", () => {
    document.querySelectorAll("select[data-options]").forEach(paint);
    document.querySelectorAll("#list-people > option").forEach(call);
  });
}

// Whom a list is filtered by is called in its filters as the list says, also who is in no menu.
function call({ value, text }) {
  for (const option of document.querySelectorAll(`.filters :is([name="assignee"], [name="requester"]) > [value="${value}"]`)) {
    if (option.text !== text) option.text = text;
  }
}

// Who has the ticket, and what is chosen, stand at the top if they are in the list no more: as the desk renders it too.
export function paint(select) {
  const { options, without } = select.dataset;
  const list = [...document.querySelectorAll(`#${options} > option`)].filter(({ value }) => value !== without);
  const old = [...select.options].filter((option) => option.dataset.fixed === undefined);
  const chosen = old.find((option) => option.selected);
  const listed = ({ value }) => list.some((option) => option.value === value);
  const held = holder(select);
  const top = [held, chosen?.value !== held?.value && chosen].filter((option) => option && !listed(option));
  const wanted = [...top, ...list].map(({ value, text }) => [value, text || value]);
  if (JSON.stringify(wanted) === JSON.stringify(old.map(({ value, text }) => [value, text]))) return;
  const marked = new Set(old.filter((option) => option.defaultSelected).map(({ value }) => value));
  const fresh = wanted.map(([value, text]) => new Option(text, value, marked.has(value), value === chosen?.value));
  for (const option of old) option.remove();
  select.append(...fresh);
}

// Of the menu of a ticket's assignee: as the ticket is now.
function holder({ dataset }) {
  const ticket = document.getElementById("ticket");
  if (dataset.follow !== "assignee" || !ticket?.dataset.assignee) return null;
  return { value: ticket.dataset.assignee, text: ticket.querySelector(".who")?.textContent };
}
