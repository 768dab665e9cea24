// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Asks the box for its status every two seconds, and at once when the page is looked at again.
"use strict";

const PERIOD_MS = 2000;
const FRESH_S = 12 * 3600;
const byId = (id) => document.getElementById(id);
let timer = null;
let asking = false;

function ago(seconds) {
  if (seconds < 90) return "just now";
  if (seconds < 5400) return Math.round(seconds / 60) + " minutes ago";
  if (seconds < 172800) return Math.round(seconds / 3600) + " hours ago";
  return Math.round(seconds / 86400) + " days ago";
}

function span(seconds) {
  const days = Math.floor(seconds / 86400);
  const clock = new Date((seconds % 86400) * 1000).toISOString().slice(11, 19);
  return days ? days + " d " + clock : clock;
}

function kwh(wh) {
  return wh === null ? null : (wh / 1000).toFixed(1) + " kWh";
}

function macText(hex) {
  return hex ? hex.match(/../g).join(":").toUpperCase() : null;
}

// Changes a text only when it is different, so that screen readers and selections are left in peace.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function element(name, text) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  return node;
}

function fill(parent, key, build) {
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  parent.replaceChildren(...build());
}

function showList(id, rows) {
  const known = rows.filter((row) => row[1] !== null && row[1] !== undefined && row[1] !== "");
  fill(byId(id), JSON.stringify(known), () =>
    known.flatMap((row) => [element("dt", row[0]), element("dd", String(row[1]))]));
}

function showSoc(reading) {
  byId("soc").hidden = reading === null;
  if (reading === null) return;
  setText(byId("percent"), reading.soc_percent + " %");
  byId("level").style.width = reading.soc_percent + "%";
  byId("battery").setAttribute("aria-label", "battery " + reading.soc_percent + " percent full");
  byId("soc").className = reading.age_s > FRESH_S ? "old" : "";
  setText(byId("age"), "read " + ago(reading.age_s));
}

function showDelivery(evse) {
  const texts = { ok: "Sent to the SmartEVSE.", pending: "Being sent to the SmartEVSE.",
    failed: "Could not be sent to the SmartEVSE." };
  setText(byId("delivery"), texts[evse.last_delivery] || "");
}

function showCauses(causes, mistakes) {
  byId("trouble").hidden = causes.length === 0;
  fill(byId("causes"), JSON.stringify([causes, mistakes]), () => causes.map((cause) => {
    const item = element("li");
    item.append(element("strong", cause.text), element("span", cause.action + " "), element("code", cause.code));
    if (cause.code === "settings_error") {
      const list = element("ul");
      list.append(...mistakes.map((text) => element("li", text)));
      item.append(list);
    }
    return item;
  }));
}

function showTimeline(steps) {
  byId("no-steps").hidden = steps.length > 0;
  fill(byId("timeline"), JSON.stringify(steps), () => steps.map((step) => {
    const item = element("li");
    item.append(element("time", "+" + (step.t_s - steps[0].t_s).toFixed(2) + " s"), element("span", step.text),
      element("code", step.checkpoint));
    return item;
  }));
}

function showCar(status) {
  const reading = status.reading || {};
  const percent = (value) => (value === null || value === undefined ? null : value + " %");
  showList("car", [
    ["EVCCID", macText(reading.evccid)],
    ["Modem address", macText(status.ev_mac)],
    ["Battery", kwh(reading.energy_capacity_wh === undefined ? null : reading.energy_capacity_wh)],
    ["Wants", kwh(reading.energy_request_wh === undefined ? null : reading.energy_request_wh)],
    ["Full at", percent(reading.full_soc_percent)],
    ["Fast charge to", percent(reading.bulk_soc_percent)],
    ["Protocol", reading.protocol],
    ["Reading", status.reading ? null : "none yet"],
  ]);
}

function showBox(status) {
  const wifi = status.wifi;
  showList("box", [
    ["Modem", status.modem.status.toLowerCase().replaceAll("_", " ")],
    ["SmartEVSE", status.smartevse.url ? status.smartevse.url + " (" + status.smartevse.text + ")" : "not set up"],
    ["WiFi", wifi.ssid ? wifi.ssid + (wifi.rssi ? " (" + wifi.rssi + " dBm)" : "") : "off"],
    ["Address", wifi.address],
    ["Running for", span(status.uptime_s)],
    ["Version", status.version],
    ["Free memory", status.memory_free === null ? null : Math.round(status.memory_free / 1024) + " kB"],
    ["Slowest pass", status.loop.worst_ms + " ms"],
  ]);
  fill(byId("notes"), JSON.stringify(status.notes), () => status.notes.map((note) => element("li", note)));
}

function show(status) {
  setText(byId("headline"), status.headline);
  document.title = status.headline + " - " + status.product;
  showSoc(status.reading);
  showDelivery(status.smartevse);
  showCauses(status.causes, status.settings_errors);
  showTimeline(status.timeline);
  showCar(status);
  showBox(status);
}

async function ask() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const link = byId("link");
  try {
    const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (!answer.ok) throw new Error("answer " + answer.status);
    show(await answer.json());
    setText(link, "live");
    link.className = "";
  } catch (error) {
    setText(link, "no connection to the box");
    link.className = "lost";
  }
  asking = false;
  if (!document.hidden) timer = setTimeout(ask, PERIOD_MS);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
window.addEventListener("focus", ask);
ask();
