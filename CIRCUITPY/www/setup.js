// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The set-up page. It runs in the small browsers that phones open by themselves, so it stays with old means, and
// it expects the connection to break: the box's radio leaves the phone alone while it joins a network.
"use strict";

const byId = (id) => document.getElementById(id);
const BARS = ["no signal", "very weak", "weak", "good", "strong"];
const LIMIT_MS = 5000;
const GIVE_UP_MS = 90000;
const FINDS = 5;

let networks = [];
let chosen = null;
let asked = false;
let askedAt = 0;
let timer = 0;
// The step after WiFi that is shown: "evse", "secret", "joined".
let step = "";
// The password whose saving was not answered: it may be in force.
let unheard = null;

function setText(node, text) {
  const shown = node.translate ? tr(text) : text;
  if (node.textContent !== shown) node.textContent = shown;
}

function show(id, shown) {
  byId(id).hidden = !shown;
}

// Gives { ok, content }; never throws.
async function ask(path, body, limitMs) {
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), limitMs || LIMIT_MS);
  const options = { cache: "no-store", signal: stop.signal };
  if (body) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, options);
    return { ok: answer.ok, status: answer.status, content: await answer.json() };
  } catch (error) {
    return { ok: false, content: null };
  } finally {
    clearTimeout(clock);
  }
}

// ---- the list

function signal(bars) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 22 16");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "signal " + BARS[bars]);
  for (let bar = 0; bar < 4; bar += 1) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("x", bar * 6);
    rect.setAttribute("y", 12 - bar * 4);
    rect.setAttribute("width", 4);
    rect.setAttribute("height", 4 + bar * 4);
    rect.setAttribute("rx", 1);
    if (bar < bars) rect.setAttribute("class", "on");
    svg.append(rect);
  }
  return svg;
}

function row(network) {
  const label = document.createElement("label");
  label.className = "net";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = "network";
  radio.value = network.ssid;
  radio.checked = chosen === network.ssid;
  radio.addEventListener("change", choose);
  const name = document.createElement("span");
  name.className = "name";
  name.translate = false;
  name.textContent = network.ssid;
  const kind = document.createElement("span");
  kind.className = "lock";
  kind.textContent = network.kind === "open" ? "open" : "";
  label.append(radio, name, kind, signal(network.bars));
  return label;
}

function list(state) {
  const count = state.networks.length;
  const found = count === 1 ? "1 network found" : count + " networks found";
  setText(byId("found"), state.searching || !state.searched ? "Searching\u2026" : found);
  byId("search").disabled = state.searching;
  if (JSON.stringify(networks) === JSON.stringify(state.networks)) return;
  networks = state.networks;
  const focused = document.activeElement && document.activeElement.name === "network" ? document.activeElement.value : null;
  byId("networks").replaceChildren(...networks.map(row));
  if (focused) {
    const again = [...byId("networks").querySelectorAll("input")].find((radio) => radio.value === focused);
    if (again) again.focus();
  }
}

function choose() {
  const other = byId("other").checked;
  const radio = document.querySelector("input[name=network]:checked");
  chosen = other ? null : radio && radio.value;
  const network = networks.find((one) => one.ssid === chosen);
  show("other-row", other);
  show("password-row", other || (network && network.kind !== "open"));
  byId("connect").disabled = !radio;
  setText(byId("said"), "");
  if (other) byId("ssid").focus();
  else if (network && network.kind !== "open") byId("password").focus();
}

// ---- one look at the box

function shown(part) {
  for (const id of ["form", "busy", "evse", "secret", "joined"]) show(id, part === id);
}

function fail(text) {
  asked = false;
  shown("form");
  setText(byId("said"), text);
  byId("password").setAttribute("aria-invalid", "true");
}

function joined(state) {
  const result = state.result;
  // From here on a lost answer says nothing about WiFi.
  asked = false;
  askedAt = 0;
  if (!step) go(state.fresh ? "evse" : "joined");
  else if (byId(step).hidden) shown(step);
  show("trouble", false);
  show("made-up", Boolean(result.password));
  setText(byId("made-up-password"), result.password || "");
  setText(byId("joined-ssid"), result.ssid);
  for (const [id, url] of [["address", result.address], ["name", result.name]]) {
    byId(id).href = url;
    setText(byId(id), url);
  }
  for (const node of document.querySelectorAll(".box")) setText(node, state.box);
  setText(byId("problem"), result.problem ? "It works until the next restart, but could not be saved. " + result.problem : "");
}

// ---- the steps after WiFi

function go(next) {
  step = next;
  shown(step);
  byId(step + "-title").focus();
  if (step === "evse") find(FINDS);
}

// No answer is not yet "none": the radio was elsewhere, or the box had something else to do.
async function find(left) {
  const answer = await ask("/api/setup/find", {}, 20000);
  if (step !== "evse") return;
  if (!answer.ok && left > 1) {
    setTimeout(find, 2000, left - 1);
    return;
  }
  const found = answer.ok ? answer.content.found : [];
  if (found.length && !byId("evse-url").value) byId("evse-url").value = found[0].address;
  const names = found.map((one) => one.name + " (" + one.address + ")").join(", ");
  setText(byId("evse-found"), found.length ? "Found: " + names + "."
    : "None was found automatically. Its address is on its own display, or in your router's list of devices.");
}

