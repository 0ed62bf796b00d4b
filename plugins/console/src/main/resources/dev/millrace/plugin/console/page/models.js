// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// The models on this machine, and how others get here: nothing is fetched before its size and licence were shown, and a yes.
import { button, byId, bytes, el, fill, say } from './dom.js';
import { ask, lines } from './server.js';

let fetching;

export function start() {
  byId('fetch').addEventListener('submit', (event) => {
    event.preventDefault();
    plan(byId('reference').value.trim());
  });
}

/** Shows what is here. A server without a store has no such part. */
export async function refresh() {
  const kept = await ask('/api/store');
  byId('kept').hidden = !kept.present;
  const row = (model, where) => el('li', {}, el('strong', {}, model.name), ` ${bytes(model.size)}`,
    el('span', { class: 'quiet' }, ` ${[where, model.linked ? 'linked' : '', model.licence].filter(Boolean).join(', ')}`));
  const all = [...kept.models.map((model) => row(model, '')), ...kept.others.map((model) => row(model, 'of another program'))];
  fill(byId('models-here'), ...(all.length > 0 ? all : [el('li', { class: 'quiet' }, 'None yet.')]));
}

async function plan(reference) {
  if (!reference || fetching) {
    return;
  }
  tell(el('p', { role: 'status' }, 'Asking the hub ...'));
  try {
    const told = await ask('/api/pull/plan', { model: reference });
    const licence = told.licence.id || 'not told';
    tell(el('p', {}, el('strong', {}, told.source), `: ${bytes(told.missing)} to download of ${bytes(told.size)}.`),
      told.choice ? el('p', { class: 'quiet' }, told.choice) : null,
      el('p', {}, `Licence: ${licence}. `, told.signer ? `Signed by ${told.signer}.` : 'Not signed by anybody whom you trust.'),
      told.licence.text ? el('details', {}, el('summary', {}, 'Text of the licence'), el('pre', { tabindex: '0' }, told.licence.text)) : null,
      el('div', { class: 'row' }, button(`Yes, download ${bytes(told.missing)}`, () => pull(reference, told), { class: 'primary' }),
        button('No', () => tell())));
  } catch (trouble) {
    tell(el('p', { class: 'problem', role: 'alert' }, trouble.message));
  }
}

async function pull(reference, told) {
  fetching = new AbortController();
  const bar = el('progress', { max: 1, value: 0, 'aria-label': `Download of ${told.name}` });
  const words = el('p', { class: 'quiet', role: 'status' }, 'Begins');
  tell(bar, words, button('Stop', () => fetching?.abort()));
  let end;
  try {
    await lines('/api/pull', { model: reference, accept: true, revision: told.revision }, (line) => {
      if (line.total) {
        bar.value = line.completed / line.total;
        words.textContent = `${line.status}: ${bytes(line.completed)} of ${bytes(line.total)}`;
      }
      end = line;
    }, fetching.signal);
    tell(end?.status === 'success'
      ? el('p', { role: 'status' }, `${end.name} is here. Start the server with --model ${end.name} to use it.`)
      : el('p', { class: 'problem', role: 'alert' }, end?.error ?? 'The download ended too early. Ask again: it goes on where it was.'));
  } catch (trouble) {
    tell(el('p', { class: 'problem', role: 'alert' },
      fetching.signal.aborted ? 'Stopped. What has arrived stays, and the next download goes on there.' : trouble.message));
  }
  fetching = undefined;
  say(byId('plan').textContent);
  await refresh();
}

function tell(...children) {
  fill(byId('plan'), ...children);
}
