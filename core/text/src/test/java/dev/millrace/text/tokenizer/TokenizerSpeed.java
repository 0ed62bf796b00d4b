/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Prints how fast texts are encoded, in MB of UTF-8 a second on one thread: medians over 21 runs of 4 MB after a warm-up. Without
 * an argument it takes the nano vocabulary, else a GGUF file. Started by hand with the test class path.
 */
final class TokenizerSpeed {

    private static final int RUNS = 21;

    private TokenizerSpeed() {
    }

    public static void main(String[] args) throws IOException {
        PromptTokenizer tokenizer = args.length == 0
                ? Tokenizers.of(Nano.table())
                : Tokenizers.of(GgufMetadata.table(Path.of(args[0])));
        String english = english(4 << 20);
        String line = english.replaceAll("[^a-z]", "").substring(0, 1 << 20);
        measure(tokenizer, "English", english);
        measure(tokenizer, "all code points", random(1 << 20));
        measure(tokenizer, "1 MB without a space", line);
        measure(tokenizer, "1 MB with spaces", english.substring(0, 1 << 20));
    }

    private static void measure(PromptTokenizer tokenizer, String name, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        double[] seconds = new double[RUNS];
        int tokens = 0;
        for (int run = -10; run < RUNS; run++) {
            long start = System.nanoTime();
            tokens = tokenizer.encode(text).length;
            if (run >= 0) {
                seconds[run] = (System.nanoTime() - start) * 1e-9;
            }
        }
        Arrays.sort(seconds);
        double median = seconds[RUNS / 2];
        System.out.printf(Locale.ROOT,
                "%-22s %6.1f MB/s, %5.2f M tokens/s, %.3f s for %d bytes (fastest %.3f, slowest %.3f)%n",
                name, bytes / median * 1e-6, tokens / median * 1e-6, median, bytes, seconds[0], seconds[RUNS - 1]);
    }

    /** Words by Zipf's law over a made-up lexicon of 30 000, most of them seen often, many seldom. */
    private static String english(int size) {
        Random random = new Random(67);
        String[] common = ("the of and to a in is it that was for on are with as at be this have from or had by word but what all "
                + "were we when your can said there use an each which she do how their if will up other about out many then them "
                + "these so some her would make like him into time has look two more write go see number no way could people my "
                + "than first water been call who oil its now find long down day did get come made may part")
                .split(" ", -1);
        String[] syllables = "ing er a ly ed i es re tion in e con y ter ex al de com o di en an ty ry u ti ri be per to pro ac ad ar"
                .split(" ", -1);
        String[] lexicon = new String[30_000];
        for (int i = 0; i < lexicon.length; i++) {
            StringBuilder word = new StringBuilder(i < common.length ? common[i] : "");
            for (int n = i < common.length ? 0 : 2 + random.nextInt(3); n > 0; n--) {
                word.append(syllables[random.nextInt(syllables.length)]);
            }
            lexicon[i] = word.toString();
        }
        StringBuilder text = new StringBuilder(size + 64);
        boolean begins = true;
        while (text.length() < size) {
            int rank = (int) Math.min(lexicon.length - 1, Math.exp(random.nextDouble() * Math.log(lexicon.length)) - 1);
            String word = lexicon[rank];
            text.append(begins ? Character.toUpperCase(word.charAt(0)) : word.charAt(0)).append(word, 1, word.length());
            int end = random.nextInt(60);
            begins = end < 4;
            text.append(end < 3
                    ? ". "
                    : end == 3 ? ".\n\n" : end < 7 ? ", " : end == 7 ? "'s " : end == 8 ? " 1984 " : " ");
        }
        return text.toString();
    }

    private static String random(int size) {
        Random random = new Random(71);
        StringBuilder text = new StringBuilder(size + 64);
        while (text.length() < size) {
            text.append(RandomText.next(random));
        }
        return text.toString();
    }
}
