// The menu of one field of the ticket that the keys act on, or of all that are selected: it narrows as one types, and what is
// chosen is saved at once.

import { change } from "./change.js";
import * as days from "./days.js";
import { current, fresh } from "./facts.js";
import { verb } from "./keys.js";
import { fits } from "./layouts.js";
import { apply, selected } from "./selection.js";

const MOST = 60; // options that are shown
const WITH_DIGITS = ["status", "priority", "assignee"];
const TAKEN = "−"; // before a tag that the selected tickets are to lose; no tag of a menu begins so
const DONE = ["solved", "closed"];
const NAMES = ["subject", "status", "priority", "assignee", "tags", "due", "requester"];

let opened = null; // { field, ticket: none for the selected ones, many: those, added, dropped: tags since it was opened }

const dialog = () => document.getElementById("quick");
const filter = () => document.getElementById("quick-filter");
const list = () => document.getElementById("quick-options");
const template = (field) => dialog().querySelector(`template[data-field="${field}"]`);
const all = () => [...list().children];
const isThere = () => Boolean(selected().length || current());
const active = () => list().querySelector("[data-active]");

export function start() {
  if (!dialog()) return;
  verb("menu", open, isThere, { control: (field) => `#field-${field}` });
  verb("set", set, isThere, { control: () => `.actions ${TAKE} button` });
  verb("solve", solve, isThere, { control: () => `.actions ${SOLVE} button` });
  verb("delete", remove, isThere, { control: () => '.fields-column [action$="/delete"] button' });
  dialog().addEventListener("keydown", pressed);
  filter().addEventListener("input", narrow);
  list().addEventListener("click", ({ target }) => choose(target.closest("[role=option]")));
  dialog().addEventListener("pointerdown", ({ target }) => target === dialog() && dialog().close());
  dialog().addEventListener("close", leave);
  document.addEventListener("click", ({ target }) => target.closest("[data-menu]") && open(target.closest("[data-menu]").dataset.menu));
  document.addEventListener("submit", act, { capture: true });
  document.addEventListener("pult:applied", follow);
}

// -- without a menu --

const button = (which) => [...document.querySelectorAll(`.actions ${which} button`)].find((it) => it.checkVisibility());
const TAKE = "[data-for=unassigned]";
const SOLVE = ":is([data-for=undone], [data-for=done])";

function set(fields) {
  if (selected().length) return applied(Object.fromEntries(new URLSearchParams(fields)));
  const ticket = current();
  if (button(TAKE)) return press(button(TAKE));
  if (ticket) save(ticket, Object.fromEntries(new URLSearchParams(fields)));
  return Boolean(ticket);
}

function solve() {
  if (selected().length) return applied({ status: "solved" });
  const ticket = current();
  if (button(SOLVE)) return press(button(SOLVE));
  if (ticket) save(ticket, { status: DONE.includes(ticket.status) ? "open" : "solved" });
  return Boolean(ticket);
}

function applied(fields) {
  apply(fields);
  return true;
}

function press(button) {
  button.click();
  return true;
}

// A ticket's own page leads back to its list then; a list stays where it is.
function remove() {
  const ticket = current();
  if (selected().length) return press(document.querySelector("#bulk [name=delete]"));
  const button = document.querySelector('.fields-column [action$="/delete"] button');
  if (button) button.click();
  else if (ticket && confirm(`#${ticket.id}: ${dialog().dataset.delete}`)) apply({ delete: 1 }, [ticket]);
  return Boolean(ticket);
}

// The buttons above a thread do what their keys do.
function act(event) {
  const ticket = event.target.closest(".actions form[data-for]") && current();
  if (!ticket || event.defaultPrevented) return;
  event.preventDefault();
  const fields = [...new FormData(event.target)].filter(([name]) => NAMES.includes(name));
  save(ticket, Object.fromEntries(fields));
}

function save(ticket, values) {
  change(ticket, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, known(name, value)])));
}

