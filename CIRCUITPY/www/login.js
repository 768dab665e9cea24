// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
"use strict";

let waiting = null;

function target() {
  const wanted = new URLSearchParams(location.search).get("next") || "/";
  return /^\/[a-z]*$/.test(wanted) ? wanted : "/";
}

// While it counts the box looks at nothing from here, right or wrong.
function countDown(seconds) {
  clearInterval(waiting);
  byId("enter").disabled = true;
  waiting = setInterval(() => {
    seconds -= 1;
    setText(byId("said"), seconds > 0 ? "Too many wrong passwords from this device. Wait " + seconds + " s." : "");
    if (seconds > 0) return;
    clearInterval(waiting);
    byId("enter").disabled = false;
    byId("password").focus();
  }, 1000);
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("password");
  const answer = await post("/api/login", { password: field.value });
  if (answer.ok) {
    location.href = target();
    return;
  }
  setText(byId("said"), answer.content.error);
  if (answer.content.wait_s) countDown(answer.content.wait_s);
  field.setAttribute("aria-invalid", "true");
  field.select();
});
showButton(byId("show"), byId("password"));

// Typed before this script was there: the browser sent the form itself.
const wait = new URLSearchParams(location.search).get("wait");
if (wait !== null) setText(byId("said"), "That is not the password.");
if (Number(wait)) countDown(Number(wait));
