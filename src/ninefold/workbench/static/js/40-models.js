/* A slider beside the number of a threshold: the panel is fetched again while it moves. Without it the form works. */
"use strict";
(() => {
  const fields = "#operating input[data-low]";
  let timer = 0, asked = 0;

  const show = async (field, at) => {
    const turn = ++asked;
    const url = `${location.pathname}?threshold=${encodeURIComponent(at)}`;
    const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || turn !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.getElementById("operating"), next = page.getElementById("operating");
    if (!now || !next) return;
    const held = document.activeElement && document.activeElement.type === "range";
    now.replaceWith(next);
    const slider = slide(next.querySelector("input[data-low]"));
    if (held && slider) slider.focus();
    history.replaceState(null, "", url);
  };

  const slide = (field) => {
    if (!field) return null;
    const low = Number(field.dataset.low), high = Number(field.dataset.high);
    if (!(high > low)) return null;
    const range = document.createElement("input");
    range.type = "range";
    range.min = low; range.max = high; range.step = (high - low) / 500; range.value = field.value;
    range.setAttribute("aria-label", field.labels[0] ? field.labels[0].textContent : field.name);
    range.addEventListener("input", () => {
      field.value = Number(range.value).toPrecision(4);
      clearTimeout(timer);
      timer = setTimeout(() => show(field, field.value), 120);
    });
    field.after(range);
    return range;
  };

  document.addEventListener("DOMContentLoaded", () => slide(document.querySelector(fields)));
})();
