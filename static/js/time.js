// Moments in the reader's zone and locale. The server sends UTC; nothing in a fragment depends on the clock.

import { now } from "./clock.js";

const locale = document.documentElement.lang;
const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const justNow = new Intl.RelativeTimeFormat(locale, { style: "narrow", numeric: "auto" });
const age = (unit) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" });
const UNITS = [[age("hour"), 3_600_000], [age("minute"), 60_000]];

export function start() {
  paintAll();
  setInterval(paintAll, 30_000);
  document.addEventListener("htmx:after:swap", paintAll);
  document.addEventListener("pult:clock", paintAll);
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") paint(record.target);
      for (const node of record.addedNodes) node.querySelectorAll?.("time").forEach(paint);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["datetime"] });
}

function paintAll() {
  document.querySelectorAll("time").forEach(paint);
}

function paint(time) {
  if (!time.matches?.("time") || !time.dateTime) return;
  const isDay = time.dateTime.length === 10;
  const moment = new Date(isDay ? `${time.dateTime}T00:00` : time.dateTime);
  const words = isDay ? day.format(moment) : wordsOf(moment, time.hasAttribute("data-since"));
  if (time.textContent !== words) time.textContent = words;
  if (!isDay && time.title !== full.format(moment)) time.title = full.format(moment);
  if (isDay) time.toggleAttribute("data-overdue", now() > moment.getTime() + 86_400_000);
}

function wordsOf(moment, asClock) {
  if (asClock) return clock.format(moment);
  const passed = now() - moment;
  if (passed >= 86_400_000) {
    return (moment.getFullYear() === new Date(now()).getFullYear() ? day : dayAndYear).format(moment);
  }
  for (const [unit, length] of UNITS) if (passed >= length) return unit.format(Math.floor(passed / length));
  return justNow.format(0, "second");
}
