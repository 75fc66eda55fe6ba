// The dialog in which a message is edited, over its thread. Without it the link leads to a page with the same form.

import * as drafts from "./drafts.js";
import { say } from "./said.js";
import { deliver } from "./send.js";

export function start() {
  const dialog = document.getElementById("editor");
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-edit]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(dialog, link);
  });
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.querySelector(".editor")?.remove());
  document.addEventListener("pult:sent", ({ target }) => leave(dialog, target));
}

async function open(dialog, link) {
  const { form, said } = await deliver(link.getAttribute("href"));
  if (!form) return say(link, said);
  if (dialog.open) return;
  dialog.append(form);
  drafts.restore(dialog.querySelector("[data-draft]"));
  dialog.showModal();
  dialog.querySelector("textarea").focus();
}

function leave(dialog, form) {
  if (dialog.contains(form)) dialog.close();
  else if (form.closest(".editor")) location.assign(form.closest(".editor").querySelector("[data-close]").href);
}
