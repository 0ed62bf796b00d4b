// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Small plots of the last minutes.
import { el } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 240;
const HEIGHT = 48;
const POINTS = 120;

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return element;
}

/** One plot: a line over the last two minutes, with its last value in words. */
export class Plot {
  /**
   * @param title what is shown
   * @param write a value as text
   * @param least the top of the plot is never below this
   */
  constructor(title, write, least) {
    this.title = title;
    this.write = write;
    this.least = least;
    this.values = [];
    this.value = el('span', { class: 'value' }, '–');
    this.line = svg('polyline', { class: 'line', points: '' });
    this.area = svg('polygon', { class: 'area', points: '' });
    this.picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': title });
    this.picture.append(this.area, this.line);
    this.most = el('span', { class: 'quiet most' });
    this.element = el('div', { class: 'plot' }, el('div', { class: 'row' }, el('span', { class: 'quiet' }, title), this.value), this.picture, this.most);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > POINTS) {
      this.values.shift();
    }
    const top = Math.max(this.least, ...this.values) * 1.05;
    const x = (i) => WIDTH - (this.values.length - 1 - i) * (WIDTH / (POINTS - 1));
    const points = this.values.map((one, i) => `${x(i).toFixed(1)},${(HEIGHT - 2 - (one / top) * (HEIGHT - 4)).toFixed(1)}`);
    this.line.setAttribute('points', points.join(' '));
    this.area.setAttribute('points', [`${x(0).toFixed(1)},${HEIGHT}`, ...points, `${WIDTH},${HEIGHT}`].join(' '));
    this.value.textContent = this.write(value);
    const most = `most ${this.write(Math.max(...this.values))}`;
    this.most.textContent = most;
    this.picture.setAttribute('aria-label', `${this.title}: ${this.write(value)}, ${most} in the last two minutes`);
  }
}
