// A session that ended: its person signs in again beside the page, which goes on as it was, with its words. If another person
// signs in in this browser, the page says so, and nothing is sent from it.

import { ask, server } from "./server.js";
import { resume } from "./live.js";
import { say } from "./said.js";
import { banner } from "./state.js";

const person = document.documentElement.dataset.person;
const dialog = document.getElementById("sign-in");

let ended = false;
let waiting = []; // called, once the dialog is left, with whether the page's person is signed in

export function start() {
  server.enter = signIn;
  document.addEventListener("pult:ended", ({ detail }) => {
    ended = detail.why === "ended";
    if (ended) look();
  });
  document.addEventListener("visibilitychange", () => ended && !document.hidden && look());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-sign-in]")) return;
    event.preventDefault();
    signIn();
  });
  dialog.addEventListener("pult:sent", goOn);
  dialog.addEventListener("pult:answered", tell);
  dialog.addEventListener("close", () => {
    dialog.querySelector("#login")?.remove(); // a password may stand in it
    leave(false);
  });
}

// Whether the person of this page is signed in: now, or once they have signed in here.
async function signIn() {
  const found = await look();
  if (found !== "nobody") return found === "signed in";
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => waiting.push(done));
}

// Who is signed in in this browser, as far as this page goes; with the sign-in for it if that is not its person.
async function look() {
  const answer = await ask(`/login?as=${person}`, { headers: { "HX-Request": "true" } });
  if (answer?.status === 204) return goOn();
  if (!answer?.ok) {
    say(null, "unsent");
    return "unknown";
  }
  if (!dialog.open) {
    dialog.querySelector("#login")?.remove();
    dialog.querySelector("h2").after(new DOMParser().parseFromString(answer.text, "text/html").getElementById("login"));
  }
  tell();
  return "nobody";
}

function tell() {
  const { other } = dialog.querySelector("#login").dataset;
  const shown = document.querySelector("[data-banner=other]");
  if (other) shown.querySelector("b").textContent = other;
  banner("other", Boolean(other));
  banner("ended", ended && !other);
}

function goOn() {
  banner("other", false);
  if (ended) resume();
  ended = false;
  leave(true);
  dialog.close();
  return "signed in";
}

function leave(signedIn) {
  for (const done of waiting) done(signedIn);
  waiting = [];
}