// With "me" meaning whoever is signed in.
function known(field, value) {
  if (field === "assignee") value = value === "me" ? document.documentElement.dataset.person : value;
  if (field === "tags") return { value, words: value || "—" };
  if (field === "due") return { value, words: value ? days.words(value, document.documentElement.lang) : "—" };
  return { value, words: options(field).find((option) => option.value === value)?.dataset.words ?? value };
}

// -- the menu --

function open(field) {
  const isMany = selected().length > 0;
  const ticket = isMany ? null : current();
  if (!(ticket || isMany) || dialog().open) return false;
  opened = { field, ticket, many: selected(), added: new Set(), dropped: new Set() };
  dialog().querySelector("[data-of]").textContent = ticket ? `#${ticket.id}` : document.querySelector("#bulk .chosen").textContent;
  dialog().querySelector("[data-called]").textContent = template(field).dataset.title;
  filter().placeholder = template(field).dataset.hint;
  filter().value = "";
  paintTags();
  narrow();
  dialog().showModal();
  filter().focus();
  return true;
}

// A frame may have brought another state of what the menu is about.
function follow() {
  if (!opened?.ticket) return;
  const { value } = active() ?? {};
  paintTags();
  narrow();
  if (value !== undefined) activate(all().find((it) => it.value === value) ?? active());
}

function leave() {
  opened = null;
  for (const part of ["[data-of]", "[data-called]"]) dialog().querySelector(part).replaceChildren();
  list().replaceChildren();
  filter().removeAttribute("placeholder");
  document.getElementById("quick-tags").replaceChildren();
  dialog().querySelector("[data-none]").hidden = true;
  filter().removeAttribute("aria-activedescendant");
}

// All that can be chosen of a field, as buttons.
function options(field) {
  const fixed = [...template(field).content.cloneNode(true).children];
  if (field === "assignee") {
    const me = document.documentElement.dataset.person;
    const people = [...document.querySelectorAll("#known-people > option")].sort((one, other) => (other.value === me) - (one.value === me));
    return [...people.map(({ value, text }) => option(value, text)), ...fixed];
  }
  if (field === "tags") return [...document.querySelectorAll("#known-tags > option")].map(({ value }) => option(value, value));
  return fixed;
}

function option(value, words) {
  const button = template("tags").content.firstElementChild.cloneNode(true);
  button.value = value;
  button.dataset.words = words;
  button.querySelector("span").textContent = words;
  return button;
}

function narrow() {
  const { field } = opened;
  const typed = filter().value.trim();
  const found = field === "due" ? dayOptions(typed) : options(field).filter((it) => !typed || fits(typed, it.dataset.words, it.value));
  const shown = (field === "tags" ? tagOptions(found, typed) : found).slice(0, MOST);
  shown.forEach((it, at) => Object.assign(it, { id: `quick-${at}` }));
  list().replaceChildren(...shown);
  if (WITH_DIGITS.includes(field) && !typed) shown.slice(0, 9).forEach((it, at) => (it.querySelector("kbd").textContent = at + 1));
  dialog().querySelector("[data-none]").hidden = shown.length > 0;
  const ticket = opened.ticket && fresh(opened.ticket);
  for (const it of shown) it.setAttribute("aria-selected", field === "tags" ? tags().includes(it.value) : it.value === ticket?.[field]);
  activate(first(field, typed, shown));
}

// What Enter chooses: of tags only what was typed for.
function first(field, typed, shown) {
  if (field === "tags") return typed ? (shown.find((it) => it.value === typed.toLowerCase() && !it.matches("[data-new]")) ?? shown[0]) : null;
  return (!typed && shown.find((it) => it.getAttribute("aria-selected") === "true")) || shown[0];
}

// What was typed is a tag as well, if it is none yet.
function tagOptions(found, typed) {
  const name = typed.toLowerCase();
  const all = !typed || found.some(({ value }) => value === name) ? found : [...found, isNew(option(name, name))];
  return opened.ticket ? all : [...all, ...(typed ? found : []).map(({ value }) => option(`${TAKEN}${value}`, `${TAKEN} ${value}`))];
}

function isNew(it) {
  it.dataset.new = "";
  return it;
}

