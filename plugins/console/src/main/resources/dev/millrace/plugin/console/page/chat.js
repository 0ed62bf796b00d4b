// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// The conversation that is shown: asking, stopping, editing, forking.
import { LiveAnswer, answer } from './answer.js';
import { button, byId, el, fill, say } from './dom.js';
import { ask, lines, ServerError } from './server.js';
import { begin, conversations, remove, save, touched } from './store.js';
import { wishes } from './settings.js';

const messages = byId('messages');
const question = byId('question');
const runs = new Map();
let shown;
let model = () => undefined;
let listChanged = () => {};

/** Starts. The functions tell which model is chosen, and are told that the list of conversations has changed. */
export function start(chosenModel, changed) {
  model = chosenModel;
  listChanged = changed;
  byId('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    send(question.value);
  });
  question.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(question.value);
    }
  });
  byId('stop').addEventListener('click', () => command('stop'));
  byId('enough').addEventListener('click', () => command('answer-now'));
  show(conversations[0] ?? begin());
}

export const current = () => shown;
export const isRunning = (conversation) => runs.has(conversation.id);

/** Shows a conversation. */
export function show(conversation) {
  shown = conversation;
  draw();
  listChanged();
}

export function startNew() {
  show(shown.messages.length === 0 ? shown : begin());
  question.focus();
}

/** Deletes a conversation, and ends its answer. */
export function forget(conversation) {
  runs.get(conversation.id)?.abort.abort();
  remove(conversation);
  show(conversation === shown ? conversations[0] ?? begin() : shown);
}

function atEnd() {
  return messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
}

function toEnd() {
  messages.scrollTop = messages.scrollHeight;
}

/** Messages in groups: one of the user, or all of an answer. */
function groups(list) {
  const out = [];
  list.forEach((message, index) => {
    const last = out.at(-1);
    if (message.role !== 'user' && last && last.role === 'assistant') {
      last.messages.push(message);
      last.end = index + 1;
    } else {
      out.push({ role: message.role === 'user' ? 'user' : 'assistant', messages: [message], begin: index, end: index + 1 });
    }
  });
  return out;
}

function draw() {
  const run = runs.get(shown.id);
  const all = groups(shown.messages);
  const shownGroups = all.map((group, index) => (group.role === 'user'
    ? userMessage(group)
    : answer(group.messages, run ? [] : answerActions(group, index === all.length - 1))));
  fill(messages,
    all.length === 0 && !run ? welcome() : null,
    ...shownGroups,
    run?.live.element,
    shown.problem && !run ? problem(shown.problem) : null);
  controls();
  toEnd();
}

function welcome() {
  return el('div', { class: 'welcome' },
    el('p', {}, 'Ask the model something. This page talks to this server alone.'),
    el('p', { class: 'quiet' }, 'You are asked before a tool changes something, unless the settings say otherwise.'));
}

function problem(text) {
  return el('div', { class: 'problem card', role: 'alert' }, el('p', {}, text),
    shown.messages.length > 0 ? button('Try again', () => answerTo(shown)) : null);
}

function controls() {
  const run = runs.get(shown.id);
  byId('stop').hidden = !run;
  byId('enough').hidden = !run?.live.thinking;
  byId('send').hidden = Boolean(run);
}

function userMessage(group) {
  const message = group.messages[0];
  const idle = !runs.has(shown.id);
  const article = el('article', { class: 'message user', tabindex: '-1', 'aria-label': 'You' }, el('h3', {}, 'You'),
    el('div', { class: 'body plain' }, message.content));
  if (idle) {
    article.append(el('div', { class: 'actions' },
      button('Edit', () => edit(article, message, group.begin)),
      button('Rewind to here', () => {
        shown.messages.length = group.begin;
        shown.problem = undefined;
        question.value = message.content;
        touched(shown);
        show(shown);
        question.focus();
        say('The conversation was rewound. The question is in the field.');
      })));
  }
  return article;
}

function edit(article, message, index) {
  const text = el('textarea', { rows: '3', 'aria-label': 'Edit your question' });
  text.value = message.content;
  const ask = () => {
    if (text.value.trim()) {
      shown.messages.length = index;
      if (index === 0 && !shown.title.startsWith('Fork: ')) {
        shown.title = 'New conversation'; // named by its first question
      }
      shown.messages.push({ role: 'user', content: text.value });
      answerTo(shown);
    }
  };
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask();
    } else if (event.key === 'Escape') {
      draw();
    }
  });
  article.replaceChildren(el('h3', {}, 'You'), text,
    el('div', { class: 'row wrap' }, button('Ask again', ask, { class: 'primary' }), button('Cancel', draw)));
  text.focus();
}

function answerActions(group, last) {
  const actions = [];
  const said = group.messages.filter((message) => message.role === 'assistant').map((message) => message.content)
    .filter(Boolean).join('\n\n');
  if (said) {
    const copy = button('Copy', async () => {
      await navigator.clipboard.writeText(said);
      say('Copied.');
      copy.textContent = 'Copied';
      setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
    });
    actions.push(copy);
  }
  const final = group.messages.at(-1);
  const cut = ['length', 'cancelled', 'lost', 'loop', 'deadline'].includes(final.meta?.reason);
  const begun = final.role === 'tool' || (!final.toolCalls && (final.content || final.thinking));
  if (last && cut && begun) {
    actions.push(button('Continue', () => answerTo(shown)));
  }
  actions.push(button('Regenerate', () => {
    shown.messages.length = group.begin;
    answerTo(shown);
  }));
  actions.push(button('Fork from here', () => {
    const fork = begin(shown.messages.slice(0, group.end), shown);
    touched(fork);
    show(fork);
    question.focus();
    say('A fork of the conversation was begun.');
  }));
  if (!last) {
    actions.push(button('Rewind to here', () => {
      shown.messages.length = group.end;
      shown.problem = undefined;
      touched(shown);
      show(shown);
      say('The conversation was rewound.');
    }));
  }
  return actions;
}

