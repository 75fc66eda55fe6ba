// A thin bar, when a page or an answer has not come after a moment.

const MOMENT = 300; // ms

let timer = 0;
let waiting = 0; // answers that are on their way

export function start() {
  window.navigation?.addEventListener("navigate", ({ destination, downloadRequest }) => {
    if (!destination.sameDocument && !downloadRequest) show(true);
  });
  window.navigation?.addEventListener("navigateerror", () => show(waiting > 0));
  addEventListener("pageshow", () => show(waiting > 0));
}

// As long as this is on its way.
export async function during(work) {
  show(++waiting > 0);
  try {
    return await work;
  } finally {
    show(--waiting > 0);
  }
}

function show(loading) {
  clearTimeout(timer);
  if (loading) timer = setTimeout(() => (document.documentElement.dataset.loading = ""), MOMENT);
  else delete document.documentElement.dataset.loading;
}
