// Measures llama.cpp as `millrace bench` measures Millrace: the same tokens, rounds and figures.
//   npm install --ignore-scripts node-llama-cpp@3.22.1
//   node llama.mjs MODEL.gguf [-p 512] [-n 64] [-r 3] [-t 2] [-s 1]
// -s is the number of conversations that generate at once. Standard output is one JSON object.
import {readFileSync} from "node:fs";
import {parseArgs} from "node:util";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(Object.entries({p: "512", n: "64", r: "3", t: "2", s: "1"})
    .map(([short, value]) => [{p: "prompt", n: "generate", r: "rounds", t: "threads", s: "sequences"}[short],
      {type: "string", short, default: value}])),
});
const [prompt, generate, rounds, threads, sequences] =
  [values.prompt, values.generate, values.rounds, values.threads, values.sequences].map(Number);

const seconds = async work => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: LlamaLogLevel.error});
let model;
const loadSeconds = await seconds(async () => {
  model = await llama.loadModel({modelPath: positionals[0], gpuLayers: 0});
});
const context = await model.createContext({
  contextSize: prompt + generate + 8, sequences, batchSize: 512, threads, flashAttention: true,
});
const opened = Array.from({length: sequences}, () => context.getSequence());
const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;

/** The tokens of `millrace bench`: from all over the vocabulary, others for each round and conversation. */
const tokens = number => Array.from({length: prompt}, (_, i) => (i * 7919 + number * 131) % vocabulary);

/** Takes the likeliest token again and again. */
const answer = async (sequence, last) => {
  let count = 0;
  for await (const token of sequence.evaluate([last], {temperature: 0, yieldEogToken: true})) {
    if (++count === generate) {
      return token;
    }
  }
};

const prefill = [];
const decode = [];
for (let round = 0; round <= rounds; round++) {
  await Promise.all(opened.map(sequence => sequence.clearHistory()));
  const prompts = opened.map((_, i) => tokens(round * sequences + i));
  const reading = await seconds(async () => {
    for (const [i, sequence] of opened.entries()) {
      await sequence.evaluateWithoutGeneratingNewTokens(prompts[i].slice(0, -1));
    }
  });
  // all at once: the context puts what is waiting into one batch
  const generating = await seconds(() => Promise.all(opened.map((sequence, i) => answer(sequence, prompts[i].at(-1)))));
  if (round > 0) { // the first warms up
    prefill.push(sequences * (prompt - 1) / reading);
    decode.push(sequences * generate / generating);
  }
}

const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
const peak = /VmHWM:\s+(\d+)/.exec(status);
console.log(JSON.stringify({
  backend: `llama.cpp ${llama.llamaCppRelease?.release ?? ""}`.trim(), threads, loadSeconds,
  prefillTokensPerSecond: prefill, decodeTokensPerSecond: decode, peakRssBytes: peak ? peak[1] * 1024 : null,
}));
await llama.dispose();
