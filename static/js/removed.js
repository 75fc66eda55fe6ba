// The page of a deleted ticket shows nothing but that: when the ticket is back, its own page takes the place.

export function start() {
  const path = document.querySelector("[data-removed]")?.dataset.removed;
  if (!path) return;
  const look = () => document.querySelector("#ticket[data-gone]") || location.replace(path);
  document.addEventListener("pult:applied", look);
  look();
}
