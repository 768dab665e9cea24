// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// What pages with forms and files share, and the status page does without.
"use strict";

function showButton(button, field) {
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? "Hide" : "Show";
  });
}

// Why the box does not do it yet, on pages that ask again by themselves.
const NOT_YET = {
  car: "A car is being read. This goes on by itself when that is done.",
  busy: "The box has something else to do. This goes on by itself in a moment.",
};
const whyNot = (answer) => (answer.status === 503 && NOT_YET[answer.content.code]) || answer.content.error;

// What `ask()` gives when the box has time for it: with 503 it has done nothing yet. `tell(text)` says meanwhile what is waited
// for. `anew`: no answer is waited out as well, where asking twice does no harm.
async function patiently(ask, tell, anew) {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503 && (answer.status || !anew)) return answer;
    tell(whyNot(answer));
    await new Promise((done) => setTimeout(done, 3000));
  }
}

// A file of the box, with the fields of an answer of request() when there is none. A GET that is not let in leads to the login.
async function fileFrom(path, options) {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(60000), ...options });
    if (answer.status === 401 && !options) toLogin();
    const type = answer.headers.get("Content-Type") || "";
    const file = await answer.blob();
    const name = (/filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition")) || [])[1];
    if (answer.ok && !type.startsWith("text/html")) return { ok: true, status: answer.status, name, file };
    const text = await file.text();
    const content = type.startsWith("application/json") ? JSON.parse(text) : { error: answer.ok ? NOT_THE_PROGRAM : text };
    return { ok: false, status: answer.status, content };
  } catch (error) {
    return { ok: false, status: 0, content: { error: "The box does not answer." } };
  }
}

// Links to files: the browser alone would say nothing, or save an error, while the box is busy with a car.
function saveByLink(tell) {
  document.querySelectorAll("a[download]").forEach((link) => link.addEventListener("click", async (event) => {
    event.preventDefault();
    if (link.ariaBusy) return;
    link.ariaBusy = "true";
    let waited = false;
    const answer = await patiently(() => fileFrom(link.href), (text) => { waited = true; tell(text); });
    link.ariaBusy = null;
    if (answer.ok) keepAs(answer.name || link.pathname.slice(1), answer.file.type, answer.file);
    if (!answer.ok) tell(answer.content.error, "fault");
    else if (waited) tell("");
  }));
}

function keepAs(name, type, content) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}
