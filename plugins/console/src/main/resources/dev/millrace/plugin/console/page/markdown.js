// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Shows Markdown as elements. No text is ever read as HTML, and links lead to web pages and mail only, so that an answer can do
// no harm whatever it says. Understood: headings, paragraphs, lists within lists, tasks, quotes, code, tables, rules, emphasis,
// strike-through, links. Pictures are shown as links: the page loads nothing from elsewhere.
import { button, el } from './dom.js';

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^`\s]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])\s*(?:\1\s*){2,}$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const DELIMITERS = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const MOST_DEPTH = 12;

/** The elements of a text. */
export function markdown(text) {
  return blocks(text.replace(/\r\n?/g, '\n').replace(/\t/g, '    ').split('\n'), 0);
}

function blocks(lines, depth) {
  const out = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    let match;
    if (line.trim() === '') {
      at++;
    } else if ((match = FENCE.exec(line))) {
      const [, indent, fence, language] = match;
      const code = [];
      at++;
      while (at < lines.length && !closes(lines[at], fence)) {
        code.push(lines[at].startsWith(indent) ? lines[at].slice(indent.length) : lines[at].trimStart());
        at++;
      }
      at++;
      out.push(codeBlock(code.join('\n'), language));
    } else if ((match = HEADING.exec(line))) {
      // the page itself has the first two levels, and messages the third
      out.push(el(`h${Math.min(6, match[1].length + 3)}`, {}, ...inline(match[2])));
      at++;
    } else if (RULE.test(line)) {
      out.push(el('hr'));
      at++;
    } else if (QUOTE.test(line) && depth < MOST_DEPTH) {
      const inner = [];
      while (at < lines.length && lines[at].trim() !== '' && (QUOTE.test(lines[at]) || !starts(lines[at]))) {
        inner.push(QUOTE.exec(lines[at])?.[1] ?? lines[at]);
        at++;
      }
      out.push(el('blockquote', {}, ...blocks(inner, depth + 1)));
    } else if (ITEM.test(line) && depth < MOST_DEPTH) {
      at = list(lines, at, depth, out);
    } else if (line.includes('|') && DELIMITERS.test(lines[at + 1] ?? '') && (lines[at + 1] ?? '').includes('-')) {
      at = table(lines, at, out);
    } else {
      const paragraph = [line];
      at++;
      while (at < lines.length && lines[at].trim() !== '' && !starts(lines[at])) {
        paragraph.push(lines[at]);
        at++;
      }
      out.push(el('p', {}, ...inline(paragraph.map((one) => one.trimStart()).join('\n'))));
    }
  }
  return out;
}

const starts = (line) => FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

function closes(line, fence) {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0].repeat(text.length);
}

function codeBlock(code, language) {
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(code);
    copy.textContent = 'Copied';
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  }, { class: 'small' });
  return el('figure', { class: 'code' },
    el('figcaption', {}, el('span', {}, language || 'text'), copy),
    el('pre', { tabindex: '0' }, el('code', {}, code)));
}

function list(lines, start, depth, out) {
  const first = ITEM.exec(lines[start]);
  const ordered = /\d/.test(first[2]);
  const indent = first[1].length;
  const items = [];
  let at = start;
  let loose = false;
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length < indent || match[1].length > indent + 3 || /\d/.test(match[2]) !== ordered
        || RULE.test(lines[at])) {
      break;
    }
    const content = match[1].length + match[2].length + Math.min(4, Math.max(1, match[3].length));
    const inner = [match[4]];
    at++;
    while (at < lines.length) {
      const line = lines[at];
      const own = line.length - line.trimStart().length;
      if (line.trim() === '') {
        const next = lines[at + 1] ?? '';
        const nextOwn = next.length - next.trimStart().length;
        if (next.trim() === '' || (nextOwn < Math.min(content, indent + 2) && !ITEM.test(next))) {
          break;
        }
        if (nextOwn <= indent + 1 && ITEM.test(next)) {
          loose = true;
          at++;
          break;
        }
        inner.push('');
        at++;
      } else if (own >= Math.min(content, indent + 2)) {
        inner.push(line.slice(Math.min(own, content)));
        at++;
      } else if (!starts(line)) {
        inner.push(line.trimStart()); // a lazy line goes on with the paragraph
        at++;
      } else {
        break;
      }
    }
    items.push(inner);
  }
  const number = parseInt(first[2], 10);
  out.push(el(ordered ? 'ol' : 'ul', ordered && number !== 1 ? { start: String(number) } : {},
    ...items.map((inner) => item(inner, depth, loose))));
  return Math.max(at, start + 1);
}

function item(inner, depth, loose) {
  const task = /^\[([ xX])\]\s+/.exec(inner[0]);
  if (task) {
    inner[0] = inner[0].slice(task[0].length);
  }
  let children = blocks(inner, depth + 1);
  if (!loose && children[0]?.tagName === 'P') {
    children = [...children[0].childNodes, ...children.slice(1)];
  }
  const mark = task ? el('span', { 'aria-label': task[1] === ' ' ? 'open' : 'done', role: 'img' }, task[1] === ' ' ? '☐ ' : '☑ ') : null;
  return el('li', task ? { class: 'task' } : {}, mark, ...children);
}

function cells(line) {
  const out = [];
  let cell = '';
  let code = false;
  const text = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === '|') {
      cell += '|';
      i++;
    } else if (text[i] === '|' && !code) {
      out.push(cell.trim());
      cell = '';
    } else {
      code = text[i] === '`' ? !code : code;
      cell += text[i];
    }
  }
  out.push(cell.trim());
  return out;
}

