// While a dialog is open, the page behind it can be neither read nor reached: what the page has to say, the dialog says.

export function start() {
  const said = document.querySelector(".banners");
  const home = said?.parentElement;
  document.addEventListener("toggle", ({ target }) => {
    if (target.localName === "dialog" && said) ([...document.querySelectorAll("dialog[open]")].at(-1) ?? home).prepend(said);
  }, { capture: true });
}
