/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.VocabularySource.Table;
import dev.millrace.text.tokenizer.AddedTokens.Added;
import dev.millrace.text.tokenizer.AddedTokens.Precedence;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads vocabularies as GGUF states them (the keys {@code tokenizer.ggml.*} of the GGUF specification). For one thread. */
final class TableReader {

    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

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
            if (type(id) == CONTROL || type(id) == UNKNOWN || type(id) == USER_DEFINED) {
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
        PreTokenizerNames.Split split = PreTokenizerNames.of(table.pre());
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
        return pipeline(split.preTokenizers(), split.splitters(), model.build(merges, split.wholeFirst()),
                new Spelling(new Vocabulary(read), 0));
    }

    private boolean isAdded(int id) {
        return type(id) == CONTROL || type(id) == UNKNOWN || type(id) == USER_DEFINED;
    }

    private Pipeline pipeline(List<PreTokenizer> preTokenizers, List<Splitter> splitters, TokenModel model,
            Spelling spelling) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < size; id++) {
            ids.put(table.tokens().get(id), id);
        }
        return new Pipeline(new AddedTokens(added, Precedence.LONGEST), null,
                new AddedTokens(List.of(), Precedence.LONGEST), preTokenizers, splitters, model, spelling, token -> {
                    Integer id = ids.get(token);
                    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
                }, controls, known("bos_token_id", table.bos()), known("eos_token_id", table.eos()));
    }

    private OptionalInt known(String key, OptionalInt id) {
        if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= size)) {
            throw new MillraceException("tokenizer.ggml." + key + ": There is no token " + id.getAsInt()
                    + "; the vocabulary has " + size + ".");
        }
        return id;
    }
}
