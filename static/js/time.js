// Moments and days in the reader's zone and locale. The server sends UTC; nothing in a fragment depends on the clock.

import { now } from "./clock.js";

const locale = document.documentElement.lang;
const format = (parts) => new Intl.DateTimeFormat(locale, parts);
const DAY = { day: "numeric", month: "short" };
const full = format({ dateStyle: "medium", timeStyle: "short" });
const day = format(DAY);
const dayAndYear = format({ ...DAY, year: "numeric" });
const clock = format({ timeStyle: "short" });
const dueDay = format({ ...DAY, timeZone: "UTC" }); // a day is the same one everywhere, also where it has 23 hours
const dueDayAndYear = format({ ...DAY, year: "numeric", timeZone: "UTC" });
const justNow = new Intl.RelativeTimeFormat(locale, { style: "narrow", numeric: "auto" });
const age = (unit) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" });
const UNITS = [[age("hour"), 3_600_000], [age("minute"), 60_000]];
const ATTRIBUTES = ["datetime"];

const paper = matchMedia("print");
let printed = paper.matches; // on paper nothing is "now"

export function start() {
  paintAll();
  setInterval(paintAll, 30_000);
  document.addEventListener("htmx:after:swap", paintAll);
  document.addEventListener("pult:clock", paintAll);
  paper.addEventListener("change", () => print(paper.matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") paint(record.target);
      for (const node of record.addedNodes) node.querySelectorAll?.("time").forEach(paint);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ATTRIBUTES });
}

function print(begun) {
  printed = begun;
  paintAll();
}

function paintAll() {
  document.querySelectorAll("time").forEach(paint);
}

function paint(time) {
  if (!time.matches?.("time") || !time.dateTime) return;
  const isDay = time.dateTime.length === 10;
  const moment = new Date(time.dateTime); // a day's is its midnight in UTC
  const words = isDay ? wordsOfDay(time.dateTime, moment) : wordsOf(moment, time.hasAttribute("data-since"));
  if (time.textContent !== words) time.textContent = words;
  if (!isDay && time.title !== full.format(moment)) time.title = full.format(moment);
}

function wordsOfDay(name, moment) {
  return (printed || name.slice(0, 4) !== today().slice(0, 4) ? dueDayAndYear : dueDay).format(moment);
}

// The reader's, as YYYY-MM-DD.
function today() {
  const here = new Date(now());
  return [here.getFullYear(), here.getMonth() + 1, here.getDate()].map((part) => `${part}`.padStart(2, "0")).join("-");
}

function wordsOf(moment, asClock) {
  if (asClock) return clock.format(moment);
  if (printed) return full.format(moment);
  const passed = now() - moment;
  if (Math.abs(passed) >= 86_400_000) {
    return (moment.getFullYear() === new Date(now()).getFullYear() ? day : dayAndYear).format(moment);
  }
  for (const [unit, length] of UNITS) if (passed >= length) return unit.format(Math.floor(passed / length));
  return justNow.format(0, "second");
}
