// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The plug-ins of the last months: a graph of the charges, a list, and the button that deletes them.
"use strict";

const MOST_BARS = 60;
const A_PAGE = 30;
const AGAIN_MS = 4000;
let entries = [];
let shown = A_PAGE;

const known = (value) => value !== null && value !== undefined;

function tell(text, kind) {
  byId("said").className = "said " + (kind || "");
  setText(byId("said"), text);
}

function timeOf(entry) {
  let seconds = entry.unix_s;
  if (!known(seconds) && known(entry.ago_s)) seconds = Date.now() / 1000 - entry.ago_s;
  if (!known(seconds)) return "time unknown";
  return new Date(seconds * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}

function resultOf(entry) {
  if (known(entry.soc_percent)) return entry.soc_percent + " %";
  if (known(entry.soc_doubtful_percent)) return entry.soc_doubtful_percent > 100 ? "?" : entry.soc_doubtful_percent + " %?";
  return entry.cause_text || "not read";
}

const carOf = (entry) => entry.name || (entry.likely_maker ? entry.likely_maker + "?" : "unknown car");
const withUnit = (value, unit) => (known(value) ? value + unit : null);
const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
const kwh = (wh) => (known(wh) ? (wh / 1000).toLocaleString(document.documentElement.lang, TENTHS) + " kWh" : null);
// Names, times and numbers are the same in every language.
const unless = (node, words) => (words.includes(node.textContent) ? node : asItIs(node));

function factsOf(entry) {
  const sent = { ok: "yes", failed: "no" }[entry.delivery];
  return [
    ["Sent to the SmartEVSE", sent],
    ["Battery", kwh(entry.energy_capacity_wh)],
    ["Energy requested", kwh(entry.energy_request_wh)],
    ["Full at", withUnit(entry.full_soc_percent, " %")],
    ["Car ID (EVCCID)", entry.evccid && entry.evccid.match(/../g).join(":").toUpperCase()],
    ["Protocol", entry.protocol],
    ["Signal loss", withUnit(entry.attenuation_db, " dB")],
    ["Number", entry.number],
  ].filter((row) => known(row[1]));
}

function lineOf(entry) {
  const summary = element("summary");
  summary.append(unless(element("b", carOf(entry)), ["unknown car"]), element("span", resultOf(entry)),
    unless(element("span", timeOf(entry)), ["time unknown"]));
  const list = element("dl");
  list.append(...factsOf(entry).flatMap((row) => [element("dt", row[0]), unless(element("dd", String(row[1])), ["yes", "no"])]));
  const part = element("details");
  part.append(summary, list);
  const item = element("li");
  item.append(part);
  return item;
}

function showGraph() {
  const read = entries.filter((entry) => known(entry.soc_percent)).slice(0, MOST_BARS).reverse();
  const charges = read.map((entry) => entry.soc_percent);
  byId("graph").hidden = read.length === 0;
  if (!read.length) return setText(byId("range"), "");
  byId("graph").replaceChildren(...read.map((entry) => {
    const bar = element("i");
    bar.style.height = Math.max(1, entry.soc_percent) + "%";
    asItIs(bar).title = entry.soc_percent + " %, " + timeOf(entry);
    return bar;
  }));
  const mean = Math.round(charges.reduce((sum, charge) => sum + charge, 0) / charges.length);
  const words = "Charge on arrival, oldest first. Lowest: " + Math.min(...charges) + " %. Mean: " + mean + " %. Highest: " + Math.max(...charges) + " %.";
  setText(byId("range"), words);
  describe(byId("graph"), settled(tr(words) + " " + charges.map((charge) => charge + " %").join(", ")));
}

function showList() {
  byId("sessions").replaceChildren(...entries.slice(0, shown).map(lineOf));
  byId("none").hidden = entries.length > 0;
  byId("more").hidden = entries.length <= shown;
}

async function load() {
  const clock = await tellTime();
  const answer = await patiently(() => request("/api/diary", { signal: AbortSignal.timeout(60000) }), tell, true);
  if (!answer.ok) {
    setTimeout(load, AGAIN_MS);
    return tell(answer.content.error, "fault");
  }
  const content = answer.content;
  entries = content.entries.map((row) => Object.fromEntries(content.columns.map((name, at) => [name, row[at]])));
  showGraph();
  showList();
  if (content.fault) tell(content.fault, "fault");
  else if (!content.recording) tell("The diary is switched off in the settings.");
  else if (clock.status === 422) tell(clock.content.error, "fault");
  else tell("");
}

byId("more").addEventListener("click", () => {
  const first = shown;
  shown += A_PAGE;
  showList();
  byId("sessions").children[first].querySelector("summary").focus();
});
byId("delete").addEventListener("click", () => {
  byId("ask").returnValue = "no";
  byId("ask").showModal();
});
byId("ask").addEventListener("close", async () => {
  if (byId("ask").returnValue !== "yes") return;
  tell("Deleting");
  const answer = await patiently(() => post("/api/diary/delete", {}), tell);
  if (!answer.ok) return tell(answer.content.error, "fault");
  await load();
  if (!entries.length) tell("Deleted.", "good");
});
saveByLink(tell);
load().then(() => { document.body.dataset.ready = "1"; });
