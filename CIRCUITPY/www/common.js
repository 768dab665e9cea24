// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// What all pages share: short names, requests with their errors in words, waiting for a restart.
"use strict";

const byId = (id) => document.getElementById(id);

// Changes a text only when it is different, so that screen readers and selections are left in peace.
function setText(node, text) {
  const shown = node.translate ? tr(text) : text;
  if (node.textContent !== shown) node.textContent = shown;
}

// The words of a picture.
function describe(node, text) {
  const told = tr(text);
  if (node.getAttribute("aria-label") !== told) node.setAttribute("aria-label", told);
}

// A name, an address, what somebody else wrote: shown as it is in every language.
function asItIs(node) {
  node.translate = false;
  return node;
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

// True while the page is left for the login, and not by the owner's wish.
let leaving = false;

function toLogin() {
  leaving = true;
  location.href = "/login?next=" + encodeURIComponent(location.pathname);
}

// What answers without being the box's program: its recovery page, whatever it is asked.
const NOT_THE_PROGRAM = "The box shows its recovery page only. Reload this page to read it.";

// Gives { ok, status, content }; never throws. Only JSON is an answer; `recovery` is true when something else came with a good
// status. 401 leads to the login page.
async function request(path, options) {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(30000), ...options });
    if (answer.status === 401 && location.pathname !== "/login") toLogin();
    const type = answer.headers.get("Content-Type") || "";
    const isJson = type.startsWith("application/json");
    const isText = type.startsWith("text/plain") && !answer.ok;
    const content = isJson ? await answer.json() : { error: isText ? await answer.text() : NOT_THE_PROGRAM };
    return { ok: answer.ok && isJson, recovery: answer.ok && !isJson, status: answer.status, content };
  } catch (error) {
    return { ok: false, recovery: false, status: 0, content: { error: "The box does not answer." } };
  }
}

function post(path, body) {
  return request(path, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
  });
}

// The box has no clock of its own.
const tellTime = () => post("/api/time", { unix_s: Math.floor(Date.now() / 1000) });
