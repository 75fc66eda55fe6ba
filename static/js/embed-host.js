// For the page that embeds a desk: <iframe data-pult src="…" data-pult-token="/where/to/ask"> is kept as high as what it
// shows, and is given a new token, as plain text from that address of the page's own site, when it asks for one.

(() => {
  const HIGHEST = 20_000; // px
  const asked = new WeakSet();

  addEventListener("message", ({ data, source, origin }) => {
    const frame = [...document.querySelectorAll("iframe[data-pult]")].find((one) => one.contentWindow === source);
    if (!frame || new URL(frame.src, location.href).origin !== origin) return;
    if (data?.type === "pult:height") frame.style.height = `${Math.min(Math.max(Number(data.height) || 0, 0), HIGHEST)}px`;
    if (data?.type === "pult:session-ended" || data?.type === "pult:token-wanted") give(frame, source, origin);
  });

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
