// The forget dial: the fade by definition, and the measured one of the nearest bias.
const dial = document.getElementById("dial-bias");
const curve = document.getElementById("dial-curve");
if (dial && curve) {
  const { width, height, steps } = curve.dataset;
  const measured = all("[data-bias]", curve.ownerSVGElement), words = document.getElementById("dial-measured");
  const turn = () => {
    const gate = 1 / (1 + Math.exp(-dial.value));
    const points = Array.from({ length: +steps + 1 }, (_, t) => `${(t / steps * width).toFixed(1)} ${(height * (1 - gate ** t)).toFixed(1)}`);
    curve.setAttribute("d", "M" + points.join("L"));
    document.getElementById("dial-value").value = (+dial.value).toFixed(1);
    document.getElementById("dial-gate").textContent = gate.toPrecision(3);
    document.getElementById("dial-half-life").textContent = (Math.LN2 / -Math.log(gate)).toPrecision(3);
    const far = ({ dataset }) => Math.abs(dataset.bias - dial.value);
    const [nearest] = [...measured].sort((a, b) => far(a) - far(b));
    for (const group of measured) group.classList.toggle("off", group !== nearest);
    if (nearest) words.textContent = nearest.dataset.told;
  };
  dial.addEventListener("input", turn);
  turn();
}
