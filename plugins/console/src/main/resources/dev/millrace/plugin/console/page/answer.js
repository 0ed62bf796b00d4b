// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Shows what a model thinks, says and calls: while it comes, and afterwards.
import { button, el, rate } from './dom.js';
import { markdown } from './markdown.js';

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** Text that grows. It is shown at most once for each picture that the screen shows, and less often if it is long. */
class Growing {
  constructor(element, render) {
    this.element = element;
    this.render = render;
    this.text = '';
    this.pause = 0;
    this.waits = false;
  }

  add(piece) {
    this.text += piece;
    if (!this.waits) {
      this.waits = true;
      setTimeout(() => requestAnimationFrame(() => this.show()), this.pause);
    }
  }

  show() {
    this.waits = false;
    const start = performance.now();
    this.render(this.element, this.text);
    this.pause = Math.min(1000, (performance.now() - start) * 5);
  }
}

const HINTS = {
  read_only: ['only looks', 'good'], acting: ['changes something', 'waiting'], destructive: ['cannot be undone', 'bad'],
  idempotent: ['the same if repeated', ''], open_world: ['reaches beyond this machine', 'waiting'],
};

/** What a tool says that it does to the world. */
export function hintPills(hints = []) {
  // what cannot be undone changes something, too
  const shown = hints.filter((hint) => HINTS[hint] && !(hint === 'acting' && hints.includes('destructive')));
  return shown.length === 0 ? null
    : el('p', { class: 'row wrap' }, ...shown.map((hint) => el('span', { class: `pill ${HINTS[hint][1]}` }, HINTS[hint][0])));
}

function thinkingBlock(text, open) {
  const body = el('div', { class: 'thought' }, text);
  const summary = el('summary', {}, open ? 'Thinking' : `Thought (${text.trim().split(/\s+/).length} words)`);
  return { element: el('details', { class: 'thinking', open }, summary, body), body, summary };
}

function textBlock(text) {
  return el('div', { class: 'text' }, ...markdown(text));
}

/** What a model wrote for a call and is none has no id: each is shown by itself, with what is wrong about it. */
const NO_CALL = { id: '', name: 'unknown', arguments: {} };

/** A call of a tool: its name and arguments, perhaps a question to the user, and its result. */
class CallCard {
  constructor(call) {
    this.call = call;
    this.state = el('span', { class: 'pill' }, 'called');
    this.question = el('div', { class: 'question', hidden: true });
    this.result = el('div', { class: 'result' });
    const names = Object.keys(call.arguments);
    this.element = el('section', { class: 'call', tabindex: '-1', 'aria-label': `Call of ${call.name}` },
      el('div', { class: 'row' }, el('strong', { class: 'tool' }, call.name), this.state),
      names.length > 0
        ? el('dl', { class: 'arguments' }, ...names.flatMap((name) => [el('dt', {}, name), el('dd', {}, pretty(call.arguments[name]))]))
        : call.id && el('p', { class: 'quiet' }, 'without arguments'),
      this.question, this.result);
  }

  mark(word, kind) {
    this.state.textContent = word;
    this.state.className = `pill ${kind}`;
  }

  /** Asks the user; what is asked has a description, perhaps a question and hints. The decision is { allow, reason, always }. */
  ask({ description, question, hints }, decide) {
    this.mark('waits for you', 'waiting');
    const reason = el('input', { type: 'text', placeholder: 'why not (the model is told)', 'aria-label': `Why ${this.call.name} is not allowed` });
    const decided = (decision) => {
      this.question.hidden = true;
      this.mark(decision.allow ? 'allowed' : 'not allowed', decision.allow ? '' : 'bad');
      this.element.focus();
      decide({ ...decision, reason: reason.value.trim() });
    };
    this.question.replaceChildren(
      el('p', {}, `The model wants to run ${this.call.name}. ${description}`),
      ...[question ? el('p', {}, question) : null, hintPills(hints)].filter(Boolean),
      el('div', { class: 'row wrap' },
        button('Allow', () => decided({ allow: true }), { class: 'primary' }),
        button('Always in this conversation', () => decided({ allow: true, always: true })),
        button('Do not allow', () => decided({ allow: false }), { class: 'bad' })),
      reason);
    this.question.hidden = false;
  }

  answered(value, error) {
    this.question.hidden = true;
    this.mark(error ? 'failed' : 'done', error ? 'bad' : 'good');
    const text = pretty(value);
    const long = text.length > 300 || text.split('\n').length > 8;
    this.result.replaceChildren(el('details', { open: !long },
      el('summary', {}, error ? 'Error' : 'Result'), el('pre', { tabindex: '0' }, text)));
  }
}

/** An answer that is coming. */
export class LiveAnswer {
  /**
   * @param decide told of the user's decisions about calls: (call, decision)
   * @param grown told when there is more to see
   */
  constructor(decide, grown) {
    this.decide = decide;
    this.grown = grown;
    this.body = el('div', { class: 'body' });
    this.waiting = el('p', { class: 'quiet busy' }, 'Waiting for the model');
    this.foot = el('p', { class: 'quiet foot' });
    this.element = el('article', { class: 'message assistant live', 'aria-label': 'Answer', 'aria-busy': 'true' },
      el('h3', {}, 'Millrace'), this.body, this.waiting, this.foot);
    this.calls = new Map();
    this.thinking = undefined;
    this.text = undefined;
    this.said = '';
    this.thought = '';
    this.devices = [];
    this.pieces = 0;
  }

