// Charts: redrawn by moving what the server has drawn, by the same formulas.

const percentage = (part) =>
  `${(Number.isFinite(part) ? Math.min(Math.max(part, 0), 1) * 100 : 0).toFixed(2)}%`;

function redrawStackedBar(svg, counts) {
  const parts = [...svg.querySelectorAll("[data-part]")];
  const values = parts.map((part) => counts[part.dataset.part] ?? 0);
  const whole = values.reduce((sum, value) => sum + value, 0);
  let before = 0;
  parts.forEach((part, index) => {
    part.setAttribute("x", percentage(before / whole));
    part.setAttribute("width", percentage(values[index] / whole));
    before += values[index];
  });
}

function redrawHistogram(svg, counts) {
  const bars = svg.querySelectorAll("[data-bin]");
  if (counts.length !== bars.length) return;
  let top = 10;
  while (top < Math.max(...counts)) top *= 10;
  const height = (count) => Math.log1p(count) / Math.log1p(top);
  bars.forEach((bar, bin) => {
    bar.setAttribute("y", percentage(1 - height(counts[bin])));
    bar.setAttribute("height", percentage(height(counts[bin])));
  });
  for (const line of svg.querySelectorAll("[data-tick]")) {
    const tick = Number(line.dataset.tick);
    const y = percentage(1 - height(tick));
    line.setAttribute("visibility", tick > top ? "hidden" : "visible");
    line.querySelector("line").setAttribute("y1", y);
    line.querySelector("line").setAttribute("y2", y);
    line.querySelector("text").setAttribute("y", y);
  }
}

function redrawArea(svg, values) {
  const highest = Math.max(1, ...values);
  const line = values
    .map((value, index) => {
      const x = (index / (values.length - 1)) * 100;
      const y = 100 - (value / highest) * 0.92 * 100;
      return `${index ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`;
    })
    .join("");
  const drawn = values.length > 1 ? line : "";
  svg.querySelector("[data-highest]").textContent = grouped(Math.max(0, ...values));
  svg.querySelector(".line").setAttribute("d", drawn);
  svg.querySelector(".area").setAttribute("d", drawn && `${drawn}L100 100L0 100Z`);
}

const redraw = {
  "stacked-bar": redrawStackedBar,
  "histogram": redrawHistogram,
  "area": redrawArea,
};

