// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Asks the box for its status every two seconds, and at once when the page is looked at again.
"use strict";

const PERIOD_MS = 2000;
const LATE_MS = 5000;
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
let latest = null;
const STRANGER = "unknown car";
const loading = new Map();
let restarting = false;
let timeTold = false;

function ago(seconds) {
  if (seconds < 90) return "just now";
  if (seconds < 5400) return Math.round(seconds / 60) + " minutes ago";
  if (seconds < 172800) return Math.round(seconds / 3600) + " hours ago";
  return Math.round(seconds / 86400) + " days ago";
}

const known = (value) => value !== null && value !== undefined && value !== "";
const macText = (hex) => (hex ? hex.match(/../g).join(":").toUpperCase() : null);

// "42 %", or "0 %?" for a number that nothing confirmed.
function socText(reading) {
  if (known(reading.soc_percent)) return reading.soc_percent + " %";
  return reading.soc_doubtful_percent > 100 ? "?" : reading.soc_doubtful_percent + " %?";
}

function whenOf(reading) {
  if (known(reading.age_s)) return ago(reading.age_s);
  return known(reading.unix_s) ? ago(Date.now() / 1000 - reading.unix_s) : "before the restart";
}

const waitsFor = (text) => text.split(/^state \d+: /)[1];

function hintOf(stage) {
  const { text, url } = latest.smartevse;
  if (stage !== "waiting") return HINTS[stage] || "";
  if (waitsFor(text)) return "SmartEVSE: " + waitsFor(text);
  if (!latest.car_present) return url && !/without modem/.test(text) ? HINTS.waiting : "";
  return /^state [12]$/.test(text) ? "To have it read, unplug it and plug it in again." : "";
}

function showSoc(reading, stage, current) {
  byId("soc").hidden = reading === null || !current;
  const unnamed = reading !== null && reading.evccid && !(reading.profile && reading.profile.name);
  byId("name-it").hidden = !(unnamed && latest.access.owner);
  if (unnamed) byId("name-it").firstElementChild.href = nameLink(reading.evccid, ["rotating", "made_up"].includes(reading.evccid_kind));
  const last = reading || latest.earlier;
  const lastText = !last || current ? "" : "Last car: " + socText(last) + ", " + whenOf(last) + ". ";
  setText(byId("hint"), (lastText + (reading === null || stage !== "soc" ? hintOf(stage) : "")).trim());
  if (reading === null || !current) return;
  byId("mark").hidden = !reading.full_soc_percent;
  if (reading.full_soc_percent) byId("mark").style.left = reading.full_soc_percent + "%";
  const now = latest.estimate;
  if (now && (now.charging || now.soc_percent !== reading.soc_percent)) showEstimate(now, reading);
  else showReading(reading, stage);
}

function showCharge(text, percent, words, look, age) {
  setText(byId("percent"), text);
  byId("fill").style.width = percent + "%";
  describe(byId("battery"), words);
  byId("soc").className = look;
  setText(byId("age"), age);
}

function showReading(reading, stage) {
  const percent = reading.soc_percent;
  const full = reading.full_soc_percent ? ", full at " + reading.full_soc_percent + " %" : "";
  showCharge(socText(reading), percent || 0, known(percent) ? "battery " + percent + " percent full" : "charge not certain",
    reading.age_s > FRESH_S || stage !== "soc" ? "old" : "", "read " + ago(reading.age_s) + full);
}

// What the car should have by now, by the charger's meter.
function showEstimate(now, reading) {
  const left = Math.round(now.full_in_s / 60);
  const goal = now.full_soc_percent === 100 ? "full" : now.full_soc_percent + " %";
  const then = now.charging ? `${goal} in ${left < 60 ? "" : Math.floor(left / 60) + " h "}${left % 60} min, ` : "";
  showCharge("~ " + now.soc_percent + " %", now.soc_percent, "battery about " + now.soc_percent + " percent full",
    now.fresh ? "about" : "old", then + `estimated; read ${reading.soc_percent} % at plug-in, ${ago(reading.age_s)}`);
}

// An uncertain number is not sent.
function showDelivery(evse, reading) {
  const texts = { ok: "Sent to the SmartEVSE.", pending: "Being sent to the SmartEVSE.",
    failed: "Could not be sent to the SmartEVSE." };
  setText(byId("delivery"), reading ? texts[evse.last_delivery] || "" : "");
  byId("delivery").className = evse.last_delivery || "";
}

