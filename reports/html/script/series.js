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
