"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  root.classList.add("js");

  // Colour scheme: what the reader chose, else what the system says.
  const remember = (value) => { try { localStorage.setItem("theme", value); } catch { /* a file:// page may have no storage */ } };
  const recall = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (recall()) root.dataset.theme = recall();
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember(root.dataset.theme);
  });

  // Verdicts: the legend becomes a filter, the cards can be ordered.
  const filter = document.getElementById("filter");
  const list = document.getElementById("cards");
  if (filter) {
    const cards = all(".card", list);
    const count = document.getElementById("count");
    const show = (verdict) => {
      let shown = 0;
      for (const card of cards) {
        card.hidden = verdict !== "" && card.dataset.verdict !== verdict;
        shown += card.hidden ? 0 : 1;
      }
      for (const button of all("button", filter)) button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
      count.textContent = count.dataset.words.replace("{shown}", shown).replace("{total}", count.dataset.total);
    };
    const entry = document.createElement("li");
    entry.dataset.verdict = "";
    entry.append(Object.assign(document.createElement("span"), { className: "chip", textContent: filter.dataset.all }));
    filter.prepend(entry);
    for (const item of all("li", filter)) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.verdict = item.dataset.verdict;
      button.append(...item.childNodes);
      button.addEventListener("click", () => show(button.dataset.verdict));
      item.append(button);
    }
    for (const button of all("[data-sort]")) {
      button.addEventListener("click", () => {
        const key = button.dataset.sort;
        cards.sort((a, b) => a.dataset[key] - b.dataset[key] || a.dataset.number - b.dataset.number);
        list.append(...cards);
        for (const other of all("[data-sort]")) other.setAttribute("aria-pressed", String(other === button));
      });
    }
    show("");
    const reveal = () => {
      const card = location.hash.startsWith("#claim-") && document.getElementById(location.hash.slice(1));
      if (card && card.hidden) { show(""); card.scrollIntoView(); }
    };
    addEventListener("hashchange", reveal);
  }

  // Series of a figure.
  for (const button of all("[data-toggle]")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      const name = button.dataset.toggle;
      for (const part of all(`[data-series="${name}"], [data-series^="${name}--"]`, document.getElementById(button.dataset.figure))) {
        part.classList.toggle("off", !on);
      }
    });
  }

  // Copying; where the clipboard is closed (file:// pages), the text is selected instead.
  const words = document.body.dataset;
  for (const button of all("[data-copy]")) {
    const label = button.textContent;
    const say = (text) => { button.textContent = text; setTimeout(() => { button.textContent = label; }, 1800); };
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      const selection = getSelection();
      selection.selectAllChildren(source);
      try {
        await navigator.clipboard.writeText(source.textContent);
        say(words.copied);
      } catch {
        say(document.execCommand("copy") ? words.copied : words.select);
      }
    });
  }

  // The forget dial.
  const dial = document.getElementById("dial-bias");
  const curve = document.getElementById("dial-curve");
  if (dial && curve) {
    const { width, height, steps } = curve.dataset;
    const turn = () => {
      const gate = 1 / (1 + Math.exp(-dial.value));
      const points = Array.from({ length: +steps + 1 }, (_, t) => `${(t / steps * width).toFixed(1)} ${(height * (1 - gate ** t)).toFixed(1)}`);
      curve.setAttribute("d", "M" + points.join("L"));
      document.getElementById("dial-value").value = (+dial.value).toFixed(1);
      document.getElementById("dial-gate").textContent = gate.toPrecision(3);
      document.getElementById("dial-half-life").textContent = (Math.LN2 / -Math.log(gate)).toPrecision(3);
    };
    dial.addEventListener("input", turn);
    turn();
  }

  // Where the reader is, in the table of contents.
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) links.get(entry.target.id)?.classList.toggle("here", entry.isIntersecting);
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const section of all(".chapter")) observer.observe(section);

  // Print everything.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
})();
