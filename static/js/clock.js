// What time it is on the desk: a browser's own clock may be hours off. Every token says when it was made; between two of
// them the browser's monotonic clock goes on.

const CLOSE = 1_500; // ms that the desk's word may differ from what is known: tokens count in seconds

let offset = performance.timeOrigin; // of the desk's time from performance.now()
let drift = apart(); // of the browser's own clock from performance.now()

// Milliseconds since 1970.
export const now = () => offset + performance.now();

// received: when the token came, by performance.now().
export function learn(token, received = performance.now()) {
  const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  set(claims.iat * 1_000 + 500 - received);
}

// By how many milliseconds the browser's own clock went ahead of the monotonic one since this was asked last: because
// somebody set it, or because the machine slept, and the monotonic one with it.
export function jumped() {
  const before = drift;
  drift = apart();
  return drift - before;
}

export function slept(milliseconds) {
  if (milliseconds > 0) set(offset + milliseconds);
}

function set(next) {
  if (Math.abs(next - offset) < CLOSE) return;
  offset = next;
  document.dispatchEvent(new CustomEvent("pult:clock"));
}

function apart() {
  return Date.now() - performance.now();
}
