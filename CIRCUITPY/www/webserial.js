// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The box's console: asks for the lines since the last one, once a second, and keeps them.
"use strict";

const PERIOD_MS = 1000;
const MOST = 5000;
const RANK = { D: 0, I: 1, W: 2, E: 3 };
const box = byId("lines");
let records = [];
let start = null;
let next = 0;
let dropped = 0;
let paused = false;
let asking = false;
let timer = null;

const lineText = (record) =>
  record[1] + "." + String(record[2]).padStart(3, "0") + " " + record[3] + " " + record[4] + " " + record[5];

function fits(record) {
  const wanted = byId("filter").value.trim().toLowerCase();
  return RANK[record[3]] >= RANK[byId("level").value] &&
    (wanted === "" || lineText(record).toLowerCase().includes(wanted));
}

function lineOf(record) {
  const line = asItIs(element("div", undefined, "line " + record[3]));
  line.append(element("span", record[1] + "." + String(record[2]).padStart(3, "0"), "at"),
    element("span", record[3], "level"), element("span", record[4], "tag"), element("span", record[5], "text"));
  return line;
}

function add(fresh) {
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
  box.append(...fresh.filter(fits).map(lineOf));
  while (box.childElementCount > MOST) box.firstElementChild.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function rebuild() {
  box.replaceChildren();
  add(records);
  box.scrollTop = box.scrollHeight;
}

function tell(text) {
  const parts = [text, records.length + " lines"];
  if (dropped) parts.push(dropped + (dropped === 1 ? " line" : " lines") + " dropped");
  setText(byId("state"), settled(parts.map((part) => tr(part)).join(", ")));
}

function take(content) {
  if (start !== null && content.start !== start) {
    add([[0, 0, 0, "W", "page", "the box was restarted"]]);
    next = 0;
    start = content.start;
    return false;
  }
  start = content.start;
  dropped += content.dropped;
  records.push(...content.records);
  if (records.length > MOST) {
    dropped += records.length - MOST;
    records = records.slice(-MOST);
  }
  next = content.next;
  if (content.records.length) add(content.records);
  return true;
}

async function ask() {
  if (asking || paused) return;
  asking = true;
  clearTimeout(timer);
  const answer = await request("/api/log?since=" + next, { signal: AbortSignal.timeout(15000) });
  asking = false;
  // Paused meanwhile: the page stands still, and what this answer told is asked for again.
  if (paused) return;
  const again = answer.ok && !take(answer.content);
  tell(answer.ok ? "live" : answer.content.error);
  if (!document.hidden) timer = setTimeout(ask, again ? 50 : PERIOD_MS);
}

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  setText(byId("pause"), paused ? "Go on" : "Pause");
  tell(paused ? "paused" : "live");
  ask();
});
byId("level").addEventListener("change", rebuild);
byId("filter").addEventListener("input", rebuild);
byId("download").addEventListener("click", () => {
  const lost = dropped ? "# " + dropped + " lines dropped\n" : "";
  keepAs("socbox-log.txt", "text/plain", lost + records.map(lineText).join("\n") + "\n");
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
ask();
