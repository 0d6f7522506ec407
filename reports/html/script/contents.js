// Where the reader is, in the table of contents.
const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) links.get(entry.target.id)?.classList.toggle("here", entry.isIntersecting);
}, { rootMargin: "-20% 0px -75% 0px" });
for (const section of all(".chapter")) observer.observe(section);
