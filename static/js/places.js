// Small matters of place: the way back to the list one came from, and what folds on a narrow screen.

export function start() {
  if (document.querySelector("[data-list]")) sessionStorage.setItem("list", location.pathname + location.search);
  const list = sessionStorage.getItem("list");
  if (list) for (const link of document.querySelectorAll("[data-back]")) link.setAttribute("href", list);
  fold("[data-menu]", "(max-width: 639px)");
  fold("[data-fields]", "(max-width: 899px)");
}

function fold(selector, narrow) {
  const details = document.querySelector(selector);
  if (!details) return;
  const query = matchMedia(narrow);
  const set = () => (details.open = !query.matches);
  query.addEventListener("change", set);
  set();
}
