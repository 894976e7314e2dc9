/* Live pages: one stream of events a tab. Panels that ask for a topic are fetched anew, or come with the event.
   Without this script a page stands still and says so, with a link that reloads it. */
"use strict";
(() => {
  const bar = document.getElementById("livebar");
  if (!bar || !window.EventSource) return;
  const words = bar.querySelector(".words");
  const button = document.createElement("button");
  const SOONEST = 2000; // ms between two fetches of one panel
  const fetched = new Map(); // panel -> when it was fetched
  const waiting = new Map(); // panel -> its timer
  let source = null, paused = false, trouble = "", failures = 0;

  button.type = "button";
  button.className = "btn text";
  bar.append(button);
  button.addEventListener("click", () => { paused = !paused; paused ? close() : open(true); say(); });

  function say() {
    const live = source && source.readyState === EventSource.OPEN;
    const text = trouble || (paused ? bar.dataset.paused : live ? bar.dataset.on : bar.dataset.off);
    if (words.textContent !== text) words.textContent = text;
    button.textContent = paused ? bar.dataset.resume : bar.dataset.pause;
    bar.classList.toggle("on", Boolean(live && !trouble && !paused));
    bar.classList.toggle("lost", Boolean(trouble));
  }

  const panels = (topics) => [...document.querySelectorAll("[data-live][id]")]
    .filter((p) => !topics || p.dataset.live.split(" ").some((t) => topics.includes(t)));

  /* Nothing is taken out of the hands of somebody who writes or chooses in it. */
  const busy = (panel) => panel.contains(document.activeElement) &&
    /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);

  function put(id, html) {
    const old = document.getElementById(id);
    if (!old || busy(old)) return;
    const box = document.createElement("template");
    box.innerHTML = html;
    const made = box.content.firstElementChild;
    if (!made || made.id !== id) return;
    for (const field of made.querySelectorAll('input[name="csrf"]')) field.value = document.body.dataset.csrf;
    const shown = [...old.querySelectorAll("details")].map((d) => d.open);
    made.querySelectorAll("details").forEach((d, i) => { d.open = Boolean(shown[i]); });
    const scrolled = [...old.querySelectorAll(".scroll")].map((s) => [s.scrollLeft, s.scrollTop]);
    const focus = old.contains(document.activeElement) ? place(old, document.activeElement) : null;
    old.replaceWith(made);
    made.querySelectorAll(".scroll").forEach((s, i) => { if (scrolled[i]) [s.scrollLeft, s.scrollTop] = scrolled[i]; });
    if (focus) focusable(made)[focus]?.focus({ preventScroll: true });
  }
  const focusable = (panel) => [...panel.querySelectorAll("a[href], button, summary, [tabindex]")];
  const place = (panel, element) => focusable(panel).indexOf(element);

  function soon(panel) {
    const id = panel.id;
    if (waiting.has(id)) return;
    const wait = Math.max(100, (fetched.get(id) || 0) + SOONEST - Date.now());
    waiting.set(id, setTimeout(() => { waiting.delete(id); fetchPanel(id); }, wait));
  }

  async function fetchPanel(id) {
    fetched.set(id, Date.now());
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": id }, credentials: "same-origin" });
      if (answer.ok) { put(id, await answer.text()); return; }
      if (answer.status === 401 || answer.status === 403) { close(); trouble = bar.dataset.lost; say(); }
    } catch { /* the stream's own error says that the server is away */ say(); }
  }

  function open(anew) {
    if (source) source.close();
    source = new EventSource("/stream?watch=" + encodeURIComponent(bar.dataset.watch));
    source.addEventListener("open", (e) => {
      if (e instanceof MessageEvent) return; // the server's first word is called so too: nothing has changed by it
      failures = 0; say(); if (anew) panels().forEach(soon); anew = true;
    });
    source.addEventListener("changed", (e) => panels(JSON.parse(e.data).topics).forEach((p) => { if (!p.dataset.drawn) soon(p); }));
    source.addEventListener("panels", (e) => {
      for (const [id, html] of Object.entries(JSON.parse(e.data).panels)) {
        put(id, html);
        const panel = document.getElementById(id);
        if (panel) panel.dataset.drawn = "yes";
      }
    });
    source.addEventListener("reset", () => panels().forEach(soon));
    source.addEventListener("trouble", (e) => { trouble = JSON.parse(e.data).text; say(); });
    source.addEventListener("error", () => {
      if (!source) return;
      if (source.readyState === EventSource.CLOSED) { // refused: the browser does not try again by itself
        failures += 1;
        setTimeout(() => { if (!paused && !document.hidden) open(true); }, Math.min(60000, 2000 * 2 ** failures));
      }
      say();
    });
  }

  function close() { if (source) source.close(); source = null; }

  /* A browser gives one host about six connections: a tab that nobody sees needs none. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close(); else if (!paused) open(true);
    say();
  });
  window.addEventListener("pagehide", close);
  if (!document.hidden) open(false);
  say();
})();
