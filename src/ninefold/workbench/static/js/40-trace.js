/* A lineage that is wider than its panel begins where one looks from. */
"use strict";
document.querySelectorAll(".figure").forEach((figure) => {
  const focus = figure.querySelector(".n-focus");
  if (!focus || figure.scrollWidth <= figure.clientWidth) return;
  const box = focus.getBoundingClientRect(), frame = figure.getBoundingClientRect();
  figure.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
});
