/* Native dialogs: opened by data-opens="#id", or when a panel has been loaded into one; closed by data-closes. */

let opener = null;

function open(dialog) {
  opener = document.activeElement;
  if (!dialog.open) dialog.showModal();
}

function close(dialog) {
  dialog.close();
}

document.addEventListener("click", (event) => {
  const opens = event.target.closest?.("[data-opens]");
  const dialog = opens && document.querySelector(opens.dataset.opens);
  if (dialog) {
    event.preventDefault();
    open(dialog);
    return;
  }
  const inside = event.target.closest?.("dialog[open]");
  if (inside && (event.target === inside || event.target.closest("[data-closes]"))) {
    event.preventDefault();
    close(inside);
  }
});

document.addEventListener("close", (event) => {
  if (!event.target.matches?.("dialog")) return;
  if (event.target.id === "drawer") event.target.replaceChildren();
  opener?.isConnected && opener.focus();
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target;
  if (dialog?.matches?.("dialog") && dialog.childElementCount) open(dialog);
});
