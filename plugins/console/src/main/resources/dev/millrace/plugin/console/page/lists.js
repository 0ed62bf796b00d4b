// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// The lists beside the chat: conversations, tools and plugins, log.
import { button, byId, el, fill } from './dom.js';
import { hintPills } from './answer.js';
import { current, forget, isRunning, show, startNew } from './chat.js';
import { conversations } from './store.js';

const MOST_LINES = 500;
const log = [];

export function start(opened) {
  byId('new').addEventListener('click', () => {
    startNew();
    opened();
  });
  byId('level').addEventListener('change', drawLog);
}

/** Shows the conversations. */
export function drawConversations(opened) {
  const inside = byId('list').contains(document.activeElement);
  fill(byId('list'), ...conversations.map((conversation) => {
    const here = conversation === current();
    return el('li', { class: here ? 'row here' : 'row' },
      button(conversation.title, () => {
        show(conversation);
        opened();
      }, { class: 'title', title: conversation.title, 'aria-current': here ? 'true' : null }),
      isRunning(conversation) ? el('span', { class: 'dot', role: 'img', 'aria-label': 'answers' }) : null,
      button('✕', () => forget(conversation), { class: 'small', 'aria-label': `Delete ${conversation.title}` }));
  }));
  if (inside) {
    byId('list').querySelector('[aria-current]')?.focus();
  }
}

/** Shows tools and plugins. */
export function drawTools(overview) {
  const providers = overview.tools.map((provider) => el('section', { class: 'card' }, el('h3', {}, provider.name),
    el('ul', { class: 'tools' }, ...provider.tools.map((tool) => el('li', {}, el('details', {},
      el('summary', {}, el('strong', {}, tool.name), ` ${tool.description}`), hintPills(tool.hints),
      el('pre', { tabindex: '0' }, JSON.stringify(tool.parameters, null, 2))))))));
  const plugins = overview.plugins.length === 0
    ? el('p', { class: 'quiet' }, 'Outside a framework plugins are jars on the class path, and are not listed.')
    : el('ul', { class: 'plugins' }, ...overview.plugins.map((plugin) => el('li', {},
      el('div', { class: 'row' }, el('strong', {}, plugin.name), el('span', { class: plugin.state === 'active' ? 'pill good' : 'pill' }, plugin.state)),
      el('p', { class: 'quiet' }, plugin.version, plugin.description ? `: ${plugin.description}` : ''))));
  fill(byId('tools'), ...(providers.length > 0 ? providers : [el('p', { class: 'quiet' }, 'No plugin offers tools.')]),
    el('section', { class: 'card' }, el('h3', {}, 'Plugins'), plugins));
}

/** Takes lines of the log. */
export function addLog(lines) {
  const last = log.at(-1)?.number ?? 0;
  const fresh = lines.filter((line) => line.number > last || line.number === 1);
  if (fresh.length > 0) {
    log.push(...fresh);
    log.splice(0, Math.max(0, log.length - MOST_LINES));
    drawLog();
  }
}

/** A server that was started again counts from one. */
export function forgetLog() {
  log.length = 0;
}

function drawLog() {
  const list = byId('lines');
  const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const all = byId('level').value === 'ALL';
  const shown = log.filter((line) => all || ['WARNING', 'SEVERE'].includes(line.level));
  fill(list, ...shown.map((line) => el('li', { class: `level-${line.level.toLowerCase()}` },
    el('span', { class: 'quiet' }, `${new Date(line.time).toLocaleTimeString('en-GB')} ${line.level} ${line.source.split('.').pop()} `), line.text)));
  if (follows) {
    list.scrollTop = list.scrollHeight;
  }
}
