// What a key press means, whatever layout is on. A Latin letter on the key counts as that letter; a letter of another
// script counts by the place of the key on a US keyboard, and so do digits; a sign counts as the sign that it types.

const PLACES = {
  Backquote: "`~", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|",
  Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?",
}; // prettier-ignore
const ALIKE = { "№": "#", "؟": "?" };
const BEHIND_ALTGR = ["[", "]", "#"]; // signs that many layouts have there only
const LATIN = /^\p{Script=Latin}$/u;
const LETTERS = /^[\p{L}\p{M}]+$/u; // a key may type two: lam and alef
const NAMED = /^[A-Z][A-Za-z0-9]+$/; // Enter, ArrowDown; also Dead, and Process of an input method, which are no one's

// The names that a shortcut may have for this press, the nearest first; none, if it is not one key alone.
export function meanings(event) {
  const { key, code, ctrlKey, altKey, metaKey, shiftKey, isComposing } = event;
  if (isComposing) return [];
  if (event.getModifierState("AltGraph")) return BEHIND_ALTGR.filter((sign) => sign === key);
  if (ctrlKey || altKey || metaKey) return [];
  if (NAMED.test(key)) return !shiftKey ? [key] : key.startsWith("Arrow") ? [`Shift+${key}`] : [];
  const digit = code.match(/^(?:Digit|Numpad)(\d)$/)?.[1];
  if (/^\p{Nd}$/u.test(key)) return [digit ?? key];
  const typed = meaning(event);
  return digit && !shiftKey ? [typed, digit] : [typed];
}

function meaning({ key, code, shiftKey }) {
  if (LATIN.test(key)) return withShift(key, shiftKey);
  if (LETTERS.test(key)) return placeOf(code, shiftKey) ?? key;
  if (code === "Slash" && key === (shiftKey ? "," : ".")) return placeOf(code, shiftKey);
  return ALIKE[key] ?? key;
}

function placeOf(code, shiftKey) {
  if (/^Key[A-Z]$/.test(code)) return withShift(code.slice(3), shiftKey);
  return PLACES[code]?.[shiftKey ? 1 : 0];
}

// Shift makes a letter another one, Caps Lock does not.
function withShift(letter, shiftKey) {
  return shiftKey ? letter.toUpperCase() : letter.toLowerCase();
}
