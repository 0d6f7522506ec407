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
