// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The form is built from the box's own table of settings, and checked by the same limits before it is sent.
"use strict";

const HOME = "Home Assistant (MQTT)";
// What an owner needs, in this order; every other setting stands under "For experts".
const TOPICS = [
  ["Network", ["WIFI_SSID", "WIFI_PASSWORD", "HOSTNAME"]],
  ["SmartEVSE", ["SMARTEVSE_URL"]],
  ["Cars", ["CAR_1", "CAR_2", "CAR_3", "CAR_4"]],
  ["Display", ["LANGUAGE", "DISPLAY_BRIGHTNESS", "DISPLAY_DIM_S", "DISPLAY_DARK_MIN", "DISPLAY_ROTATION"]],
  ["Password of these pages", ["WEB_PASSWORD", "STATUS_PUBLIC"]],
  ["Diary", ["DIARY", "NTP_SERVER"]],
  [HOME, ["MQTT_BROKER", "MQTT_PORT", "MQTT_USER", "MQTT_PASSWORD"]],
];
// Choices in words; what is not here is shown as it is.
const WORDS = {
  ANSWER_CARS: { auto: "Once per plug-in", modem_phase: "Only when the SmartEVSE asks", always: "Always (for a test bench)", never: "Never" },
  PROTOCOL: { din: "DIN 70121, else ISO 15118-2", iso2: "ISO 15118-2, else DIN 70121", din_only: "DIN 70121 only" },
  CONVERSATION: { release: "Let the car go", converse: "Read on for a while" },
  CONVERSATION_UNTIL: { parameters: "Charge parameters", cable_check: "Cable check", pre_charge: "Pre-charge" },
  DISPLAY: { auto: "Automatic", none: "None", ssd1306: "SSD1306 (OLED)", st7789: "ST7789 (colour)", board: "The board's own" },
  DISPLAY_ROTATION: { 0: "As it is", 90: "A quarter turn", 180: "Upside down", 270: "Three quarter turns" },
  WIFI_TX_POWER_DBM: { 0: "The board's own" },
  STATUS_PUBLIC: { no: "Only with the password", yes: "Everyone on your network" },
  DIARY: { yes: "Keep the last 448 plug-ins", no: "Keep nothing through a restart" },
  LANGUAGE: { auto: "As the browser, display English", en: "English", de: "Deutsch", nl: "Nederlands", fr: "Français" },
  LOG_LEVEL: { D: "Everything", I: "What happens", W: "Warnings and errors", E: "Errors only" },
};
const SOURCES = { page: "saved here", "settings.toml": "settings.toml", default: "default" };
const UNSAVED = "socbox-unsaved";
const bytes = (text) => new TextEncoder().encode(text).length;
let rows = new Map();
let changes = new Map();
// The save that was asked for last: one before it that still waits gives way.
let wish = null;

function idOf(key, part) {
  return part ? key + "-" + part : key;
}

function fileValue(row) {
  return row.file === null ? row.default : row.file;
}

// ---- one row

function inputOf(row) {
  if (row.choices) {
    const select = element("select");
    const words = WORDS[row.key] || {};
    select.append(...row.choices.map((choice) => {
      const option = element("option", words[choice] || choice);
      option.value = choice;
      return option;
    }));
    select.value = row.value;
    return select;
  }
  const input = element("input");
  input.type = row.secret ? "password" : "text";
  if (row.kind === "number") input.inputMode = row.low < 0 ? "text" : "numeric";
  input.value = row.secret ? "" : row.value;
  input.autocomplete = row.secret ? "new-password" : "off";
  input.spellcheck = false;
  input.autocapitalize = "none";
  if (row.secret) input.placeholder = row.is_set ? "unchanged" : "not set";
  else if (row.default) asItIs(input).placeholder = row.default;
  return input;
}

function chipOf(row) {
  const chip = element("span", SOURCES[row.source] || row.source, "chip " + (row.source === "page" ? "mine" : ""));
  chip.title = "Where this value comes from";
  return chip;
}

