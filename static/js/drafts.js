// What was typed and not sent stays in this tab, for its person: after Escape and a look at the list, F5, a link, a crash.
// It is gone once it was sent, once anybody signed out, and once somebody else is here. The site around an embedded page
// cannot read it: what browsers keep is kept by origin.

const OUT = "signed-out"; // in what all tabs share: when somebody last signed out, ms since 1970
const WORDS = "textarea, input:not([type=hidden], [type=radio], [type=checkbox])";
const OWN = ["as", "bearer", "anyway"]; // fields that are the page's own

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
  for (const type of ["input", "change"]) document.addEventListener(type, ({ target }) => save(target.form));
  document.addEventListener("pult:sent", ({ target }) => forget(target));
  document.addEventListener("pult:answered", ({ target }) => save(target));
  document.addEventListener("click", ({ target }) => target.closest("[data-discard]") && discard(target.closest("form")));
  for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
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

export function restore(form) {
  const typed = kept(form.dataset.draft);
  if (hasWords(form)) return save(form); // the answer to a form without scripts
  if (!typed) return;
  for (const control of form.elements) {
    const value = typed[control.name];
    if (value === undefined) continue;
    if (control.type === "hidden") control.dataset.was ??= control.value;
    if (control.type === "radio") control.checked = control.value === value;
    else if (!control.options || [...control.options].some((option) => option.value === value)) control.value = value;
  }
  if (hasWords(form)) form.dataset.drafted = "";
  else keep(form.dataset.draft);
}

function save(form) {
  if (!form?.dataset.draft) return;
  const named = [...form.elements].filter(({ name, type, checked }) => name && !OWN.includes(name) && (type !== "radio" || checked));
  if (!hasWords(form)) delete form.dataset.drafted;
  keep(form.dataset.draft, hasWords(form) && Object.fromEntries(named.map(({ name, value }) => [name, value])));
}

// What stands in a form is words of its person, but for a message that was opened to be edited and is as it was.
function hasWords(form) {
  const asItWas = form.closest(".editor") && !form.querySelector(".wrong, .conflict");
  return [...form.querySelectorAll(WORDS)].some((it) => it.value.trim() && !(asItWas && it.value === it.defaultValue));
}

function forget(form) {
  if (form.getAttribute("action") === "/logout") {
    reach(() => all?.setItem(OUT, Date.now() + 1));
    return clean();
  }
  const draft = form.closest(".editor")?.querySelector("[data-draft]") ?? form;
  if (!draft.matches(".composer")) keep(draft.dataset.draft); // there other words may have been typed since
}

// What is hidden says which state of things the words were for; the form as it came is for the one of now.
function discard(form) {
  form.reset();
  for (const control of form.querySelectorAll("[data-was]")) control.value = control.dataset.was;
  delete form.dataset.drafted;
  keep(form.dataset.draft);
}
