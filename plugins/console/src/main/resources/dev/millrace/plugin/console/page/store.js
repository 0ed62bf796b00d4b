// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Conversations and settings, kept by the browser: a page that is loaded again, or a server that starts again, loses nothing.

const CONVERSATIONS = 'millrace.conversations';
const SETTINGS = 'millrace.settings';
const MOST = 100;

function read(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export const settings = read(SETTINGS, {});

export function saveSettings() {
  write(SETTINGS, settings);
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // the browser keeps no more, or nothing at all; the page works on
  }
}

export const conversations = read(CONVERSATIONS, []);

/** Keeps all conversations; where the browser has no room, the oldest go. */
export function save() {
  conversations.sort((a, b) => b.changed - a.changed);
  conversations.length = Math.min(conversations.length, MOST);
  let kept = conversations.slice();
  while (!write(CONVERSATIONS, kept) && kept.length > 1) {
    kept = kept.slice(0, -1);
  }
}

/** A new conversation, perhaps with the first messages of another. */
export function begin(messages = [], from = undefined) {
  const conversation = {
    id: crypto.getRandomValues(new Uint32Array(3)).join('-'),
    title: from ? `Fork: ${from.title.replace(/^Fork: /, '')}` : 'New conversation',
    messages: structuredClone(messages),
    allowed: from ? [...from.allowed] : [],
    changed: Date.now(),
  };
  conversations.unshift(conversation);
  return conversation;
}

export function remove(conversation) {
  conversations.splice(conversations.indexOf(conversation), 1);
  save();
}

/** Notes that a conversation has changed, and names it by its first question. */
export function touched(conversation) {
  const first = conversation.messages.find((message) => message.role === 'user');
  if (first && (conversation.title === 'New conversation')) {
    conversation.title = first.content.trim().replace(/\s+/g, ' ').slice(0, 60) || 'New conversation';
  }
  conversation.changed = Date.now();
  save();
}
