// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Clients of the SDKs against the server whose address is the first argument, and against the program in the others. Ends with 0 if
// all went well.
import assert from 'node:assert/strict';
import { Client as ClientOfOne } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpOfOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ClientOfTwo, StreamableHTTPClientTransport as HttpOfTwo } from '@modelcontextprotocol/client';

const url = new URL(process.argv[2]);
const use = async (client, transport) => {
  await client.connect(transport);
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'ask'));
  const lamp = await client.callTool({ name: 'set_device', arguments: { name: 'kitchen_lamp', state: 'on' } });
  assert.deepEqual(lamp.structuredContent, { ok: true, name: 'kitchen_lamp', state: 'on' });
  const answer = await client.callTool({ name: 'ask', arguments: { prompt: 'Bye' } });
  assert.equal(answer.structuredContent.text, 'Goodbye!');
  const { resources } = await client.listResources();
  assert.equal(resources.length, 3);
  const { contents } = await client.readResource({ uri: 'millrace://models' });
  assert.match(contents[0].text, /nano/);
  await assert.rejects(client.readResource({ uri: 'millrace://none' }));
  await client.close();
};
const info = { name: 'peer', version: '1' };
const tests = {
  'the SDK 1': () => use(new ClientOfOne(info), new HttpOfOne(url)),
  'the SDK 2, with a handshake': () => use(new ClientOfTwo(info), new HttpOfTwo(url)),
  'the SDK 2, without one': () => use(new ClientOfTwo(info, { versionNegotiation: { mode: 'auto' } }), new HttpOfTwo(url)),
};
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok ${name}`);
  } catch (problem) {
    failed++;
    console.log(`FAILED ${name}: ${problem.stack}`);
  }
}
process.exit(failed);
