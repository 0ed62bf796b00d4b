// Measures what depth costs llama.cpp: how fast the last 512 tokens before each depth are read, and 32 tokens generated after it.
//   npm install --ignore-scripts node-llama-cpp@3.22.1
//   node depth.mjs MODEL.gguf 512 2048 4096 8192
// Two threads. Each line of standard output is one JSON object. Millrace: bench -p DEPTH -n 32 -r 1
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const BATCH = 512;
const GENERATED = 32;
const [file, ...words] = process.argv.slice(2);
const depths = words.map(Number);
const llama = await getLlama({gpu: false, build: "never", maxThreads: 2, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const context = await model.createContext({
  contextSize: Math.max(...depths) + BATCH, sequences: 1, batchSize: BATCH, threads: 2, flashAttention: true,
});
const sequence = context.getSequence();
const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;

/** Tokens from all over the vocabulary. */
const tokens = (count, from) => Array.from({length: count}, (_, i) => ((i + from) * 7919) % vocabulary);

const read = async end => {
  const from = sequence.nextTokenIndex;
  const begin = performance.now();
  if (end > from) {
    await sequence.evaluateWithoutGeneratingNewTokens(tokens(end - from, from));
  }
  return 1000 * (end - from) / (performance.now() - begin);
};

await read(BATCH / 2); // warms up
await sequence.clearHistory();
for (const depth of depths) {
  await read(depth - BATCH);
  const prefill = await read(depth);
  const begin = performance.now();
  let count = 0;
  for await (const _ of sequence.evaluate([5], {temperature: 0, yieldEogToken: true})) {
    if (++count === GENERATED) {
      break;
    }
  }
  const decode = 1000 * count / (performance.now() - begin);
  console.log(JSON.stringify({depth, prefillTokensPerSecond: prefill, decodeTokensPerSecond: decode}));
}
await llama.dispose();
