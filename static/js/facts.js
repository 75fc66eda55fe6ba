// The ticket that keys act on, as the page shows it: that of a ticket's page, or of the row that the cursor is at.

const CURRENT = "#ticket[data-version], #ticket-rows > [aria-current][data-version]:not([data-waits='goes'])";

export function current() {
  const isOffered = document.getElementById("known-people"); // where a message is edited, nothing is chosen
  return isOffered && read(document.querySelector(CURRENT));
}

// The same ticket as it is now, if the page still shows it; else as it was.
export function fresh(ticket) {
  return read(document.querySelector(`:is(#ticket, #ticket-rows > tr)[data-version][data-ticket="${ticket.id}"]`)) ?? ticket;
}

function read(element) {
  if (!element) return null;
  const { ticket: id, version, assignee, tags } = element.dataset;
  return {
    id, version, element, assignee,
    status: element.querySelector(".status").dataset.status,
    priority: element.querySelector(".priority").dataset.priority,
    due: element.querySelector(".due")?.getAttribute("datetime") ?? "",
    tags: tags ? tags.split(", ") : [],
  }; // prettier-ignore
}