function table(lines, start, out) {
  const head = cells(lines[start]);
  const align = cells(lines[start + 1]).map((cell) => (cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : 'left'));
  const row = (name, texts) => el('tr', {},
    ...head.map((_, i) => el(name, { class: `to-${align[i] ?? 'left'}`, scope: name === 'th' ? 'col' : null }, ...inline(texts[i] ?? ''))));
  const rows = [];
  let at = start + 2;
  while (at < lines.length && lines[at].trim() !== '' && lines[at].includes('|')) {
    rows.push(row('td', cells(lines[at])));
    at++;
  }
  out.push(el('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    el('table', {}, el('thead', {}, row('th', head)), el('tbody', {}, ...rows))));
  return at;
}

// what may stand within a line, in the order in which it is looked for at each place
const SPANS = [
  [/^\\([\\`*_{}[\]()#+\-.!~|<>])/, (m) => m[1]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (m) => el('code', {}, m[2].replace(/\n/g, ' ').replace(/^ (.*\S.*) $/, '$1'))],
  [/^!\[([^\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/, (m) => link(m[2], [m[1] || m[2]], m[0])],
  [/^\[((?:[^[\]\\]|\\.)+)\]\(\s*<?([^\s()>]*(?:\([^\s()]*\)[^\s()>]*)*)>?(?:\s+"[^"]*")?\s*\)/, (m, d) => link(m[2], inline(m[1], d + 1), m[0])],
  [/^<((?:https?:\/\/|mailto:)[^\s<>]+)>/, (m) => link(m[1], [m[1]], m[0])],
  [/^(\*\*\*)(?=\S)([\s\S]*?\S)\1(?!\*)/, (m, d) => el('strong', {}, el('em', {}, ...inline(m[2], d + 1)))],
  [/^(\*\*)(?=\S)([\s\S]*?\S)\1/, (m, d) => el('strong', {}, ...inline(m[2], d + 1))],
  [/^\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/, (m, d) => el('em', {}, ...inline(m[1], d + 1))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (m, d) => el('s', {}, ...inline(m[1], d + 1))],
];
const WORD_SPANS = [
  [/^(__)(?=\S)([\s\S]*?\S)\1(?![\p{L}\p{N}_])/u, (m, d) => el('strong', {}, ...inline(m[2], d + 1))],
  [/^_(?=[^\s_])([\s\S]*?[^\s_])_(?![\p{L}\p{N}_])/u, (m, d) => el('em', {}, ...inline(m[1], d + 1))],
  [/^https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]*_]/, (m) => link(m[0], [m[0]], m[0])],
];
const SPECIAL = /[\\`*_~![<h\n]/g;
// longer paragraphs would take too long to be looked through at every piece of an answer
const MOST_INLINE = 6000;

function inline(text, depth = 0) {
  if (depth > MOST_DEPTH || text.length > MOST_INLINE) {
    return [text];
  }
  const out = [];
  let plain = '';
  let at = 0;
  const flush = () => {
    if (plain) {
      out.push(plain);
      plain = '';
    }
  };
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) {
      break;
    }
    if (text[at] === '\n') {
      if (/(?: {2}|\\)$/.test(plain)) {
        plain = plain.replace(/(?: +|\\)$/, '');
        flush();
        out.push(el('br'));
      } else {
        plain = `${plain.trimEnd()}\n`;
      }
      at++;
      continue;
    }
    const found = span(text, at, depth);
    if (found) {
      if (typeof found.node === 'string') {
        plain += found.node;
      } else {
        flush();
        out.push(found.node);
      }
      at += found.length;
    } else {
      // a run of marks that mean nothing is passed over at once
      const run = /^(?:\*+|_+|~+|`+|.)/s.exec(text.slice(at, at + 200))[0];
      plain += run;
      at += run.length;
    }
  }
  flush();
  return out;
}

function span(text, at, depth) {
  const rest = text.slice(at);
  const inWord = at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]);
  for (const [pattern, make] of inWord ? SPANS : [...SPANS, ...WORD_SPANS]) {
    const match = pattern.exec(rest);
    if (match) {
      return { node: make(match, depth), length: match[0].length };
    }
  }
  return undefined;
}

/** A link to a web page or mail; anything else stays the text that it is. */
function link(address, children, source) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return source;
  }
  if (!['http:', 'https:', 'mailto:'].includes(url.protocol)) {
    return source;
  }
  return el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...children);
}
