// Where a page asks about its connection, by what right (the session's cookie, or the bearer of an embedded page), and
// whether what answers is the desk.

const MARK = "Pult"; // a header of every answer of the desk's own
const PATIENCE = 10_000; // ms

const path = document.documentElement.dataset.door ?? "/live";
const bearer = () => document.querySelector("#embed [name=token]")?.value;
const right = () => (bearer() ? { credentials: "omit", headers: { Authorization: `Bearer ${bearer()}` } } : {});

export const door = { path };

// The desk's own answer with its text; null if the line failed, or if somebody else spoke for the desk: that says nothing.
export async function ask(url, options = {}) {
  try {
    const answer = await fetch(url, { redirect: "error", ...options, ...right(), signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.headers.has(MARK)) return null;
    const { ok, status, headers } = answer;
    return { ok, status, headers, text: await answer.text() };
  } catch {
    return null;
  }
}
