// SPDX-FileCopyrightText: 2026 socbox contributors
// SPDX-License-Identifier: MIT
// The owner's cars on the page of the settings: a form for each, in place of the line that settings.toml has.
"use strict";

const CAR = /^CAR_\d$/;
// name of the part, label, hint, what the line has for it, and back
const CAR_PARTS = [
  ["name", "Name", "Ioniq"],
  ["evccid", "Car ID (EVCCID); end it with * if it changes", "02ab34cd56ef"],
  ["capacity_wh", "Battery size in kWh, if the car leaves it out", "58"],
  ["full_soc", "Full at, in %, if the car leaves it out", "90"],
];

function partsOf(line) {
  const [evccid, ...rest] = line.split(";").map((part) => part.trim());
  const car = { evccid };
  for (const part of rest) {
    const at = part.indexOf("=");
    if (at > 0) car[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  if (/^\d+$/.test(car.capacity_wh || "")) car.capacity_wh = String(car.capacity_wh / 1000);
  return car;
}

function lineOf(car) {
  const kwh = Number((car.capacity_wh || "").replace(",", "."));
  const capacity = car.capacity_wh && kwh > 0 ? String(Math.round(kwh * 1000)) : car.capacity_wh;
  const parts = [car.evccid];
  for (const [key, value] of [["name", car.name], ["capacity_wh", capacity], ["full_soc", car.full_soc], ["overrule", car.overrule]]) {
    if (value) parts.push(key + "=" + value);
  }
  return parts.join("; ");
}

function carOf(row, input, label, chip, field, help, fault) {
  const form = element("fieldset", undefined, "car");
  const legend = element("legend", row.label + " ");
  legend.append(chip);
  form.append(legend);
  const inputs = CAR_PARTS.map(([name, text, hint]) => {
    const part = element("div");
    const title = element("label", text);
    const box = element("input");
    box.id = title.htmlFor = idOf(row.key, name);
    asItIs(box).placeholder = hint;
    box.autocomplete = "off";
    box.spellcheck = false;
    part.append(title, box);
    form.append(part);
    return box;
  });
  const overrule = element("input");
  overrule.type = "checkbox";
  overrule.id = idOf(row.key, "overrule");
  const tick = element("label", undefined, "check");
  tick.append(overrule, element("span", "Use these numbers even where the car reports others"));
  const remove = element("button", "Remove this car");
  remove.type = "button";
  remove.addEventListener("click", () => {
    input.value = "";
    spread();
    edited(row, "");
  });
  const line = element("p", undefined, "row");
  line.append(remove);
  form.append(tick, line);
  const spread = () => {
    const car = partsOf(input.value);
    CAR_PARTS.forEach(([name], at) => { inputs[at].value = car[name] || ""; });
    overrule.checked = car.overrule === "yes";
  };
  const gather = () => {
    const car = { overrule: overrule.checked ? "yes" : "" };
    CAR_PARTS.forEach(([name], at) => { car[name] = inputs[at].value.trim(); });
    input.value = lineOf(car);
    edited(row, input.value);
  };
  inputs.concat(overrule).forEach((one) => one.addEventListener("input", gather));
  input.addEventListener("input", spread);
  input.addEventListener("spread", spread);
  spread();
  const raw = element("details");
  raw.append(element("summary", "As one line of settings.toml"), label, field, help);
  return [form, fault, raw];
}

// As many cars as there are, one more when it is asked for.
function showCars(part) {
  const cars = [...part.querySelectorAll(".setting")];
  let more = null;
  const fold = () => {
    let shown = 0;
    cars.forEach((car) => {
      const used = car.querySelector(".car input").value || car.querySelector("[id$=-evccid]").value;
      car.hidden = !(used || !car.hidden && car.dataset.asked);
      shown += car.hidden ? 0 : 1;
    });
    more.hidden = shown === cars.length;
  };
  more = element("button", "Add a car");
  more.type = "button";
  more.id = "add-car";
  more.addEventListener("click", () => {
    const next = cars.find((car) => car.hidden);
    next.dataset.asked = "yes";
    next.hidden = false;
    fold();
    next.querySelector("input").focus();
  });
  const line = element("p", undefined, "row");
  line.append(more);
  part.append(element("p", "A name for the display, and what the car itself leaves out. After a reading, the status page offers it too.", "soft"), line);
  fold();
}

// Leads from a reading to the form: the first car that is free, with the EVCCID in it.
function nameCar(evccid) {
  const free = [...rows.keys()].find((key) => CAR.test(key) && byId(key).value === "");
  if (!free) return say("There is room for four cars. Remove one first.", "fault");
  const setting = byId(free).closest(".setting");
  setting.dataset.asked = "yes";
  setting.hidden = false;
  const field = byId(idOf(free, "evccid"));
  field.value = evccid;
  field.dispatchEvent(new Event("input"));
  showRow(idOf(free, "name"));
}
