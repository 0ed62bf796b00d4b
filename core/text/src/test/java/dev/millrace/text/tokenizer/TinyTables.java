/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.spi.model.VocabularySource.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Vocabularies that fit on a page. */
final class TinyTables {

    private TinyTables() {
    }

    /** Ids 0 to 255 are the bytes in order, then come the tokens given, normal ones first. */
    static Table byteLevel(String pre, List<String> normal, List<String> control, List<String> userDefined,
            List<String> merges) {
        List<String> tokens = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(String.valueOf(ByteAlphabet.charOf(b)));
        }
        tokens.addAll(normal);
        int firstControl = tokens.size();
        tokens.addAll(control);
        int firstUser = tokens.size();
        tokens.addAll(userDefined);
        int[] types = new int[tokens.size()];
        for (int id = 0; id < types.length; id++) {
            types[id] = id >= firstUser ? 4 : id >= firstControl ? 3 : 1;
        }
        return new Table("gpt2", pre, tokens, types, new float[0], merges, OptionalInt.empty(), OptionalInt.empty(),
                OptionalInt.empty(), false);
    }

    /** Tokens with scores; those that are spelled {@code <0x00>} are bytes, those in other brackets control tokens. */
    static Table scored(String model, boolean prefix, List<String> tokens, float... scores) {
        int[] types = new int[tokens.size()];
        for (int id = 0; id < types.length; id++) {
            String token = tokens.get(id);
            types[id] = Fallback.byteOf(token) >= 0 ? 6 : token.startsWith("<") ? id == 0 ? 2 : 3 : 1;
        }
        return new Table(model, "", tokens, types, scores, List.of(), OptionalInt.of(1), OptionalInt.of(2),
                OptionalInt.of(0), prefix);
    }
}
