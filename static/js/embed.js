// A page inside another site: it tells the site its height and when its session ends, and takes a new token from it.
// Nothing is said to, or heard from, an origin that is not one of the site's key.

import * as builds from "./builds.js";
import * as closed from "./closed.js";
import * as composer from "./composer.js";
import { ask, server } from "./server.js";
import * as drafts from "./drafts.js";
import * as forms from "./forms.js";
import * as head from "./head.js";
import * as hold from "./hold.js";
import * as live from "./live.js";
import * as part from "./part.js";
import * as send from "./send.js";
import { banner } from "./state.js";
import * as thread from "./thread.js";
import * as time from "./time.js";

const SPARE = 60; // seconds before the end of the site's token, when a new one is asked for
const LOOK = 1_000; // ms between looks at our height

const SHOWN = ["view", "page", "from"]; // what an address asks for beside its right

const root = document.documentElement;
const origins = root.dataset.origins.split(" ").filter(Boolean);
let timer = 0;
let height = 0; // px, as the site was told last

function start() {
  history.replaceState(null, "", here({ key: root.dataset.key }));
  addEventListener("message", heard);
  new ResizeObserver(measure).observe(document.body);
  setInterval(measure, LOOK); // browsers observe nothing in a frame that is out of sight: below the fold, in closed details
  time.start();
  if (root.dataset.ended) {
    console.warn(`Pult shows nothing for this token. ${root.dataset.refused}`); // docs/embedding.md lists what it can be
    return tell("session-ended");
  }
  if (document.getElementById("live")) live.start();
  hold.start();
  builds.start();
  server.enter = async () => {
    banner("ended", true);
    tell("session-ended");
    return false;
  };
  drafts.start();
  composer.start();
  closed.start();
  head.start();
  thread.start();
  forms.start();
  send.start();
  part.start();
  document.addEventListener("pult:ended", ({ detail }) => detail.why === "ended" && tell("session-ended"));
  renewIn(Number(root.dataset.life), Number(root.dataset.left));
}

// The address of what this page shows, by another right.
function here(right) {
  const asked = [...new URLSearchParams(location.search)].filter(([name]) => SHOWN.includes(name));
  return `${location.pathname}?${new URLSearchParams([...Object.entries(right), ...asked])}${location.hash}`;
}

// -- the site around --

function tell(what, more = {}) {
  if (parent === window) return;
  const around = location.ancestorOrigins?.[0];
  for (const origin of origins) if (!around || around === origin) parent.postMessage({ type: `pult:${what}`, ...more }, origin);
}

// What is not laid out has no height, and is told none: a frame of no height would never be in sight again.
function measure() {
  const now = innerWidth && Math.ceil(document.body.getBoundingClientRect().height);
  if (now && now !== height) tell("height", { height: (height = now) });
}

function heard({ origin, source, data }) {
  if (source !== parent || !origins.includes(origin)) return;
  if (data?.type === "pult:token" && typeof data.token === "string") exchange({ token: data.token });
  if (data?.type === "pult:height-wanted") (height = 0), measure();
}

// -- the bearer --

// life: seconds of the bearer; left: of the site's token.
function renewIn(life, left) {
  clearTimeout(timer);
  const asks = left <= Math.max(life, SPARE);
  timer = setTimeout(() => (asks ? tell("token-wanted") : exchange({})), Math.max(1, asks ? left - SPARE : life / 2) * 1_000);
}

// A new bearer, for the one that we have or for a new token of the site.
async function exchange(fields) {
  if (root.dataset.ended) return location.replace(here(fields));
  const answer = await ask("/embed/session", { method: "POST", body: new URLSearchParams(fields) });
  if (!answer) return renewIn(30, Infinity);
  if (answer.status === 403) return location.replace(here(fields)); // of another page
  if (!answer.ok) return answer.status < 500 && !fields.token && tell("session-ended");
  const { bearer, life, left } = Object.fromEntries(new URLSearchParams(answer.text));
  for (const field of document.querySelectorAll("input[name=bearer], #embed input[name=token]")) field.value = bearer;
  renewIn(Number(life), Number(left));
  if (fields.token) live.resume();
}

start();
