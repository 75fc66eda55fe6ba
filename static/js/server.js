// Where a page asks, by what right (the session's cookie, or the bearer of an embedded page), and whether it is the desk
// that answers. A gateway's error, a portal's page, a redirect to some other sign-in, half an answer and none at all are the
// same to a page, which stays as it is.

const PATIENCE = 10_000; // ms until an answer that does not come is given up

const path = document.documentElement.dataset.server ?? "/live";
const bearer = () => document.querySelector("#embed [name=token]")?.value;
const right = () => (bearer() ? { credentials: "omit", headers: { Authorization: `Bearer ${bearer()}` } } : {});

export const server = { path };

// This page once more, as the desk makes it now.
export function loadAgain() {
  if (!bearer()) return location.reload();
  const here = new URL(location.href);
  here.searchParams.set("token", bearer());
  location.replace(here);
}

// The desk's own answer with its text; null if the line failed, or if somebody else spoke for the desk: that says nothing.
export async function ask(url, { headers, patience = PATIENCE, ...options } = {}) {
  const { headers: bearing, ...credentials } = right();
  const impatient = new AbortController();
  const timer = setTimeout(() => impatient.abort(), patience);
  try {
    const all = { redirect: "error", ...options, ...credentials, headers: { ...headers, ...bearing }, signal: impatient.signal };
    const answer = await fetch(url, all);
    if (!answer.headers.has("Pult")) return null;
    const { ok, status } = answer;
    return { ok, status, headers: answer.headers, text: await answer.text() };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
