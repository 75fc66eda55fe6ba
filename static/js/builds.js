// A newer build of the desk speaks to a page whose scripts are of an older one: the page says so, and is loaded again once
// no hand is at it and nothing is typed in it; at most once a minute, for a line may lead to an older desk and back.

import { loadAgain } from "./server.js";
import { page, scripts } from "./position.js";
import { banner } from "./state.js";
import { touched } from "./typed.js";

const LOOK = 1_000; // ms between looks at whether it may be loaded again
const REST = 2_000; // ms since the last key or pointer
const ONCE = 60_000; // ms between two times
const UNDONE = "dialog[open], [data-sending], html[data-selecting], .wrong, .conflict"; // something is on its way, or came back
const KEPT = "pult:loaded-again"; // in the tab's storage: when that was, by the browser's clock

let timer = 0;
let used = -Infinity; // when somebody last did something here, on the monotonic clock

export function start() {
  document.addEventListener("pult:applied", look);
  for (const act of ["keydown", "input", "pointerdown", "pointermove", "wheel"]) {
    addEventListener(act, () => (used = performance.now()), { capture: true, passive: true });
  }
}

function look() {
  if (timer || page.build <= scripts()) return;
  banner("older", true);
  timer = setInterval(renew, LOOK);
}

function renew() {
  if (isInUse() || !isTime()) return;
  clearInterval(timer);
  loadAgain();
}

function isInUse() {
  if (!document.hidden && performance.now() - used < REST) return true;
  return touched().length > 0 || Boolean(document.querySelector(UNDONE));
}

// Where a page may keep nothing, as in some frames, it cannot tell, and stays as it is.
function isTime() {
  try {
    const passed = Math.abs(Date.now() - Number(sessionStorage.getItem(KEPT)));
    if (passed < ONCE) return false;
    sessionStorage.setItem(KEPT, Date.now());
    return true;
  } catch {
    return false;
  }
}
