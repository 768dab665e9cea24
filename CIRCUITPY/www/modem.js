// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The modem: what it is set up for, how it heard the last car, and the change of its parameters.
"use strict";

const SLICE = 4096;
// Fields of the parameters that people read; the others are names and numbers.
const IN_WORDS = ["Set up for", "Leads the network", "Link speeds", "Length"];
const ROLES = { charger: "a charger", car: "a car", neither: "neither a charger nor a car" };
let modem = null;
let timer = null;
// Why the last press did nothing, and the modem's state then: stands until the next press or another state.
let refused = null;

function tell(text, bad) {
  byId("said").className = bad ? "said fault" : "said";
  setText(byId("said"), text);
}

function refuse(text) {
  refused = { text, state: modem && modem.state };
  tell(text, true);
}

const hex = (value, digits) => value.toString(16).toUpperCase().padStart(digits, "0");

function showHearing(heard, last, mean) {
  if (mean !== null) setText(byId("mean"), "Mean of all cars in the diary: " + mean + " dB");
  if (!heard) return;
  const told = last.filter((db) => db !== null);
  setText(byId("last"), told.length > 1 ? "The last cars, oldest first: " + told.map((db) => db + " dB").join(", ") : "");
  setText(byId("heard"), `The last car was heard with ${heard.mean_db} dB of loss on average: ${heard.word}. ${heard.action}`);
  describe(byId("bars"), "Loss of each of the 58 groups of carriers in dB, from the lowest frequency up: " + heard.groups_db.join(", "));
  const most = Math.max(60, ...heard.groups_db);
  byId("bars").replaceChildren(...heard.groups_db.map((db, at) => {
    const row = element("div", undefined, "bar-row");
    const track = element("b");
    const bar = element("i");
    bar.style.width = Math.round(100 * db / most) + "%";
    track.append(bar);
    row.append(element("span", "group " + (at + 1)), track, asItIs(element("span", db + " dB")));
    return row;
  }));
}

function showBlock(block, idle) {
  byId("keep").hidden = !block;
  byId("change-section").hidden = !block || !block.changes.length;
  byId("back-section").hidden = !block || Boolean(block.fault);
  if (!block) return;
  byId("fields").replaceChildren(...block.fields.flatMap((row) => {
    const value = element("dd", row[1]);
    return [element("dt", row[0]), IN_WORDS.includes(row[0]) ? value : asItIs(value)];
  }));
  byId("rows").replaceChildren(...block.changes.map((row) => {
    const line = element("tr");
    const place = row[0] === null ? "header" : hex(row[0], 4);
    const numbers = [hex(row[1], 2), hex(row[2], 2)].map((text) => asItIs(element("td", text)));
    const where = element("td", place);
    line.append(row[0] === null ? where : asItIs(where), ...numbers, element("td", row[3]));
    return line;
  }));
  byId("first").hidden = block.kept;
  byId("make").disabled = !idle || !block.kept;
  byId("restore").disabled = !idle || !block.kept || !byId("file").files.length;
}

function show(content) {
  modem = content;
  const idle = modem.state === "idle";
  setText(byId("role"), ROLES[modem.role] || "unknown");
  byId("firmware").translate = !modem.firmware;
  setText(byId("firmware"), modem.firmware || "unknown");
  if (refused && refused.state !== modem.state) refused = null;
  if (refused) tell(refused.text, true);
  else tell(modem.text, modem.failed && idle);
  byId("meter").hidden = idle;
  if (modem.percent === null) byId("progress").removeAttribute("value");
  else byId("progress").value = modem.percent;
  byId("read").disabled = !idle;
  showHearing(modem.attenuation, modem.last_db, modem.diary_db);
  showBlock(modem.block, idle);
}

async function ask() {
  clearTimeout(timer);
  const answer = await request("/api/modem");
  if (answer.ok) show(answer.content);
  else tell(answer.status ? whyNot(answer) : "No connection to the box.", answer.status !== 503);
  if (!document.hidden) timer = setTimeout(ask, modem && modem.state !== "idle" ? 700 : 4000);
}

function sure(question) {
  setText(byId("question"), question);
  byId("ask").returnValue = "no";
  byId("ask").showModal();
  return new Promise((done) => {
    byId("ask").addEventListener("close", () => done(byId("ask").returnValue === "yes"), { once: true });
  });
}

async function act(path, fields) {
  refused = null;
  const answer = await patiently(() => post(path, fields), tell);
  if (!answer.ok) refuse(answer.content.error);
  else ask();
  return answer;
}

byId("read").addEventListener("click", () => act("/api/modem/read", {}));
byId("keep").addEventListener("click", () => setTimeout(ask, 1500));
saveByLink(tell);
byId("make").addEventListener("click", async () => {
  const question = "The bytes shown will be written to the modem, which then restarts. It keeps its present parameters until all the new ones have arrived. Leave the power on. No car is answered meanwhile. Continue?";
  if (await sure(question)) act("/api/modem/change", { check: modem.block.check });
});
byId("file").addEventListener("change", () => {
  refused = null;
  showBlock(modem && modem.block, modem && modem.state === "idle");
});
byId("restore").addEventListener("click", async () => {
  const file = byId("file").files[0];
  refused = null;
  for (let offset = 0; offset < file.size; offset += SLICE) {
    const answer = await request(`/api/modem/file?offset=${offset}`, {
      method: "POST", body: file.slice(offset, offset + SLICE), headers: { "Content-Type": "application/octet-stream" },
    });
    if (!answer.ok) return refuse(answer.status ? answer.content.error : "No connection to the box.");
  }
  if (!await sure(`${file.name} will be written to the modem, which then restarts. Leave the power on. Continue?`)) return;
  const fields = { check: modem.block.check, other: false };
  const answer = await post("/api/modem/restore", fields);
  if (answer.ok) return ask();
  if (answer.content.code !== "other") return refuse(answer.content.error);
  if (await sure(answer.content.error + " Write it all the same?")) act("/api/modem/restore", { ...fields, other: true });
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
ask();
