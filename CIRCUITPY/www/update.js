// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Sends a version to the box in slices and tells what became of it. The box counts: after a lost connection it says
// where to go on, and the file stays chosen.
"use strict";

const HEAD = 4096;
const CHECK = 9;
const BEFORE = "socbox-before";
// Refusals after which the same file can be sent again; every other one stays, whatever is tried.
const PASSING = ["drive", "computer", "flash", "full", "incomplete", "busy"];
// What the box wants to know from the owner before it begins.
const QUESTIONS = ["older", "room", "publisher"];
// Who published a version that is installed.
const SIGNED = { own: "signed by the publisher", other: "signed by someone else", unsigned: "not signed" };
let box = null;
let manifest = null;
let stopped = false;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function tell(text, kind) {
  byId("said").className = kind ? "said " + kind : "said";
  setText(byId("said"), text);
}

function place(slot) {
  return { lib: "copied to the drive", a: "slot A", b: "slot B" }[slot];
}

function signed(slot) {
  const found = box.slots.find((entry) => entry.slot === slot);
  return found && SIGNED[found.publisher] ? ", " + SIGNED[found.publisher] : "";
}

function show() {
  setText(byId("runs"), `${box.version} (${place(box.runs_from)}${signed(box.runs_from)})` + (box.proved ? "" : ", being tried out for its first minute"));
  const words = { proved: "ran well", failed: "disabled", new: "not tried yet" };
  const kept = box.slots.filter((slot) => slot.version && slot.slot !== box.runs_from)
    .map((slot) => `${slot.version} (${place(slot.slot)}, ${words[slot.state]}${signed(slot.slot)})`);
  if (box.runs_from !== "lib") kept.push("the version copied to the drive");
  setText(byId("kept"), settled(kept.map((one) => tr(one)).join(", ")) || "nothing yet");
  const failed = box.slots.filter((slot) => slot.state === "failed" && slot.slot !== box.runs_from);
  byId("notice").hidden = !failed.length;
  if (failed.length) setText(byId("notice"), `Version ${failed[0].version} did not run well and was disabled; ${box.version} runs instead.`);
}

function meter(next, size) {
  byId("meter").hidden = false;
  byId("progress").value = Math.floor(100 * next / size);
  setText(byId("count"), `${Math.floor(next / 1024)} of ${size / 1024} kB received`);
}

async function state() {
  for (;;) {
    const answer = await request("/api/update");
    if (answer.ok) return answer.content;
    if (answer.status && answer.status !== 503) throw new Error(answer.content.error);
    // Whoever cancels does not wait for a box that is away.
    if (stopped) return box;
    tell(whyNot(answer), "");
    await wait(2500);
  }
}

function ask(question) {
  setText(byId("question"), question);
  byId("ask").returnValue = "no";
  byId("ask").showModal();
  return new Promise((done) => {
    byId("ask").addEventListener("close", () => done(byId("ask").returnValue === "yes"), { once: true });
  });
}

// The manifest in a file, or a sentence why there is none.
async function readManifest(file) {
  try {
    const head = JSON.parse(await file.slice(0, HEAD - CHECK).text());
    if (head.kind !== "socbox update") throw new Error();
    if (file.size !== HEAD + head.size) return { fault: "The file is not complete. Download it again." };
    return head;
  } catch (error) {
    return { fault: "This is not a socbox update file." };
  }
}

// What the box says about a file before anything is sent; null when another one was chosen meanwhile.
async function checked(file) {
  for (;;) {
    const answer = await request("/api/update/check", {
      method: "POST", body: file.slice(0, HEAD), headers: { "Content-Type": "application/octet-stream" },
    });
    if (file !== byId("file").files[0]) return null;
    if (answer.status && answer.status !== 503) return answer;
    tell(answer.status ? whyNot(answer) : "The connection was lost. Waiting for the box.");
    await wait(2500);
  }
}

async function choose() {
  const file = byId("file").files[0];
  manifest = null;
  byId("send").disabled = true;
  byId("again").hidden = true;
  byId("changes").hidden = true;
  setText(byId("chosen"), "");
  setText(byId("publisher"), "");
  tell("");
  if (!file) return;
  const head = await readManifest(file);
  if (head.fault) return tell(head.fault, "fault");
  setText(byId("chosen"), `Version ${head.version}, ${Math.ceil(file.size / 1024)} kB`);
  byId("changes").hidden = !head.changes;
  setText(byId("changes"), head.changes);
  tell("Asking the box who published this file");
  const answer = await checked(file);
  if (!answer) return;
  tell(answer.ok ? "" : answer.content.error, answer.ok ? "" : "fault");
  if (!answer.ok) return;
  manifest = head;
  byId("publisher").className = answer.content.publisher === "own" ? "said good" : answer.content.question ? "weak" : "soft";
  setText(byId("publisher"), answer.content.text);
  byId("send").disabled = false;
}