  /** Takes a line of the server. */
  take(line) {
    switch (line.type) {
      case 'begin':
        this.devices.push(line.device);
        break;
      case 'thinking':
        if (!this.thinking) {
          const block = thinkingBlock('', true);
          this.thinking = { ...block, growing: new Growing(block.body, (element, text) => { element.textContent = text; this.grown(); }) };
          this.body.append(block.element);
        }
        this.thought += line.text;
        this.count();
        this.thinking.growing.add(line.text);
        break;
      case 'text':
        this.endThinking();
        if (!this.text) {
          const element = el('div', { class: 'text' });
          this.text = new Growing(element, (where, text) => { where.replaceChildren(...markdown(text)); this.grown(); });
          this.body.append(element);
        }
        this.said += line.text;
        this.count();
        this.text.add(line.text);
        break;
      case 'call':
        this.card(line.call);
        break;
      case 'approval':
        this.card(line.call).ask(line, (decision) => this.decide(line.call, decision));
        break;
      case 'result':
        this.card(line.call).answered(line.value, line.error);
        break;
      case 'moved':
        this.devices.push(line.device);
        this.foot.textContent = this.path();
        break;
      case 'answeredBy':
        if (this.devices.at(-1) !== line.device) {
          this.devices.push(line.device);
          this.foot.textContent = this.path();
        }
        this.foot.title = line.reason;
        break;
      default: // kinds of later versions
    }
    this.waiting.hidden = this.body.childElementCount > 0;
    this.grown();
  }

  count() {
    const now = performance.now();
    this.first ??= now;
    this.pieces++;
    if (now - this.first > 500) {
      this.foot.textContent = `${rate((this.pieces - 1) / ((now - this.first) / 1000))} pieces/s on ${this.path()}`;
    }
  }

  path() {
    return this.devices.join(' → ');
  }

  endThinking() {
    if (this.thinking) {
      this.thinking.growing.show();
      this.thinking.element.open = false;
      this.thinking.summary.textContent = `Thought (${this.thinking.growing.text.trim().split(/\s+/).length} words)`;
      this.thinking = undefined;
    }
  }

  card(call) {
    this.endThinking();
    this.text?.show();
    this.text = undefined;
    let card = call.id ? this.calls.get(call.id) : undefined;
    if (!card) {
      card = new CallCard(call);
      this.calls.set(call.id || this.calls.size, card);
      this.body.append(card.element);
    }
    return card;
  }
}

const REASONS = {
  stop: '', stop_string: 'ended by a stop text', length: 'cut: no more tokens were allowed', context_full: 'cut: the context is full',
  cancelled: 'stopped', tool_calls: 'waits for results of tools', loop: 'ended: it went round in circles', deadline: 'cut: the time was up', lost: 'cut: the connection was lost',
};

function foot(meta) {
  if (!meta) {
    return '';
  }
  const parts = [];
  if (meta.usage) {
    parts.push(`${meta.usage.completion} tokens`);
    if (meta.timings.decode > 0) {
      parts.push(`${rate(meta.timings.decode)} tokens/s`);
    }
    parts.push(`first after ${meta.timings.firstToken.toFixed(2)} s`);
    parts.push(`prompt of ${meta.usage.prompt}`);
    if (meta.usage.cached) {
      parts.push(`${meta.usage.cached} tokens not read again`); // over all rounds: may be more than the last prompt
    }
  }
  if (meta.devices?.length) {
    parts.push(meta.devices.join(' → '));
  }
  const why = REASONS[meta.reason] ?? meta.reason;
  if (why) {
    parts.push(why);
  }
  return parts.join(' · ');
}

/** Shows a whole answer: the assistant's messages with the results of its calls. */
export function answer(messages, actions) {
  const body = el('div', { class: 'body' });
  const cards = new Map();
  let meta;
  for (const message of messages) {
    meta = message.meta ?? meta;
    if (message.role === 'tool') {
      let card = cards.get(message.toolCallId);
      if (!card) {
        card = new CallCard(NO_CALL);
        body.append(card.element);
      }
      card.answered(...result(message.content));
      continue;
    }
    if (message.thinking) {
      body.append(thinkingBlock(message.thinking, false).element);
    }
    if (message.content) {
      body.append(textBlock(message.content));
    }
    for (const call of message.toolCalls ?? []) {
      const card = new CallCard(call);
      cards.set(call.id, card);
      body.append(card.element);
    }
  }
  if (!body.hasChildNodes()) {
    body.append(el('p', { class: 'quiet' }, 'The answer is empty.'));
  }
  return el('article', { class: 'message assistant', tabindex: '-1', 'aria-label': 'Answer' }, el('h3', {}, 'Millrace'), body,
    el('p', { class: 'quiet foot' }, foot(meta)), el('div', { class: 'actions' }, ...actions));
}

/** What a tool said, and whether it failed: a failure is an object with an error alone. */
function result(content) {
  try {
    const value = JSON.parse(content);
    const names = value && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
    return names.length === 1 && names[0] === 'error' ? [value.error, true] : [value, false];
  } catch {
    return [content, false];
  }
}
