// The way back to the list that one came from.

export function start() {
  if (document.querySelector("[data-list]")) sessionStorage.setItem("list", location.pathname + location.search);
  const list = sessionStorage.getItem("list");
  if (list) for (const link of document.querySelectorAll("[data-back]")) link.setAttribute("href", list);
}
