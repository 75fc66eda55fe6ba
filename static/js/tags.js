// A field of several values, separated by commas. Who comes to it by Tab adds one: the browser selects all of them then, and
// the next letter would replace them. What the browser offers takes the place of the last one, not of all.

const FIELD = "input[data-adds]";
const SEPARATORS = [",", "，", ";"];
const GOES = /^(Arrow|Home|End|Page|Backspace|Delete|Enter|Escape)/;

let byTab = false;
let adds = false; // what is typed next is one more value
let before = ""; // what stood in the field until the last input

const ends = (text) => SEPARATORS.some((sign) => text.trimEnd().endsWith(sign));

export function start() {
  document.addEventListener("keydown", pressed, { capture: true });
  document.addEventListener("pointerdown", () => (byTab = adds = false), { capture: true });
  document.addEventListener("focusin", ({ target }) => target.matches(FIELD) && arrive(target));
  document.addEventListener("beforeinput", (event) => event.target.matches(FIELD) && add(event));
  document.addEventListener("input", (event) => event.target.matches(FIELD) && took(event));
}

function pressed({ key, ctrlKey, metaKey, target }) {
  byTab = key === "Tab";
  if (adds && GOES.test(key) && target.matches(FIELD)) toTheEnd(target); // sooner than the browser's selection is undone
  if (GOES.test(key) || ((ctrlKey || metaKey) && key.toLowerCase() === "a")) adds = false;
}

function arrive(field) {
  before = field.value;
  adds = byTab && Boolean(before.trim());
  if (adds) setTimeout(() => adds && toTheEnd(field)); // once the browser has selected all
}

function toTheEnd(field) {
  field.setSelectionRange(field.value.length, field.value.length);
}

function add(event) {
  if (!adds) return;
  adds = false;
  const { target, inputType, isComposing } = event;
  const data = event.data ?? event.dataTransfer?.getData("text/plain");
  if (!inputType.startsWith("insert") || isComposing || !data) return;
  event.preventDefault();
  toTheEnd(target);
  const more = ends(target.value) || SEPARATORS.includes(data) ? data : `, ${data}`;
  target.setRangeText(more, before.length, before.length, "end");
  target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType, data }));
}

// A choice from what the browser offers is an input of no type.
function took({ target, inputType }) {
  const isOffered = !inputType && [...(target.list?.options ?? [])].some(({ value }) => value === target.value);
  const last = Math.max(...SEPARATORS.map((sign) => before.lastIndexOf(sign)));
  const others = adds ? before : before.slice(0, last + 1);
  if (isOffered && others) target.value = `${others.replace(/[,，;\s]+$/, "")}, ${target.value}`;
  before = target.value;
  adds = false;
}
