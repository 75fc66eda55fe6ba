// A ticket that takes no more words, or is gone: what was typed stays, to be read, copied and taken elsewhere, and is not sent.

export function start() {
  for (const event of ["pult:applied", "pult:answered", "change"]) document.addEventListener(event, look);
  look();
}

function look() {
  const ticket = document.getElementById("ticket");
  const form = document.getElementById("comment-form");
  if (!ticket || !form) return;
  const gone = ticket.hasAttribute("data-gone");
  const note = form.elements.kind?.value === "note"; // a closed ticket still takes those
  const shut = gone || (ticket.dataset.status === "closed" && !note);
  form.elements.body.readOnly = gone || (shut && !form.elements.kind);
  for (const button of form.querySelectorAll(".send button:not([type=button])")) button.disabled = shut;
}