function extrasOf(row, input) {
  const extras = [];
  if (row.secret) {
    const show = element("button", "Show");
    show.type = "button";
    show.setAttribute("aria-pressed", "false");
    show.setAttribute("aria-label", "Show " + row.label);
    showButton(show, input);
    extras.push(show);
  }
  if (row.secret && row.is_set) {
    const remove = element("button", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", "Remove " + row.label);
    remove.addEventListener("click", () => {
      input.value = "";
      input.placeholder = "will be removed";
      change(row, "");
    });
    extras.push(remove);
  }
  if (row.source === "page") {
    const back = element("button", "Undo");
    back.type = "button";
    const file = row.file === null ? "the default" : "settings.toml's";
    back.title = "Back to " + file;
    back.setAttribute("aria-label", "Back to " + file + " " + row.label);
    back.addEventListener("click", () => {
      if (!row.secret) input.value = fileValue(row);
      else input.placeholder = "as settings.toml says";
      input.dispatchEvent(new Event("spread"));
      change(row, null);
    });
    extras.push(back);
  }
  return extras;
}

function rowOf(row) {
  const part = element("div", undefined, "setting");
  const label = element("label", row.label);
  label.htmlFor = row.key;
  const input = inputOf(row);
  input.id = row.key;
  input.setAttribute("aria-describedby", idOf(row.key, "help") + " " + idOf(row.key, "fault"));
  const field = element("div", undefined, "field");
  field.append(input, ...extrasOf(row, input));
  // A choice in words needs no list of its raw values.
  const help = element("p", row.kind === "choice" && WORDS[row.key] ? "" : row.help + " ", "soft");
  help.id = idOf(row.key, "help");
  help.append(element("code", row.key));
  const fault = element("p", "", "fault");
  fault.id = idOf(row.key, "fault");
  fault.setAttribute("role", "alert");
  const head = element("div", undefined, "head");
  head.append(label, chipOf(row));
  if (CAR.test(row.key)) part.append(...carOf(row, input, label, chipOf(row), field, help, fault));
  else part.append(head, field, help, fault);
  input.addEventListener("input", () => edited(row, input.value));
  if (row.key === "WEB_PASSWORD") {
    const weak = element("p", "", "weak");
    weak.setAttribute("role", "status");
    input.addEventListener("input", () => setText(weak, weakness(input.value)));
    part.append(weak);
  }
  return part;
}

// ---- checks, as settings.py does them

function ipv4(text) {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function faultOf(row, typed) {
  // A phone puts a blank behind a word that it completes, and the box takes it away.
  const text = row.secret ? typed : typed.replace(/^ +| +$/g, "");
  if (row.kind === "number") {
    if (!/^(-?\d{1,9}|0x[0-9a-f]{1,6})$/i.test(text)) return "Enter a whole number.";
    if (!row.choices && (Number(text) < row.low || Number(text) > row.high)) return "From " + row.low + " to " + row.high + ".";
  } else if (row.kind === "address") {
    if (text && !ipv4(text)) return "Like 192.168.1.50, or empty.";
  } else if (!row.choices) {
    if (bytes(text) > row.high) return "Too long: at most " + row.high + " bytes, these are " + bytes(text) + ".";
    if (bytes(text) < row.low) return row.low === 1 ? "This cannot be empty." : "At least " + row.low + " characters.";
    if (row.secret && row.key !== "MQTT_PASSWORD" && text && bytes(text) < 8) return "At least 8 characters.";
    if (row.key === "HOSTNAME" && !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text)) return "Letters, digits and - between them.";
    if (row.key === "SMARTEVSE_URL" && (/ /.test(text) || (/^\w*:\/\//.test(text) && !/^http:/i.test(text)))) return "An address, or http:// and an address, without spaces.";
  }
  return "";
}

function showFault(key, text) {
  const input = byId(key);
  if (!input) return;
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  setText(byId(idOf(key, "fault")), text);
}

// ---- what has changed

function edited(row, text) {
  const same = row.secret ? text === "" : text === row.value;
  if (same) {
    changes.delete(row.key);
    showFault(row.key, "");
    showBar();
  } else change(row, text);
}

function change(row, text) {
  changes.set(row.key, text);
  showFault(row.key, text === null ? "" : faultOf(row, text));
  showBar();
}

function showBar() {
  const bar = byId("bar");
  bar.hidden = changes.size === 0;
  setText(byId("count"), changes.size === 1 ? "1 change" : changes.size + " changes");
  byId("save-restart").hidden = ![...changes.keys()].some((key) => rows.get(key).restart);
  byId("save").className = byId("save-restart").hidden ? "main" : "";
  // What the keyboard comes to must not lie under the bar.
  document.documentElement.style.scrollPaddingBottom = bar.hidden ? "" : bar.offsetHeight + 16 + "px";
  keepUnsaved();
}

// What was typed outlives a login that has ended meanwhile; passwords are not kept.
function keepUnsaved() {
  const kept = [...changes].filter(([key]) => !rows.get(key).secret);
  if (kept.length) sessionStorage.setItem(UNSAVED, JSON.stringify(kept));
  else sessionStorage.removeItem(UNSAVED);
}

function bringBack(unsaved) {
  const kept = JSON.parse(unsaved || "[]").filter(([key]) => rows.has(key));
  if (!kept.length) return;
  kept.forEach(([key, text]) => typeAgain(rows.get(key), text));
  say("What you had not saved is still here.", "");
}

// A change, in the field of a form that was built anew.
function typeAgain(row, text) {
  const input = byId(row.key);
  input.value = text !== null ? text : row.secret ? "" : fileValue(row);
  if (row.secret && !text) input.placeholder = text === null ? "as settings.toml says" : "will be removed";
  input.dispatchEvent(new Event("spread"));
  change(row, text);
}

// Builds the form; what was changed and not sent yet stays, and so does the place where somebody types.
function rebuild(groups) {
  const typing = document.activeElement.id;
  build(groups);
  const open = [...changes];
  changes = new Map();
  for (const [key, text] of open) {
    const row = rows.get(key);
    const same = text === null ? row.source !== "page" : !row.secret && text === row.value;
    if (!same) typeAgain(row, text);
  }
  showBar();
  if (typing && byId(typing) && byId(typing) !== document.activeElement) byId(typing).focus({ preventScroll: true });
}

function say(text, className) {
  byId("said").className = "said " + (className || "");
  setText(byId("said"), text);
  if (text) byId("said").scrollIntoView({ block: "nearest" });
}

// ---- groups

// Buttons that try what stands in a topic.
const TRIALS = {
  SmartEVSE: {
    said: "tried",
    hint: "The test reading has -1 in every number, which a SmartEVSE echoes and ignores.",
    buttons: [["try-delivery", "Send a test reading", "/api/test/delivery"], ["try-probe", "Check modem support", "/api/test/smartevse"]],
    fields: () => ({ url: byId("SMARTEVSE_URL").value }),
  },
  [HOME]: {
    said: "tried-mqtt",
    hint: "Logs in at the broker and out again.",
    buttons: [["try-mqtt", "Test the MQTT broker", "/api/test/mqtt"]],
    // A password that was not typed is the one that is set.
    fields: () => Object.fromEntries(["MQTT_BROKER", "MQTT_PORT", "MQTT_USER", "MQTT_PASSWORD"]
      .filter((key) => key !== "MQTT_PASSWORD" || changes.has(key)).map((key) => [key, byId(key).value])),
  },
};

function testButtons(trial) {
  const part = element("div", undefined, "try");
  const said = element("p", "", "said");
  said.id = trial.said;
  said.setAttribute("role", "status");
  const shown = element("pre");
  shown.hidden = true;
  const buttons = element("p", undefined, "row");
  for (const [id, text, path] of trial.buttons) {
    const button = element("button", text);
    button.type = "button";
    button.id = id;
    button.addEventListener("click", async () => {
      buttons.querySelectorAll("button").forEach((one) => { one.disabled = true; });
      said.className = "said";
      setText(said, "Asking");
      shown.hidden = true;
      const fields = trial.fields();
      const answer = await patiently(() => post(path, fields), (text) => setText(said, text));
      const good = answer.ok && answer.content.ok;
      said.className = "said " + (good ? "good" : "fault");
      setText(said, answer.content.text || answer.content.error);
      if (answer.content.answer) {
        shown.textContent = answer.content.status + " " + answer.content.answer;
        shown.hidden = false;
      }
      buttons.querySelectorAll("button").forEach((one) => { one.disabled = false; });
    });
    buttons.append(button);
  }
  part.append(buttons, element("p", trial.hint, "soft"), said, shown);
  return part;
}

function forgetLink() {
  const link = element("a", "Forget WiFi", "button");
  link.href = "/resetwifi";
  const line = element("p", undefined, "row");
  line.append(link);
  return line;
}

function topicOf(name, keys, open) {
  const part = element("details", undefined, "group");
  part.open = open;
  part.append(element("summary", name), ...keys.filter((key) => rows.has(key)).map((key) => rowOf(rows.get(key))));
  if (TRIALS[name]) part.append(testButtons(TRIALS[name]));
  if (name === "Network") part.append(forgetLink());
  return part;
}

function expertsOf(groups, taken) {
  const part = element("details", undefined, "group");
  part.append(element("summary", "For experts"));
  for (const group of groups) {
    const rest = group.rows.filter((row) => !taken.includes(row.key));
    if (rest.length) part.append(element("h2", group.name), ...rest.map(rowOf));
  }
  return part;
}

function build(groups) {
  const folded = new Map([...document.querySelectorAll("#form details")].map((part) => [nameOf(part), part.open]));
  rows = new Map(groups.flatMap((group) => group.rows.map((row) => [row.key, row])));
  const topics = TOPICS.map(([name, keys]) => topicOf(name, keys, name !== HOME));
  byId("form").replaceChildren(...topics, expertsOf(groups, TOPICS.flatMap((topic) => topic[1])));
  showCars(byId("CAR_1").closest(".group"));
  document.querySelectorAll("#form details").forEach((part) => {
    if (folded.has(nameOf(part))) part.open = folded.get(nameOf(part));
  });
}

function nameOf(part) {
  const input = part.matches(".group") ? null : part.querySelector("input");
  return input ? input.id : part.firstElementChild.textContent;
}

async function load() {
  let waited = false;
  // The box loads this when it is first asked for it, and not while it reads a car.
  const answer = await patiently(() => request("/api/settings"), (text) => { waited = true; say(text); }, true);
  if (!answer.ok) return say(answer.content.error, "fault");
  if (waited) say("");
  rebuild(answer.content.groups);
  learnLanguage(rows.get("LANGUAGE").value);
  byId("restart").hidden = !answer.content.restart_needed;
  byId("mistakes").hidden = answer.content.errors.length === 0;
  byId("mistake-list").replaceChildren(...answer.content.errors.map((text) => element("li", text)));
  document.body.dataset.ready = "yes";
}

// The first look at the page: what was not saved, and the place that a link leads to.
async function begin() {
  const unsaved = sessionStorage.getItem(UNSAVED);
  await load();
  if (!rows.size) return;
  bringBack(unsaved);
  const [key, evccid] = location.hash.slice(1).split(":");
  if (evccid) nameCar(decodeURIComponent(evccid));
  else if (key) showRow(CAR.test(key) ? idOf(key, "name") : key);
}

function showRow(id) {
  const input = byId(id);
  if (!input) return;
  for (let part = input.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  const setting = input.closest(".setting");
  if (setting) setting.hidden = false;
  input.focus();
}

// ---- saving

function firstFault() {
  for (const [key, text] of changes) {
    const fault = text === null ? "" : faultOf(rows.get(key), text);
    showFault(key, fault);
    if (fault) return key;
  }
  return null;
}

async function startOf() {
  const status = await request("/api/status");
  return status.ok ? status.content.start : null;
}

async function save(restart) {
  const wrong = firstFault();
  if (wrong) {
    say("Please correct what is marked.", "fault");
    showRow(wrong);
    return;
  }
  const before = restart ? await startOf() : null;
  say("Saving");
  const sent = new Map(changes);
  const mine = {};
  wish = mine;
  const send = () => (wish === mine ? post("/api/settings", { values: Object.fromEntries(sent), restart }) : {});
  const answer = await patiently(send, (text) => { if (wish === mine) say(text); });
  if (!answer.content) return;
  if (!answer.ok) {
    const faults = Object.entries(answer.content.faults || {});
    faults.forEach(([key, text]) => showFault(key, text));
    say(answer.content.error, "fault");
    if (faults.length) showRow(faults[0][0]);
    return;
  }
  // What was typed meanwhile is still to be saved, even if it is what was there before.
  for (const [key, text] of sent) {
    const row = rows.get(key);
    if (changes.get(key) === text) changes.delete(key);
    else if (!changes.has(key) && !row.secret) changes.set(key, row.value);
    if (!row.secret) row.value = text === null ? fileValue(row) : text;
  }
  showBar();
  // Put off for a car the save comes before the restart all the same, and it is the restart that is waited for.
  if (answer.content.pending && !restart) say(answer.content.text, "good");
  else if (restart) waitForRestart(before, byId("said"), async () => { await load(); say("Saved, and the box is back.", "good"); });
  else {
    await load();
    say(answer.content.restart_needed ? "Saved. Some of it takes effect after a restart." : "Saved, and in use.", "good");
  }
}

byId("form").addEventListener("submit", (event) => { event.preventDefault(); save(false); });
byId("save").addEventListener("click", () => save(false));
byId("save-restart").addEventListener("click", () => save(true));
byId("discard").addEventListener("click", () => { say(""); wish = null; changes = new Map(); load(); });
byId("restart-now").addEventListener("click", async () => {
  const before = await startOf();
  const answer = await post("/api/reboot", {});
  if (!answer.ok) return say(answer.content.error, "fault");
  waitForRestart(before, byId("said"), async () => { await load(); say("The box is back.", "good"); });
});
window.addEventListener("beforeunload", (event) => { if (changes.size && !leaving) event.preventDefault(); });

// ---- backup

byId("secrets").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = { password: byId("again").value, file: (event.submitter && event.submitter.value) || "json" };
  const tell = (text) => setText(byId("secrets-said"), text);
  const answer = await patiently(() => fileFrom("/api/backup", {
    method: "POST", body: JSON.stringify(fields), headers: { "Content-Type": "application/json" },
  }), tell);
  tell(answer.ok ? "" : answer.content.error);
  if (!answer.ok) return;
  keepAs(answer.name, "text/plain", answer.file);
  byId("again").value = "";
});
saveByLink(say);

// What restoring would change, in a dialog; gives true when the owner wants it.
function sure(content) {
  const list = content.changes.map(([label, now, then]) =>
    element("li", now || then ? settled(tr(label) + ": " + (now || tr("empty")) + " \u2192 " + (then || tr("empty"))) : label));
  byId("restore-changes").replaceChildren(...list);
  byId("restore-left").replaceChildren(...content.left_out.map((text) => element("li", text)));
  setText(byId("restore-count"), list.length ? "This will change:" : "Nothing would change.");
  byId("restore-ask").returnValue = "no";
  byId("restore-ask").showModal();
  return new Promise((done) => {
    byId("restore-ask").addEventListener("close", () => done(byId("restore-ask").returnValue === "yes"), { once: true });
  });
}

function sayRefusal(content) {
  say([content.error, ...Object.values(content.faults || {})].join(" "), "fault");
}

byId("file").addEventListener("change", async () => {
  const file = byId("file").files[0];
  if (!file) return;
  let backup = null;
  try {
    backup = JSON.parse(await file.text());
  } catch (error) {
    say("This is not a socbox backup file.", "fault");
  }
  byId("file").value = "";
  if (backup === null) return;
  const told = await patiently(() => post("/api/restore", { ...backup, only_tell: true }), say);
  if (!told.ok) return sayRefusal(told.content);
  if (!await sure(told.content)) return say("Nothing was restored.", "");
  say("Restoring");
  const answer = await patiently(() => post("/api/restore", backup), say);
  if (!answer.ok) return sayRefusal(answer.content);
  if (answer.content.pending) return say(answer.content.text, "good");
  await load();
  const when = answer.content.restart_needed ? "Restored. Some of it takes effect after a restart." : "Restored, and in use.";
  say([when, ...(answer.content.left_out || [])].join(" "), "good");
});

begin();
