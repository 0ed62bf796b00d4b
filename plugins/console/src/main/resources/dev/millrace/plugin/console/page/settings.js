// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// How the model is asked: its instructions, tools, thinking and sampling. What is left empty is as the model's makers recommend.
import { button, byId, el, fill } from './dom.js';
import { saveSettings, settings } from './store.js';

const NUMBERS = [
  { name: 'temperature', label: 'Temperature', min: 0, max: 5, step: 0.05, help: '0 takes the likeliest token always' },
  { name: 'top_k', label: 'Top k', min: 0, max: 1000, step: 1, help: 'keeps the k likeliest tokens; 0 keeps all' },
  { name: 'top_p', label: 'Top p', min: 0, max: 1, step: 0.01, help: 'keeps the likeliest that reach this together' },
  { name: 'min_p', label: 'Min p', min: 0, max: 1, step: 0.01, help: 'keeps what is at least this likely beside the likeliest' },
  { name: 'repeat_penalty', label: 'Repetition penalty', min: 0.5, max: 2, step: 0.01, help: '1 changes nothing' },
  { name: 'seed', label: 'Seed', min: 0, max: 2147483647, step: 1, help: 'the same seed gives the same answer', otherwise: 'new each time' },
  { name: 'max_tokens', label: 'Most tokens', min: 1, max: 1000000, step: 1, help: 'of one answer', otherwise: 'what the context holds' },
];
const EFFORTS = [['', 'as the model does by itself'], ['none', 'none'], ['minimal', 'minimal'], ['low', 'low'], ['medium', 'medium'], ['high', 'high']];

/** The names of the providers whose tools a model is told of. */
export function toolsOf(model) {
  return settings.tools?.[model?.id] ?? model?.suggestedTools ?? [];
}

/** What is asked for beside the messages. */
export function wishes(model) {
  const out = {
    model: model?.id, system: settings.system?.trim() || undefined, tools: toolsOf(model), approval: settings.approval ?? 'acting',
    reasoning_effort: settings.effort || undefined,
  };
  for (const { name } of NUMBERS) {
    if (typeof settings[name] === 'number') {
      out[name] = settings[name];
    }
  }
  return out;
}

/** Shows the form for a model. */
export function show(model, providers) {
  const form = byId('settings');
  if (form.contains(document.activeElement)) {
    return; // somebody types
  }
  const changed = (name, value) => {
    settings[name] = value;
    saveSettings();
  };
  const system = el('textarea', { rows: '4', id: 'system', placeholder: 'What the model should know of its place and task',
    oninput: () => changed('system', system.value) });
  system.value = settings.system ?? '';
  const approval = select('approval', [['acting', 'ask me, unless it only looks'], ['ask', 'ask me each time'], ['never', 'run without asking']],
    settings.approval ?? 'acting',
    (value) => changed('approval', value));
  const effort = select('effort', EFFORTS, settings.effort ?? '', (value) => changed('effort', value));
  const chosen = new Set(toolsOf(model));
  const boxes = providers.map((provider) => {
    const box = el('input', { type: 'checkbox', checked: chosen.has(provider.name), onchange: () => {
      if (box.checked) {
        chosen.add(provider.name);
      } else {
        chosen.delete(provider.name);
      }
      changed('tools', { ...settings.tools, [model.id]: [...chosen] });
    } });
    return el('label', { class: 'check' }, box, `${provider.name} (${provider.tools.length})`);
  });
  fill(form,
    field('Instructions (system message)', system),
    el('fieldset', {}, el('legend', {}, 'Tools'),
      boxes.length > 0 ? boxes : el('p', { class: 'quiet' }, 'No plugin offers tools.'),
      field('Before a tool runs', approval)),
    field('Thinking', effort),
    el('fieldset', { class: 'numbers' }, el('legend', {}, 'Sampling'), ...NUMBERS.map((number) => numberField(number, model, changed))),
    el('div', { class: 'row end' }, button('As the model recommends', () => {
      for (const name of ['system', 'approval', 'effort', 'tools', ...NUMBERS.map((number) => number.name)]) {
        delete settings[name];
      }
      saveSettings();
      document.activeElement.blur();
      show(model, providers);
    })));
}

function field(text, control, help) {
  return el('label', { class: 'field' }, el('span', {}, text), control, help ? el('small', { class: 'quiet' }, help) : null);
}

function select(id, options, value, change) {
  const element = el('select', { id, onchange: () => change(element.value) },
    ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)));
  return element;
}

function numberField({ name, label, min, max, step, help, otherwise }, model, changed) {
  const usual = model?.sampling?.[name];
  const input = el('input', { type: 'number', name, min: String(min), max: String(max), step: String(step), inputmode: 'decimal',
    placeholder: usual === undefined ? otherwise ?? '' : String(Math.round(usual * 1000) / 1000),
    onchange: () => {
      const value = input.valueAsNumber;
      if (Number.isNaN(value)) {
        changed(name, undefined);
      } else {
        const within = Math.min(max, Math.max(min, value));
        input.value = String(within);
        changed(name, within);
      }
    } });
  if (typeof settings[name] === 'number') {
    input.value = String(settings[name]);
  }
  return field(label, input, help);
}
