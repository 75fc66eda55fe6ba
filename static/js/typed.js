// What somebody typed, or chose, and did not send.

import { isFollowing, isTouched } from "./follow.js";

const FIELDS = "textarea, select, input:not([type=hidden], [type=submit], [type=button])";

// The controls of forms that are not as the desk has them.
export function touched() {
  return [...document.querySelectorAll(`form :is(${FIELDS})`)].filter(differs);
}

// What they are like; the result puts it into the same forms of the page as it is then.
export function remember(controls = touched()) {
  const kept = controls.filter((it) => it.form && (it.type !== "radio" || it.checked));
  const values = kept.map(({ form, name, type, value, checked }) => ({ form: form.id, name, type, value, checked }));
  return () => {
    for (const { form, name, type, value, checked } of values) {
      const control = document.getElementById(form)?.elements.namedItem(name);
      if (!control) continue;
      if (type === "checkbox") control.checked = checked;
      else if (type !== "radio" || control instanceof RadioNodeList) control.value = value;
    }
  };
}

function differs(control) {
  if (isFollowing(control)) return isTouched(control);
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  if (control.matches("select")) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((it) => it.defaultSelected));
  return control.value !== control.defaultValue;
}