// The day that was meant; without a word, the next ones.
function dayOptions(typed) {
  const today = days.today(dialog().dataset.zone);
  const fixed = options("due").filter((it) => !typed || fits(typed, it.dataset.words));
  const offered = typed ? [days.read(typed, today)].filter(Boolean) : [0, 1, 2, 3, 7, 14].map((ahead) => days.later(today, ahead));
  return [...offered.map((day) => option(day, days.words(day, document.documentElement.lang))), ...fixed];
}

function activate(it) {
  active()?.removeAttribute("data-active");
  filter().removeAttribute("aria-activedescendant");
  if (!it) return;
  it.dataset.active = "";
  filter().setAttribute("aria-activedescendant", it.id);
  it.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  const { key, isComposing, ctrlKey, altKey, metaKey } = event;
  if (isComposing || ctrlKey || altKey || metaKey || event.target !== filter()) return;
  const isTags = opened.field === "tags";
  const isEmpty = !filter().value;
  if (key === "ArrowDown" || key === "ArrowUp") step(key === "ArrowDown" ? 1 : -1);
  else if (key === "Enter") event.repeat || choose(active());
  else if (isTags && !isEmpty && (key === "," || key === "Tab")) choose(key === "," ? typedTag() : active(), { stays: true });
  else if (isTags && isEmpty && key === "Backspace") event.repeat || dropLast();
  else if (isEmpty && WITH_DIGITS.includes(opened.field) && /^[1-9]$/.test(key)) choose(all()[key - 1]);
  else return;
  event.preventDefault();
}

// A comma ends the word that was typed, be it the beginning of another or not.
function typedTag() {
  return all().find(({ value }) => value === filter().value.trim().toLowerCase()) ?? active();
}

function step(by) {
  const shown = all();
  activate(shown[(shown.indexOf(active()) + by + shown.length) % shown.length]);
}

function choose(it, { stays = false } = {}) {
  if (!it) return opened.field === "tags" && !filter().value && !stays ? dialog().close() : undefined;
  const { field } = opened;
  if (!opened.ticket) return chooseForMany(field, it.value);
  const ticket = fresh(opened.ticket);
  if (field === "tags") toggle(it.value);
  else if (it.value !== ticket[field]) {
    const isChanged = ticket[field] !== opened.ticket[field]; // by a colleague, since the menu was opened: that is asked about
    change(ticket, { [field]: { value: it.value, words: it.dataset.words } }, null, isChanged && opened.ticket.version);
  }
  if (!stays) return dialog().close();
  filter().value = "";
  narrow();
}

function chooseForMany(field, value) {
  const isTaken = field === "tags" && value.startsWith(TAKEN);
  const name = field === "tags" ? (isTaken ? "remove-tags" : "add-tags") : field;
  const { many } = opened;
  dialog().close();
  apply({ [name]: isTaken ? value.slice(TAKEN.length) : value }, many);
}

// -- tags: chips, of which Backspace takes the last --

// As they will be: what was chosen here need not have reached the page yet, and what others choose meanwhile stays.
function tags() {
  const { ticket, added, dropped } = opened;
  if (!ticket) return [];
  return [...new Set([...fresh(ticket).tags, ...added])].filter((tag) => !dropped.has(tag)).sort();
}

function toggle(tag) {
  const isTaken = tags().includes(tag);
  const [into, from] = isTaken ? [opened.dropped, opened.added] : [opened.added, opened.dropped];
  into.add(tag);
  from.delete(tag);
  const value = tags().join(", ");
  change(fresh(opened.ticket), { tags: { value, words: value || "—" } }, { [isTaken ? "remove-tags" : "add-tags"]: tag });
  paintTags();
}

function dropLast() {
  if (!tags().length) return;
  toggle(tags().at(-1));
  narrow();
}

function paintTags() {
  const chips = opened.field === "tags" ? tags() : [];
  document.getElementById("quick-tags").replaceChildren(...chips.map((tag) => {
    const chip = document.createElement("span");
    Object.assign(chip, { className: "tag", textContent: tag });
    return chip;
  }));
}
