// Stream: one event source a page; what it brings is held back while the reader reads.

const showEveryMs = 1_000;
const retryAfterMs = 3_000;
const summaryEveryMs = 30_000;
const reloadAtMostEveryMs = 10_000;

class LiveRows {
  constructor(body) {
    this.body = body;
    this.template = body.querySelector("template");
    this.maximum = Number(body.dataset.rowsMax);
    this.waiting = [];
    this.pointedAt = false;
    // A finger that has left cannot be told from one that stays, so that touch does not count.
    body.addEventListener("pointerenter", (event) => (this.pointedAt = event.pointerType === "mouse"));
    body.addEventListener("pointerleave", () => (this.pointedAt = false));
  }

  // Events beyond what the table can show are not kept.
  add(data) {
    this.waiting.push(data);
    if (this.waiting.length > this.maximum) this.waiting.shift();
  }

  // Rows stay where they are while one is pointed at or has the focus.
  get held() {
    return this.pointedAt || this.body.matches(":focus-within");
  }

  show() {
    if (this.waiting.length === 0) return;
    const key = this.body.dataset.rowKey;
    const known = new Set([...this.body.rows].map((row) => row.dataset.key));
    const fresh = document.createDocumentFragment();
    for (const data of this.waiting) {
      const name = String(valueAt(data, key));
      if (known.has(name)) continue;
      known.add(name);
      fresh.prepend(this.row(data, name));
    }
    this.waiting = [];
    this.template.after(fresh);
    while (this.body.rows.length > this.maximum) this.body.rows[this.body.rows.length - 1].remove();
  }

  row(data, name) {
    const content = this.template.content.cloneNode(true);
    fill(content, data);
    const row = content.querySelector("tr");
    row.dataset.key = name;
    row.classList.add("row-new");
    row.addEventListener("animationend", () => row.classList.remove("row-new"), { once: true });
    return row;
  }
}

class Stream {
  constructor(url) {
    this.url = url;
    this.paused = false;
    this.wasLost = false;
    this.connection = "connecting";
    this.skipped = 0;
    this.figures = new Map();
    this.rows = new Map();
    for (const body of document.querySelectorAll("[data-live-rows]")) {
      this.rows.set(body.dataset.liveRows, new LiveRows(body));
    }
    this.controls = document.querySelector("[data-stream-controls]");
    this.controls?.querySelector("[data-stream-pause]").addEventListener("click", () => this.togglePause());
    for (const { body } of this.rows.values()) {
      for (const leaving of ["pointerleave", "focusout"]) {
        body.addEventListener(leaving, () => requestAnimationFrame(() => this.show()));
      }
      body.addEventListener("pointerenter", () => this.announce());
    }
    // A page that the browser kept aside comes back with its stream closed.
    addEventListener("pageshow", (event) => event.persisted && this.reload());
    setInterval(() => this.summarise(), summaryEveryMs);
    this.open();
  }

  open() {
    const source = new EventSource(this.url);
    source.onopen = () => this.connected();
    source.onerror = () => this.lost(source);
    source.addEventListener("gap", (event) => this.gap(JSON.parse(event.data)));
    source.addEventListener("reset", () => this.reload());
    const names = [...document.querySelectorAll("[data-live]")].map((element) => element.dataset.live);
    for (const name of new Set(names)) {
      source.addEventListener(name, (event) => this.refresh(name, JSON.parse(event.data)));
    }
    for (const [name, rows] of this.rows) {
      source.addEventListener(name, (event) => this.addRow(rows, JSON.parse(event.data)));
    }
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  connected() {
    // A stream begun anew has no memory of where this page stopped.
    if (this.wasLost) return this.reload();
    this.connection = "live";
    this.announce();
  }

  lost(source) {
    this.connection = "lost";
    this.announce();
    // The browser tries again by itself unless the server refused.
    if (source.readyState !== EventSource.CLOSED) return;
    this.wasLost = true;
    setTimeout(() => this.open(), retryAfterMs);
  }

  refresh(name, data) {
    clock.set(data.simulated_now);
    this.figures.set(name, data);
    this.schedule();
  }

  addRow(rows, data) {
    rows.add(data);
    this.schedule();
  }

  gap({ skipped }) {
    this.skipped += skipped;
    this.announce();
  }

  // However many events come, the page changes at a pace that can be followed.
  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      this.show();
    }, showEveryMs);
  }

  show() {
    if (!this.paused) {
      for (const [name, data] of this.figures) {
        for (const root of document.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) fill(root, data);
      }
      this.figures.clear();
      for (const rows of this.rows.values()) if (!rows.held) rows.show();
    }
    this.announce();
  }

  togglePause() {
    this.paused = !this.paused;
    const button = this.controls.querySelector("[data-stream-pause]");
    button.setAttribute("aria-pressed", String(this.paused));
    button.textContent = this.paused ? "Continue" : "Pause";
    this.show();
  }

  state() {
    if (this.connection === "connecting") return ["connecting", "Connecting"];
    if (this.connection === "lost") return ["lost", "Connection lost, trying again"];
    if (this.paused) return ["held", "Paused"];
    if ([...this.rows.values()].some((rows) => rows.held)) return ["held", "Held while you point at it"];
    return ["live", "Live"];
  }

  announce() {
    if (!this.controls) return;
    const [state, words] = this.state();
    const skipped = this.skipped > 0 ? ` · ${grouped(this.skipped)} more not shown` : "";
    this.controls.querySelector("[data-stream-state]").dataset.streamState = state;
    const status = this.controls.querySelector("[data-stream-status]");
    if (status.textContent !== words) status.textContent = words;
    const note = this.controls.querySelector("[data-stream-gap]");
    if (note.textContent !== skipped) note.textContent = skipped;
  }

  summarise() {
    const source = document.getElementById(this.controls?.dataset.summary ?? "");
    if (!source || this.paused || document.hidden) return;
    this.controls.querySelector("[data-stream-summary]").textContent = source.textContent.trim();
  }

  // Never in a tight circle, whatever the server says.
  reload() {
    const last = Number(sessionStorage.getItem("accord-reloaded-at") ?? 0);
    const wait = Math.max(0, last + reloadAtMostEveryMs - Date.now());
    setTimeout(() => {
      sessionStorage.setItem("accord-reloaded-at", String(Date.now()));
      location.reload();
    }, wait);
  }
}

