// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The report and, if its owner wants, the frames in one file, shown before it is saved. The file is a ZIP without
// compression (PKWARE APPNOTE 4.3.6): issue trackers take it, and every system opens it.
"use strict";

let report = null;

function tell(text, kind) {
  byId("said").className = "said " + (kind || "");
  setText(byId("said"), text);
}

// The bytes of a file of the box; raises an Error in words when they cannot be had.
async function bytesOf(path) {
  const answer = await patiently(() => fileFrom(path), tell, true);
  if (!answer.ok) throw new Error(answer.content.error);
  return new Uint8Array(await answer.file.arrayBuffer());
}

// ---- one file of several

const CRC_TABLE = Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(data) {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

// Numbers as [bytes, value], low byte first.
function packed(fields) {
  return new Uint8Array(fields.flatMap(([size, value]) =>
    Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) % 256)));
}

function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, data] of files) {
    const title = new TextEncoder().encode(name);
    // Version 2.0, no flags, stored, 1 January 2026: the box has no calendar.
    const common = [[2, 20], [2, 0], [2, 0], [2, 0], [2, 0x5c21], [4, crc32(data)], [4, data.length], [4, data.length], [2, title.length], [2, 0]];
    const head = packed([[4, 0x04034b50], ...common]);
    parts.push(head, title, data);
    directory.push(packed([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), title);
    offset += head.length + title.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

byId("save").addEventListener("click", async () => {
  try {
    const files = [["report.txt", report]];
    if (byId("with-frames").checked) {
      tell("Collecting the frames");
      files.push(["frames.pcap", await bytesOf("/capture.pcap")]);
    }
    keepAs("socbox-report.zip", "application/zip", zip(files));
    tell(files.length > 1 ? "Saved: report and frames." : "Saved: the report.", "good");
  } catch (error) {
    tell(error.message, "fault");
  }
});

saveByLink(tell);
(async () => {
  try {
    report = await bytesOf("/diagnostics.txt");
    byId("text").textContent = new TextDecoder().decode(report);
    byId("save").disabled = false;
    tell("");
  } catch (error) {
    tell(error.message, "fault");
  }
  document.body.dataset.ready = "1";
})();
