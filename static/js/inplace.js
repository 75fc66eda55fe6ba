// An entry that stays where it stands is changed in place instead of replaced by another element: the focus in it, what is
// selected of its text, the mark of a link that led to it and a click that has begun all survive that.

// tasks: of a swap of htmx's that is about to be done. An entry's place is its sort key.
export function changeInPlace(tasks) {
  for (const task of tasks.filter(({ swapSpec }) => swapSpec.style === "upsert")) {
    const parent = document.querySelector(task.target);
    for (const entry of [...task.fragment.children]) {
      const old = document.getElementById(entry.id);
      if (old?.parentElement !== parent || old.dataset.key !== entry.dataset.key) continue;
      const deleted = tasks.findIndex(({ target, swapSpec }) => target === old && swapSpec.style === "delete");
      if (deleted >= 0) tasks.splice(deleted, 1);
      const fragment = document.createDocumentFragment();
      fragment.append(entry);
      tasks.push({ ...task, fragment, target: old, swapSpec: { style: "outerMorph" } });
    }
  }
}
