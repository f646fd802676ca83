// Fill: the fields of an event into the elements that name them. Data becomes text, never markup.

function fillField(element, data) {
  const { field, format, of } = element.dataset;
  const value = valueAt(data, field);
  if (value === undefined) return;
  if (format === "width") {
    element.setAttribute("width", percentage(value));
    return;
  }
  const text = value === null ? nothing : formats[format](value, of && valueAt(data, of));
  if (element.textContent !== text) element.textContent = text;
  if (element instanceof HTMLTimeElement && value !== null) {
    element.dateTime = instant(value).toISOString();
  }
}

function fillAddress(link, data) {
  link.href = link.dataset.href.replace(/\{([^}]+)\}/g, (_, field) =>
    encodeURIComponent(valueAt(data, field) ?? ""),
  );
}

function showOne(choice, data) {
  const value = valueAt(data, choice.dataset.switch);
  if (value === undefined) return;
  for (const option of choice.children) option.hidden = option.dataset.when !== value;
}

function fill(root, data) {
  for (const element of root.querySelectorAll("[data-field]")) fillField(element, data);
  for (const link of root.querySelectorAll("[data-href]")) fillAddress(link, data);
  for (const choice of root.querySelectorAll("[data-switch]")) showOne(choice, data);
  for (const svg of root.querySelectorAll("svg[data-chart]")) {
    const series = valueAt(data, svg.dataset.series);
    if (series) redraw[svg.dataset.chart](svg, series);
  }
}

