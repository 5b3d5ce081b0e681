/* Small comforts of every page. Nothing here is needed for a page to work. */

const csrf = document.querySelector('meta[name="csrf-token"]')?.content;

document.addEventListener("htmx:configRequest", (event) => {
  if (csrf) event.detail.headers["X-CSRFToken"] = csrf;
});

/* Menus made of <details>: one open at a time, closed by Escape or by a click elsewhere. */
const MENUS = "details.dropdown, .tabbar details, details.who";

function closeMenus(except) {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (menu.open && menu !== except && !menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest(MENUS)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.(MENUS);
  if (open?.open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

/* Copy a number or a link. */
function showCopiers(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of root.querySelectorAll("[data-reveal]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.querySelector("span");
  const before = words.textContent;
  words.textContent = button.dataset.copied || "Copié";
  button.setAttribute("aria-live", "polite");
  setTimeout(() => { words.textContent = before; }, 2500);
});

/* Bring a reader straight to what is wrong. */
function focusErrors(root) {
  root.querySelector("[data-focus]")?.focus({ preventScroll: false });
}

function prepare(root) {
  showCopiers(root);
  focusErrors(root);
}

prepare(document);
document.addEventListener("htmx:afterSettle", (event) => prepare(event.detail.elt));
