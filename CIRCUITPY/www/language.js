// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The language that the box's owner chose, else the browser's. Others than English are loaded before the page is shown.
"use strict";

const CHOSEN = "socbox-language";
let kept = {};
// A text in the language of the page, and one that was put together from such.
let tr = (text) => text;
let settled = tr;

function languageNow() {
  const wanted = [kept[CHOSEN], ...navigator.languages].map((name) => String(name).slice(0, 2));
  return wanted.find((name) => ["en", "de", "nl", "fr"].includes(name)) || "en";
}

// What the box says; "auto" is no language.
function learnLanguage(name) {
  const before = languageNow();
  kept[CHOSEN] = name;
  if (kept.setItem && languageNow() !== before) location.reload();
}

try {
  kept = localStorage;
} catch (error) {
  // A browser that keeps nothing.
}
if (languageNow() !== "en") {
  for (const path of ["translate", "lang/keys", "lang/" + languageNow()]) document.write(`<script src="/${path}.js"></script>`);
}
