// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// The page of the server in a browser: address of the server, browser, folder for pictures. Ends with 0 if all went well.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, executablePath, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const lamp = 'Turn on the kitchen lamp.';
const patience = 120_000; // a busy machine takes its time
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** A page of its own, signed in unless said otherwise; whatever it logs as an error is a failure. */
async function open({ width = 1400, height = 900, scheme = 'light', token = 'secret', stored = {} } = {}) {
  // axe is put into the page by the test, which the page's own policy would not allow
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  await context.addInitScript(({ token, stored }) => {
    if (token) {
      sessionStorage.setItem('millrace.token', token);
    }
    for (const [key, value] of Object.entries(stored)) {
      if (localStorage.getItem(key) === null) {
        localStorage.setItem(key, JSON.stringify(value));
      }
    }
  }, { token, stored });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.problems = [];
  page.on('pageerror', (problem) => page.problems.push(String(problem)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (40[014]|409)/.test(message.text())) {
      page.problems.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) {
      page.problems.push(`asks for ${request.url()}`);
    }
  });
  await page.goto(base);
  if (token) {
    await page.getByText('Ready').waitFor();
  }
  return page;
}

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map((one) => `${where}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`), []);
}

const picture = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });
const ask = async (page, text) => {
  await page.getByLabel('Your question').fill(text);
  await page.getByLabel('Your question').press('Enter');
};
const answers = (page) => page.locator('article.assistant:not(.live)');
const view = (page, name) => page.getByRole('navigation').getByRole('button', { name, exact: true }).click();

