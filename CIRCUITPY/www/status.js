// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Asks the box for its status every two seconds, and at once when the page is looked at again.
"use strict";

const PERIOD_MS = 2000;
const FRESH_S = 12 * 3600;
const HINTS = {
  starting: "One moment.",
  waiting: "Plug a car in: its charge shows here a few seconds later.",
  finding: "The car and the box are finding each other on the cable.",
  reading: "Connected. The car is being asked for its charge.",
  no_answer: "Charging is not affected.",
};
let timer = null;
let asking = false;
let start = null;
let restarting = false;

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

const known = (value) => value !== null && value !== undefined && value !== "";
const kwh = (wh) => (known(wh) ? (wh / 1000).toFixed(1) + " kWh" : null);
const percent = (value) => (known(value) ? value + " %" : null);
const macText = (hex) => (hex ? hex.match(/../g).join(":").toUpperCase() : null);

function showList(id, rows) {
  const shown = rows.filter((row) => known(row[1]));
  fill(byId(id), JSON.stringify(shown), () =>
    shown.flatMap((row) => [element("dt", row[0]), element("dd", String(row[1]))]));
}

function showSoc(reading, stage) {
  byId("soc").hidden = reading === null;
  setText(byId("hint"), reading === null || stage !== "soc" ? HINTS[stage] || "" : "");
  if (reading === null) return;
  setText(byId("percent"), reading.soc_percent + " %");
  byId("fill").style.width = reading.soc_percent + "%";
  byId("mark").hidden = !reading.full_soc_percent;
  if (reading.full_soc_percent) byId("mark").style.left = reading.full_soc_percent + "%";
  byId("battery").setAttribute("aria-label", "battery " + reading.soc_percent + " percent full");
  byId("soc").className = reading.age_s > FRESH_S || stage !== "soc" ? "old" : "";
  const full = reading.full_soc_percent ? ", full at " + reading.full_soc_percent + " %" : "";
  setText(byId("age"), "read " + ago(reading.age_s) + full);
}

