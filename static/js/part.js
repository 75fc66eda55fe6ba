// A long thread comes in parts. Who comes for a message, by the fragment of the address, or says something, is taken to the
// part that has it.

const embed = document.getElementById("embed");

export function start() {
  if (!document.getElementById("thread")) return;
  find();
  addEventListener("hashchange", find);
  document.addEventListener("pult:sent", ({ target }) => target.id === "comment-form" && toTheNewest());
}

// A message that is in no part for this person leaves the page where it is.
async function find() {
  const [, message] = location.hash.match(/^#comment-(\d{1,9})$/) ?? [];
  if (!message || document.getElementById(`comment-${message}`)) return;
  const address = embed ? `/embed/comments/${message}?${new URLSearchParams(new FormData(embed))}` : `/comments/${message}`;
  const answer = await fetch(address, { redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.replace(address);
}

// What leads there stands below a part that is not the last one.
function toTheNewest() {
  const after = document.getElementById("thread-after");
  (after.querySelector("[data-newest]") ?? after.querySelector("a, button"))?.click();
}
