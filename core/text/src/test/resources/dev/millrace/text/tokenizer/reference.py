# Makes reference.json: small vocabularies of every kind, with ids and texts from the library tokenizers (0.23.2).
# python reference.py nano-vectors.json reference.json
import json, random, sys
from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models as M, normalizers as N, pre_tokenizers as P, trainers as T

random.seed(7)
CORPUS = [
    "The gateway reads the sensors in the cellar and opens the valve when it is damp. ",
    "I don't think we'll need it; they've said it's fine. HTTPServer camelCase fooBar x1 2026 1234567 3.14",
    "def main(args):\n    return [x for x in args if x != None]\n\n\nprint(main([1, 2, 3]))\n",
    "Привет, мир! Как дела сегодня?", "Γειά σου Κόσμε", "你好世界，今天天气很好。", "こんにちは世界、カタカナ", "안녕하세요 세계",
    "नमस्ते दुनिया", "สวัสดีชาวโลก", "Xin chào thế giới, tiếng Việt", "مرحبا بالعالم"] * 4
CORPUS += [case["text"] for case in json.load(open(sys.argv[1]))] * 3
CORPUS = [text for text in CORPUS if len(text) > 2]
RANGES = [(0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x4ff), (0x590, 0x6ff), (0x900, 0x97f), (0xe00, 0xe7f), (0x1e00, 0x206f),
          (0x2070, 0x218f), (0x3000, 0x30ff), (0x4e00, 0x4fff), (0xac00, 0xad00), (0xff00, 0xffef), (0x1f300, 0x1f6ff), (0x1d400, 0x1d7ff), (0, 0x2f)]
WORDS = ["hello", "World", "don't", "I'LL", "we'Ve", "  ", "\n", "\r\n", "\t", " ", "123", "4567", "'ſ", "'s", "it'S", "İstanbul", "ΣΑΣ", "e\u0301",
         "ﬁ", "①", "½", "👩‍👩‍👧", "\u200d", "\u00a0", "\u3000", "\u0085", "\u2028", "!?", "...", "/", "//\n", "camelCase", "HTTPServer", "x1y2", "<s>",
         "</s>", "[CLS]", "<unk>", "<0x0A>", "▁", "▁▁", "foo_bar", "中文字", "日本語カナ", "한국어", "हिन्दी", "ไทย", "tiếng Việt", "العربية", "aaa",
         "\x00", "\x1f", "\ufffd", "\ufeff", "<|x|>", "<user>", "Sp"]
SPECIAL = ["<s>", "</s>", "<unk>", "[UNK]", "[CLS]", "<|x|>"]
BYTES = ["<0x%02X>" % b for b in range(256)]
out = []


def text():
    parts, n = [], random.randint(0, 12)
    while len(parts) < n:
        kind = random.random()
        if kind < .5:
            parts.append(random.choice(WORDS))
        elif kind < .7:
            low, high = random.choice(RANGES)
            parts.append("".join(chr(random.randint(low, high)) for _ in range(random.randint(1, 5))))
        elif kind < .9:
            source = random.choice(CORPUS)
            start = random.randrange(len(source))
            parts.append(source[start:start + random.randint(1, 20)])
        else:
            code = random.randrange(0x110000 - 0x800)
            parts.append(chr(code if code < 0xd800 else code + 0x800))
    return "".join(parts)


def emit(name, tokenizer, **model):
    made = json.loads(tokenizer.to_str())
    made["added_tokens"] = [token for token in made["added_tokens"] if token["content"] not in BYTES]
    made["model"].update(model)
    tokenizer = Tokenizer.from_str(json.dumps(made))
    if random.random() < .5:
        tokenizer.add_tokens([AddedToken("<user>", normalized=False), AddedToken("Sp", single_word=True, lstrip=True, normalized=False)])
    cases = []
    for _ in range(30):
        given = text()
        tokenizer.encode_special_tokens = False
        ids = tokenizer.encode(given, add_special_tokens=False).ids
        case = {"text": given, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}
        # a unigram model of the library finds control tokens in plain text, too
        if made["model"]["type"] != "Unigram" and "<unk>" not in given and "[UNK]" not in given:
            tokenizer.encode_special_tokens = True
            case["plain"] = tokenizer.encode(given, add_special_tokens=False).ids
        cases.append(case)
    out.append({"name": name, "tokenizer": json.loads(tokenizer.to_str()), "cases": cases})


def byte_level(name, *steps, normalizer=None, last=P.ByteLevel(add_prefix_space=False, use_regex=False)):
    tokenizer = Tokenizer(M.BPE())
    tokenizer.pre_tokenizer = P.Sequence([*steps, last])
    tokenizer.decoder = D.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(CORPUS, T.BpeTrainer(vocab_size=420, special_tokens=SPECIAL, initial_alphabet=P.ByteLevel.alphabet(), show_progress=False))
    emit(name, tokenizer)


