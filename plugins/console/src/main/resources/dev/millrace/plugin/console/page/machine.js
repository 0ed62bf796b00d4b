// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// What runs where, why there, and how well.
import { button, byId, bytes, el, fill, rate, say } from './dom.js';
import { Plot } from './plot.js';

const plots = {
  tokens: new Plot('Tokens generated per second', rate, 1),
  read: new Plot('Prompt tokens read per second', rate, 1),
  memory: new Plot('Memory of the process', bytes, 1),
  running: new Plot('Answers that run', (n) => String(n), 1),
  waiting: new Plot('Answers that wait', (n) => String(n), 1),
  known: new Plot('Of the last prompts known before', (n) => `${Math.round(n)} %`, 100),
};
let before;
let known = 0;

export function start() {
  byId('plots').append(...Object.values(plots).map((plot) => plot.element));
}

/** Takes one line of the watch. */
export function sample(line) {
  const { metrics } = line;
  if (before && line.time > before.time) {
    const seconds = (line.time - before.time) / 1000;
    const grown = (name) => Math.max(0, (metrics[name] ?? 0) - (before.metrics[name] ?? 0));
    plots.tokens.add(grown('completion_tokens') / seconds);
    plots.read.add(grown('prefill_tokens') / seconds);
    const prompt = grown('prompt_tokens');
    if (prompt > 0) {
      known = Math.min(100, (grown('cached_tokens') / prompt) * 100);
    }
  }
  before = line;
  plots.memory.add(line.resident || line.heap);
  plots.running.add(metrics.answers_running ?? line.running);
  plots.waiting.add(line.waiting + (metrics.requests_waiting ?? 0));
  plots.known.add(known);
}

/** After a pause there is nothing to compare with. */
export function pause() {
  before = undefined;
}

function facts(pairs) {
  return el('dl', { class: 'facts' }, ...pairs.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
}

/** Shows models, devices and the reasons of the choice. Moving is the caller's: (model, device). */
export function show(overview, choices, move) {
  const models = overview.models.map((model) => el('section', { class: 'card' }, el('h3', {}, model.id),
    facts([
      ['Runs on', model.device.id], ['', model.device.description], ['Architecture', model.architecture], ['Parameters', count(model.parameters)],
      ['Layers', model.layers], ['Weights', `${bytes(model.bytes)}, mostly ${model.quantisation}`], ['Context', `${model.context.toLocaleString('en')} tokens`],
    ].filter(([, value]) => value !== '' && value !== undefined)),
    deviceList(model, choices[model.id] ?? [], move)));
  fill(byId('about'), ...models,
    el('section', { class: 'card' }, el('h3', {}, 'Java'), facts([
      ['Version', overview.java.version], ['Machine', overview.java.vm], ['System', overview.java.os], ['Processors', overview.java.processors]])));
}

function count(number) {
  if (!number) {
    return 'not told';
  }
  return number >= 1e9 ? `${(number / 1e9).toFixed(2)} billion` : `${(number / 1e6).toFixed(2)} million`;
}

function deviceList(model, choices, move) {
  if (choices.length === 0) {
    return null;
  }
  return el('div', {}, el('h4', {}, 'Devices'), el('ul', { class: 'devices' }, ...choices.map((choice) => {
    const here = choice.id === model.device.id;
    const here_ = here ? el('span', { class: 'pill good' }, 'runs here') : null;
    const go = !here && choice.suitable
      ? button('Move here', async (event) => {
        event.target.disabled = true;
        await move(model, choice.id);
      }, { 'aria-label': `Move here: ${model.id} to ${choice.id}` })
      : null;
    return el('li', { class: choice.suitable ? '' : 'unsuitable' },
      el('div', { class: 'row' }, el('strong', {}, choice.id), here_, go),
      choice.description ? el('p', { class: 'quiet' }, choice.description) : null, el('p', {}, choice.reason));
  })));
}

export function moved(seconds, device) {
  say(`Moved to ${device} in ${seconds.toFixed(1)} seconds.`);
}
