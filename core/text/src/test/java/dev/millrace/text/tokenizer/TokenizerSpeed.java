/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.spi.model.VocabularySource.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Prints how fast texts are encoded, in MB of UTF-8 a second on one thread: medians over {@value #RUNS} runs after a warm-up (fewer for a text that takes long).
 *
 * <p>
 * Arguments: {@code [FILE.gguf [SPLIT...]]}. Without a file it takes the nano vocabulary. With names of splits, as
 * {@code tokenizer.ggml.pre} has them, it cuts the text by each of these in turn instead of by the file's own. Started by hand with
 * the test class path.
 */
final class TokenizerSpeed {

    private static final int RUNS = 11;
    private static final int WARM_UP = 8;

    private TokenizerSpeed() {
    }

    public static void main(String[] args) throws IOException {
        Table file = args.length == 0 ? Nano.table() : GgufMetadata.table(Path.of(args[0]));
        List<String> splits = args.length < 2 ? List.of(file.pre()) : List.of(args).subList(1, args.length);
        String english = english(2 << 20);
        String line = english.replaceAll("[^a-z]", "").substring(0, 1 << 20);
        String spaced = english.substring(0, 1 << 20);
        String random = random(1 << 20);
        System.out.printf("%-16s %9s %12s %12s %12s%n", "split", "English", "all scripts", "1 MB spaced", "no space");
        for (String split : splits) {
            PromptTokenizer tokenizer = Tokenizers.of(split(file, split));
            System.out.printf(Locale.ROOT, "%-16s %4.1f MB/s %7.1f MB/s %10.3f s %10.3f s%n", split,
                    megabytes(english) / seconds(tokenizer, english), megabytes(random) / seconds(tokenizer, random),
                    seconds(tokenizer, spaced), seconds(tokenizer, line));
        }
    }

    private static Table split(Table file, String split) {
        return new Table(file.model(), split, file.tokens(), file.types(), file.scores(), file.merges(), file.bos(),
                file.eos(), file.unknown(), file.addSpacePrefix());
    }

    private static double megabytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length * 1e-6;
    }

    private static double seconds(PromptTokenizer tokenizer, String text) {
        double first = run(tokenizer, text);
        int part = first > 0.2 ? 3 : 1;
        for (int i = 0; i < WARM_UP / part; i++) {
            run(tokenizer, text);
        }
        double[] seconds = new double[RUNS / part];
        Arrays.setAll(seconds, i -> run(tokenizer, text));
        Arrays.sort(seconds);
        return seconds[seconds.length / 2];
    }

    private static double run(PromptTokenizer tokenizer, String text) {
        long start = System.nanoTime();
        if (tokenizer.encode(text).length == 0) {
            throw new IllegalStateException("The text gave no token.");
        }
        return (System.nanoTime() - start) * 1e-9;
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
