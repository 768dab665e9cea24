// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
"use strict";

byId("sure").addEventListener("change", () => { byId("forget").disabled = !byId("sure").checked; });
byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("forget").disabled = true;
  setText(byId("said"), "Saving");
  const answer = await patiently(() => post("/api/resetwifi", {}), (text) => setText(byId("said"), text));
  // While a car is read it is put off.
  const done = answer.content.pending ? answer.content.text : "Forgotten. The box restarts and leaves this network now.";
  const text = answer.ok ? done : answer.content.error;
  byId("said").className = answer.ok ? "said good" : "said fault";
  setText(byId("said"), text);
  byId("forget").disabled = answer.ok;
});
