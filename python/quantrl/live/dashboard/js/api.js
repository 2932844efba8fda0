// Everything that leaves this page goes to the server it came from.
export class Refused extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.field = error.field;
  }
}

let csrf = null;
export const session = { scope: null };

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused(0, { code: "offline", message: "the server does not answer", field: null });
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const error = new Refused(answer.status, body.error ?? { code: "http", message: `status ${answer.status}`, field: null });
  if (answer.status === 401 && path !== "/api/login") document.dispatchEvent(new CustomEvent("loggedout"));
  throw error;
}

export const get = (path) => ask(path);

function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export async function resume() {
  const told = await get("/api/session");
  csrf = told.csrf;
  session.scope = told.scope;
  return told.scope !== null;
}

export async function login(token) {
  const told = await post("/api/login", { token });
  csrf = told.csrf;
  session.scope = told.scope;
}

export async function logout() {
  await post("/api/logout", {});
  csrf = session.scope = null;
}

export function command(verb, args = {}) {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const nonce = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return post("/api/commands", { verb, args, nonce });
}

export const mayTrade = () => session.scope === "trade" || session.scope === "admin";
