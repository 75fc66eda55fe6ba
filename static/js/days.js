// Days as people type them: fri, завтра, +3, 2w, 24.12., 24 dec. A day is YYYY-MM-DD; today is the desk's.

import { now } from "./clock.js";
import { readings } from "./layouts.js";

const LANGUAGES = ["en", "ru"];
const DAY = 86_400_000; // ms
const SHORTEST = 2; // letters of a name that are enough

const names = (options, moments) =>
  moments.map((moment) => LANGUAGES.flatMap((language) => {
    const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
    const short = new Intl.DateTimeFormat(language, { weekday: options.weekday && "short", month: options.month && "short", timeZone: "UTC" });
    // with the day beside it, a month is in the case that people write: 24 декабря
    const within = new Intl.DateTimeFormat(language, { ...options, day: "numeric", timeZone: "UTC" }).formatToParts(moment);
    return [format.format(moment), short.format(moment), within.find(({ type }) => type in options)?.value ?? ""];
  }).map((name) => readings(name.replace(/\.$/, ""))[0]));
const WEEKDAYS = names({ weekday: "long" }, [4, 5, 6, 7, 8, 9, 10].map((day) => Date.UTC(1970, 0, day))); // from Sunday
const MONTHS = names({ month: "long" }, [...Array(12).keys()].map((month) => Date.UTC(1970, month, 1)));
const NEAR = [["today", "сегодня"], ["tomorrow", "завтра"], ["послезавтра"]].map((words) => words.map((word) => readings(word)[0]));
const UNITS = [[/^(?:d|days?|д|дн|дня|день|днеи)?$/, 1], [/^(?:w|weeks?|н|нед|недел[яиью])$/, 7]];

export function today(zone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(now());
  const [year, month, day] = ["year", "month", "day"].map((name) => parts.find(({ type }) => type === name).value);
  return `${year}-${month}-${day}`;
}

export function later(day, days) {
  return new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
}

export function words(day, language) {
  const year = day.slice(0, 4) === new Date(now()).toISOString().slice(0, 4) ? undefined : "numeric";
  return new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "long", year, timeZone: "UTC" }).format(Date.parse(day));
}

// What was meant by it; empty for nothing that is known.
export function read(text, today) {
  for (const reading of readings(text)) {
    const found = near(reading, today) || ahead(reading, today) || date(reading, today);
    if (found) return found;
  }
  return "";
}

function near(text, today) {
  if (text.length < SHORTEST || !/^\p{L}+$/u.test(text)) return "";
  const days = NEAR.findIndex((words) => words.some((word) => word.startsWith(text)));
  if (days >= 0) return later(today, days);
  const weekday = WEEKDAYS.findIndex((words) => words.some((word) => word.startsWith(text)));
  const passed = new Date(today).getUTCDay();
  return weekday < 0 ? "" : later(today, (weekday - passed + 6) % 7 + 1);
}

function ahead(text, today) {
  const [, sign, number, unit] = text.match(/^(\+?)\s*(\d{1,3})\s*(\p{L}*)$/u) ?? [];
  const days = UNITS.find(([name]) => number && (sign || unit) && name.test(unit))?.[1];
  return days ? later(today, days * Number(number)) : "";
}

function date(text, today) {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return valid(...text.split("-").map(Number));
  const [, day, month, year] = text.match(/^(\d{1,2})[./](\d{1,2})(?:[./](\d{2}|\d{4})?)?$/) ?? [];
  if (day) return inYear(Number(day), Number(month), year, today);
  const [, one, other, third] = text.match(/^(\d{1,2}|\p{L}+)\.?\s*(\d{1,2}|\p{L}+)\.?(?:\s*,?\s*(\d{4}))?$/u) ?? [];
  const [number, name] = /^\d/.test(one ?? "") ? [one, other] : [other, one];
  const named = (name?.length ?? 0) >= SHORTEST && !/^\d/.test(name) ? MONTHS.findIndex((words) => words.some((word) => word.startsWith(name))) : -1;
  return named < 0 || !/^\d/.test(number) ? "" : inYear(Number(number), named + 1, third, today);
}

// Without a year it is the next such day.
function inYear(day, month, year, today) {
  if (year) return valid(Number(year) < 100 ? 2000 + Number(year) : Number(year), month, day);
  const here = Number(today.slice(0, 4));
  return [here, here + 1, here + 2, here + 3, here + 4].map((year) => valid(year, month, day)).find((it) => it && it >= today) ?? "";
}

function valid(year, month, day) {
  const found = new Date(Date.UTC(year, month - 1, day));
  if (year < 1970 || found.getUTCFullYear() !== year || found.getUTCMonth() !== month - 1 || found.getUTCDate() !== day) return "";
  return found.toISOString().slice(0, 10);
}
