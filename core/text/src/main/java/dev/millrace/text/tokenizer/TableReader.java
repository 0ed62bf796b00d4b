/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.model.VocabularySource.Table;
import dev.millrace.text.tokenizer.AddedTokens.Added;
import dev.millrace.text.tokenizer.AddedTokens.Precedence;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads vocabularies as GGUF states them (the keys {@code tokenizer.ggml.*} of the GGUF specification). For one thread. */
final class TableReader {

    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;
    /** How SentencePiece writes a space. */
    private static final String SPACE = "\u2581";

    /** Splits of vocabularies whose models were trained on texts that begin with a token of their own. */
    private static final Set<String> BEGINNING = Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1",
            "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "tekken", "chameleon");

    private final Table table;
    private final int size;
    private final List<Added> added = new ArrayList<>();
    private final BitSet controls = new BitSet();

    private TableReader(Table table) {
        this.table = table;
        this.size = table.tokens().size();
    }

    static Pipeline read(Table table) {
        TableReader reader = new TableReader(table);
        reader.check();
        return switch (table.model()) {
            case "gpt2" -> reader.byteLevel();
            case "llama" -> reader.sentencePiece();
            case "t5" -> reader.unigram();
            case "bert" -> reader.wordPiece();
            default -> throw new MillraceException("tokenizer.ggml.model: The vocabulary kind \"" + table.model()
                    + "\" is not supported; supported are gpt2 (byte-level BPE), llama (SentencePiece), t5 (unigram) and bert (WordPiece).");
        };
    }

    private void check() {
        if (size == 0) {
            throw new MillraceException("tokenizer.ggml.tokens: The vocabulary is empty.");
        }
        if (table.types().length != 0 && table.types().length != size) {
            throw new MillraceException("tokenizer.ggml.token_type: " + table.types().length + " types are given for "
                    + size + " tokens.");
        }
        if (table.scores().length != 0 && table.scores().length != size) {
            throw new MillraceException("tokenizer.ggml.scores: " + table.scores().length + " scores are given for "
                    + size + " tokens.");
        }
        for (int id = 0; id < size; id++) {
            if (isAdded(id)) {
                boolean control = type(id) != USER_DEFINED;
                controls.set(id, control);
                added.add(new Added(table.tokens().get(id), id, control, false, false, false));
            }
        }
    }

    private int type(int id) {
        return table.types().length == 0 ? 1 : table.types()[id];
    }

