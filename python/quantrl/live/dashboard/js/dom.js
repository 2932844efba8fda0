// Elements from text alone: nothing here reads markup.
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  add(node, children);
  return node;
}

export function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function panel(title, { tools = [], span = "c12", body = [], id } = {}) {
  return h("section", { class: `panel ${span}`, "aria-label": title, id },
    h("header", {}, h("h2", { text: title }), tools.length ? h("div", { class: "tools" }, tools) : null), body);
}

export function stat(label, sub = false) {
  const value = h("div", { class: "v", text: "–" });
  const under = sub ? h("div", { class: "sub", text: " " }) : null;
  const node = h("div", { class: "stat" }, h("div", { class: "k", text: label }), value, under);
  return { node, value, under };
}

export function meter(share, kind = "") {
  const inner = h("i");
  inner.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return h("span", { class: `bar ${kind}`, role: "img", "aria-label": `${Math.round(share * 100)} percent` }, inner);
}

export function message(text, bad = false) {
  return h("div", { class: `state-msg${bad ? " bad" : ""}`, role: bad ? "alert" : "status", text });
}