def characters(name, pre=None, normalizer=None, decoder=None, trainer={}, bytes=False, **model):
    tokenizer = Tokenizer(M.BPE(**model))
    if pre: tokenizer.pre_tokenizer = pre
    if normalizer: tokenizer.normalizer = normalizer
    if decoder: tokenizer.decoder = decoder
    special = SPECIAL + (BYTES if bytes else [])
    tokenizer.train_from_iterator(CORPUS, T.BpeTrainer(vocab_size=len(special) + 220, special_tokens=special, show_progress=False, limit_alphabet=100, **trainer))
    emit(name, tokenizer, **({"byte_fallback": True} if bytes else {}))


SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PREFIX = r"[^\r\n\p{L}\p{N}]?"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SIGNS = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|""" + SPACES
SPLITS = {
    "llama3": SHORT + "|" + PREFIX + r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES,
    "qwen2": SHORT + "|" + PREFIX + r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES,
    "qwen35": SHORT + "|" + PREFIX + r"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + SPACES,
    "gpt4o": PREFIX + UPPER + "*" + LOWER + "+" + SHORT + "?|" + PREFIX + UPPER + "+" + LOWER + "*" + SHORT + r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES,
    "tekken": PREFIX + UPPER + "*" + LOWER + "+|" + PREFIX + UPPER + "+" + LOWER + r"*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES,
    "signs": SIGNS,
    "rare": r"\s?\p{L}++|\d{1,3}(?=(?:\d{3})*\b)|\s+$|\h",
    "scripts": r"\p{Han}+|\p{^L}\w"}


def split(regex, behaviour="isolated", invert=False):
    return P.Split(Regex(regex), behaviour, invert)


for name, regex in SPLITS.items():
    byte_level("split-" + name, split(regex))
byte_level("prefix", last=P.ByteLevel(add_prefix_space=True))
byte_level("nfc-digits", P.Digits(individual_digits=True), normalizer=N.NFC(), last=P.ByteLevel(add_prefix_space=False))
byte_level("deepseek", split(r"\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"), split(SIGNS))
for behaviour in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
    for invert in (False, True):
        byte_level(f"{behaviour}-{invert}", split(r"[a-m]|\s", behaviour, invert))
byte_level("kept-signs", split(SIGNS, "removed", True))
byte_level("kept-words", split(SPLITS["llama3"], "removed", True))
characters("llama", None, N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]),
           D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]), bytes=True, unk_token="<unk>", fuse_unk=True)
characters("gemma", P.Split(" ", "merged_with_previous"), N.Replace(" ", "▁"), D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse()]),
           bytes=True, unk_token="<unk>")
for fuse in (False, True):
    characters(f"unknown-{fuse}", P.Metaspace(prepend_scheme="first"), None, D.Metaspace(prepend_scheme="first"), unk_token="<unk>", fuse_unk=fuse)
characters("dropped", P.Whitespace(), N.Sequence([N.NFKD(), N.StripAccents(), N.Lowercase()]))
characters("metaspace-never", P.Metaspace(prepend_scheme="never", split=False), N.Strip(), D.Metaspace(prepend_scheme="never"), unk_token="<unk>")
characters("metaspace-always", P.Metaspace(prepend_scheme="always"), N.Nmt(), D.Metaspace(prepend_scheme="always"), unk_token="<unk>")
characters("suffix", P.Sequence([P.WhitespaceSplit(), P.Punctuation()]), N.NFKC(), trainer={"end_of_word_suffix": "</w>"}, unk_token="<unk>", end_of_word_suffix="</w>")
characters("affix", P.BertPreTokenizer(), N.NFD(), D.WordPiece(), {"continuing_subword_prefix": "##"}, unk_token="<unk>", continuing_subword_prefix="##")
for lower in (True, False):
    words = Tokenizer(M.WordPiece(unk_token="[UNK]"))
    words.normalizer = N.BertNormalizer(lowercase=lower)
    words.pre_tokenizer = P.BertPreTokenizer()
    words.decoder = D.WordPiece(cleanup=lower)
    words.train_from_iterator(CORPUS, T.WordPieceTrainer(vocab_size=480, special_tokens=SPECIAL, show_progress=False, limit_alphabet=100))
    emit(f"word-piece-{lower}", words)
for name, pre in {"words": P.Metaspace(), "bytes": None, "sequence": P.Sequence([P.WhitespaceSplit(), P.Metaspace(prepend_scheme="always")])}.items():
    unigram = Tokenizer(M.Unigram())
    if pre:
        unigram.pre_tokenizer = pre
        unigram.decoder = D.Metaspace()
    else:
        unigram.normalizer = N.Replace(Regex(" {2,}"), " ")
        unigram.decoder = D.Sequence([D.ByteFallback(), D.Fuse()])
    special = SPECIAL + ([] if pre else BYTES)
    unigram.train_from_iterator(CORPUS, T.UnigramTrainer(vocab_size=len(special) + 240, special_tokens=special, unk_token="<unk>", show_progress=False))
    emit("unigram-" + name, unigram, **({} if pre else {"byte_fallback": True}))
with open(sys.argv[2], "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in out) + "\n]\n")
