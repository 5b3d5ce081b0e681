/* The inbox at the keyboard: J K X A R U / ?, only while the list has the focus, never while typing.
   data-rows on the list; data-keys="off" switches it off. Acts are buttons marked data-key="a", "r", "u", "x"
   in the current row or, failing that, in [data-detail]. */

function rows(list) {
  return [...list.querySelectorAll(":scope > li")];
}

function current(list) {
  const focused = document.activeElement?.closest?.("li");
  if (focused && list.contains(focused)) return focused;
  return list.querySelector(":scope > .is-current") || list.querySelector(":scope > .is-open");
}

function move(list, by) {
  const all = rows(list);
  const here = all.indexOf(current(list));
  const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
  for (const row of all) row.classList.toggle("is-current", row === next);
  next?.querySelector(".row__name, button, a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function press(list, key) {
  const row = current(list);
  const here = row?.querySelector(`[data-key="${key}"]`);
  const detail = row?.classList.contains("is-open") && document.querySelector(`[data-detail] [data-key="${key}"]`);
  const last = key === "u" && list.querySelector('[data-key="u"]');
  (here || detail || last || row?.querySelector(".row__name"))?.click();
}

function tick(list) {
  current(list)?.querySelector('input[type="checkbox"]')?.click();
}

const ACTS = {
  j: (list) => move(list, 1),
  k: (list) => move(list, -1),
  x: tick,
  a: (list) => press(list, "a"),
  r: (list) => press(list, "r"),
  u: (list) => press(list, "u"),
  "/": () => document.querySelector('input[type="search"]')?.focus(),
  "?": () => document.getElementById("aide-clavier")?.togglePopover?.(),
};

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-rows]");
  if (!list || list.dataset.keys === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const act = ACTS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act(list);
});
