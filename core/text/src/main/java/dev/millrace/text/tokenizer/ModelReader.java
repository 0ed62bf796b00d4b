/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the part {@code model} of {@code tokenizer.json}. */
final class ModelReader {

    /**
     * What the part says.
     *
     * @param model the model
     * @param spelling what its ids read as
     * @param ids ids by spelling
     */
    record Result(TokenModel model, Spelling spelling, Map<String, Integer> ids) {
    }

    private ModelReader() {
    }

    static Result read(JsonObject root, boolean byteLevel, Map<Integer, String> added, BitSet controls) {
        JsonObject model = root.object("model");
        Map<String, Integer> ids = vocabulary(model);
        int size = 0;
        for (int id : ids.values()) {
            size = Math.max(size, id + 1);
        }
        for (int id : added.keySet()) {
            size = Math.max(size, id + 1);
        }
        List<byte @Nullable []> spelled = new ArrayList<>(java.util.Collections.nCopies(size, null));
        List<byte @Nullable []> read = new ArrayList<>(spelled);
        ids.forEach((token, id) -> {
            byte @Nullable [] bytes = ByteAlphabet.bytesOf(token);
            spelled.set(id, controls.get(id) ? null : bytes);
            read.set(id, bytes == null ? token.getBytes(StandardCharsets.UTF_8) : bytes);
        });
        added.forEach((id, content) -> read.set(id, content.getBytes(StandardCharsets.UTF_8)));
        ByteLevelBuilder builder = new ByteLevelBuilder(new Vocabulary(spelled));
        List<?> list = model.list("merges");
        MergeTable merges = new MergeTable(list.size());
        for (int rank = 0; rank < list.size(); rank++) {
            String[] halves = merge(model, list, rank);
            int a = builder.symbol(halves[0]);
            int b = builder.symbol(halves[1]);
            if (a >= 0 && b >= 0) {
                merges.put(a, b, rank, builder.symbol(halves[0] + halves[1]), true);
            }
        }
        return new Result(builder.build(merges, model.flag("ignore_merges", false)),
                new Spelling(new Vocabulary(read), 0), ids);
    }

    private static Map<String, Integer> vocabulary(JsonObject model) {
        JsonObject vocab = model.object("vocab");
        Map<String, Integer> ids = new HashMap<>(vocab.map().size() * 2);
        vocab.map().forEach((token, id) -> ids.put((String) token,
                JsonObject.number(vocab.key((String) token), id, 0, HuggingFaceReader.MOST_IDS - 1)));
        return ids;
    }

    private static String[] merge(JsonObject model, List<?> merges, int rank) {
        Object merge = merges.get(rank);
        if (merge instanceof List<?> pair && pair.size() == 2 && pair.get(0) instanceof String left
                && pair.get(1) instanceof String right) {
            return new String[]{left, right};
        }
        if (merge instanceof String text) {
            int space = text.indexOf(' ');
            if (space > 0 && space < text.length() - 1 && text.indexOf(' ', space + 1) < 0) {
                return new String[]{text.substring(0, space), text.substring(space + 1)};
            }
        }
        throw new MillraceException(model.key("merges[" + rank + "]") + ": Expected two tokens.");
    }
}
