// What was typed and not sent stays in this tab, for its person: after Escape and a look at the list, F5, a link, a crash.
// It is gone once it was sent, once anybody signed out, and once somebody else is here. The site around an embedded page
// cannot read it: what browsers keep is kept by origin. Forms with data-kept are kept by the desk too (static/js/stored.js).

import { now } from "./clock.js";

const OUT = "signed-out"; // in what all tabs share: when somebody last signed out, ms since 1970
const WORDS = "textarea, input:not([type=hidden], [type=radio], [type=checkbox])";
const OWN = ["as", "bearer", "anyway", ""]; // fields that are the page's own

const tab = reach(() => sessionStorage);
const all = reach(() => localStorage);
const person = tab && document.documentElement.dataset.person;
const place = (name) => `draft ${person} ${name}`;

export const kept = (name) => person && JSON.parse(tab.getItem(place(name)))?.value;

// Browsers that keep nothing for pages inside other sites throw, and all of them where there is no room.
function reach(storage) {
  try {
    return storage();
  } catch {
    return null;
  }
}

export function start() {
  for (const form of document.querySelectorAll("form[data-draft]")) form.autocomplete = "off"; // what a browser restores is older
  if (!person) return;
  clean();
  for (const type of ["input", "change"]) document.addEventListener(type, typed);
  document.addEventListener("pult:sent", ({ target }) => forget(target));
  document.addEventListener("pult:answered", ({ target }) => save(target));
  document.addEventListener("click", (event) => event.target.closest("[data-discard]") && discard(event));
  for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
}

// Of a form that was sent and is left, only what is typed then is new, and not that its field loses the focus.
function typed({ type, target: { form } }) {
  if (type === "input" && form) delete form.dataset.over;
  if (form && form.dataset.over === undefined) save(form);
}

// value: nothing drops it. A storage that takes no more costs the draft, and not what was about to be done with it.
export function keep(name, value) {
  if (!person) return;
  if (value) reach(() => tab.setItem(place(name), JSON.stringify({ at: Date.now(), value })));
  else tab.removeItem(place(name));
}

// Of nobody else, and of no time before somebody signed out.
export function clean() {
  const out = Number(all?.getItem(OUT));
  for (const name of Object.keys(tab ?? {}).filter((key) => key.startsWith("draft "))) {
    const others = person && !name.startsWith(place(""));
    if (others || JSON.parse(tab.getItem(name)).at < out) tab.removeItem(name);
  }
}

// What the desk keeps stands in the form already. What was typed here and did not reach it is newer, as far as is known here.
export function restore(form) {
  const typed = kept(form.dataset.draft);
  const isDraft = form.dataset.drafted !== undefined;
  if (isDraft && isGone(form, typed)) return drop(form); // as it was on its way to be
  if (hasWords(form) && !isDraft) return save(form); // the answer to a form without scripts
  if (isDraft && (!typed || typed.stored)) form.dataset.stored = "";
  if (isDraft) for (const field of form.querySelectorAll("textarea")) field.selectionStart = field.value.length; // to write on
  if (typed?.stored && !isDraft) keep(form.dataset.draft); // it was sent, or dropped, elsewhere
  if (!typed || typed.stored || typed.gone !== undefined) return;
  put(form, typed);
  if (hasWords(form)) form.dataset.drafted = "";
  else if (!isDraft) keep(form.dataset.draft);
  form.dispatchEvent(new CustomEvent("pult:typed", { bubbles: true, detail: { at: typed.at } }));
}

// Whether the draft in a form was dropped here: that version of it, or those words, which may have been on their way then.
function isGone({ elements: { draft, body } }, typed) {
  return typed?.gone !== undefined && (typed.gone >= draft.value || typed.body === body.value);
}

export function put(form, typed) {
  for (const control of form.elements) {
    const value = typed[control.name];
    if (value === undefined) continue;
    if (control.type === "hidden") control.dataset.was ??= control.value;
    if (control.type === "radio") control.checked = control.value === value;
    else if (!control.options || [...control.options].some((option) => option.value === value)) control.value = value;
  }
}

// stored: whether all of it is on the desk. Of what is not, it says when it was typed, in the desk's time.
export function save(form, stored = false) {
  if (!form?.dataset.draft) return;
  if (!hasWords(form)) delete form.dataset.drafted;
  if (!stored) delete form.dataset.stored;
  const gone = Number(form.elements.draft?.value); // the version of the draft that was here
  if (hasWords(form)) keep(form.dataset.draft, { ...values(form), ...(stored ? { stored } : { at: now() }) });
  else keep(form.dataset.draft, gone > 0 && { gone });
  if (!stored) form.dispatchEvent(new CustomEvent("pult:typed", { bubbles: true, detail: {} }));
}

export function values(form) {
  const named = [...form.elements].filter(({ name, type, checked }) => !OWN.includes(name) && (type !== "radio" || checked));
  return Object.fromEntries(named.map(({ name, value }) => [name, value]));
}

// What stands in a form is words of its person, but for a message that was opened to be edited and is as it was.
export function hasWords(form) {
  const asItWas = form.closest(".editor") && !form.querySelector(".wrong, .conflict");
  return [...form.querySelectorAll(WORDS)].some((it) => it.value.trim() && !(asItWas && it.value === plain(it)));
}

// What stands in a control of a form that holds nobody's draft.
const plain = (control) => control.dataset.plain ?? control.defaultValue;

function forget(form) {
  if (form.getAttribute("action") === "/logout") {
    reach(() => all?.setItem(OUT, Date.now() + 1));
    return clean();
  }
  const draft = form.closest(".editor")?.querySelector("[data-draft]") ?? form;
  if (!draft.dataset.draft || draft.matches(".composer")) return; // there other words may have been typed since
  draft.dataset.over = "";
  keep(draft.dataset.draft);
}

// What is hidden says which state of things the words were for; the form as it came is for the one of now.
function discard(event) {
  event.preventDefault();
  drop(event.target.closest("form"));
}

function drop(form) {
  const { draft, body } = form.elements;
  const gone = draft && { gone: Number(draft.value), body: body.value };
  form.reset();
  if (form.dataset.cameDrafted !== undefined) clear(form);
  for (const control of form.querySelectorAll("[data-was]")) control.value = control.dataset.was;
  delete form.dataset.drafted;
  save(form);
  if (gone) keep(form.dataset.draft, gone);
}

// A form that came with a draft in it is not what it would be without.
function clear(form) {
  for (const control of form.elements) {
    if (control.matches(WORDS)) control.value = control.dataset.plain ?? "";
    else if (control.options) control.value = control.dataset.plain ?? control.options[0].value;
  }
  const [first] = form.querySelectorAll("[type=radio]");
  if (first) first.checked = true;
}
