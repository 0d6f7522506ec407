// Data of a figure: its first rows stand in the page; opened, the table has all of them, from the CSV in the link.
const levels = JSON.parse(document.getElementById("levels")?.textContent ?? "{}");
const DIGITS = 4;
const forms = {};
const fixed = (value, decimals) => {
  forms[decimals] ??= new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals, roundingMode: "halfEven" });
  const text = forms[decimals].format(value);
  return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", "");
};
const strip = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
const raised = (number) => String(number).replace(/./g, (mark) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(mark)]);
const shown = (text) => {
  if (text === "") return "–";
  if (/inf/.test(text)) return text.startsWith("-") ? "−∞" : "∞";
  const value = +text;
  const size = Math.abs(value);
  const power = Math.floor(Math.log10(size));
  if (value === 0) return "0";
  if (size < 1e-4 || size >= 1e12) return `${strip(fixed(value / 10 ** power, 1))} × 10${raised(power)}`;
  return value === Math.round(value) ? fixed(value, 0) : strip(fixed(value, Math.max(0, DIGITS - 1 - power)));
};
const parsed = (csv) => {
  const rows = [[]];
  for (const [, field, end] of csv.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/g)) {
    rows.at(-1).push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  rows.pop();
  return rows;
};
for (const part of all("details.data")) {
  const link = all('a[href^="data:text/csv"]', part.parentNode)[0];
  if (link) part.addEventListener("toggle", () => {
    const figure = part.closest("figure").id;
    const [names, ...rows] = parsed(decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1)));
    const numeric = all("th", part).map((head) => head.className);
    const cell = (value, place) => {
      const text = numeric[place] ? shown(value) : levels[figure]?.[names[place]]?.[value] ?? levels["*"][names[place]]?.[value] ?? value;
      return Object.assign(document.createElement("td"), { className: numeric[place], textContent: text });
    };
    const line = (row) => { const item = document.createElement("tr"); item.append(...row.map(cell)); return item; };
    part.querySelector("tbody").replaceChildren(...rows.map(line));
    part.querySelector(".note")?.remove();
  }, { once: true });
}
