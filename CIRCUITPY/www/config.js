// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The form is built from the box's own table of settings, and checked by the same limits before it is sent.
"use strict";

const OPEN = ["WiFi", "SmartEVSE", "Cars", "Web"];
const SOURCES = { page: "saved here", "settings.toml": "settings.toml", default: "default", environment: "system" };
const bytes = (text) => new TextEncoder().encode(text).length;
let rows = new Map();
let changes = new Map();

function idOf(key, part) {
  return part ? key + "-" + part : key;
}

// ---- one row

function inputOf(row) {
  if (row.choices) {
    const select = element("select");
    select.append(...row.choices.map((choice) => element("option", choice)));
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
  else if (row.default) input.placeholder = row.default;
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
      if (!row.secret) input.value = row.file === null ? row.default : row.file;
      else input.placeholder = "as settings.toml says";
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
  const help = element("p", row.help + " ", "soft");
  help.id = idOf(row.key, "help");
  help.append(element("code", row.key));
  const fault = element("p", "", "fault");
  fault.id = idOf(row.key, "fault");
  fault.setAttribute("role", "alert");
  const head = element("div", undefined, "head");
  head.append(label, chipOf(row));
  part.append(head, field, help, fault);
  input.addEventListener("input", () => edited(row, input.value));
  return part;
}

// ---- checks, as settings.py does them

function ipv4(text) {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function faultOf(row, text) {
  if (row.kind === "number") {
    if (!/^(-?\d{1,9}|0x[0-9a-f]{1,6})$/i.test(text)) return "A whole number is wanted.";
    if (!row.choices && (Number(text) < row.low || Number(text) > row.high)) return "From " + row.low + " to " + row.high + ".";
  } else if (row.kind === "address") {
    if (text && !ipv4(text)) return "Like 192.168.1.50, or empty.";
  } else if (!row.choices) {
    if (bytes(text) > row.high) return "Too long: at most " + row.high + " bytes, these are " + bytes(text) + ".";
    if (bytes(text) < row.low) return row.low === 1 ? "This cannot be empty." : "At least " + row.low + " characters.";
    if (row.secret && text && bytes(text) < 8) return "At least 8 characters.";
    if (row.key === "HOSTNAME" && !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text)) return "Letters, digits and - between them.";
    if (row.key === "SMARTEVSE_URL" && (/ /.test(text) || (/:\/\//.test(text) && !text.startsWith("http://")))) return "An address, or http:// and an address, without blanks.";
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
  byId("bar").hidden = changes.size === 0;
  setText(byId("count"), changes.size === 1 ? "1 change" : changes.size + " changes");
}

function say(text, className) {
  byId("said").className = "said " + (className || "");
  setText(byId("said"), text);
  if (text) byId("said").scrollIntoView({ block: "nearest" });
}

// ---- groups

function testButtons() {
  const part = element("div", undefined, "try");
  const said = element("p", "", "said");
  said.id = "tried";
  said.setAttribute("role", "status");
  const shown = element("pre");
  shown.hidden = true;
  const buttons = element("p", undefined, "row");
  for (const [id, text, path] of [["try-delivery", "Send a test reading", "/api/test/delivery"], ["try-probe", "Check modem support", "/api/test/smartevse"]]) {
    const button = element("button", text);
    button.type = "button";
    button.id = id;
    button.addEventListener("click", async () => {
      buttons.querySelectorAll("button").forEach((one) => { one.disabled = true; });
      said.className = "said";
      setText(said, "Asking");
      shown.hidden = true;
      const answer = await post(path, { url: byId("SMARTEVSE_URL").value });
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
  part.append(buttons, element("p", "The test reading has -1 in every number, which a SmartEVSE echoes and ignores.", "soft"), said, shown);
  return part;
}

function groupOf(group) {
  const part = element("details", undefined, "group");
  part.open = OPEN.includes(group.name);
  part.append(element("summary", group.name));
  part.append(...group.rows.map((row) => {
    rows.set(row.key, row);
    return rowOf(row);
  }));
  if (group.name === "SmartEVSE") part.append(testButtons());
  if (group.name === "WiFi") {
    const link = element("a", "Forget WiFi", "button");
    link.href = "/resetwifi";
    const line = element("p", undefined, "row");
    line.append(link);
    part.append(line);
  }
  return part;
}

async function load() {
  const answer = await request("/api/settings");
  if (!answer.ok) {
    say(answer.content.error, "fault");
    return;
  }
  rows = new Map();
  changes = new Map();
  byId("form").replaceChildren(...answer.content.groups.map(groupOf));
  byId("mistakes").hidden = answer.content.errors.length === 0;
  byId("mistake-list").replaceChildren(...answer.content.errors.map((text) => element("li", text)));
  showBar();
  document.body.dataset.ready = "yes";
  if (location.hash) showRow(location.hash.slice(1));
}

function showRow(key) {
  const input = byId(key);
  if (!input) return;
  const group = input.closest("details");
  if (group) group.open = true;
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
  const answer = await post("/api/settings", { values: Object.fromEntries(changes), restart });
  if (!answer.ok) {
    const faults = Object.entries(answer.content.faults || {});
    faults.forEach(([key, text]) => showFault(key, text));
    say(answer.content.error, "fault");
    if (faults.length) showRow(faults[0][0]);
    return;
  }
  changes = new Map();
  showBar();
  if (answer.content.pending) say(answer.content.text, "good");
  else if (restart) waitForRestart(before, byId("said"), () => { load(); say("Saved, and the box is back.", "good"); });
  else {
    await load();
    say(answer.content.restart_needed ? "Saved. It counts after a restart." : "Saved.", "good");
  }
}

byId("form").addEventListener("submit", (event) => { event.preventDefault(); save(false); });
byId("save").addEventListener("click", () => save(false));
byId("save-restart").addEventListener("click", () => save(true));
byId("discard").addEventListener("click", () => { say(""); load(); });
window.addEventListener("beforeunload", (event) => { if (changes.size) event.preventDefault(); });

// ---- backup

byId("secrets").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = (event.submitter && event.submitter.value) || "json";
  const answer = await fetch("/api/backup", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ password: byId("again").value, file }),
  });
  if (answer.ok) {
    keepAs(file === "toml" ? "settings.toml" : "socbox-settings.json", "text/plain", await answer.text());
    byId("again").value = "";
    setText(byId("secrets-said"), "");
  } else setText(byId("secrets-said"), (await answer.json()).error);
});

byId("file").addEventListener("change", async () => {
  const file = byId("file").files[0];
  if (!file) return;
  let backup = null;
  try {
    backup = JSON.parse(await file.text());
  } catch (error) {
    say("This file is no JSON.", "fault");
  }
  byId("file").value = "";
  if (backup === null) return;
  say("Restoring");
  const answer = await post("/api/restore", backup);
  if (!answer.ok) {
    const faults = Object.values(answer.content.faults || {});
    say([answer.content.error, ...faults].join(" "), "fault");
    return;
  }
  const left = answer.content.left_out || [];
  await load();
  say(["Restored. It counts after a restart.", ...left].join(" "), "good");
});

load();