    private Pipeline byteLevel() {
        SplitNames.Split split = SplitNames.of(table.pre());
        List<byte @Nullable []> read = new ArrayList<>(size);
        List<byte @Nullable []> spelled = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            String token = table.tokens().get(id);
            byte[] verbatim = token.getBytes(StandardCharsets.UTF_8);
            byte @Nullable [] bytes = isAdded(id) ? null : ByteAlphabet.bytesOf(token);
            spelled.add(bytes);
            read.add(bytes == null ? verbatim : bytes);
        }
        Vocabulary vocabulary = new Vocabulary(spelled);
        ByteLevelBuilder model = new ByteLevelBuilder(vocabulary);
        MergeTable merges = new MergeTable(table.merges().size());
        for (int rank = 0; rank < table.merges().size(); rank++) {
            String merge = table.merges().get(rank);
            int space = merge.indexOf(' ', 1);
            if (space < 0 || space == merge.length() - 1) {
                throw new MillraceException("tokenizer.ggml.merges: Merge " + rank + " is \"" + merge
                        + "\", not two halves with a space between them.");
            }
            String left = merge.substring(0, space);
            String right = merge.substring(space + 1);
            int a = model.symbol(left);
            int b = model.symbol(right);
            if (a >= 0 && b >= 0) {
                merges.put(a, b, rank, model.symbol(left + right), false);
            }
        }
        return pipeline(null, split.preTokenizers(), split.splitters(), model.build(merges, split.wholeFirst()),
                new Spelling(new Vocabulary(read), 0));
    }

    private boolean isAdded(int id) {
        return type(id) == CONTROL || type(id) == UNKNOWN || type(id) == USER_DEFINED;
    }

    private Pipeline sentencePiece() {
        if (table.scores().length == 0) {
            throw new MillraceException(
                    "tokenizer.ggml.scores: The vocabulary has no scores, which SentencePiece needs.");
        }
        TokenModel model = new ScoreModel(characters(), table.scores(), new Fallback(bytes(), unknown(), false));
        boolean prefix = table.addSpacePrefix();
        return pipeline(text -> escape(prefix ? " " + text : text), List.of(), List.of(), model,
                pieces(prefix ? 1 : 0));
    }

    /** T5 normalises with a table that GGUF keeps elsewhere; what it amounts to are these steps. */
    private Pipeline unigram() {
        if (table.scores().length == 0) {
            throw new MillraceException(
                    "tokenizer.ggml.scores: The vocabulary has no scores, which a unigram model needs.");
        }
        double[] scores = new double[size];
        for (int id = 0; id < size; id++) {
            scores[id] = table.scores()[id];
        }
        TokenModel model = new UnigramModel("tokenizer.ggml.tokens", characters(), scores,
                new Fallback(bytes(), unknown(), true));
        boolean prefix = table.addSpacePrefix();
        Normaliser form = Normalisers.form(Normalizer.Form.NFKC);
        return pipeline(text -> {
            String clean = form.apply(Normalisers.nmt(text)).strip().replaceAll(" {2,}", " ");
            return clean.isEmpty() ? clean : escape(prefix ? " " + clean : clean);
        }, List.of(), List.of(), model, pieces(prefix ? 1 : 0));
    }

    /** GGUF marks the beginning of a word where the vocabulary of BERT marks what goes on. */
    private Pipeline wordPiece() {
        if (unknown() < 0) {
            throw new MillraceException(
                    "tokenizer.ggml.unknown_token_id: The vocabulary names no unknown token, which WordPiece needs.");
        }
        TokenModel model = new WordPieceModel(characters(), SPACE, "", Integer.MAX_VALUE, unknown());
        JsonObject words = new JsonObject("", Map.of("pre_tokenizer", Map.of("type", "BertPreTokenizer")));
        PreTokenizerReader.Steps steps = PreTokenizerReader.read(words);
        return pipeline(Normalisers.bert(true, true, true, true), steps.preTokenizers(), steps.splitters(), model,
                pieces(1));
    }

    private static String escape(String text) {
        return text.replace(" ", SPACE);
    }

    private int unknown() {
        return known("unknown_token_id", table.unknown()).orElse(-1);
    }

    /** What a model of characters finds in the text: no control tokens, and bytes only as a last resort. */
    private Vocabulary characters() {
        List<byte @Nullable []> tokens = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            boolean hidden = controls.get(id) || byteOf(id) >= 0;
            tokens.add(hidden ? null : table.tokens().get(id).getBytes(StandardCharsets.UTF_8));
        }
        return new Vocabulary(tokens);
    }

    /** The byte that a token stands for as a last resort, or -1. A file without types has only the spelling to tell. */
    private int byteOf(int id) {
        return type(id) == BYTE || table.types().length == 0 ? Fallback.byteOf(table.tokens().get(id)) : -1;
    }

    private int[] bytes() {
        int[] ids = new int[256];
        Arrays.fill(ids, -1);
        for (int id = 0; id < size; id++) {
            int b = byteOf(id);
            if (b >= 0) {
                ids[b] = id;
            }
        }
        return ids;
    }

    private Spelling pieces(int lead) {
        List<byte @Nullable []> read = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            String token = table.tokens().get(id);
            int b = byteOf(id);
            read.add(b >= 0
                    ? new byte[]{(byte) b}
                    : (isAdded(id) ? token : token.replace(SPACE, " ")).getBytes(StandardCharsets.UTF_8));
        }
        return new Spelling(new Vocabulary(read), lead);
    }

    private Pipeline pipeline(@Nullable Normaliser normaliser, List<PreTokenizer> preTokenizers,
            List<Splitter> splitters, TokenModel model, Spelling spelling) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < size; id++) {
            ids.put(table.tokens().get(id), id);
        }
        return new Pipeline(new AddedTokens(added, Precedence.LONGEST), normaliser,
                new AddedTokens(List.of(), Precedence.LONGEST), preTokenizers, splitters, model, spelling, token -> {
                    Integer id = ids.get(token);
                    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
                }, controls, known("bos_token_id", table.bos()), known("eos_token_id", table.eos()),
                table.addBos().orElseGet(this::addsBos));
    }

    /** What llama.cpp does where a file does not say. */
    private boolean addsBos() {
        return switch (table.model()) {
            case "llama", "bert" -> true;
            case "gpt2" -> BEGINNING.contains(table.pre());
            default -> false;
        };
    }

    private OptionalInt known(String key, OptionalInt id) {
        if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= size)) {
            throw new MillraceException("tokenizer.ggml." + key + ": There is no token " + id.getAsInt()
                    + "; the vocabulary has " + size + ".");
        }
        return id;
    }
}
