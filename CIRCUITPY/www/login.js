// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
"use strict";

let waiting = null;

function target() {
  const wanted = new URLSearchParams(location.search).get("next") || "/";
  return /^\/[a-z]*$/.test(wanted) ? wanted : "/";
}

function countDown(seconds) {
  clearInterval(waiting);
  waiting = setInterval(() => {
    seconds -= 1;
    setText(byId("said"), seconds > 0 ? "Too many wrong passwords. The next try counts in " + seconds + " s." : "");
    if (seconds <= 0) clearInterval(waiting);
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
