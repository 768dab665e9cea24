// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Says when a password is easily guessed. It warns and never refuses: the box is at home, and its owner decides.
"use strict";

const GUESSED_FIRST = ["password", "passwort", "wachtwoord", "motdepasse", "socbox", "smartevse", "qwert", "azerty", "1234", "4321", "abcd", "welcome",
  "letmein", "admin", "charger"];

function weakness(text) {
  const low = text.toLowerCase();
  if (text.length < 8) return "";
  if (text.length < 16 && GUESSED_FIRST.some((word) => low.includes(word))) return "Easily guessed: this is among the first that are tried. Three words of your own are better.";
  if (text.length < 14 && /^\d+$/.test(text)) return "Easily guessed: digits alone are soon tried out. Three words of your own are better.";
  if (new Set(low).size < 5) return "Easily guessed: it repeats itself. Three words of your own are better.";
  return "";
}
