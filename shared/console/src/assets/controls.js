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
  const response = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(Object.fromEntries(fields)),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    return `Not recorded: ${answer.detail ?? answer.title ?? `status ${response.status}`}`;
  }
  const address = new URL(location.href);
  if (typeof answer.position === "string") address.searchParams.set("position", answer.position);
  setTimeout(() => location.replace(address), 800);
  return "Recorded";
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
  const streamed = document.querySelector("[data-stream]");
  if (streamed) new Stream(streamed.dataset.stream);
  const again = document.querySelector("[data-reload-after-seconds]");
  if (again) setTimeout(() => location.reload(), Number(again.dataset.reloadAfterSeconds) * 1000);
}

begin();
