// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The parts of the status page that stand folded, and the buttons of its owner: loaded when one is first opened or pressed.
"use strict";

const style = element("link");
style.rel = "stylesheet";
style.href = "/details.css";
document.head.append(style);

function span(seconds) {
  const days = Math.floor(seconds / 86400);
  const clock = new Date((seconds % 86400) * 1000).toISOString().slice(11, 19);
  return days ? days + " d " + clock : clock;
}

const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
const kwh = (wh) => (known(wh) ? (wh / 1000).toLocaleString(document.documentElement.lang, TENTHS) + " kWh" : null);
const percent = (value) => (known(value) ? value + " %" : null);

// Rows are [label, value], and a third for names and addresses, which are the same in every language.
const AS_IT_IS = true;

function showList(id, rows) {
  const shown = rows.filter((row) => known(row[1]));
  fill(byId(id), JSON.stringify(shown), () => shown.flatMap((row) => {
    const value = element("dd", String(row[1]));
    return [element("dt", row[0]), row[2] ? asItIs(value) : value];
  }));
}

// Steps that say something to everybody in other words than the box's own; "" for those that do not. The rest as the box tells it.
const STEPS = {
  100: "The car looks for a charger", 104: "", 120: "", 150: "The car chose this box", 155: "",
  190: "Car and box are connected through the cable", 202: "", 303: "", 401: "", 403: "",
  505: "The car begins to talk about charging", 515: "", 525: "", 538: "", 565: "", 598: "", 599: "", 905: "", 910: "The conversation is over",
};
const everyStep = element("input");
everyStep.type = "checkbox";
everyStep.addEventListener("change", () => showTimeline(latest.timeline));
const stepChoice = element("label", undefined, "soft");
stepChoice.append(everyStep, element("span", " Every step, with its number"));
byId("timeline").after(stepChoice);

function showTimeline(steps) {
  const all = everyStep.checked;
  const wordsOf = (step) => (all || !(step.checkpoint in STEPS) ? step.text : STEPS[step.checkpoint]);
  byId("no-steps").hidden = steps.length > 0;
  stepChoice.hidden = !steps.length;
  fill(byId("timeline"), JSON.stringify([all, steps]), () => steps.filter(wordsOf).map((step) => {
    const item = element("li");
    item.append(element("time", "+" + ((step.t_ms - steps[0].t_ms) / 1000).toFixed(all ? 2 : 0) + " s"), " ", element("span", wordsOf(step)));
    if (all) item.append(" ", element("code", step.checkpoint));
    return item;
  }));
}

const KINDS = { rotating: " (a different one each time)", made_up: " (made up by the car)" };

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
    ["Name", (reading.profile || {}).name, AS_IT_IS],
    ["Maker", reading.likely_maker && "probably " + reading.likely_maker],
    ["Car ID (EVCCID)", reading.evccid && macText(reading.evccid) + (KINDS[reading.evccid_kind] || ""), !KINDS[reading.evccid_kind]],
    ["MAC on the power line", macText(status.ev_mac), AS_IT_IS],
    ["IPv6", status.car_address, AS_IT_IS],
    ["Battery", orProfile(reading, "energy_capacity_wh", kwh)],
    ["Energy requested", kwh(reading.energy_request_wh), AS_IT_IS],
    ["Full at", orProfile(reading, "full_soc_percent", percent)],
    ["Fast charge to", percent(reading.bulk_soc_percent)],
    ["Asks for at most", limits(reading), AS_IT_IS],
    ["Protocol", reading.protocol, AS_IT_IS],
    ["Reading", status.reading ? null : "none yet"],
  ]);
}

