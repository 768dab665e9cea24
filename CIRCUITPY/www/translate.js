// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// Translates what a page shows. The English text is the key: /lang/keys.js has the hashes of all, /lang/de.js and so on the
// translations in the same order; both are made by host_tests/tools/languages.py.
"use strict";

// Names of its own: every page has others.
{
const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
const LEFT_ALONE = "code, pre, script, noscript, style, textarea, [translate=no]";
const HASH_LETTERS = 5;
const MOST_KNOWN = 3000;
let keys = null;
let exact = null;
let patterns = [];
// What was looked up, and what came of it: a text may come back every two seconds.
const known = new Map();
const made = new Set();
// Texts without a translation, for whoever adds one.
const untranslated = new Set();
window.untranslated = untranslated;

function hashOf(text) {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return (value % 36 ** HASH_LETTERS).toString(36).padStart(HASH_LETTERS, "0");
}

window.takeKeys = (stamp, hashes, english) => {
  keys = { stamp, hashes: hashes.match(/.{5}/g), english };
};

// "{0} of {1}" as a pattern; its places are found from the left, each as short as may be.
function patternOf(english) {
  return new RegExp("^" + english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\d\}/g, "([^]*?)") + "$");
}

window.takeTexts = (stamp, language, texts) => {
  if (keys === null || keys.stamp !== stamp) return;
  const count = keys.hashes.length;
  exact = new Map(keys.hashes.map((hash, at) => [hash, texts[at]]));
  patterns = keys.english.map((english, at) => [patternOf(english), texts[count + at], english.match(/\{\d\}/g).map((hole) => hole[1])]);
  document.documentElement.lang = language;
  tr = translated;
  settled = (text) => { made.add(fold(text)); return text; };
  whole(document);
  new MutationObserver(follow).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES,
  });
};

const fold = (text) => text.replace(/\s+/g, " ").trim();

function byPattern(key) {
  for (const [pattern, text, holes] of patterns) {
    const found = pattern.exec(key);
    if (found) return text.replace(/\{(t?)(\d)\}/g, (_, kind, hole) => {
      const part = found[1 + holes.indexOf(hole)];
      return kind ? translated(part) : part;
    });
  }
  return undefined;
}

// Sentences that stand one after the other.
function bySentences(key) {
  for (let at = key.indexOf(" "); at > 0; at = key.indexOf(" ", at + 1)) {
    if (!".?!:;".includes(key[at - 1])) continue;
    const first = lookUp(key.slice(0, at));
    const rest = first === undefined ? undefined : lookUp(key.slice(at + 1));
    if (rest !== undefined) return first + " " + rest;
  }
  return undefined;
}

function lookUp(key) {
  if (known.has(key)) return known.get(key);
  const text = exact.get(hashOf(key)) || byPattern(key) || bySentences(key);
  if (known.size > MOST_KNOWN) known.clear();
  known.set(key, text);
  return text;
}

function translated(text) {
  const key = fold(text);
  if (!/[a-z]{2}/i.test(key) || made.has(key)) return text;
  const found = lookUp(key);
  if (found === undefined) {
    untranslated.add(key);
    return text;
  }
  if (made.size > MOST_KNOWN) made.clear();
  made.add(fold(found));
  return text.match(/^\s*/)[0] + found + text.match(/\s*$/)[0];
}

function whole(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (!node.parentElement || node.parentElement.closest(LEFT_ALONE)) return;
    const text = translated(node.data);
    if (text !== node.data) node.data = text;
    return;
  }
  if (node.nodeType === Node.ELEMENT_NODE) {
    if (node.closest(LEFT_ALONE)) return;
    ATTRIBUTES.forEach((name) => attribute(node, name));
  }
  node.childNodes.forEach(whole);
}

function attribute(node, name) {
  const text = node.getAttribute(name);
  if (!text || node.closest(LEFT_ALONE)) return;
  const other = translated(text);
  if (other !== text) node.setAttribute(name, other);
}

function follow(changes) {
  for (const change of changes) {
    if (change.type === "attributes") attribute(change.target, change.attributeName);
    else if (change.type === "characterData") whole(change.target);
    else change.addedNodes.forEach(whole);
  }
}
}
