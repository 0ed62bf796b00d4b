/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.formats.gguf.GgufModel;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Vocabularies in tests. */
public final class Vocabularies {

    private static final int LARGE = 128_000;

    private Vocabularies() {
    }

    /** Of the model that travels with the project. */
    public static TokenTree nano() {
        try (Millrace millrace = Millrace.start(); Model model = millrace.open("nano")) {
            return tree((PromptTokenizer) model.tokenizer());
        }
    }

    /** Of a public model, where it is present. */
    public static Optional<TokenTree> golden(String name) {
        return tokenizer(name).map(Vocabularies::tree);
    }

    /** The tokenizer of a public model, where it is present. */
    public static Optional<PromptTokenizer> tokenizer(String name) {
        Path file = Path.of(System.getProperty("millrace.shared", "none"), "golden", "tokenizers", name + ".gguf");
        return Files.exists(file)
                ? GgufModel.vocabulary(file).map(Tokenizers::of)
                : Optional.empty();
    }

    private static TokenTree tree(PromptTokenizer tokenizer) {
        byte[][] all = new byte[tokenizer.size()][];
        for (int i = 0; i < all.length; i++) {
            all[i] = tokenizer.isControl(i) ? TokenTree.control(tokenizer.decode(i)) : tokenizer.bytes(i);
        }
        return new TokenTree(all);
    }

    /**
     * As large as those of today's models, made up as they are: all bytes, runs of spaces, numbers, what programs are written
     * with, and words with and without a space before them, in three alphabets.
     */
    public static TokenTree large() {
        Set<String> texts = new HashSet<>();
        List<byte[]> all = new ArrayList<>();
        for (int b = 0; b < 0xfe; b++) {
            all.add(new byte[]{(byte) b});
        }
        for (int i = 2; i < 80; i++) {
            texts.add(" ".repeat(i));
            texts.add("\n".repeat(i / 8 + 2) + " ".repeat(i % 20));
            texts.add("\t".repeat(i % 12 + 1));
        }
        for (int i = 0; i < 1000; i++) {
            texts.add(Integer.toString(i));
            texts.add(String.format("%03d", i));
        }
        String[] punctuation = "\" \", \": \":\" {\" [\" \"] \"} \"}, \"],[ ] { } }, }} }]} () (); (\" \") == => // /* */ <!-- --> </ /> ... \\n \\\" \\u"
                .split(" ", -1);
        for (String one : punctuation) {
            for (String two : punctuation) {
                texts.add(one + two);
                texts.add(" " + one + two);
            }
        }
        String[] letters = {"etaoinshrdlucmfwypvbgkjqxz",
                "\u043e\u0435\u0430\u0438\u043d\u0442\u0441\u0440\u0432\u043b\u043a\u043c\u0434\u043f\u0443\u044f",
                "\u7684\u4e00\u662f\u4e0d\u4e86\u5728\u4eba\u6709\u6211\u4ed6\u8fd9\u4e2a\u4eec\u4e2d\u6765\u4e0a\u5927\u4e3a\u548c\u56fd"};
        Random random = new Random(11);
        while (texts.size() + all.size() < LARGE) {
            String alphabet = letters[random.nextInt(10) < 7 ? 0 : 1 + random.nextInt(2)];
            StringBuilder word = new StringBuilder(random.nextInt(5) < 2 ? "" : " ");
            int length = 2 + random.nextInt(9);
            for (int i = 0; i < length; i++) {
                int most = 1 + random.nextInt(alphabet.length());
                word.append(alphabet.charAt(random.nextInt(most)));
            }
            String text = word.toString();
            switch (random.nextInt(12)) {
                case 0 -> texts.add(text.toUpperCase(Locale.ROOT));
                case 1 -> texts.add(text + "\":");
                case 2 -> texts.add("_" + text.strip());
                case 3 -> texts.add("\"" + text.strip());
                default -> texts.add(text);
            }
        }
        texts.stream().filter(text -> !text.isEmpty()).sorted()
                .forEach(text -> all.add(text.getBytes(StandardCharsets.UTF_8)));
        return new TokenTree(all.toArray(byte[][]::new));
    }
}