async function saveEvse(anyway) {
  const said = byId("evse-said");
  setText(said, "");
  byId("evse-test").disabled = true;
  setText(byId("evse-found"), anyway ? "Saving\u2026" : "Asking the SmartEVSE\u2026");
  const answer = await ask("/api/setup/smartevse", { url: byId("evse-url").value.trim(), anyway }, 25000);
  byId("evse-test").disabled = false;
  setText(byId("evse-found"), "");
  if (answer.ok && answer.content.saved) return go("secret");
  setText(said, answer.content ? answer.content.text || answer.content.error : "The box does not answer. Please press again.");
  show("evse-anyway", Boolean(answer.ok));
  byId("evse-url").focus();
}

byId("evse-form").addEventListener("submit", (event) => { event.preventDefault(); saveEvse(false); });
byId("evse-anyway").addEventListener("click", () => saveEvse(true));
byId("evse-skip").addEventListener("click", () => go("secret"));
byId("secret-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = byId("new").value;
  const answer = await ask("/api/setup/password", { password }, 25000);
  if (answer.ok || (answer.status === 403 && password === unheard)) {
    await look();
    return go("joined");
  }
  if (!answer.content) unheard = password;
  setText(byId("secret-said"), answer.content ? answer.content.error : "The box does not answer. Please press again.");
  byId("new").focus();
});
byId("new").addEventListener("input", () => setText(byId("weak"), weakness(byId("new").value)));
byId("secret-skip").addEventListener("click", () => go("joined"));

function waiting(state) {
  const trouble = state.trouble;
  show("car", state.car);
  list(state);
  if (asked && state.result && !state.result.ok) fail(state.result.text + " " + state.result.action);
  else if (asked && trouble) fail(trouble.text + " " + trouble.action);
  else if (asked && Date.now() - askedAt > GIVE_UP_MS) fail("The box did not try. Please press Connect again.");
  else if (!asked) {
    shown("form");
    show("trouble", Boolean(trouble && state.known));
    if (trouble) setText(byId("trouble-text"), "The box knows \u201c" + state.known + "\u201d, but: " + trouble.text);
  }
}

function silent() {
  if (!asked) return;
  const long = Date.now() - askedAt > 25000;
  setText(byId("busy-text"), long
    ? "The box does not answer yet. Is the phone still on the box's network? Its display shows how far it is."
    : "The box is trying. Your phone may lose it for a moment.");
  if (Date.now() - askedAt > GIVE_UP_MS) fail("The box does not answer. Join its network again and open this page again.");
}

async function look() {
  clearTimeout(timer);
  const answer = await ask(step === "evse" || step === "secret" ? "/api/setup?open=1" : "/api/setup");
  const state = answer.content;
  if (!answer.ok) silent();
  else if (state.state === "joined") joined(state);
  else if (state.state === "joining") {
    asked = true;
    askedAt = askedAt || Date.now();
    shown("busy");
    setText(byId("busy-text"), state.car
      ? "A car is being read. The box connects when it is done."
      : "The box is trying. Your phone may lose it for a moment.");
  } else waiting(state);
  timer = setTimeout(look, asked || (answer.ok && state.searching) ? 1200 : 5000);
}

// ---- what the owner does

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const other = byId("other").checked;
  const network = networks.find((one) => one.ssid === chosen);
  const ssid = other ? byId("ssid").value : chosen;
  const password = network && network.kind === "open" ? "" : byId("password").value;
  byId("password").removeAttribute("aria-invalid");
  byId("connect").disabled = true;
  const answer = await ask("/api/setup/join", { ssid, password });
  byId("connect").disabled = false;
  if (!answer.ok) {
    setText(byId("said"), answer.content ? answer.content.error : "The box does not answer. Please press Connect again.");
    const field = byId(answer.content && answer.content.field === "ssid" ? "ssid" : "password");
    field.setAttribute("aria-invalid", "true");
    field.focus();
    return;
  }
  asked = true;
  askedAt = Date.now();
  setText(byId("said"), "");
  show("trouble", false);
  shown("busy");
  setText(byId("busy-text"), answer.content.text);
  clearTimeout(timer);
  timer = setTimeout(look, 1200);
});

byId("search").addEventListener("click", async () => {
  setText(byId("found"), "Searching\u2026");
  byId("search").disabled = true;
  await ask("/api/setup/search", {});
  look();
});

for (const [button, field] of [[byId("show"), byId("password")], [byId("new-show"), byId("new")]]) {
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(hidden));
  });
}

byId("finish").addEventListener("click", async () => {
  await ask("/api/setup/finish", {});
  setText(byId("bye"), "The box's own network closes now. Your phone goes back to yours by itself; otherwise choose it in the phone's WiFi settings.");
  byId("finish").disabled = true;
});

byId("other").addEventListener("change", choose);
look();