function showBars(loop) {
  const total = loop.passes.reduce((sum, count) => sum + count, 0) || 1;
  const names = loop.limits_ms.map((limit) => "to " + limit + " ms").concat("longer");
  describe(byId("bars"), settled(names.map((name, at) => tr(name) + ": " + loop.passes[at]).join(", ")));
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

// What a self-test found wrong, in one line; empty when all is well.
function failures(test) {
  const bad = test.checks.filter((check) => check.ok === false);
  return settled(bad.map((check) => tr(check.name.replace("_", " ")) + ": " + tr(check.text)).join("; "));
}

function tested(test) {
  return test ? (failures(test) || "all parts work") + " (" + span(test.ago_s) + " ago)" : "not yet";
}

// Where readings go, without what every address has, and how that went.
const target = (one) => one.url.replace(/^http:\/\/|:80(?=\/)/g, "") + " (" + one.text + ")";

function showBox(status) {
  const wifi = status.wifi;
  const evse = status.smartevse;
  const system = status.system;
  showList("box", [
    ["Modem", status.modem.status.toLowerCase().replaceAll("_", " ")],
    ["SmartEVSE", evse.url ? target({ url: evse.url, text: evseWords(evse.text) }) : "not set up"],
    ["MQTT", status.mqtt && status.mqtt.text + (status.mqtt.connected ? ", topics " + status.mqtt.prefix + "/..." : "")],
    ...(status.listeners || []).map((one) => ["Listener", target(one)]),
    ["WiFi", wifi.ssid ? wifi.ssid + (wifi.rssi ? " (" + wifi.rssi + " dBm)" : "") : "off", wifi.ssid],
    ["Address", wifi.address ? wifi.address + ", http://" + wifi.hostname + ".local" : null, AS_IT_IS],
    ["Running for", span(status.uptime_s)],
    ["Version", status.version, AS_IT_IS],
    ["CircuitPython", system.circuitpython, AS_IT_IS],
    ["Board", system.board, AS_IT_IS],
    ["Last start", system.reset_reason ? system.reset_reason.toLowerCase().replaceAll("_", " ") : null],
    ["Free memory", known(status.memory_free) ? Math.round(status.memory_free / 1024) + " kB" : null],
    ["Slowest pass", status.loop.worst_ms + " ms", AS_IT_IS],
    ["Self-test", tested(status.self_test)],
  ]);
  if (status.self_test) {
    showList("checks", status.self_test.checks.map((check) =>
      [check.name.replace("_", " "), (check.ok === false ? "not ok: " : "") + evseWords(check.text), check.ok && check.name === "firmware"]));
  }
  showBars(status.loop);
}

// Whether the car tells another address each time: one that is made up says so, and the same car may have told two.
function changes(session, sessions) {
  const own = session.evccid.slice(-12);
  const another = (other) => other.ev_mac === session.ev_mac && other.evccid && other.evccid.slice(-12) !== own;
  return Boolean(parseInt(own.slice(0, 2), 16) & 2) || (session.ev_mac && sessions.some(another));
}

// A link from a plug-in to the form of a new car; none for a guest, or where the car has a name.
function offerName(list, session, status) {
  const link = list.nextElementSibling || element("a", "Name this car", "button");
  link.hidden = !status.access.owner || !session.evccid || Boolean(session.name);
  if (link.hidden) return;
  link.href = nameLink(session.evccid, changes(session, status.sessions));
  if (!link.isConnected) list.after(link);
}

// What is behind each line of the last cars.
function showPlugIns(status) {
  status.sessions.slice().reverse().forEach((session, at) => {
    const list = byId("sessions").children[at].querySelector("dl");
    const cause = session.cause;
    list.id = "plug-in-" + at;
    showList(list.id, [
      ["What happened", cause && cause.text],
      ["What to do", cause && cause.action],
      ["Took", known(session.duration_s) ? session.duration_s + " s" : null],
      ["Car ID (EVCCID)", macText(session.evccid), AS_IT_IS],
      ["MAC on the power line", macText(session.ev_mac), AS_IT_IS],
      ["Protocol", session.protocol, AS_IT_IS],
      ["Signal loss", known(session.attenuation_db) ? session.attenuation_db + " dB" : null, AS_IT_IS],
    ]);
    offerName(list, session, status);
  });
}

function showDetails(status) {
  showPlugIns(status);
  showTimeline(status.timeline);
  showCar(status);
  showBox(status);
}

// ---- the owner's buttons: read now, test, restart, log out

// The answer to "Read now" stands for the two minutes for which it holds, a refusal until it was read.
let told = 0;
byId("readnow").addEventListener("click", async () => {
  const answer = await post("/api/readnow", {});
  const text = byId("gate-text");
  setText(text, answer.ok ? answer.content.text : answer.content.error);
  text.dataset.said = "yes";
  clearTimeout(told);
  told = setTimeout(() => { delete text.dataset.said; }, answer.ok ? 120000 : 15000);
});

function say(text, good) {
  byId("done").className = good ? "said good" : "said fault";
  setText(byId("done"), text);
}

byId("selftest").addEventListener("click", async () => {
  byId("selftest").disabled = true;
  say("Testing", true);
  const answer = await post("/api/selftest", {});
  byId("selftest").disabled = false;
  const bad = answer.ok ? failures(answer.content) : "";
  if (!answer.ok || answer.content.error) say(answer.content.error, false);
  else say(bad || "All parts are well.", !bad);
  ask();
});
function sure() {
  // In some browsers Escape leaves what was answered the last time.
  byId("ask").returnValue = "no";
  byId("ask").showModal();
}

byId("reboot").addEventListener("click", () => {
  if (window.waitForRestart) sure();
  else load("/restart.js", sure);
});
byId("ask").addEventListener("close", async () => {
  if (byId("ask").returnValue !== "yes") return;
  const before = latest.start;
  const answer = await post("/api/reboot", {});
  if (!answer.ok) return say(answer.content.error, false);
  restarting = true;
  byId("link").className = "link lost";
  setText(byId("link"), "restarting");
  say("", true);
  waitForRestart(before, byId("done"), () => { restarting = false; ask(); });
});
byId("logout").addEventListener("click", async () => {
  await post("/api/logout", {});
  location.href = "/login";
});
