// Verdicts: the legend becomes a filter, the cards can be ordered and searched; the link keeps what was chosen.
const filter = document.getElementById("filter");
if (filter) {
  const list = document.getElementById("cards");
  const cards = all(".card", list);
  const count = document.getElementById("count");
  const search = document.getElementById("search");
  const chosen = { verdict: "", sort: "number", search: "" };
  const show = (change) => {
    Object.assign(chosen, change);
    const words = chosen.search.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLowerCase();
      card.hidden = (chosen.verdict && card.dataset.verdict !== chosen.verdict) || !words.every((word) => text.includes(word));
      shown += !card.hidden;
    }
    cards.sort((a, b) => a.dataset[chosen.sort] - b.dataset[chosen.sort] || a.dataset.number - b.dataset.number);
    list.append(...cards);
    for (const button of all("button", filter)) button.ariaPressed = button.dataset.verdict === chosen.verdict;
    for (const button of all("[data-sort]")) button.ariaPressed = button.dataset.sort === chosen.sort;
    search.value = chosen.search;
    count.textContent = count.dataset.words.replace("{shown}", shown).replace("{total}", count.dataset.total);
  };
  const choose = (change) => {
    show(change);
    history.replaceState(null, "", `#verdicts?${new URLSearchParams(chosen)}`);
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
    button.addEventListener("click", () => choose({ verdict: button.dataset.verdict }));
    item.append(button);
  }
  for (const button of all("[data-sort]")) button.addEventListener("click", () => choose({ sort: button.dataset.sort }));
  search.addEventListener("input", () => choose({ search: search.value }));
  const follow = () => {
    const [place, kept] = location.hash.slice(1).split("?");
    if (kept) {
      const told = Object.fromEntries(new URLSearchParams(kept));
      show({ verdict: told.verdict ?? "", search: told.search ?? "", sort: told.sort === "order" ? "order" : "number" });
      document.getElementById(place)?.scrollIntoView();
    } else if (place.startsWith("claim-") && document.getElementById(place)?.hidden) {
      show({ verdict: "", search: "" });
      document.getElementById(place).scrollIntoView();
    }
  };
  show();
  follow();
  addEventListener("hashchange", follow);
}
