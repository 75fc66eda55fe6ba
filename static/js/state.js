// What people see of the connection: a word in the sidebar, and a banner when something is not as it should be.

import { now } from "./clock.js";

const LATE = 3_000; // ms without a connection after which the page says that it is offline

const REGIONS = "#ticket, #thread, #ticket-rows, #list-count, #list-foot, [data-count], .fields-column, #removed, #first, #keyring, #secret, #conflict, datalist";

let timer = 0;
let over = false; // nothing more will come to this page

export const element = () => document.getElementById("live");
export const state = () => element().dataset.state;
export const isOver = () => over;

// One of connecting, connected, polling, offline.
export function show(next) {
  if (over) return;
  const live = element();
  clearTimeout(timer);
  if (next === "connecting") timer = setTimeout(() => show("offline"), LATE);
  if (live.dataset.state === next) return;
  if (["connected", "polling"].includes(live.dataset.state)) since(now());
  live.dataset.state = next;
  document.documentElement.dataset.live = next;
  banner("offline", next === "offline");
}

// Nothing will be pushed to this page any more: its session ended, it is not this person's, or it went wrong. What was
// typed stays, and stays selectable.
export function end(why) {
  show("offline");
  over = true;
  banner("offline", false);
  banner(why, true);
  document.dispatchEvent(new CustomEvent("pult:ended", { detail: { why } }));
  if (why !== "gone") return;
  for (const region of document.querySelectorAll(REGIONS)) region.replaceChildren();
  document.title = "Pult";
}

// What ended goes on.
export function begin() {
  over = false;
  for (const why of ["ended", "stopped"]) banner(why, false);
  show("connecting");
}

export function since(moment) {
  for (const time of document.querySelectorAll("time[data-since]")) time.dateTime = new Date(moment).toISOString();
}

export function banner(name, visible) {
  const shown = document.querySelector(`[data-banner="${name}"]`);
  if (shown) shown.hidden = !visible;
}
