// What a screen shows is asked for again when the journal says that it changed, at most every so often.
export class Live {
  constructor(store, kinds, load, every = 2500) {
    this.store = store;
    this.kinds = kinds ? new Set(kinds) : null;
    this.load = load;
    this.every = every;
    this.last = -Infinity;
    this.ended = this.busy = this.again = this.soon = false;
    this.waiting = null;
    this.onEvent = ({ detail }) => (!this.kinds || this.kinds.has(detail.kind)) && this.ask();
    this.onGap = () => this.ask();
    store.addEventListener("journal", this.onEvent);
    store.addEventListener("gap", this.onGap);
    this.ask();
  }

  // What is asked for while a load is under way is loaded once more after it.
  ask(now = false) {
    if (this.ended) return;
    if (this.busy) {
      this.again = true;
      this.soon ||= now;
      return;
    }
    if (this.waiting && !now) return;
    clearTimeout(this.waiting);
    const wait = now ? 0 : Math.max(this.last + this.every - performance.now(), 0);
    this.waiting = setTimeout(() => this.#run(), wait);
  }

  async #run() {
    this.waiting = null;
    this.busy = true;
    this.last = performance.now();
    try {
      await this.load();
    } catch (error) {
      if (!this.ended) this.failed?.(error);
      if (!this.ended && error.status !== 401) setTimeout(() => this.ask(), 1500);
    }
    const { again, soon } = this;
    this.busy = this.again = this.soon = false;
    if (again) this.ask(soon);
  }

  destroy() {
    this.ended = true;
    clearTimeout(this.waiting);
    this.store.removeEventListener("journal", this.onEvent);
    this.store.removeEventListener("gap", this.onGap);
  }
}
