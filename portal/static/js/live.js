/* News: asks for a fragment every so often and shows it where it announces itself. Rows never jump.
   The request says X-Live, so that it does not prolong an idle session; an ETag spares the answer (304). */

function watch(place) {
  const seconds = Math.max(5, Number(place.dataset.every) || 20);
  let tag = null;

  async function ask() {
    if (document.hidden || !place.isConnected) return;
    const headers = { "X-Live": "1", ...(tag ? { "If-None-Match": tag } : {}) };
    let answer;
    try {
      answer = await fetch(place.dataset.live, { headers, credentials: "same-origin", redirect: "error" });
    } catch {
      return;
    }
    if (answer.status === 401 || answer.status === 403) clearInterval(timer);
    if (answer.status === 204) place.replaceChildren();
    if (answer.status !== 200) return;
    tag = answer.headers.get("ETag");
    show(place, await answer.text());
  }

  const timer = setInterval(ask, seconds * 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}

/* Same words, no change: a screen reader must not hear them again. */
function show(place, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  if (fresh.textContent.trim() === place.textContent.trim()) return;
  place.replaceChildren(...fresh.childNodes);
}

for (const place of document.querySelectorAll("[data-live]")) watch(place);
