// The kill switch: nothing leaves the book any more, once its name is typed.
import { command } from "./api.js";
import { h, put } from "./dom.js";

export class Kill {
  constructor(store) {
    this.store = store;
    this.book = "";
    this.typed = h("input", { name: "confirm", autocomplete: "off", spellcheck: "false", oninput: () => this.#check() });
    this.reason = h("input", { name: "reason", maxlength: "200", placeholder: "why; kept in the journal" });
    this.label = h("span", {});
    this.error = h("p", { class: "error", role: "alert" });
    this.go = h("button", { class: "btn danger solid", type: "submit", text: "Halt the book" });
    this.flatten = h("input", { type: "radio", name: "how", value: "flatten" });
    const halt = h("input", { type: "radio", name: "how", value: "halt", checked: true });
    for (const choice of [halt, this.flatten]) choice.addEventListener("change", () => put(this.go, this.flatten.checked ? "Close everything" : "Halt the book"));
    this.form = h("form", { onsubmit: (event) => this.#submit(event) },
      h("h2", { text: "Kill switch" }),
      h("fieldset", { class: "choice" },
        h("label", {}, halt, h("span", {}, h("b", { text: "Halt. " }), "Nothing leaves the book; what rests is cancelled; positions stay.")),
        h("label", {}, this.flatten, h("span", {}, h("b", { text: "Flatten, then halt. " }), "The book sells everything at the next prices first."))),
      h("p", { class: "quiet", text: "It stays halted over restarts. Only the command line ends it: quantrl paper resume." }),
      h("label", { class: "field" }, h("span", { text: "Reason" }), this.reason),
      h("label", { class: "field" }, this.label, this.typed), this.error,
      h("div", { class: "row" }, h("button", { class: "btn", type: "button", text: "Keep running", onclick: () => this.node.close() }), this.go));
    this.node = h("dialog", { "aria-label": "Kill switch" }, this.form);
  }

  open() {
    this.form.reset();
    put(this.go, "Halt the book");
    put(this.error, "");
    put(this.label, `Type the book's name, ${this.book}, to confirm`);
    this.#check();
    this.node.showModal();
    this.typed.focus();
  }

  #check() {
    this.go.disabled = !this.book || this.typed.value !== this.book;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.go.disabled) return;
    this.go.disabled = true;
    const begun = performance.now();
    try {
      await command(this.flatten.checked ? "flatten" : "halt", { reason: this.reason.value || "kill switch" });
      this.node.dataset.took = String(Math.round(performance.now() - begun));
      this.node.close();
    } catch (refused) {
      put(this.error, refused.message);
      this.#check();
    }
  }
}
