// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
"use strict";

const el = (id) => document.getElementById(id);

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function show(node, visible) {
  node.hidden = !visible;
}

// Only touch the page where something changed: the state arrives several times a second.
const shown = {};
function changed(key, value) {
  const text = JSON.stringify(value);
  if (shown[key] === text) return false;
  shown[key] = text;
  return true;
}

async function command(name, values = {}) {
  try {
    await fetch("api/command", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ do: name, ...values }),
    });
  } catch {
    show(el("gone"), true);
  }
}

// ---- the car's controls ----

let plugged = false;
let plugIn = 0;
let models = {};

const dials = [
  { name: "soc", unit: "%", scale: 1, field: "soc_percent" },
  { name: "capacity", unit: "kWh", scale: 1000, field: "energy_capacity_wh" },
  { name: "request", unit: "kWh", scale: 1000, field: "energy_request_wh" },
  { name: "full", unit: "%", scale: 1, field: "full_soc_percent" },
];

function carSettings() {
  const car = { car: el("model").value || null, leaving: el("leaving").value || null };
  for (const dial of dials) {
    car[dial.field] = el(`${dial.name}-on`).checked ? Number(el(dial.name).value) * dial.scale : null;
  }
  return car;
}

// The dials follow the car that is plugged in, or the model that was chosen.
function setDials(tells) {
  for (const dial of dials) {
    const value = tells[dial.field];
    el(`${dial.name}-on`).checked = value !== null;
    if (value !== null) el(dial.name).value = String(Math.round(value / dial.scale));
  }
  showDials();
}

function showDials() {
  for (const dial of dials) {
    const on = el(`${dial.name}-on`).checked;
    el(`${dial.name}-out`).textContent = on ? `${el(dial.name).value} ${dial.unit}` : "not told";
    el(dial.name).disabled = !on;
    el(dial.name).closest(".field").classList.toggle("off", !on);
  }
  if (!plugged) showCell(Number(el("soc").value));
}

function showCell(percent) {
  el("cell-fill").setAttribute("width", String((88 * Math.max(0, Math.min(100, percent))) / 100));
}

el("model").addEventListener("input", () => setDials(models[el("model").value]));
for (const input of document.querySelectorAll("#car-card input, #car-card select")) {
  input.addEventListener("input", () => {
    showDials();
    show(el("pending"), plugged);
  });
}

el("plug").addEventListener("click", () => {
  show(el("pending"), false);
  if (plugged) command("unplug");
  else command("plug", carSettings());
});
el("pace-realtime").addEventListener("click", () => command("pace", { pace: "realtime" }));
el("pace-fast").addEventListener("click", () => command("pace", { pace: "fast" }));

function fillSelect(name, choices) {
  const select = el(name);
  const before = select.value;
  select.replaceChildren(...choices.map(([value, title]) => {
    const option = make("option", "", title);
    option.value = value;
    return option;
  }));
  if (before) select.value = before;
  show(el(`${name}-field`), choices.length > 1);
}

// ---- the state of things ----

function showState(state) {
  const { car, box, charger } = state;
  el("clock").textContent = clockText(state.t_s);
  for (const pace of ["realtime", "fast"]) el(`pace-${pace}`).setAttribute("aria-pressed", String(state.pace === pace));

  if (plugged !== car.plugged) {
    plugged = car.plugged;
    if (!plugged) show(el("pending"), false);
    showDials();
  }
  if (changed("models", state.cars)) {
    fillSelect("model", state.cars);
    models = Object.fromEntries(state.cars.map(([name, , tells]) => [name, tells]));
  }
  if (plugged && plugIn !== car.number && car.tells) {
    plugIn = car.number;
    el("model").value = car.name;
    setDials(car.tells);
  }
  const scene = el("scene");
  scene.dataset.plugged = plugged ? "yes" : "no";
  scene.dataset.flow = state.flow;
  scene.dataset.handover = state.handover;
  el("link-cable-label").textContent = { data: "talking", ac: "AC", none: "" }[state.flow];
  el("link-wifi-label").textContent = { ok: state.handed_over, failed: "failed", none: "" }[state.handover];
  el("plug").textContent = plugged ? "Unplug" : "Plug in";
  el("plug").disabled = Boolean(car.fixed);
  el("car-says").textContent = car.says;
  if (plugged && car.cell_percent !== null) showCell(car.cell_percent);
  if (changed("leavings", state.leavings)) fillSelect("leaving", state.leavings);

  el("box-says").textContent = box.says;
  if (changed("box_url", box.url)) {
    show(el("box-link"), Boolean(box.url));
    if (box.url) el("box-link").href = box.url;
  }
  show(el("box-password"), Boolean(box.url && box.password));
  el("box-password-text").textContent = box.password || "";
  if (changed("journey", state.journey)) showJourney(state.journey);
  el("journey").classList.toggle("past", state.journey_is_past);
  if (changed("verdict", state.verdict)) {
    el("verdict").textContent = state.verdict.text;
    el("verdict").className = `verdict ${state.verdict.tone}`;
  }
  showCharger(charger);
  if (changed("faults", state.faults)) showFaults(state.faults);
}

