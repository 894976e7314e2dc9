/* Ctrl-K: the finder as a dialog over the page. Without scripts the field in the header leads to /find. */
"use strict";
(() => {
  const finder = document.querySelector("form.finder");
  if (!finder || !window.HTMLDialogElement) return;
  const field = finder.querySelector("input");
  const made = (name, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };
  let dialog, input, list, said, options = [], chosen = -1, asked = 0, wait;

  const choose = (number) => {
    if (!options.length) return;
    if (options[chosen]) options[chosen].setAttribute("aria-selected", "false");
    chosen = (number + options.length) % options.length;
    options[chosen].setAttribute("aria-selected", "true");
    options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen].id);
  };
  const open = () => { if (options[chosen]) location.assign(options[chosen].dataset.href); };

  const show = (groups) => {
    options = []; chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren();
    groups.forEach((group, place) => {
      const heading = made("h3", { id: `palette-group-${place}`, textContent: group.title });
      const part = made("div", {}, heading);
      part.setAttribute("role", "group");
      part.setAttribute("aria-labelledby", heading.id);
      group.items.forEach((item) => {
        const option = made("div", { id: `palette-${options.length}` }, made("span", { textContent: item.text }));
        if (item.note) option.append(made("span", { className: "cap", textContent: item.note }));
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.href = item.href;
        const number = options.push(option) - 1;
        option.addEventListener("click", () => { choose(number); open(); });
        part.append(option);
      });
      list.append(part);
    });
    input.setAttribute("aria-expanded", String(options.length > 0));
    if (options.length) choose(0);
  };

  const ask = async () => {
    const mine = ++asked, query = input.value.trim();
    if (!query) { show([]); said.textContent = finder.dataset.keys; return; }
    try {
      const answer = await fetch(`/find?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { groups } = await answer.json();
      if (mine !== asked) return;
      show(groups);
      said.textContent = groups.length ? finder.dataset.keys : finder.dataset.none;
    } catch { if (mine === asked) location.assign(`/find?q=${encodeURIComponent(query)}`); }
  };

  const build = () => {
    input = made("input", { type: "search", autocomplete: "off" });
    list = made("div", { id: "palette-list" });
    said = made("footer", { textContent: finder.dataset.keys });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.placeholder);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id,
      "aria-autocomplete": "list", "aria-label": field.placeholder })) input.setAttribute(name, value);
    said.setAttribute("role", "status");
    dialog = made("dialog", { className: "palette" }, made("div", {}, input, list, said));
    dialog.setAttribute("aria-label", field.placeholder);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 80); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
      else if (event.key === "Enter") { event.preventDefault(); open(); }
    });
    document.body.append(dialog);
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!dialog) build();
    if (dialog.open) { dialog.close(); return; }
    input.value = field.value;
    dialog.showModal();
    input.focus();
    input.select();
    ask();
  }, true);
})();
