// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Waiting for a restart of the box, on every page that can ask for one.
"use strict";

// How long a restart may take, from the last answer of the box before it; and at most, while a car is read to its end.
const RESTART_MS = 60000;
const LONGEST_RESTART_MS = 180000;
const NOT_BACK =
  "The box did not come back within a minute. Its display says what is wrong and shows its address: open that. " +
  "Is this device still on the same network? If the display stays dark, switch the box off and on.";
// A save that was put off for a car was refused, for example.
const NOT_GONE = "The box answers, but it has not restarted. Its status page says why.";

// Tells in `said` how the restart goes and calls `back` when another start of the box answers than `before`, or, if that is
// not known, when it answers again after a silence. After a minute it says what to do, and still looks now and then.
async function waitForRestart(before, said, back) {
  const begun = Date.now();
  let heard = begun;
  let silent = false;
  setText(said, "The box is restarting. This takes about half a minute; a car that is being read comes first.");
  for (;;) {
    const away = Date.now() - heard > RESTART_MS;
    const late = away || Date.now() - begun > LONGEST_RESTART_MS;
    if (late) setText(said, away ? NOT_BACK : NOT_GONE);
    await new Promise((done) => setTimeout(done, late ? 5000 : 1500));
    const status = await request("/api/status", { signal: AbortSignal.timeout(4000) });
    if (status.recovery) {
      location.href = "/";
      return;
    }
    if (status.ok && (before ? status.content.start !== before : silent)) break;
    if (status.ok) heard = Date.now();
    else silent = true;
  }
  setText(said, "The box is back.");
  back();
}
