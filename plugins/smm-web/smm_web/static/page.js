// Makes three things easier; without it they are done by hand in the form. Nothing is sent from here.
"use strict";
(() => {
  const form = document.getElementById("remark-form");
  document.documentElement.classList.add("has-script");

  // A preview gets the height of what is in it.
  for (const frame of document.querySelectorAll("iframe.preview")) {
    const fit = () => {
      const page = frame.contentDocument && frame.contentDocument.documentElement;
      if (!page) return;
      frame.style.height = `${Math.min(2400, Math.max(96, page.getElementsByTagName("main")[0]?.scrollHeight + 8 || 0))}px`;
    };
    frame.addEventListener("load", () => {
      fit();
      new ResizeObserver(fit).observe(frame.contentDocument.body);
    });
    if (frame.contentDocument?.readyState === "complete") fit();
  }
  if (!form) return;
  const fill = (values) => {
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  };
  const unmark = () => document.querySelectorAll(".point").forEach((point) => point.remove());

  // Words that are selected in a text are quoted, with where they begin: in code points, without what is struck out.
  const before = (words, node, offset) => {
    const range = document.createRange();
    range.selectNodeContents(words);
    range.setEnd(node, offset);
    const copy = range.cloneContents();
    copy.querySelectorAll("del").forEach((gone) => gone.remove());
    return copy.textContent;
  };
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const owner = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(".words[data-where]");
    const words = owner(range.startContainer);
    if (!words || words !== owner(range.endContainer)) return;
    const start = before(words, range.startContainer, range.startOffset);
    const quote = before(words, range.endContainer, range.endOffset).slice(start.length);
    if (!quote.trim()) return;
    const blanks = quote.length - quote.trimStart().length;
    unmark();
    fill({ where: words.dataset.where, quote: quote.trim(), start: [...start].length + blanks, x: "", y: "", area: "" });
  });

  // A click on a picture points at it.
  for (const frame of document.querySelectorAll(".frame[data-where]")) {
    frame.addEventListener("click", (event) => {
      const box = frame.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      unmark();
      const point = document.createElement("span");
      point.className = "point";
      point.style.left = `${100 * x}%`;
      point.style.top = `${100 * y}%`;
      frame.append(point);
      fill({ where: frame.dataset.where, quote: "", start: "", x: x.toFixed(4), y: y.toFixed(4), area: "point" });
    });
  }

  // Another place that is chosen by hand is no longer the one that was clicked.
  form.elements.where.addEventListener("change", () => {
    unmark();
    fill({ quote: "", start: "", x: "", y: "", area: "" });
  });
  form.elements.area.addEventListener("change", () => {
    unmark();
    fill({ x: "", y: "" });
  });
})();
