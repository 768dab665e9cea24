// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// What all pages share: short names, requests with their errors in words, waiting for a restart.
"use strict";

const byId = (id) => document.getElementById(id);

// Changes a text only when it is different, so that screen readers and selections are left in peace.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

// Rebuilds a part only when what it shows has changed.
function fill(parent, key, build) {
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  parent.replaceChildren(...build());
}

function toLogin() {
  location.href = "/login?next=" + encodeURIComponent(location.pathname);
}

// Gives { ok, status, content }; never throws. 401 leads to the login page.
async function request(path, options) {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(30000), ...options });
    if (answer.status === 401 && location.pathname !== "/login") toLogin();
    const type = answer.headers.get("Content-Type") || "";
    const content = type.startsWith("application/json") ? await answer.json() : { error: await answer.text() };
    return { ok: answer.ok, status: answer.status, content };
  } catch (error) {
    return { ok: false, status: 0, content: { error: "The box does not answer." } };
  }
}

function post(path, body) {
  return request(path, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
  });
}

function showButton(button, field) {
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? "Hide" : "Show";
  });
}

function keepAs(name, type, text) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}

// Tells in `said` how the restart goes and calls `back` when another start of the box answers.
async function waitForRestart(before, said, back) {
  setText(said, "The box restarts. This takes about ten seconds; a car that is being read is read to its end.");
  for (;;) {
    await new Promise((done) => setTimeout(done, 1500));
    const status = await request("/api/status", { signal: AbortSignal.timeout(4000) });
    if (status.ok && status.content.start !== before) break;
  }
  setText(said, "The box is back.");
  back();
}
