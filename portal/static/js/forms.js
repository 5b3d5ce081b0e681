/* Forms: characters left, − and +, show a password, tick all, send once. The plain form works without it. */

const french = new Intl.NumberFormat("fr-FR");

/* ---- characters left ---- */
function count(field) {
  const place = document.getElementById(field.dataset.counter);
  if (!place) return;
  const left = field.maxLength - field.value.length;
  place.textContent = left === 0 ? "Plus de place." : `Encore ${french.format(left).replaceAll("\u202f", "\u00a0")} caractère${left > 1 ? "s" : ""}.`;
}

/* ---- steppers ---- */
function bounds(input) {
  const value = Number.parseInt(input.value, 10) || 0;
  return { value, low: Number(input.min || 0), high: Number(input.max || 9999) };
}

function refresh(stepper) {
  const input = stepper.querySelector("input");
  const { value, low, high } = bounds(input);
  for (const button of stepper.querySelectorAll("button")) {
    const step = Number(button.dataset.step);
    button.disabled = input.disabled || (step < 0 ? value <= low : value >= high);
  }
}

function step(button) {
  const stepper = button.closest("[data-stepper]");
  const input = stepper.querySelector("input");
  const { value, low, high } = bounds(input);
  input.value = Math.min(high, Math.max(low, value + Number(button.dataset.step)));
  refresh(stepper);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/* ---- a password that can be shown ---- */
function reveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
  button.setAttribute("aria-label", shown ? "Montrer le mot de passe" : "Cacher le mot de passe");
}

/* ---- choosing several rows ---- */
const boxes = (name) => [...document.querySelectorAll(`input[type="checkbox"][name="${CSS.escape(name)}"]`)];

function tickAll(all) {
  for (const box of boxes(all.dataset.selectAll)) box.checked = all.checked;
  countChosen();
}

function countChosen() {
  for (const all of document.querySelectorAll("[data-select-all]")) {
    const group = boxes(all.dataset.selectAll);
    const chosen = group.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === group.length;
    all.indeterminate = chosen > 0 && chosen < group.length;
    for (const place of document.querySelectorAll("[data-selected-count]")) place.textContent = french.format(chosen);
    for (const bar of document.querySelectorAll("[data-when-selected]")) bar.hidden = chosen === 0;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.dataset?.counter) count(event.target);
  const stepper = event.target.closest?.("[data-stepper]");
  if (stepper) refresh(stepper);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step], [data-reveal]");
  if (!button) return;
  if (button.dataset.step) step(button);
  else reveal(button);
});

document.addEventListener("change", (event) => {
  if (event.target.dataset?.selectAll) tickAll(event.target);
  else if (event.target.type === "checkbox") countChosen();
  event.target.form?.matches("[data-submit-on-change]") && event.target.form.requestSubmit();
});

/* A form sent twice would be refused by the server anyway; this spares the second click. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function prepare(root) {
  for (const field of root.querySelectorAll("[data-counter]")) count(field);
  for (const stepper of root.querySelectorAll("[data-stepper]")) {
    stepper.classList.add("stepper--ready");
    refresh(stepper);
  }
  countChosen();
}

prepare(document);
document.addEventListener("htmx:afterSettle", (event) => prepare(event.detail.elt));