// Three readings in an hour that nobody could confirm: the owner may know better.
function showGate(gate, owner) {
  byId("gate").hidden = gate.next_reading_s === null || !owner;
  if (gate.next_reading_s === null || byId("gate-text").dataset.said) return;
  setText(byId("gate-text"), "This car will be read again in " + Math.ceil(gate.next_reading_s / 60) + " min. To have it read sooner:");
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
  if (access.owner && access.restart_needed) notes.push(["Saved settings take effect after a restart.", "/config", "Settings"]);
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

function resultOf(session) {
  if (session.duration_s === null && !known(session.soc_percent)) return "under way";
  if (!known(session.soc_percent)) return session.cause ? session.cause.short : "not read";
  return session.soc_percent + " %" + ({ ok: ", sent", failed: ", not sent" }[session.delivery] || "");
}

function carName(session) {
  return session.name || (session.likely_maker ? session.likely_maker + "?" : STRANGER);
}

// One line a plug-in, the rest on a tap (details.js). Built anew only for a new one.
function showSessions(status) {
  const sessions = status.sessions.slice().reverse();
  const list = byId("sessions");
  byId("no-sessions").hidden = sessions.length > 0;
  // The two numbers come from the box a moment apart: a second more or less is the same plug-in.
  const parts = [...list.querySelectorAll("details")];
  const before = parts.map((part) => Number(part.dataset.began));
  const began = (session) => {
    const found = status.uptime_s - session.ago_s;
    return String(before.find((one) => Math.abs(one - found) < 2) || found);
  };
  const key = JSON.stringify(sessions.map((session) => [began(session), carName(session), resultOf(session)]));
  const open = new Set(parts.filter((part) => part.open).map((part) => part.dataset.began));
  fill(list, key, () => sessions.map((session) => {
    const part = element("details");
    const summary = element("summary");
    const name = element("b", carName(session));
    summary.append(name.textContent === STRANGER ? name : asItIs(name), element("span", resultOf(session)), element("span"));
    part.append(summary, element("dl"));
    part.dataset.began = began(session);
    part.open = open.has(part.dataset.began);
    part.addEventListener("toggle", unfold);
    const item = element("li");
    item.append(part);
    return item;
  }));
  sessions.forEach((session, at) => setText(list.children[at].querySelector("span:last-child"), ago(session.ago_s)));
}

// An address that changes each time is named by its first half.
const nameLink = (evccid, changes) => "/config#CAR:" + (changes ? evccid.slice(-12, -6) + "*" : evccid.slice(-12));

// What a SmartEVSE's number means for people, where the box has no words for it.
const EVSE_STATES = {
  0: "no car", 1: "car plugged in", 2: "charging", 8: "waking the car", 11: "asking the car", 12: "asking the car",
  13: "simulating the re-plug", 14: "turned the car away",
};
// 3 to 7: a car is there, another SmartEVSE decides.
const evseWords = (text) => EVSE_STATES[text.replace(/^state [3-7]$/, "1").replace("state ", "")] || waitsFor(text) || text;

function showParts(status) {
  const evse = status.smartevse;
  const parts = [status.modem.status === "READY" ? "Modem ready" : "Modem not ready",
    evse.url ? "SmartEVSE: " + evseWords(evse.text) : "no SmartEVSE set up", status.wifi.ssid ? "WiFi " + status.wifi.ssid : "no WiFi"];
  setText(byId("parts"), settled(parts.map((part) => tr(part)).join(", ") + "."));
  byId("bring-up").hidden = !status.self_test;
}

// What is seldom wanted. A load that fails is tried again with the next wish.
function load(path, then) {
  if (loading.has(path)) return loading.get(path).push(then);
  const waiting = [then];
  loading.set(path, waiting);
  const script = element("script");
  script.src = path;
  script.onload = () => { loading.delete(path); waiting.forEach((next) => next()); };
  script.onerror = () => { loading.delete(path); script.remove(); };
  document.head.append(script);
}

function unfold() {
  if (latest === null || !document.querySelector("details[open]")) return;
  if (window.showDetails) showDetails(latest);
  else load("/details.js", unfold);
}

function show(status) {
  learnLanguage(status.access.language);
  latest = status;
  document.body.dataset.stage = status.stage;
  const reading = status.stage === "soc" && known(status.reading.soc_percent) ? status.reading : null;
  // The number below says it already.
  const name = reading && reading.profile && reading.profile.name;
  byId("headline").translate = !name;
  setText(byId("headline"), reading ? name || "State of charge"
    : status.stage === "waiting" && status.car_present ? "A car is plugged in" : status.headline);
  setText(document.querySelector("title"), status.headline + " - " + status.product);
  showSoc(status.reading, status.stage, status.reading_is_current);
  showDelivery(status.smartevse, reading);
  showGate(status.admission, status.access.owner);
  showCauses(status.causes, status.settings_errors);
  showNotes(status);
  showSessions(status);
  showParts(status);
  byId("links").hidden = !status.access.owner;
  byId("guest").hidden = status.access.owner;
  byId("to-diary").hidden = !status.access.owner;
  unfold();
}

async function ask() {
  if (asking || restarting) return;
  asking = true;
  clearTimeout(timer);
  const link = byId("link");
  // What is shown is no longer known to be so.
  const late = setTimeout(() => {
    link.className = "link";
    setText(link, "waiting for the box");
  }, LATE_MS);
  const answer = await request("/api/status", { signal: AbortSignal.timeout(15000) });
  clearTimeout(late);
  if (answer.ok) show(answer.content);
  if (answer.ok && answer.content.access.time_wanted && !timeTold) {
    timeTold = true;
    tellTime();
  }
  if (!restarting) {
    setText(link, answer.ok ? "live" : answer.recovery ? answer.content.error : "no connection to the box");
    link.className = answer.ok ? "link live" : "link lost";
  }
  asking = false;
  if (!document.hidden) timer = setTimeout(ask, PERIOD_MS);
}

document.querySelectorAll("details").forEach((part) => part.addEventListener("toggle", unfold));
byId("now").parentElement.addEventListener("click", (event) => {
  if (event.target.matches("#links button, #readnow") && !window.say) load("/details.js", () => event.target.click());
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
window.addEventListener("focus", ask);
ask();
