/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.api.Millrace;
import dev.millrace.engine.Engine;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** What benchmarks work on: named files, or what travels with the project. */
final class Material {

    /** The packaged model, and the text that is made up. */
    static final String OWN = "nano";

    private static final String[] COMMON = ("the of and to a in is that it was for on are with as his they be at one have"
            + " this from or had by hot but some what there we can out other were all your when up use how said each she")
            .split(" ", -1);
    private static final String[] STEMS = ("gate sens read pump valv temper press cell motor switch kitch garden report"
            + " measur control connect record remind water light").split(" ", -1);
    private static final String[] ENDINGS = {"", "s", "ed", "ing", "er", "ion", "ure", "able", "en", "ly"};

    private Material() {
    }

    /**
     * A tokenizer.
     *
     * @param vocabulary {@code nano}, a {@code tokenizer.json}, or a model
     */
    static PromptTokenizer tokenizer(String vocabulary) throws IOException {
        if (vocabulary.endsWith(".json")) {
            return Tokenizers.of(new VocabularySource.HuggingFace(Files.readString(Path.of(vocabulary)), "", ""));
        }
        try (Engine engine = (Engine) Millrace.start(); ModelFile file = engine.file(vocabulary)) {
            return engine.tokenizer(file);
        }
    }

    /**
     * A chat template.
     *
     * @param template {@code nano}, a template in a {@code .jinja} file, or a model
     */
    static String template(String template) throws IOException {
        if (template.endsWith(".jinja")) {
            return Files.readString(Path.of(template));
        }
        try (Engine engine = (Engine) Millrace.start(); ModelFile file = engine.file(template)) {
            return file.chatTemplate().orElseThrow();
        }
    }

    /**
     * A text.
     *
     * @param text {@code nano} for 1 MB of words like English ones, half of them very common, or a file in UTF-8
     */
    static String text(String text) throws IOException {
        if (!text.equals(OWN)) {
            return Files.readString(Path.of(text));
        }
        Random random = new Random(5);
        StringBuilder made = new StringBuilder(1 << 20);
        while (made.length() < 1 << 20) {
            if (random.nextBoolean()) {
                made.append(COMMON[random.nextInt(COMMON.length)]);
            } else {
                made.append(STEMS[random.nextInt(STEMS.length)]).append(ENDINGS[random.nextInt(ENDINGS.length)]);
            }
            made.append(random.nextInt(12) == 0 ? ", " : random.nextInt(15) == 0 ? ".\n" : " ");
        }
        return made.toString();
    }
}