function clockText(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(1);
  return `${minutes}:${rest.padStart(4, "0")}`;
}

function showJourney(steps) {
  el("journey").replaceChildren(...steps.map((step) => {
    const item = make("li", step.state);
    const title = make("span", "", step.title);
    if (step.value) title.append(" ", make("strong", "", step.value));
    item.append(title, make("time", "", step.since_s === null ? "" : `${step.since_s.toFixed(1)} s`));
    return item;
  }));
}

function showCharger(charger) {
  el("charger-says").textContent = charger.says;
  if (changed("states", [charger.state, charger.track])) {
    el("states").replaceChildren(...charger.track.map((entry) => {
      const on = entry.id === charger.state;
      const item = make("li", on ? "on" : "", entry.name);
      if (entry.id === 1 || entry.id === 2) item.classList.add("ac");
      if (entry.id === 14) item.classList.add("denied");
      item.title = entry.meaning;
      item.append(make("small", "", entry.pilot));
      if (on) item.setAttribute("aria-current", "step");
      return item;
    }));
  }
  show(el("countdown"), charger.left !== null);
  if (charger.left !== null) el("countdown-bar").style.width = `${100 * charger.left}%`;
  if (changed("pilot", [charger.pilot_permille, charger.volts])) showPilot(charger.pilot_permille, charger.volts);

  const energy = charger.energy;
  show(el("energy"), energy !== null);
  if (energy !== null) {
    el("energy-bar").style.width = `${energy.soc_percent ?? 0}%`;
    el("energy-start").style.width = `${energy.start_percent ?? 0}%`;
    const parts = [`${(energy.power_w / 1000).toFixed(1)} kW`, `${energyText(energy.charged_wh)} charged`];
    if (energy.soc_percent !== null) parts.unshift(`about ${energy.soc_percent} %`);
    if (energy.full_in_s !== null) parts.push(`full in ${duration(energy.full_in_s)}`);
    el("energy-text").textContent = parts.join(" · ");
    el("energy-note").textContent = energy.note;
    show(el("energy-note"), energy.note !== "");
  }
  if (changed("received", charger.received)) showReceived(charger.received);
}

function energyText(wattHours) {
  return wattHours < 100 ? `${wattHours.toFixed(0)} Wh` : `${(wattHours / 1000).toFixed(2)} kWh`;
}

