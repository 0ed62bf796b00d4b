/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import dev.millrace.spi.model.VocabularySource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A small made-up vocabulary of byte-level BPE that encodes any text, with the control tokens of LFM2 at their ids. */
final class SyntheticVocabulary {

    static final String TEMPLATE = "{{ bos_token }}{% for message in messages %}"
            + "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    /** In the order of the ids, from the first control id on. */
    private static final List<String> CONTROL = List.of("<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|fim_pre|>",
            "<|fim_mid|>", "<|fim_suf|>", "<|im_start|>", "<|im_end|>", "<|tool_list_start|>", "<|tool_list_end|>",
            "<|tool_call_start|>", "<|tool_call_end|>", "<|tool_response_start|>", "<|tool_response_end|>");
    private static final List<String> LETTERS = List.of("e", "t", "a", "o", "i", "n", "s", "h", "r", "d", "l", "u");
    private static final int NORMAL = 1;
    private static final int CONTROL_TYPE = 3;
    private static final int UNUSED = 5;

    private SyntheticVocabulary() {
    }

    static VocabularySource.Table table(ModelShape.Tokens shape) {
        int size = shape.size();
        int first = shape.control();
        Map<Integer, String> fixed = new HashMap<>();
        for (int i = 0; i < CONTROL.size(); i++) {
            fixed.put(first + i, CONTROL.get(i));
        }
        List<String> merges = new ArrayList<>();
        Set<String> text = new LinkedHashSet<>(byteLetters());
        for (String a : LETTERS) {
            for (String b : LETTERS) {
                merges.add(a + " " + b);
                text.add(a + b);
            }
        }
        List<String> texts = List.copyOf(new ArrayList<>(text));
        List<String> tokens = new ArrayList<>(size);
        int[] types = new int[size];
        Arrays.fill(types, UNUSED);
        int next = 0;
        for (int id = 0; id < size; id++) {
            String control = fixed.get(id);
            if (control != null) {
                types[id] = CONTROL_TYPE;
                tokens.add(control);
            } else if (next < texts.size()) {
                types[id] = NORMAL;
                tokens.add(texts.get(next++));
            } else {
                tokens.add("[PAD" + id + "]");
            }
        }
        return new VocabularySource.Table("gpt2", "lfm2", List.copyOf(tokens), types, new float[0], List.copyOf(merges),
                OptionalInt.of(first + 1), OptionalInt.of(first + 7), OptionalInt.empty(), false,
                Optional.of(true));
    }

    /** The characters that stand for bytes (Radford et al., 2019): printable ones for themselves, the rest moved up. */
    private static List<String> byteLetters() {
        List<String> letters = new ArrayList<>();
        int moved = 0;
        List<String> others = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            if ((b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae) {
                letters.add(Character.toString(b));
            } else {
                others.add(Character.toString(256 + moved++));
            }
        }
        letters.addAll(others);
        return letters;
    }
}
