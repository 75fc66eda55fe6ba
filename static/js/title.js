// The tab of a ticket's page says what its ticket is called now, or that there is none.

export function start() {
  document.addEventListener("pult:applied", () => {
    const title = document.getElementById("ticket")?.dataset.title;
    if (title) document.title = `${title} · Pult`;
  });
}