// Sends one slice; gives true when it was taken. Waits while the box is busy, asks what the box wants to know.
async function sendSlice(file, offset, agreed) {
  for (let lost = 0; !stopped; ) {
    const answer = await request(`/api/update?offset=${offset}&agreed=${agreed.join(",")}`, {
      method: "POST", body: file.slice(offset, offset + box.slice), headers: { "Content-Type": "application/octet-stream" },
    });
    if (answer.ok) {
      box = answer.content;
      return true;
    }
    const code = answer.content.code;
    if (answer.status === 0 || answer.status === 503) {
      tell(answer.status ? whyNot(answer) : "The connection was lost. Waiting for the box.");
      if (answer.status === 0 && ++lost > 40) throw new Error("The box does not answer any more. The file stays chosen: go on when it is back.");
      await wait(answer.status ? 2500 : 1500);
      if (answer.status === 0) box = await state();
      if (box.next !== offset && offset) return true;
    } else if (code === "offset") {
      box = await state();
      return true;
    } else if (QUESTIONS.includes(code)) {
      if (!await ask(answer.content.error)) throw new Error("Nothing was installed.");
      agreed.push(code);
    } else {
      throw Object.assign(new Error(answer.content.error), { stays: code !== undefined && !PASSING.includes(code) });
    }
  }
}

// The owner thought better of it: the box forgets what has come and gives the drive back.
async function cancel() {
  await post("/api/update/cancel", {});
  byId("meter").hidden = true;
  throw new Error("The update was cancelled. Nothing was changed.");
}

async function send() {
  const file = byId("file").files[0];
  const head = manifest;
  const agreed = [];
  byId("send").disabled = true;
  byId("file").disabled = true;
  byId("again").hidden = true;
  byId("stop").hidden = false;
  stopped = false;
  tell("Sending");
  try {
    box = await state();
    if (stopped) await cancel();
    // It was installed, and the answer was lost.
    if (sessionStorage.getItem(BEFORE) && box.version === head.version) return location.reload();
    const goesOn = box.sha256 === head.sha256 && ["receiving", "written", "ready"].includes(box.state);
    let next = goesOn ? box.next : 0;
    while (next < file.size) {
      await sendSlice(file, next, agreed);
      if (stopped) await cancel();
      next = box.sha256 === head.sha256 ? box.next : 0;
      meter(next, file.size);
      tell("Sending. The box goes on reading cars meanwhile.");
    }
    byId("stop").hidden = true;
    await install(head);
  } catch (error) {
    byId("stop").hidden = true;
    tell(error.message, "fault");
    byId("file").disabled = false;
    byId("send").disabled = Boolean(error.stays);
    byId("again").hidden = Boolean(error.stays);
  }
}

async function install(head) {
  tell("Checking what arrived");
  const status = await request("/api/status");
  // Before the box is asked: when its answer is lost, another version may run already.
  sessionStorage.setItem(BEFORE, JSON.stringify({ before: box.version, wanted: head.version }));
  for (;;) {
    const answer = await post("/api/update/install", { restart: true });
    if (answer.ok) break;
    if (answer.status && answer.status !== 503) {
      sessionStorage.removeItem(BEFORE);
      throw Object.assign(new Error(answer.content.error), { stays: answer.content.code === "damaged" });
    }
    tell(answer.status ? whyNot(answer) : "The connection was lost. Waiting for the box.");
    await wait(2500);
    // A box that has the file still may be asked again; any other has restarted.
    if (!answer.status && (await state()).sha256 !== head.sha256) return location.reload();
  }
  waitForRestart(status.content.start, byId("said"), () => location.reload());
}

// After the restart: what ran before, what runs now.
function result() {
  const kept = sessionStorage.getItem(BEFORE);
  if (!kept) return;
  sessionStorage.removeItem(BEFORE);
  const { before, wanted } = JSON.parse(kept);
  if (box.version === wanted) tell(`Updated from ${before} to ${box.version}. It is confirmed once it has run for a minute.`, "good");
  else tell(`Version ${wanted} did not start; ${box.version} runs as before.`, "fault");
}

saveByLink(tell);
byId("file").addEventListener("change", choose);
byId("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
byId("again").addEventListener("click", send);
byId("stop").addEventListener("click", () => { stopped = true; });
(async () => {
  try {
    box = await state();
    show();
    await choose();
    result();
  } catch (error) {
    tell(error.message, "fault");
  }
  document.body.dataset.ready = "1";
})();
