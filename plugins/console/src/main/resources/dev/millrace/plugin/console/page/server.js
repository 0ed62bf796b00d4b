// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Asks the server. Where it wants a token, the user is asked once, and the request is sent again.
import { byId } from './dom.js';

const KEY = 'millrace.token';
let asking;

/** An error that the server told, or that kept it from being reached. */
export class ServerError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

function askForToken(wrong) {
  asking ??= new Promise((resolve) => {
    const dialog = byId('token');
    byId('token-wrong').hidden = !wrong;
    dialog.addEventListener('close', () => {
      sessionStorage.setItem(KEY, byId('token-text').value);
      byId('token-text').value = '';
      asking = undefined;
      resolve();
    }, { once: true });
    dialog.addEventListener('cancel', (event) => event.preventDefault());
    dialog.showModal();
  });
  return asking;
}

async function reach(path, body, signal) {
  for (;;) {
    const token = sessionStorage.getItem(KEY);
    let answer;
    try {
      answer = await fetch(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: token ? { Authorization: `Bearer ${token}` } : {},
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        signal,
      });
    } catch (problem) {
      if (signal?.aborted) {
        throw problem;
      }
      throw new ServerError('The server cannot be reached.');
    }
    if (answer.status === 401) {
      await askForToken(Boolean(token));
      continue;
    }
    if (!answer.ok) {
      const told = await answer.json().catch(() => undefined);
      throw new ServerError(told?.error?.message ?? told?.error ?? `The server answered ${answer.status}.`, answer.status);
    }
    return answer;
  }
}

/** Asks for one document. */
export async function ask(path, body) {
  return (await reach(path, body)).json();
}

/** Asks for lines of JSON, and hands each to a function as it comes. */
export async function lines(path, body, each, signal) {
  const answer = await reach(path, body, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      rest += value;
      let end;
      while ((end = rest.indexOf('\n')) >= 0) {
        const line = rest.slice(0, end).trim();
        rest = rest.slice(end + 1);
        if (line) {
          each(JSON.parse(line));
        }
      }
    }
  } catch (problem) {
    if (signal?.aborted || problem instanceof ServerError) {
      throw problem;
    }
    throw new ServerError('The connection to the server was lost.');
  }
}