function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes}\u00a0min` : `${Math.floor(minutes / 60)}\u00a0h\u00a0${minutes % 60}\u00a0min`;
}

function showReceived(received) {
  show(el("received-empty"), received === null);
  show(el("received"), received !== null);
  show(el("received-note"), received !== null);
  if (received === null) return;
  const rows = [];
  for (const [label, value] of received.values) {
    rows.push(make("dt", "", label), make("dd", value === null ? "unknown" : "", value === null ? "unknown" : value));
  }
  el("received").replaceChildren(...rows);
  el("received-note").textContent = received.note;
  el("received-note").classList.toggle("bad", !received.good);
}

// The pilot as an oscilloscope would show it: +volts while high, -12 V while low, two periods across.
function showPilot(permille, volts) {
  const height = (value) => 48 - value * 2.4;
  const trace = el("trace");
  let path = `M1 ${height(0)}h238`;
  let value = "off";
  if (permille !== null && permille >= 1000) {
    path = `M1 ${height(volts)}h238`;
    value = `steady ${volts} V`;
  } else if (permille !== null) {
    const period = 119;
    const high = Math.max(4, (period * permille) / 1000);
    path = `M1 ${height(-12)}`;
    for (let left = 1; left < 239; left += period) {
      path += `h8V${height(volts)}h${Math.min(high, period - 9)}V${height(-12)}h${Math.max(0, period - 8 - Math.min(high, period - 9))}`;
    }
    value = `${(permille / 10).toFixed(0)} %, ${volts} V`;
  }
  trace.setAttribute("d", path);
  trace.classList.toggle("off", permille === null);
  el("scope-value").textContent = value;
}

// ---- what can go wrong ----

// Built once and then only set, so that the keyboard's focus stays where it is.
function showFaults(groups) {
  if (!el("faults").children.length) buildFaults(groups);
  for (const group of groups) {
    for (const fault of group.switches) el(`fault-${fault.name}`).checked = fault.on;
    if (group.dial && document.activeElement !== el(`fault-${group.dial.name}`)) {
      el(`fault-${group.dial.name}`).value = String(group.dial.value);
      el(`fault-${group.dial.name}-out`).textContent = `${group.dial.value} ${group.dial.unit}`;
    }
  }
}

function buildFaults(groups) {
  el("faults").replaceChildren(...groups.map((group) => {
    const set = make("fieldset");
    set.append(make("legend", "", group.title));
    for (const fault of group.switches) set.append(faultSwitch(fault));
    if (group.dial) set.append(faultDial(group.dial));
    if (group.buttons.length) {
      const row = make("div", "row");
      for (const [name, title] of group.buttons) {
        const button = make("button", "quiet", title);
        button.type = "button";
        button.addEventListener("click", () => command(name));
        row.append(button);
      }
      set.append(row);
    }
    return set;
  }));
}

function faultSwitch(fault) {
  const label = make("label", "switch");
  const input = make("input");
  input.type = "checkbox";
  input.setAttribute("role", "switch");
  input.dataset.fault = fault.name;
  input.id = `fault-${fault.name}`;
  input.checked = fault.on;
  input.addEventListener("change", () => command("fault", { name: fault.name, on: input.checked }));
  label.append(input, make("span"), fault.title);
  return label;
}

function faultDial(dial) {
  const field = make("div", "field");
  const label = make("label", "", dial.title);
  const output = make("output", "", `${dial.value} ${dial.unit}`);
  output.id = `fault-${dial.name}-out`;
  const input = make("input");
  input.type = "range";
  input.min = 0;
  input.max = dial.most;
  input.value = dial.value;
  input.id = `fault-${dial.name}`;
  label.htmlFor = input.id;
  input.addEventListener("input", () => { output.textContent = `${input.value} ${dial.unit}`; });
  input.addEventListener("change", () => command("fault", { name: dial.name, value: Number(input.value) }));
  field.append(label, output, input);
  return field;
}

// ---- the timeline ----

const WHO = { box: "box", car: "car", smartevse: "SmartEVSE", world: "" };
const QUIET = ["log", "console"];
const MOST_LINES = 1500;

function addLines(entries) {
  const list = el("timeline");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 30;
  for (const entry of entries) {
    const item = make("li", `${entry.source} ${entry.kind}`);
    if (QUIET.includes(entry.kind)) item.classList.add("quiet-line");
    item.append(make("time", "", entry.t_s.toFixed(3)), make("span", "who", WHO[entry.source] ?? entry.source), make("span", "text", entry.text));
    list.append(item);
  }
  while (list.children.length > MOST_LINES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

el("show-log").addEventListener("change", () => {
  el("timeline").classList.toggle("with-log", el("show-log").checked);
  el("timeline").scrollTop = el("timeline").scrollHeight;
});

// ---- the display, pixel by pixel ----

function showDisplay(display) {
  const image = el("display");
  show(image, display !== null);
  show(el("no-display"), display === null);
  if (display === null) {
    el("no-display").textContent = "No display";
    return;
  }
  image.src = display.png;
  image.dataset.width = display.width;
  image.dataset.height = display.height;
  sizeDisplay();
}

function sizeDisplay() {
  const image = el("display");
  const width = Number(image.dataset.width || 0);
  if (!width) return;
  // Whole device pixels for each pixel of the panel, also where the browser zooms.
  const ratio = window.devicePixelRatio || 1;
  const room = image.closest(".stage").clientWidth - 24;
  const tall = 164;
  const zoom = Math.max(1, Math.floor(Math.min((room * ratio) / width, (tall * ratio) / Number(image.dataset.height)))) / ratio;
  image.style.width = `${width * zoom}px`;
  image.style.height = `${Number(image.dataset.height) * zoom}px`;
}
window.addEventListener("resize", sizeDisplay);

// ---- live ----

function listen() {
  const source = new EventSource("events");
  source.addEventListener("open", () => show(el("gone"), false));
  source.addEventListener("error", () => show(el("gone"), true));
  source.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    showState(state);
    document.body.dataset.ready = "yes";
  });
  source.addEventListener("begin", () => el("timeline").replaceChildren());
  source.addEventListener("lines", (event) => addLines(JSON.parse(event.data)));
  source.addEventListener("display", (event) => showDisplay(JSON.parse(event.data)));
}

// On a phone the display shall not hide below the dials.
const wide = window.matchMedia("(min-width: 1001px)");
wide.addEventListener("change", () => { el("dials").open = wide.matches; });
el("dials").open = wide.matches;

showDials();
listen();
