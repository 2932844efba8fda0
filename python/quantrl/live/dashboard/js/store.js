// The event stream, and the newest of everything it told.
import { resume } from "./api.js";

const KEPT = 300;

export class Store extends EventTarget {
  constructor() {
    super();
    this.state = null;
    this.events = [];
    this.seq = null;
    this.heard = 0;
    this.link = "connecting";
    this.source = null;
    this.wait = 500;
    this.timer = setInterval(() => this.#watch(), 1000);
    this.onVisible = () => (document.hidden ? this.#drop() : this.open());
    document.addEventListener("visibilitychange", this.onVisible);
  }

  open() {
    if (this.source || this.closed) return;
    const after = this.seq === null ? "" : `?after=${this.seq}`;
    const source = (this.source = new EventSource(`/api/stream${after}`));
    source.addEventListener("hello", (message) => this.#heard(message));
    source.addEventListener("tile", (message) => {
      this.#heard(message);
      this.state = JSON.parse(message.data);
      this.dispatchEvent(new Event("tile"));
    });
    source.addEventListener("event", (message) => {
      this.#heard(message);
      const event = JSON.parse(message.data);
      this.seq = event.seq;
      this.events.push(event);
      if (this.events.length > KEPT) this.events.splice(0, this.events.length - KEPT);
      this.dispatchEvent(new CustomEvent("journal", { detail: event }));
    });
    source.addEventListener("gap", (message) => {
      this.#heard(message);
      this.seq = JSON.parse(message.data).seq;
      this.events = [];
      this.dispatchEvent(new Event("gap"));
    });
    source.addEventListener("error", () => {
      this.#link("disconnected");
      // The browser gives up for good on a refusal; then it is up to us.
      if (source.readyState === EventSource.CLOSED) this.#again();
    });
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.#drop();
  }

  #drop() {
    this.source?.close();
    this.source = null;
  }

  #again() {
    this.#drop();
    setTimeout(async () => {
      if (this.closed) return;
      const known = await resume().catch(() => null);
      if (known !== false) this.open();
      else if (!this.closed) document.dispatchEvent(new CustomEvent("loggedout"));
    }, this.wait);
    this.wait = Math.min(this.wait * 2, 8000);
  }

  #heard(message) {
    this.heard = performance.now();
    this.wait = 500;
    if (message.lastEventId && this.seq === null) this.seq = message.lastEventId;
    this.#link("live");
  }

  #watch() {
    if (this.link === "live" && performance.now() - this.heard > 6000) this.#link("stale");
  }

  #link(state) {
    if (this.link === state) return;
    this.link = state;
    this.dispatchEvent(new Event("link"));
  }
}
