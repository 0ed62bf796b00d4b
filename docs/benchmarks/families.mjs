// Compares what llama.cpp and a reference continue with: the likeliest token, again and again.
//   npm install --ignore-scripts node-llama-cpp@3.22.1
//   node families.mjs FILE.gguf EXPECTED.json [FILE.gguf EXPECTED.json ...]
// EXPECTED.json holds {"cases": [{"ids": [...], "greedy": [...]}]}. Standard output has one line per file.
import {readFileSync} from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const args = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", maxThreads: 2, logLevel: LlamaLogLevel.error});

const continued = async (context, {ids, greedy}) => {
  const sequence = context.getSequence();
  const found = [];
  for await (const token of sequence.evaluate(ids, {temperature: 0, yieldEogToken: true})) {
    found.push(token);
    if (found.length === greedy.length) {
      break;
    }
  }
  await sequence.dispose();
  return found;
};

/** How many tokens are the same before the first that is not. */
const common = (a, b) => {
  const end = a.findIndex((token, i) => token !== b[i]);
  return end < 0 ? a.length : end;
};

let same = 0;
for (let i = 0; i < args.length; i += 2) {
  const {cases} = JSON.parse(readFileSync(args[i + 1], "utf8"));
  const results = [];
  try {
    const model = await llama.loadModel({modelPath: args[i], gpuLayers: 0});
    const context = await model.createContext({contextSize: 256, sequences: 1, batchSize: 256, threads: 2,
      flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"});
    for (const one of cases) {
      results.push(`${one.ids.length} tokens: ${common(one.greedy, await continued(context, one))}/${one.greedy.length}`);
    }
    await context.dispose();
    await model.dispose();
  } catch (error) {
    results.push(`refused: ${error.message}`);
  }
  const whole = results.every(result => /(\d+)\/\1$/.test(result));
  same += whole ? 1 : 0;
  console.log(`${whole ? "same" : "DIFFERS"}  ${args[i].split("/").at(-1)}  ${results.join(", ")}`);
}
console.log(`${same} of ${args.length / 2} files: llama.cpp ${llama.llamaCppRelease?.release ?? ""} continues as the reference`);
await llama.dispose();