function showDelivery(evse, stage) {
  const texts = { ok: "Sent to the SmartEVSE.", pending: "Being sent to the SmartEVSE.",
    failed: "Could not be sent to the SmartEVSE." };
  setText(byId("delivery"), stage === "soc" ? texts[evse.last_delivery] || "" : "");
  byId("delivery").className = evse.last_delivery || "";
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

function showNotes(status) {
  const notes = status.notes.slice();
  const access = status.access;
  if (access.owner && access.made_up_password) notes.push(["You still use the password that the box made up.", "/config#WEB_PASSWORD", "Choose your own"]);
  if (access.owner && access.restart_needed) notes.push(["Saved settings count after a restart.", "/config", "Settings"]);
  byId("advice").hidden = notes.length === 0;
  fill(byId("notes"), JSON.stringify(notes), () => notes.map((note) => {
    const item = element("li", Array.isArray(note) ? note[0] + " " : note);
    if (Array.isArray(note)) {
      const link = element("a", note[2]);
      link.href = note[1];
      item.append(link);
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

const KINDS = { rotating: " (another one each time)", made_up: " (made up by the car)" };

// What the car left out and its owner told is marked: towards the SmartEVSE it stands in.
function orProfile(reading, key, show) {
  const used = (reading.profile || { used: [] }).used.includes(key);
  return used ? show(reading.profile[key]) + " (from your settings)" : show(reading[key]);
}

function limits(reading) {
  const told = reading.car_limits || {};
  const parts = [[told.max_current_ma, " A"], [told.max_voltage_mv, " V"], [told.max_power_w, " kW"]];
  return parts.filter((part) => known(part[0])).map((part) => Math.round(part[0] / 1000) + part[1]).join(", ") || null;
}

function showCar(status) {
  const reading = status.reading || {};
  showList("car", [
    ["Name", (reading.profile || {}).name],
    ["EVCCID", reading.evccid && macText(reading.evccid) + (KINDS[reading.evccid_kind] || "")],
    ["MAC on the power line", macText(status.ev_mac)],
    ["IPv6", status.car_address],
    ["Battery", orProfile(reading, "energy_capacity_wh", kwh)],
    ["Wants", kwh(reading.energy_request_wh)],
    ["Full at", orProfile(reading, "full_soc_percent", percent)],
    ["Fast charge to", percent(reading.bulk_soc_percent)],
    ["Asks for at most", limits(reading)],
    ["Protocol", reading.protocol],
    ["Reading", status.reading ? null : "none yet"],
  ]);
}

function resultOf(session) {
  if (session.duration_s === null && !known(session.soc_percent)) return "under way";
  if (!known(session.soc_percent)) return session.cause ? session.cause.text : "not read";
  return session.soc_percent + " %" + ({ ok: ", sent", failed: ", not sent" }[session.delivery] || "");
}

function showSessions(sessions) {
  byId("last").hidden = sessions.length === 0;
  const rows = sessions.slice().reverse().map((session) =>
    [ago(session.ago_s), macText(session.evccid || session.ev_mac), resultOf(session)]);
  fill(byId("sessions"), JSON.stringify(rows), () => rows.map((row) => {
    const line = element("tr");
    line.append(...row.map((text) => element("td", text)));
    return line;
  }));
}

function showBars(loop) {
  const total = loop.passes.reduce((sum, count) => sum + count, 0) || 1;
  const names = loop.limits_ms.map((limit) => "to " + limit + " ms").concat("longer");
  byId("bars").setAttribute("aria-label", names.map((name, at) => name + ": " + loop.passes[at]).join(", "));
  fill(byId("bars"), JSON.stringify(loop.passes), () => names.map((name, at) => {
    const bar = element("i");
    // Logarithmic: one long pass among millions must be seen.
    bar.style.width = Math.round(100 * Math.log10(1 + loop.passes[at]) / Math.log10(1 + total)) + "%";
    const row = element("div", undefined, "bar-row");
    const track = element("b");
    track.append(bar);
    row.append(element("span", name), track, element("span", loop.passes[at]));
    return row;
  }));
}

function tested(test) {
  if (!test) return "not yet";
  const bad = test.checks.filter((check) => check.ok === false);
  const said = bad.map((check) => check.name.replace("_", " ") + ": " + check.text).join("; ");
  return (said || "all parts are well") + " (" + span(test.ago_s) + " ago)";
}

function showBox(status) {
  const wifi = status.wifi;
  const evse = status.smartevse;
  const system = status.system;
  showList("box", [
    ["Modem", status.modem.status.toLowerCase().replaceAll("_", " ")],
    ["SmartEVSE", evse.url ? evse.url.replace(/^http:\/\/|:80(?=\/)/g, "") + " (" + evse.text + ")" : "not set up"],
    ["WiFi", wifi.ssid ? wifi.ssid + (wifi.rssi ? " (" + wifi.rssi + " dBm)" : "") : "off"],
    ["Address", wifi.address ? wifi.address + ", http://" + wifi.hostname + ".local" : null],
    ["Running for", span(status.uptime_s)],
    ["Version", status.version],
    ["CircuitPython", system.circuitpython],
    ["Board", system.board],
    ["Last start", system.reset_reason ? system.reset_reason.toLowerCase().replaceAll("_", " ") : null],
    ["Free memory", known(status.memory_free) ? Math.round(status.memory_free / 1024) + " kB" : null],
    ["Slowest pass", status.loop.worst_ms + " ms"],
    ["Self-test", tested(status.self_test)],
  ]);
  showBars(status.loop);
}

function show(status) {
  start = status.start;
  document.body.dataset.stage = status.stage;
  setText(byId("headline"), status.headline);
  document.title = status.headline + " - " + status.product;
  showSoc(status.reading, status.stage);
  showDelivery(status.smartevse, status.stage);
  showCauses(status.causes, status.settings_errors);
  showNotes(status);
  showTimeline(status.timeline);
  showCar(status);
  showSessions(status.sessions);
  showBox(status);
  byId("links").hidden = !status.access.owner;
  byId("guest").hidden = status.access.owner;
}

async function ask() {
  if (asking || restarting) return;
  asking = true;
  clearTimeout(timer);
  const link = byId("link");
  const answer = await request("/api/status", { signal: AbortSignal.timeout(15000) });
  if (answer.ok) show(answer.content);
  if (!restarting) {
    setText(link, answer.ok ? "live" : "no connection to the box");
    link.className = answer.ok ? "link live" : "link lost";
  }
  asking = false;
  if (!document.hidden) timer = setTimeout(ask, PERIOD_MS);
}

byId("selftest").addEventListener("click", async () => {
  byId("selftest").disabled = true;
  const answer = await post("/api/selftest", {});
  byId("selftest").disabled = false;
  if (!answer.ok || answer.content.error) setText(byId("link"), answer.content.error);
  ask();
});
byId("reboot").addEventListener("click", () => byId("ask").showModal());
byId("ask").addEventListener("close", async () => {
  if (byId("ask").returnValue !== "yes") return;
  const before = start;
  const answer = await post("/api/reboot", {});
  if (!answer.ok) {
    setText(byId("link"), answer.content.error);
    return;
  }
  restarting = true;
  byId("link").className = "link lost";
  waitForRestart(before, byId("link"), () => { restarting = false; ask(); });
});
byId("logout").addEventListener("click", async () => {
  await post("/api/logout", {});
  location.href = "/login";
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
window.addEventListener("focus", ask);
ask();
