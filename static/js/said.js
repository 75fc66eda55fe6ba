// What a form has to say: in the form, beside its button; for a button alone, above the page, or in the dialog that is open.

const FIELDS = "textarea, select, input:not([type=hidden])";

// form: none for what is said of another page's. said: an element, or the id of a template that holds one.
export function say(form, said) {
  hush(form);
  const shown = said.nodeType ? said : document.getElementById(said).content.firstElementChild.cloneNode(true);
  if (form?.querySelector(FIELDS)) {
    shown.dataset.said = "";
    (form.querySelector(".send") ?? form.lastElementChild).before(shown);
  } else document.getElementById("notice").replaceChildren(shown);
  shown.scrollIntoView({ block: "nearest" });
}

export function hush(form) {
  for (const said of form?.querySelectorAll("[data-said]") ?? []) said.remove();
  document.getElementById("notice")?.replaceChildren();
}