const tests = {
  async 'a conversation with a tool call and its approval'() {
    const page = await open();
    await picture(page, 'empty');
    await ask(page, lamp);
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    assert.match(await page.locator('.question').innerText(), /Switch a device on or off\.[\s\S]*changes something[\s\S]*the same if repeated/);
    await picture(page, 'approval');
    await accessible(page, 'approval');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await answers(page).getByText('kitchen lamp is on').waitFor();
    const answer = answers(page);
    assert.equal(await answer.locator('details.thinking').first().getAttribute('open'), null, 'thinking is folded');
    assert.match(await answer.locator('.call').innerText(), /set_device[\s\S]*done[\s\S]*kitchen_lamp[\s\S]*on[\s\S]*Result/);
    assert.match(await answer.locator('.foot').innerText(), /tokens\/s/);
    await answer.locator('details.thinking summary').first().click();
    await picture(page, 'answer');
    await accessible(page, 'answer');
    return page;
  },
  async 'a call that is not allowed does not run, and the model is told why'() {
    const page = await open();
    await ask(page, lamp);
    await page.getByLabel('Why set_device is not allowed').fill('nobody is home');
    await page.getByRole('button', { name: 'Do not allow' }).click();
    await answers(page).first().waitFor();
    assert.match(await answers(page).locator('.call').first().innerText(), /failed[\s\S]*The user does not allow this call: nobody is home/);
    return page;
  },
  async 'a call that only looks runs at once, unless all are asked for'() {
    const sensor = 'What is the temperature in the cellar?';
    const page = await open();
    await ask(page, sensor);
    await answers(page).locator('.call').getByText('read_sensor').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Allow', exact: true }).count(), 0);
    await page.getByLabel('Before a tool runs').selectOption('ask');
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await ask(page, sensor);
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    assert.match(await page.locator('.question').innerText(), /only looks/);
    await page.getByRole('button', { name: 'Stop' }).click();
    await answers(page).waitFor();
    return page;
  },
  async 'always allows for the conversation, and only for that'() {
    const page = await open();
    await ask(page, lamp);
    await page.getByRole('button', { name: 'Always in this conversation' }).click();
    await answers(page).getByText('kitchen lamp is on').waitFor();
    await ask(page, lamp);
    await page.waitForFunction(() => document.querySelectorAll('article.assistant:not(.live)').length === 2);
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await ask(page, lamp);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await answers(page).getByText('kitchen lamp is on').waitFor();
    return page;
  },
  async 'edit, regenerate, fork, rewind; a page that is loaded again has all'() {
    const page = await open({ stored: { 'millrace.settings': { approval: 'never', temperature: 0 } } });
    await ask(page, 'Bye');
    await answers(page).getByText('Goodbye!').waitFor();
    await page.getByRole('button', { name: 'Regenerate' }).click();
    await answers(page).getByText('Goodbye!').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Edit your question').fill(lamp);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await answers(page).getByText('kitchen lamp is on').waitFor();
    await page.getByRole('button', { name: 'Fork from here' }).click();
    assert.equal(await page.locator('#list li').count(), 2);
    await ask(page, 'Bye');
    await answers(page).getByText('Goodbye!').waitFor();
    await picture(page, 'fork');
    await page.reload();
    await page.getByText('Ready').waitFor();
    assert.equal(await page.locator('#list li').count(), 2);
    assert.equal(await answers(page).count(), 2);
    await answers(page).first().getByRole('button', { name: 'Rewind to here' }).click();
    assert.equal(await answers(page).count(), 1);
    await page.locator('#list .title').nth(1).click();
    assert.equal(await answers(page).count(), 1);
    assert.match(await page.locator('article.user').innerText(), /kitchen lamp/);
    return page;
  },
  async 'a swap in mid-sentence'() {
    const page = await open({ stored: { 'millrace.settings': { temperature: 100, top_k: 0, top_p: 1, min_p: 0, seed: 5, approval: 'never', tools: { nano: [] } } } });
    const devices = await page.locator('#device option').evaluateAll((all) => all.map((one) => one.value));
    const other = devices.find((one) => one === 'cpu:scalar');
    const before = await page.locator('#device').inputValue();
    assert.ok(other && before !== other, devices.join(' '));
    // a wild answer ends by chance; if that was before the move, it is asked again until the move was faster
    let from = before;
    let to = other;
    await ask(page, 'Tell me a long story.');
    for (let tries = 1; ; tries++) {
      await page.waitForFunction(() => document.querySelector('article.live .body')?.textContent.length > 80
        || document.querySelector('article.assistant:not(.live)'));
      await page.locator('#device').selectOption(to);
      await page.waitForFunction((path) => document.querySelector('article.live .foot')?.textContent.includes(path)
        || !document.querySelector('article.live'), `${from} → ${to}`);
      if (await page.locator('article.live').count() > 0) {
        break;
      }
      assert.ok(tries < 10, 'no answer lasted as long as a move');
      await page.waitForFunction((id) => document.querySelector('#device').value === id, to);
      [from, to] = [to, from];
      await page.getByLabel('Seed').fill(String(5 + tries));
      await page.getByLabel('Seed').blur();
      await page.getByRole('button', { name: 'Regenerate' }).click();
    }
    // it goes on there, or it has ended meanwhile
    const length = await page.evaluate(() => document.querySelector('article.live .body')?.textContent.length ?? 0);
    await page.waitForFunction((old) => !(document.querySelector('article.live .body')?.textContent.length <= old + 20), length);
    await picture(page, 'swap');
    await page.getByRole('button', { name: 'Stop' }).click({ timeout: 1000 }).catch(() => {}); // if it still runs
    await answers(page).locator('.foot', { hasText: `${from} → ${to}` }).waitFor();
    if (/stopped/.test(await answers(page).locator('.foot').innerText())) { // it may have ended by itself just then
      await page.getByRole('button', { name: 'Continue' }).waitFor();
    }
    await view(page, 'Machine');
    await page.getByRole('button', { name: `Move here: nano to ${from}` }).click();
    await page.waitForFunction((id) => document.querySelector('#device').value === id, from);
    await picture(page, 'machine');
    await accessible(page, 'machine');
    return page;
  },
  async 'what is no call is shown as such, and the answer can be continued'() {
    const page = await open();
    const said = 'This is not a call of a tool.';
    const result = { type: 'result', error: true, call: { id: '', name: 'unknown', arguments: {} }, value: said };
    const tool = { role: 'tool', toolCallId: '', content: JSON.stringify({ error: said }) };
    const lines = [{ type: 'begin', answer: 'a', device: 'cpu:scalar' }, { type: 'text', text: 'Hm.' }, result, result,
      { type: 'end', reason: 'cancelled', usage: { prompt: 5, cached: 0, completion: 7 }, timings: { firstToken: 0.1, decode: 9 },
        messages: [{ role: 'assistant', content: 'Hm.' }, tool, tool] }];
    await page.route('**/console/chat', (route) => route.fulfill({ body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') }));
    await ask(page, 'Bye');
    await answers(page).first().waitFor();
    const calls = answers(page).locator('.call');
    assert.deepEqual(await calls.evaluateAll((all) => all.map((one) => /unknown[\s\S]*failed[\s\S]*not a call of a tool/.test(one.innerText))), [true, true]);
    assert.match(await answers(page).locator('.foot').innerText(), /7 tokens[\s\S]*cpu:scalar[\s\S]*stopped/);
    await picture(page, 'no-call');
    await page.unroute('**/console/chat');
    const sent = page.waitForRequest((request) => request.url().endsWith('/console/chat'));
    await page.getByRole('button', { name: 'Continue' }).click();
    assert.equal((await sent).postDataJSON().messages.at(-1).role, 'tool');
    await page.waitForFunction(() => !document.querySelector('article.live'));
    assert.equal(await page.getByRole('alert').count(), 0);
    return page;
  },
  async 'an error is told, and can be tried again'() {
    const page = await open({ stored: { 'millrace.settings': { approval: 'never' } } });
    await page.route('**/console/chat', (route) => route.abort());
    await ask(page, 'Bye');
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.unroute('**/console/chat');
    await picture(page, 'error');
    await accessible(page, 'error');
    await page.getByRole('button', { name: 'Try again' }).click();
    await answers(page).getByText('Goodbye!').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
    await ask(page, 'x '.repeat(60_000));
    await page.getByRole('alert').getByText(/takes \d+ tokens and this model holds \d+/).waitFor();
    page.problems = page.problems.filter((one) => !/ERR_FAILED/.test(one));
    return page;
  },
  async 'a phone'() {
    const page = await open({ width: 375, height: 720, stored: { 'millrace.settings': { approval: 'never' } } });
    await ask(page, lamp);
    await answers(page).getByText('kitchen lamp is on').waitFor();
    await picture(page, 'phone');
    const wide = () => page.evaluate(() =>
      Math.max(...['html', '.views', '.rooms', '.side'].map((one) => document.querySelector(one)).map((one) => one.scrollWidth - one.clientWidth)));
    assert.equal(await wide(), 0);
    await accessible(page, 'phone');
    for (const name of ['History', 'Settings', 'Machine', 'Tools', 'Log']) {
      await view(page, name);
      await picture(page, `phone-${name.toLowerCase()}`);
      assert.equal(await wide(), 0, name);
      await accessible(page, `phone, ${name}`);
      await page.setViewportSize({ width: 320, height: 720 }); // a large screen magnified four times
      await picture(page, `narrow-${name.toLowerCase()}`);
      assert.equal(await wide(), 0, `${name}, narrow`);
      await page.setViewportSize({ width: 375, height: 720 });
    }
    return page;
  },
  async 'dark'() {
    const page = await open({ scheme: 'dark', stored: { 'millrace.settings': { approval: 'ask' } } });
    await ask(page, lamp);
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await picture(page, 'dark');
    await accessible(page, 'dark');
    await page.getByLabel('Theme').selectOption('light');
    await accessible(page, 'light on a dark system');
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(244, 246, 246)');
    return page;
  },
  async 'keyboard only'() {
    const page = await open();
    const to = async (name) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((text) => document.activeElement.textContent === text || document.activeElement.id === text, name)) {
          return;
        }
      }
      assert.fail(`${name} cannot be reached`);
    };
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter'); // skips to the question
    assert.equal(await page.evaluate(() => document.activeElement.id), 'question');
    await page.keyboard.type(lamp);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Call of set_device');
    assert.equal(await page.locator('#says').innerText(), 'set_device waits for your approval.');
    await to('Allow');
    await picture(page, 'keyboard');
    await page.keyboard.press('Enter');
    await answers(page).getByText('kitchen lamp is on').waitFor();
    assert.match(await page.locator('#says').innerText(), /kitchen lamp is on/);
    await to('Machine');
    await page.keyboard.press('Enter');
    await to('Log');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Log' }).waitFor();
    return page;
  },
  async 'settings reach the model'() {
    const page = await open();
    let sent;
    page.on('request', (request) => { sent = request.url().endsWith('/console/chat') ? request.postDataJSON() : sent; });
    await page.getByLabel('Temperature').fill('0.3');
    await page.getByLabel('Instructions').fill('Be brief.');
    await page.getByLabel('Most tokens').fill('40');
    await page.getByLabel('gateway').uncheck();
    await page.locator('#effort').selectOption('none');
    await picture(page, 'settings');
    await accessible(page, 'settings');
    await ask(page, 'Bye');
    await answers(page).first().waitFor();
    assert.equal(sent.temperature, 0.3);
    assert.equal(sent.max_tokens, 40);
    assert.deepEqual(sent.tools, []);
    assert.equal(sent.reasoning_effort, 'none');
    assert.deepEqual(sent.messages[0], { role: 'system', content: 'Be brief.' });
    return page;
  },
  async 'a token is asked for'() {
    const page = await open({ token: '' });
    await page.getByLabel('Token', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('That token is not known here.').waitFor();
    await picture(page, 'token');
    await accessible(page, 'token');
    await page.getByLabel('Token', { exact: true }).fill('secret');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Ready').waitFor();
    return page;
  },
  async 'Markdown, and nothing that does harm'() {
    const text = ['# Title', '', 'Some *emphasis*, **strength**, `code`, ~~gone~~ and snake_case_words.', '',
      '| device | watts |', '|:--|--:|', '| lamp `a|b` | 5 |', '', '1. one', '   - inner', '   - [x] done', '2. two', '',
      '> quoted', '', '```java', 'var x = "<b>";', '```', '', '[good](https://example.org/a) [bad](javascript:alert(1)) ![picture](https://example.org/p.png)',
      '<img src=x onerror="window.hurt=1"> <script>window.hurt=1</script>', '', '---', '', '**open', '', '*'.repeat(500) + 'a '.repeat(500)].join('\n');
    const page = await open({ stored: { 'millrace.conversations': [{ id: '1', title: 'Marks', allowed: [], changed: 1,
      messages: [{ role: 'user', content: '<img src=x onerror="window.hurt=1">' }, { role: 'assistant', content: text }] }] } });
    const body = answers(page).locator('.text');
    assert.equal(await body.locator('h4').innerText(), 'Title');
    assert.equal(await body.locator('em').first().innerText(), 'emphasis');
    assert.equal(await body.locator('ol > li').count(), 2);
    assert.equal(await body.locator('ol ul > li').count(), 2);
    assert.equal(await body.locator('td code').innerText(), 'a|b');
    assert.equal(await body.locator('pre code').innerText(), 'var x = "<b>";');
    assert.deepEqual(await body.locator('a').evaluateAll((all) => all.map((one) => one.href)), ['https://example.org/a', 'https://example.org/p.png']);
    assert.equal(await page.locator('article img, article script').count(), 0);
    assert.match(await body.innerText(), /snake_case_words[\s\S]*\[bad\]\(javascript:alert\(1\)\)[\s\S]*<script>window\.hurt=1<\/script>/);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    await picture(page, 'markdown');
    await accessible(page, 'markdown');
    // a hostile text does not stop the page
    const slow = await page.evaluate(async () => {
      const { markdown } = await import('/console/markdown.js');
      let worst = 0;
      for (const piece of ['*a ', '**a ', '_a ', '`', '[', '[a](', '~~a ', '> ', '- ', '|', '![', '<', '``a', '\\', '  - ', '1. ', '# ']) {
        const start = performance.now();
        markdown(piece.repeat(100_000 / piece.length));
        markdown(`${piece}\n`.repeat(20_000 / piece.length));
        worst = Math.max(worst, performance.now() - start);
      }
      return worst;
    });
    assert.ok(slow < 5000, `${slow} ms`);
    return page;
  },
  async 'a model is fetched after size and licence and a yes, stopped, and fetched to its end'() {
    const page = await open();
    await view(page, 'Machine');
    await page.getByText('attic-350m').waitFor();
    const look = async (reference) => {
      await page.getByLabel('Get another one').fill(reference);
      await page.getByRole('button', { name: 'Look' }).click();
    };
    await look('hf:acme/nobody');
    await page.getByText('hf:acme/nobody is not on the hub.').waitFor();
    await look('hf:acme/cellar-1b');
    const yes = page.getByRole('button', { name: /^Yes, download/ });
    await yes.waitFor();
    assert.match(await page.locator('#plan').innerText(), /Licence: apache-2\.0[\s\S]*Not signed/);
    await page.locator('#kept').scrollIntoViewIfNeeded();
    await picture(page, 'pull-plan');
    await accessible(page, 'pull-plan');
    await yes.click();
    await page.locator('#plan').getByText(/cellar-1b-Q4_K_M\.gguf: .* of /).waitFor();
    await picture(page, 'pull');
    await accessible(page, 'pull');
    await page.locator('#plan').getByRole('button', { name: 'Stop' }).click();
    await page.locator('#plan').getByText('Stopped. What has arrived stays').waitFor();
    for (let here = false; !here;) {
      // the server may still be busy with the download that was stopped
      await look('hf:acme/cellar-1b');
      await yes.click();
      const end = page.locator('#plan').getByText(/cellar-1b is here\.|Another model is being fetched now/);
      await end.waitFor();
      here = /is here/.test(await end.innerText());
    }
    await page.locator('#models-here').getByText('cellar-1b').waitFor();
    return page;
  },
  async 'tools and log'() {
    const page = await open();
    await view(page, 'Tools');
    await page.getByText('Read one sensor.').click();
    await picture(page, 'tools');
    await accessible(page, 'tools');
    await view(page, 'Log');
    await accessible(page, 'log');
    return page;
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) {
    continue;
  }
  const start = Date.now();
  try {
    const page = await Promise.race([test(), new Promise((_, reject) => setTimeout(() => reject(new Error('takes too long')), 2 * patience).unref())]);
    assert.deepEqual(page.problems, []);
    console.log(`ok ${name} (${Date.now() - start} ms)`);
  } catch (problem) {
    failed++;
    console.log(`FAILED ${name}: ${problem.stack}`);
    let number = 0;
    for (const context of browser.contexts()) {
      for (const page of context.pages()) {
        await page.screenshot({ path: `${pictures}/failed-${name.replace(/\W+/g, '-')}-${number++}.png` }).catch(() => {});
      }
    }
  }
  await Promise.all(browser.contexts().map((context) => context.close()));
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
