// What a change will make of a ticket, shown before the desk has answered: paint beside what is live, in attributes that no
// template has. The ticket's frame takes it off, or who painted it, or ten seconds; it moves nothing and removes nothing.

const LONGEST = 10_000; // ms

// fields: name -> { value, words }. The result takes the paint off.
export function paint({ element }, fields) {
  const undo = Object.entries(fields).flatMap(([name, it]) => [paintFact(element, name, it), paintField(element, name, it)]);
  const off = () => undo.splice(0).forEach((one) => one?.());
  setTimeout(off, LONGEST);
  return off;
}

function paintFact(element, name, { value, words }) {
  const shown = element.querySelector({ assignee: ".who", tags: ".none", due: ".due" }[name] ?? `.${name}`);
  const [place, attribute] = shown ? [shown, "data-soon"] : [element.querySelector(".subject") ?? element.querySelector(".meta"), "data-soon-too"];
  place.setAttribute(attribute, words);
  place.setAttribute("data-soon-is", value);
  return () => {
    place.removeAttribute(attribute);
    place.removeAttribute("data-soon-is");
  };
}

// On the ticket's own page its field says it too, beside the control, which is its person's and the frame's.
function paintField(element, name, { words }) {
  const label = document.querySelector(`#ticket-form label:has([data-follow="${name}"])`);
  if (!label) return null;
  const { version } = element.dataset;
  const off = () => {
    label.removeAttribute("data-soon-value");
    document.removeEventListener("pult:applied", look);
  };
  const look = () => document.getElementById("ticket")?.dataset.version !== version && off();
  label.setAttribute("data-soon-value", words);
  document.addEventListener("pult:applied", look);
  return off;
}
