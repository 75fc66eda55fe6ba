// All that a document shows, as text, equal for a page and its reload. Left out is what they may differ in.
// typed: which forms somebody typed in; what stands in their fields is left out too.
(root, selector = "html", typed = ":not(*)") => {
  const own = [
    "#live", "[name=key]", "[name=seen]", "[name=draft]", ".later", "[name=bearer]", "[name=token]", // tokens, positions, keys of forms
    "#secret", "#notice", "[data-said]", "#pill", "#toast", ".chosen", "#below", "#replied", "#editor", "#quick", "#discard-draft", ".now", "textarea", // what this person asked for, was told, or typed
    "time", // ages, painted by the clock
    ":is(html, body) > div[hidden]:not([id])", // what htmx leaves of a swap that threw
  ].join();
  const painted = [
    ["data-short", ".ticket-head"], ["data-live", "html"], ["data-loading", "html"], ["data-life", "html"], ["data-left", "html"],
    ["hidden", "[data-banner], [data-banner] *"], // the state of the line
    ["href", "[data-back], [data-walk]"], ["hidden", "[data-walk]"], ["disabled", ".composer button"], ["autocomplete", "form"], ["data-drafted", "form"], ["data-touched", "form"], ["data-stored", "form"], ["data-came-drafted", "form"], ["style", "*"],
    ["aria-current", "tr, article"], ["data-unread", "tr"], ["data-word", ".subject a"], ["data-selected", "tr"], ["data-selecting", "html"], ["data-fresh", "*"], ["aria-keyshortcuts", "*"], ["title", "[data-tip]"], ["data-tip", "*"], ["data-htmx-powered", "*"],
    ["open", "details"], ["value", "*"], ["selected", "*"], ["checked", "*"], // as they are now, see control()
  ];
  const words = (node) => node.textContent.replace(/\s+/g, " ").trim();
  const control = (element) => {
    if (element.closest(typed)) return "";
    if (element.localName === "option") return element.selected ? " chosen" : ` ${element.value}`;
    if (element.matches("#ticket-rows [name=ticket]")) return ` ${element.value}`; // which are selected is painted
    if (element.matches("[type=radio], [type=checkbox]")) return ` ${element.checked}`;
    return element.localName === "input" ? ` ${element.value}` : "";
  };
  const attribute = ({ name, value }) => {
    const plain = name === "class" ? value.split(" ").filter((word) => word && !word.startsWith("htmx-")).join(" ") : value;
    return plain || name !== "class" ? `${name}=${plain}` : "";
  };
  const canonical = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return words(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(own)) return "";
    const kept = [...node.attributes].filter(({ name }) => !painted.some(([one, where]) => one === name && node.matches(where)));
    const children = [...node.childNodes].map(canonical).filter(Boolean);
    return `<${node.localName} ${kept.map(attribute).filter(Boolean).sort().join(" ")}${control(node)}>${children.join("\n")}</>`;
  };
  return [...root.querySelectorAll(selector)].map(canonical).join("\n\n");
}
