// Colour scheme: what the reader chose, else what the system says.
const remember = (value) => { try { localStorage.setItem("theme", value); } catch { /* a file:// page may have no storage */ } };
const recall = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
if (recall()) root.dataset.theme = recall();
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember(root.dataset.theme);
});
