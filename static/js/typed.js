// What somebody typed, or chose, and did not send.

import { base, isFollowing, isTouched, rebase } from "./follow.js";

const FIELDS = "textarea, select, input:not([type=hidden], [type=submit], [type=button])";

// The controls of forms that are not as the desk has them.
export function touched() {
  return [...document.querySelectorAll(`form :is(${FIELDS})`)].filter(differs);
}

// What they are like; the result puts it into the same forms of the page as it is then.
export function remember(controls = touched()) {
  const kept = controls.filter((it) => it.form && (it.type !== "radio" || it.checked));
  const values = kept.map((it) => ({ form: it.form.id, name: it.name, type: it.type, value: it.value, checked: it.checked, was: base(it) }));
  return () => {
    for (const { form, name, type, value, checked, was } of values) {
      const control = document.getElementById(form)?.elements.namedItem(name);
      if (!control) continue;
      if (type === "checkbox") control.checked = checked;
      else if (type !== "radio" || control instanceof RadioNodeList) control.value = value;
      if (was !== undefined && isFollowing(control)) rebase(control, was);
    }
  };
}

function differs(control) {
  if (isFollowing(control)) return isTouched(control);
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  if (control.matches("select")) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((it) => it.defaultSelected));
  return control.value !== control.defaultValue;
}
