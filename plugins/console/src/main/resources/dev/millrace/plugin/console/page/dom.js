// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Builds elements. Text is always set as text: nothing that a model or a tool says is ever read as HTML.

/** An element with properties, listeners (on...), data and aria attributes, and children: elements or text. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (key.startsWith('on')) {
      element.addEventListener(key.slice(2), value);
    } else if (key === 'class') {
      element.className = value;
    } else if (key in element && typeof value !== 'string') {
      element[key] = value;
    } else {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A button that does something. */
export function button(text, action, properties = {}) {
  return el('button', { type: 'button', onclick: action, ...properties }, text);
}

export const byId = (id) => document.getElementById(id);

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
}

/** Has a screen reader say something, without moving anything. */
export function say(text) {
  byId('says').textContent = text;
}

export function bytes(number) {
  if (!number) {
    return '0';
  }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(number) / 10));
  const value = number / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export const rate = (number) => (number >= 100 ? Math.round(number).toString() : number.toFixed(1));
