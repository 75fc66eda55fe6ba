// For the page that embeds a desk: <iframe data-pult src="…" data-pult-token="/where/to/ask"> is kept as high as what it
// shows, and is given a new token, as plain text from that address of the page's own site, when it asks for one.

(() => {
  const HIGHEST = 20_000; // px
  const asked = new WeakSet();
  const known = new WeakMap(); // a frame's window -> the frame
  const told = new Set(); // frames in closed shadow roots, which their components told us of

  addEventListener("pult:frame", ({ detail }) => told.add(detail) && ask(detail));
  addEventListener("message", ({ data, source, origin }) => {
    const frame = frameOf(source);
    if (!frame || new URL(frame.src, location.href).origin !== origin) return;
    if (data?.type === "pult:height") fit(frame, Number(data.height));
    if (data?.type === "pult:session-ended" || data?.type === "pult:token-wanted") give(frame, source, origin);
  });
  for (const frame of frames(document)) ask(frame); // what they said before this script came was not heard

  function* frames(root) {
    yield* root.querySelectorAll("iframe[data-pult]");
    for (const element of root.querySelectorAll("*")) if (element.shadowRoot) yield* frames(element.shadowRoot);
  }

  function frameOf(source) {
    if (!source) return null;
    if (known.get(source)?.contentWindow === source) return known.get(source);
    const found = [...frames(document), ...told].find((frame) => frame.contentWindow === source);
    if (found) known.set(source, found);
    return found;
  }

  // Nothing is said but that we listen, so it may be heard by whatever stands in a frame that has not loaded yet.
  function ask(frame) {
    frame.contentWindow?.postMessage({ type: "pult:height-wanted" }, "*");
  }

  // height: of what the frame shows. Where the site's own style counts borders and padding as height, they come on top.
  function fit(frame, height) {
    if (!(height > 0)) return;
    const style = getComputedStyle(frame);
    const edges = [style.borderTopWidth, style.borderBottomWidth, style.paddingTop, style.paddingBottom];
    const around = style.boxSizing === "border-box" ? edges.reduce((sum, edge) => sum + parseFloat(edge), 0) : 0;
    frame.style.height = `${Math.min(height, HIGHEST) + around}px`;
  }

  async function give(frame, source, origin) {
    if (!frame.dataset.pultToken || asked.has(frame)) return;
    asked.add(frame);
    try {
      const answer = await fetch(frame.dataset.pultToken, { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) source.postMessage({ type: "pult:token", token: (await answer.text()).trim() }, origin);
    } finally {
      setTimeout(() => asked.delete(frame), 5_000);
    }
  }
})();