function send(text) {
  if (!text.trim() || runs.has(shown.id)) {
    return;
  }
  question.value = '';
  shown.messages.push({ role: 'user', content: text });
  answerTo(shown);
}

async function command(what) {
  const run = runs.get(shown.id);
  if (!run) {
    return;
  }
  if (!run.answer) {
    run.abort.abort(); // it has not begun
    return;
  }
  try {
    await ask(`/console/${what}`, { answer: run.answer });
  } catch (trouble) {
    say(trouble.message);
  }
}

/** Has the model answer the conversation as it stands. */
async function answerTo(conversation) {
  const run = { abort: new AbortController(), answer: undefined };
  const onScreen = () => shown === conversation;
  run.live = new LiveAnswer(
    (call, decision) => decide(conversation, run, call, decision),
    () => { if (onScreen() && run.follows) { toEnd(); } });
  run.follows = true;
  conversation.problem = undefined;
  runs.set(conversation.id, run);
  touched(conversation);
  if (onScreen()) {
    draw();
  }
  listChanged();
  say('The model answers.');
  let end;
  try {
    await lines('/console/chat', { ...wishes(model()), messages: plain(conversation), allowed: conversation.allowed },
      (line) => {
        if (onScreen()) {
          run.follows = atEnd();
        }
        end = take(conversation, run, line) ?? end;
        if (onScreen()) {
          controls();
        }
      }, run.abort.signal);
    if (!end) {
      throw new ServerError('The connection to the server was lost.');
    }
  } catch (trouble) {
    keepPartial(conversation, run, trouble);
  }
  runs.delete(conversation.id);
  finish(conversation, run, onScreen());
}

/** The messages as the server reads them. */
function plain(conversation) {
  const system = wishes(model()).system;
  const list = conversation.messages.map(({ meta, ...message }) => message);
  return system ? [{ role: 'system', content: system }, ...list] : list;
}

function take(conversation, run, line) {
  switch (line.type) {
    case 'begin':
      run.answer = line.answer;
      break;
    case 'approval':
      say(`${line.call.name} waits for your approval.`);
      break;
    case 'moved':
      say(`The model moved to ${line.device}.`);
      break;
    case 'answeredBy':
      if (line.reason) {
        say(`${line.model} on ${line.device} answers: ${line.reason}`);
      }
      break;
    case 'error':
      throw new ServerError(line.message, 500);
    case 'end':
      if (conversation.messages.at(-1).role === 'assistant') {
        conversation.messages.pop(); // it went on, and comes back whole
      }
      conversation.messages.push(...line.messages);
      if (conversation.messages.at(-1).role !== 'user') {
        conversation.messages.at(-1).meta = {
          reason: line.reason, usage: line.usage, timings: line.timings, devices: run.live.devices,
        };
      }
      run.live.take(line);
      return line;
    default:
  }
  run.live.take(line);
  const card = line.type === 'approval' ? run.live.calls.get(line.call.id) : undefined;
  if (card && shown === conversation && question.value === '' && (document.activeElement === question
      || document.activeElement === document.body)) {
    card.element.focus(); // not on a button: a key that was meant for the question must allow nothing
  }
  return undefined;
}

/** What came before a failure stays, where it makes sense by itself. */
function keepPartial(conversation, run, trouble) {
  const { said, thought, calls } = run.live;
  if (calls.size === 0 && said) {
    const before = conversation.messages.at(-1).role === 'assistant' ? conversation.messages.pop() : { content: '', thinking: '' };
    conversation.messages.push({
      role: 'assistant', content: before.content + said, thinking: ((before.thinking ?? '') + thought) || undefined,
      meta: { reason: 'lost', devices: run.live.devices },
    });
  }
  if (!run.abort.signal.aborted) {
    conversation.problem = trouble instanceof ServerError ? trouble.message : `The page failed: ${trouble.message}`;
    if (!(trouble instanceof ServerError)) {
      console.error(trouble);
    }
  }
}

function finish(conversation, run, visible) {
  if (conversations.includes(conversation)) {
    touched(conversation);
  }
  listChanged();
  if (!visible) {
    return;
  }
  const inside = run.live.element.contains(document.activeElement);
  const follows = run.follows;
  const place = messages.scrollTop;
  draw();
  if (!follows) {
    messages.scrollTop = place;
  }
  if (inside) {
    messages.querySelector('article:last-of-type')?.focus();
  }
  say(conversation.problem ?? `The answer is there. ${run.live.said.slice(0, 400)}`);
}

async function decide(conversation, run, call, decision) {
  if (decision.always) {
    conversation.allowed.push(call.name);
    save();
  }
  try {
    await ask('/console/approve', { answer: run.answer, call: call.id, allow: decision.allow, reason: decision.reason });
    if (decision.always) {
      say(`${call.name} is allowed in this conversation.`);
    }
  } catch (trouble) {
    say(trouble.message);
  }
}
