// Masks of XGrammar for the vocabulary, schema and value that Millrace's MaskTimes measures.
//   npm install --ignore-scripts @mlc-ai/web-xgrammar@0.1.27 && node masks.mjs FILE [ROUNDS]
// FILE: written by java ... dev.millrace.grammar.vocabulary.MaskTimes FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// the package says that it is a module of the newer kind, and is one of the older
const module = { exports: {} };
const file = "node_modules/@mlc-ai/web-xgrammar/lib/index.js";
new Function("exports", "module", "require", "__dirname", "__filename", readFileSync(file, "utf8"))(module.exports, module,
  createRequire(import.meta.url), process.cwd(), file);
const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = module.exports;

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rounds = Number(process.argv[3] ?? 20);

// as byte-level vocabularies spell bytes: printable ones of Latin-1 as themselves, the others from U+0100 on
const spelled = [];
for (let b = 0, hidden = 0; b < 256; b++) {
  const printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  spelled.push(String.fromCharCode(printable ? b : 256 + hidden++));
}
const vocabulary = given.tokens.map((token) => [...Buffer.from(token, "base64")].map((b) => spelled[b]).join(""));
vocabulary.push("<|end|>");
const info = await TokenizerInfo.createTokenizerInfo(vocabulary, "byte_level", false, vocabulary.length, [vocabulary.length - 1]);
const schema = JSON.stringify(given.schema);

/** Processor time in microseconds: other programs disturb it little. */
const now = () => { const used = process.cpuUsage(); return used.user + used.system; };
const wall = () => Number(process.hrtime.bigint()) / 1e3;
const grammars = [], masks = [], walls = [];
for (let round = 0; round < rounds; round++) {
  const compiler = await GrammarCompiler.createGrammarCompiler(info, false);
  let start = now();
  const compiled = await compiler.compileJSONSchema(schema);
  grammars.push(now() - start);
  const matcher = await GrammarMatcher.createGrammarMatcher(compiled);
  for (const token of given.value) {
    start = now();
    const begin = wall();
    await matcher.getNextTokenBitmask();
    if (!matcher.acceptToken(token)) throw new Error("refuses " + vocabulary[token]);
    masks.push(now() - start);
    walls.push(wall() - begin);
  }
  matcher.dispose(); compiled.dispose(); compiler.dispose();
}
for (const [name, all] of [["making the grammar", grammars], ["masks, processor time", masks], ["masks, by the clock", walls]]) {
  all.sort((a, b) => a - b);
  const at = (part) => all[Math.min(all.length - 1, Math.floor(all.length * part))].toFixed(0);
  console.log(`${name}: average ${(all.reduce((a, b) => a + b, 0) / all.length).toFixed(1)}, median ${at(0.5)}, 99 % ${at(0.99)}, most ${at(1)} microseconds`);
}
