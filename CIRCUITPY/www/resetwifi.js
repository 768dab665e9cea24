// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
"use strict";

byId("sure").addEventListener("change", () => { byId("forget").disabled = !byId("sure").checked; });
byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("forget").disabled = true;
  setText(byId("said"), "Saving");
  const answer = await post("/api/resetwifi", {});
  const text = answer.ok ? "Forgotten. The box restarts and leaves this network now." : answer.content.error;
  byId("said").className = answer.ok ? "said good" : "said fault";
  setText(byId("said"), text);
  byId("forget").disabled = answer.ok;
});
