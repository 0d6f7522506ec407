const root = document.documentElement;
const all = (query, within = document) => [...within.querySelectorAll(query)];
root.classList.add("js");
