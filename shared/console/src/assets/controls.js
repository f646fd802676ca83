// Controls: clock, copying, persona, forms that post JSON; then the page begins.

const clock = {
  set(now) {
    if (typeof now !== "string") return;
    this.baseMs = instant(now).getTime();
    this.since = performance.now();
  },

  start(element) {
    const speed = Number(element.dataset.clockSpeed);
    this.set(element.dateTime);
    setInterval(() => {
      const now = new Date(this.baseMs + (performance.now() - this.since) * speed);
      const text = dateAndTime(now, "clock");
      if (element.textContent === text) return;
      element.textContent = text;
      element.dateTime = now.toISOString();
    }, 250);
  },
};

async function copy(button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    // Browsers refuse the clipboard to pages that came without TLS.
    const code = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = label), 1_500);
}

// The button is of use only when another persona is chosen.
function watchPersona(form) {
  const select = form.querySelector("select");
  const button = form.querySelector("button");
  const current = select.value;
  const update = () => (button.hidden = select.value === current);
  select.addEventListener("change", update);
  update();
}

function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function jsonForms(form) {
  const status = form.querySelector("[data-form-status]");
  const button = form.querySelector("button[type=submit]");
  button.disabled = false;
  // One key for all attempts with the same content, so that trying again records nothing twice.
  let key = randomKey();
  form.addEventListener("input", () => (key = randomKey()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    status.textContent = "Sending";
    try {
      status.textContent = await post(form, key);
    } catch {
      status.textContent = "Not sent: the server cannot be reached. Try again.";
    }
    button.disabled = false;
  });
}

async function post(form, key) {
  const fields = [...new FormData(form)].map(([name, value]) => [name, value === "" ? null : value]);
  const [response, answer] = await send(form, key, Object.fromEntries(fields));
  if (!response.ok) return `Not recorded: ${reason(response, answer)}`;
  showFrom(answer.position, 800);
  return "Recorded";
}

// A form of something that several people change names the version that it was filled from.
async function send(form, key, body) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  if (form.dataset.ifMatch) headers["If-Match"] = `"${form.dataset.ifMatch}"`;
  const response = await fetch(form.action, { method: "POST", headers, body: JSON.stringify(body) });
  return [response, await response.json().catch(() => ({}))];
}

const reason = (response, answer) =>
  answer.errors?.[0]?.detail ?? answer.detail ?? answer.title ?? `status ${response.status}`;

function showFrom(position, afterMs) {
  const address = new URL(location.href);
  if (typeof position === "string") address.searchParams.set("position", position);
  setTimeout(() => location.replace(address), afterMs);
}

// One thing to do with all records whose boxes are checked.
function bulkForms(form) {
  const status = form.querySelector("[data-form-status]");
  const count = form.querySelector("[data-bulk-count]");
  const hint = count.textContent;
  const buttons = [...form.querySelectorAll("[data-bulk]")];
  const checked = () => [...form.querySelectorAll("tbody input[type=checkbox]:checked")];
  const update = () => {
    const number = checked().length;
    count.textContent = number === 0 ? hint : `${number} selected`;
    for (const button of buttons) button.disabled = number === 0;
  };
  const act = async (button) => {
    const cases = checked().map((box) => ({ case_id: box.value, version: Number(box.dataset.version) }));
    for (const one of buttons) one.disabled = true;
    status.textContent = "Sending";
    try {
      const [response, answer] = await send(form, randomKey(), { ...JSON.parse(button.dataset.bulk), cases });
      if (!response.ok) status.textContent = `Not done: ${reason(response, answer)}`;
      else {
        const failure = answer.results.find((result) => result.problem)?.problem;
        const failed = failure ? `, ${answer.failed} not: ${failure.detail ?? failure.title}` : "";
        status.textContent = `${answer.succeeded} done${failed}`;
        showFrom(answer.position, failure ? 4_000 : 800);
      }
    } catch {
      status.textContent = "Not sent: the server cannot be reached. Try again.";
    }
    update();
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of buttons) button.addEventListener("click", () => act(button));
  update();
}

// Checks a condition while it is written; the answer stands where the server would put its faults.
function validateWhileTyping(area) {
  const place = area.parentElement.querySelector("[data-validation]");
  let waiting;
  let newest = 0;
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const turn = ++newest;
      const faults = await faultsOf(area).catch(() => []);
      if (turn !== newest) return;
      area.setAttribute("aria-invalid", String(faults.length > 0));
      place.replaceChildren(
        ...faults.map((fault) => {
          const line = document.createElement("p");
          line.className = "form-error";
          line.textContent = `line ${fault.line}, column ${fault.column}: ${fault.message}`;
          return line;
        }),
      );
    }, 300);
  });
}

async function faultsOf(area) {
  const response = await fetch(area.dataset.validate, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ condition: area.value }),
  });
  return response.ok ? (await response.json()).faults : [];
}

function begin() {
  document.documentElement.dataset.script = "on";
  const clockElement = document.querySelector("[data-clock-speed]");
  if (clockElement) clock.start(clockElement);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.querySelectorAll("form[data-persona]").forEach(watchPersona);
  document.querySelectorAll("form[data-json-form]").forEach(jsonForms);
  document.querySelectorAll("form[data-bulk-form]").forEach(bulkForms);
  document.querySelectorAll("textarea[data-validate]").forEach(validateWhileTyping);
  const streamed = document.querySelector("[data-stream]");
  if (streamed) new Stream(streamed.dataset.stream);
  const again = document.querySelector("[data-reload-after-seconds]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.reloadAfterSeconds) * 1000);
}

begin();
