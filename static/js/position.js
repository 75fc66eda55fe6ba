// Where a page is: up to which event of which database it is true; and the address of its socket, which stands in the
// connect element and nowhere else, so that a token is at every moment that of the element.

import { learn } from "./clock.js";
import { element } from "./state.js";

const ATTRIBUTE = "hx-ws:connect";

// whole: whether all of the page is to be sent anew, whatever its position. build: of the desk, that made what it shows.
export const page = { epoch: "", cursor: 0, whole: false, build: 0 };

let ours = 0; // the build of the scripts that run here

export const scripts = () => ours;

export function start() {
  move(element());
  ours = page.build;
  learn(token(), performance.getEntriesByType("navigation")[0]?.responseStart);
}

// To where a page was made that this connect element is of.
export function move(live) {
  const { searchParams } = new URL(live.getAttribute(ATTRIBUTE), location.href);
  page.epoch = searchParams.get("epoch");
  page.cursor = Number(searchParams.get("since"));
  page.whole = false;
  page.build = Number(searchParams.get("build"));
}

export const token = () => address().searchParams.get("token");

// A fresh token; the element's next socket opens with it.
export function hold(fresh) {
  const url = address();
  url.searchParams.set("token", fresh);
  learn(fresh);
  element().setAttribute(ATTRIBUTE, url.pathname + url.search);
}

// The address of this path from where the page is now. Without a position the whole is sent.
export function from(path) {
  const url = new URL(path, location.href);
  url.searchParams.set("token", token());
  url.searchParams.set("since", page.whole ? "" : page.cursor);
  url.searchParams.set("epoch", page.epoch);
  url.searchParams.set("build", page.build);
  return url;
}

export function socketUrl() {
  const url = from(address().pathname);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

// A connect element of the desk's in a text, as it is to stand in the page; null if there is none.
export function connectElement(html) {
  const found = new DOMParser().parseFromString(html, "text/html").getElementById("live");
  if (!found?.hasAttribute(ATTRIBUTE)) return null;
  found.dataset.state = element().dataset.state;
  return found.outerHTML;
}

function address() {
  return new URL(element().getAttribute(ATTRIBUTE), location.href);
}
