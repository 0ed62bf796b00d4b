// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Puts the page together.
import * as chat from './chat.js';
import { byId, el, fill, say } from './dom.js';
import * as lists from './lists.js';
import * as machine from './machine.js';
import * as models from './models.js';
import { ask, lines } from './server.js';
import * as settingsForm from './settings.js';
import { saveSettings, settings } from './store.js';

const PAUSE = 2000;
let overview;
let chosen;
let asked = 0;

const model = () => overview?.models.find((one) => one.id === chosen) ?? overview?.models[0];

function state(text, kind) {
  byId('state').className = `pill ${kind}`;
  byId('state-text').textContent = text;
}

function view(name) {
  document.body.dataset.view = name;
  for (const each of document.querySelectorAll('.views button')) {
    each.setAttribute('aria-current', each.dataset.view === name ? 'true' : 'false');
  }
  if (['settings', 'machine', 'tools', 'log'].includes(name)) {
    document.body.dataset.side = name;
    settings.side = name;
    saveSettings();
  }
  if (name === 'machine') {
    refresh();
  }
}

function theme() {
  document.documentElement.dataset.theme = settings.theme ?? 'auto';
  byId('theme').value = settings.theme ?? 'auto';
}

/** Asks for all that is there, and shows it. */
async function refresh() {
  const mine = ++asked;
  const told = await ask('/console/overview');
  if (mine !== asked) {
    return; // what was asked later is newer, whichever comes first
  }
  overview = told;
  const names = byId('model');
  if (chosen === undefined || !overview.models.some((one) => one.id === chosen)) {
    chosen = settings.model && overview.models.some((one) => one.id === settings.model) ? settings.model : overview.models[0]?.id;
  }
  fill(names, ...overview.models.map((one) => el('option', { value: one.id, selected: one.id === chosen }, one.id)));
  drawDevices();
  settingsForm.show(model(), overview.tools);
  lists.drawTools(overview);
  state(overview.failure ?? (overview.ready ? 'Ready' : 'Loading'), overview.failure ? 'bad' : overview.ready ? 'good' : 'waiting');
  const choices = await ask('/console/choices');
  if (mine !== asked) {
    return;
  }
  machine.show(overview, choices, move);
  await models.refresh();
}

function drawDevices() {
  const here = model()?.device.id;
  fill(byId('device'), ...(overview.devices.map((device) => el('option', { value: device.id, selected: device.id === here, title: device.description }, device.id))));
}

async function move(which, device) {
  state(`Moving to ${device}`, 'waiting');
  byId('device').disabled = true;
  try {
    const { device: now, seconds } = await ask('/console/move', { model: which.id, device });
    machine.moved(seconds, now);
  } catch (trouble) {
    say(trouble.message);
    byId('state').title = trouble.message;
    alertBeside(trouble.message);
  }
  byId('device').disabled = false;
  await refresh();
}

/** Shows a sentence for some seconds. */
function alertBeside(text) {
  const box = el('div', { class: 'toast problem card', role: 'alert' }, text);
  document.body.append(box);
  setTimeout(() => box.remove(), 8000);
}

async function watch() {
  for (;;) {
    try {
      let ready;
      let devices = '';
      machine.pause();
      lists.forgetLog();
      await lines('/console/watch', undefined, (line) => {
        machine.sample(line);
        lists.addLog(line.log);
        const now = JSON.stringify(line.devices);
        if (line.ready !== ready || now !== devices) {
          ready = line.ready;
          devices = now;
          refresh().catch((trouble) => state(trouble.message, 'bad'));
        }
      });
    } catch (trouble) {
      state(trouble.message, 'bad');
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

const toChat = () => view('chat');
for (const each of document.querySelectorAll('.views button')) {
  each.addEventListener('click', () => view(each.dataset.view));
}
byId('theme').addEventListener('change', () => {
  settings.theme = byId('theme').value;
  saveSettings();
  theme();
});
byId('model').addEventListener('change', () => {
  chosen = byId('model').value;
  settings.model = chosen;
  saveSettings();
  drawDevices();
  settingsForm.show(model(), overview.tools);
});
byId('device').addEventListener('change', () => move(model(), byId('device').value));

theme();
lists.start(toChat);
machine.start();
models.start();
chat.start(model, () => lists.drawConversations(toChat));
document.body.dataset.side = settings.side ?? 'settings';
view('chat');
watch();
