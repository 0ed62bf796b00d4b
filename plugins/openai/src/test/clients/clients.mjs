// Copyright 2026 The Millrace authors
// SPDX-License-Identifier: Apache-2.0
// Clients that people use, against the server whose address is the first argument. Ends with 0 if all went well.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import { generateText, streamText, tool, jsonSchema, stepCountIs } from 'ai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';

const base = process.argv[2];
const lamp = 'Turn on the kitchen lamp.';
const schema = {
  type: 'object',
  properties: { name: { type: 'string' }, state: { type: 'string' } },
  required: ['name', 'state'],
};
const description = 'Switch a device on or off.';
const tools = [{ type: 'function', function: { name: 'set_device', description, parameters: schema } }];
const done = JSON.stringify({ ok: true, name: 'kitchen_lamp', state: 'on' });
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'secret', maxRetries: 0 });

const tests = {
  async 'openai: a round trip with a tool'() {
    const messages = [{ role: 'user', content: lamp }];
    const first = await openai.chat.completions.create({ model: 'nano', temperature: 0, messages, tools });
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    const call = first.choices[0].message.tool_calls[0];
    assert.deepEqual(JSON.parse(call.function.arguments), { name: 'kitchen_lamp', state: 'on' });
    messages.push(first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: done });
    const second = await openai.chat.completions.create({ model: 'nano', temperature: 0, messages, tools });
    assert.match(second.choices[0].message.content, /kitchen lamp is on/);
  },
  async 'openai: a stream with thinking, call and usage'() {
    const stream = await openai.chat.completions.create({
      model: 'nano', temperature: 0, messages: [{ role: 'user', content: lamp }], tools, stream: true,
      stream_options: { include_usage: true },
    });
    let thinking = '', args = '', reason, usage;
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      thinking += choice?.delta.reasoning_content ?? '';
      args += choice?.delta.tool_calls?.[0].function.arguments ?? '';
      reason = choice?.finish_reason ?? reason;
      usage = chunk.usage ?? usage;
    }
    assert.notEqual(thinking, '');
    assert.deepEqual(JSON.parse(args), { name: 'kitchen_lamp', state: 'on' });
    assert.equal(reason, 'tool_calls');
    assert.ok(usage.completion_tokens_details.reasoning_tokens > 0);
  },
  async 'openai: errors have their types'() {
    const ask = (more, options) => openai.chat.completions.create(
      { model: 'nano', messages: [{ role: 'user', content: 'Bye' }], ...more }, options);
    await assert.rejects(ask({ n: 17 }), (e) => e instanceof OpenAI.BadRequestError && e.param === 'n');
    assert.equal((await ask({ n: 3 })).choices.length, 3);
    await assert.rejects(ask({ model: 'other' }), OpenAI.NotFoundError);
    const stranger = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  },
  async 'openai: a cancel ends the answer'() {
    const stream = await openai.chat.completions.create({
      model: 'nano', temperature: 2, messages: [{ role: 'user', content: 'Hello' }], stream: true,
    });
    for await (const chunk of stream) {
      assert.ok(chunk.id);
      break;
    }
    stream.controller.abort();
    assert.equal((await openai.models.list()).data[0].id, 'nano');
  },
  async 'openai: responses, whole and as a stream'() {
    const flat = [{ type: 'function', name: 'set_device', description, parameters: schema, strict: false }];
    const input = [{ role: 'user', content: lamp }];
    const first = await openai.responses.create({ model: 'nano', temperature: 0, input, tools: flat });
    const call = first.output.find((item) => item.type === 'function_call');
    input.push(...first.output, { type: 'function_call_output', call_id: call.call_id, output: done });
    const stream = openai.responses.stream({ model: 'nano', temperature: 0, input, tools: flat });
    let text = '';
    for await (const event of stream) {
      text += event.type === 'response.output_text.delta' ? event.delta : '';
    }
    const whole = await stream.finalResponse();
    assert.match(text, /kitchen lamp is on/);
    assert.equal(whole.output_text, text);
  },
  async 'anthropic: a round trip with a tool, as streams'() {
    const client = new Anthropic({ baseURL: base, authToken: 'secret', apiKey: null, maxRetries: 0 });
    const ask = (messages) => client.messages.stream({
      model: 'nano', max_tokens: 300, temperature: 0, messages,
      tools: [{ name: 'set_device', description, input_schema: schema }],
    }).finalMessage();
    const messages = [{ role: 'user', content: lamp }];
    const first = await ask(messages);
    assert.equal(first.stop_reason, 'tool_use');
    const use = first.content.find((block) => block.type === 'tool_use');
    assert.deepEqual(use.input, { name: 'kitchen_lamp', state: 'on' });
    messages.push({ role: 'assistant', content: first.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: done }] });
    const second = await ask(messages);
    assert.match(second.content.map((block) => block.text ?? '').join(''), /kitchen lamp is on/);
    const counted = await client.messages.countTokens({ model: 'nano', messages: [{ role: 'user', content: lamp }] });
    assert.ok(counted.input_tokens > 5);
  },
  async 'ollama: chat with a tool, generate, list'() {
    const client = new Ollama({ host: base, headers: { Authorization: 'Bearer secret' } });
    const stream = await client.chat({
      model: 'nano', messages: [{ role: 'user', content: lamp }], tools, stream: true, options: { temperature: 0 },
    });
    let call;
    for await (const part of stream) {
      call = part.message.tool_calls?.[0] ?? call;
    }
    assert.deepEqual(call.function.arguments, { name: 'kitchen_lamp', state: 'on' });
    const said = await client.generate({ model: 'nano', prompt: 'Bye', options: { temperature: 0 } });
    assert.equal(said.response, 'Goodbye!');
    assert.equal((await client.list()).models[0].name, 'nano:latest');
  },
  async 'ai: text with a tool that runs, and a stream'() {
    const model = createOpenAICompatible({ name: 'millrace', baseURL: `${base}/v1`, apiKey: 'secret' })('nano');
    const result = await generateText({
      model, temperature: 0, prompt: lamp, stopWhen: stepCountIs(3), maxRetries: 0,
      tools: { set_device: tool({ description, inputSchema: jsonSchema(schema), execute: async () => JSON.parse(done) }) },
    });
    assert.match(result.text, /kitchen lamp is on/);
    const stream = streamText({ model, temperature: 0, prompt: 'Bye', maxRetries: 0 });
    let text = '';
    for await (const piece of stream.textStream) {
      text += piece;
    }
    assert.equal(text, 'Goodbye!');
    assert.notEqual(await stream.reasoningText, '');
  },
  async 'langchain: a tool and a stream'() {
    const model = new ChatOpenAI({
      model: 'nano', temperature: 0, apiKey: 'secret', maxRetries: 0, configuration: { baseURL: `${base}/v1` },
    });
    const called = await model.bindTools(tools).invoke(lamp);
    assert.deepEqual(called.tool_calls[0].args, { name: 'kitchen_lamp', state: 'on' });
    let text = '';
    for await (const chunk of await model.stream('Bye')) {
      text += chunk.content;
    }
    assert.equal(text, 'Goodbye!');
  },
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
process.exit(failed === 0 ? 0 : 1);
