// Format: fields in words, written as the server writes them.

const decimalsOfCurrencies = new Map(
  [
    [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
    [3, "BHD IQD JOD KWD LYD OMR TND"],
    [4, "CLF UYW"],
  ].flatMap(([decimals, codes]) => codes.split(" ").map((code) => [code, decimals])),
);

const nothing = "–";
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const grouped = (number, decimals = 0) =>
  number
    .toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    .replace("-", "\u2212");

function money(amountMinor, currency) {
  const decimals = decimalsOfCurrencies.get(currency) ?? 2;
  return `${grouped(amountMinor / 10 ** decimals, decimals)} ${currency}`;
}

function share(part, whole) {
  if (!whole) return nothing;
  const percent = (part / whole) * 100;
  return part > 0 && percent < 0.005 ? "< 0.01 %" : `${percent.toFixed(2)} %`;
}

// Events tell instants in RFC 3339.
function instant(text) {
  return new Date(text);
}

function dateAndTime(date, style) {
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const day = date.getUTCDate();
  const month = months[date.getUTCMonth()];
  const year = date.getUTCFullYear();
  if (style === "clock") return `${days[date.getUTCDay()]} ${day} ${month} ${year} ${clock}`;
  const seconds = two(date.getUTCSeconds());
  if (style === "short") return `${day} ${month} ${clock}:${seconds}`;
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(day)} ${clock}:${seconds}`;
}

// The value at a path such as `counts.approve`; several paths joined by `+` are added.
// What an event leaves out is undefined and changes nothing; null is shown as nothing.
function valueAt(data, path) {
  if (path.includes("+")) {
    const parts = path.split("+").map((one) => valueAt(data, one));
    return parts.includes(undefined) ? undefined : parts.reduce((sum, part) => sum + part, 0);
  }
  return path.split(".").reduce((value, step) => value?.[step], data);
}

// Each takes the value and the second value that `data-of` names.
const formats = {
  "text": (value) => String(value),
  "integer": (value) => grouped(value),
  "share": share,
  "money": money,
  "score": (value) => value.toFixed(4),
  "microseconds": (value) => `${grouped(value)} µs`,
  "time-short": (value) => dateAndTime(instant(value), "short"),
  "time-full": (value) => dateAndTime(instant(value), "full"),
  "time-clock": (value) => dateAndTime(instant(value), "clock"),
};

