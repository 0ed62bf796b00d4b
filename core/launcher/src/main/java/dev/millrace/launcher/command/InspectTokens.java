/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Tokenizer;
import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.text.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How a text becomes tokens. */
@Command(name = "tokens", description = "Token ids of a text, and how well they compress it: {\"ids\": [...], \"decoded\": \"...\", "
        + "\"characters\", \"bytes\", \"charactersPerToken\", \"bytesPerToken\"}.", sortOptions = false)
final class InspectTokens implements Callable<Integer> {

    private final Workplace workplace;

    @ArgGroup(multiplicity = "1")
    private final Source source = new Source();

    @Option(names = "--text-file", required = true, paramLabel = "F", description = "A file with the text.")
    @Nullable
    Path textFile;

    @Option(names = "--special", description = "Control tokens such as <|im_end|> are meant as such.")
    boolean special;

    @Option(names = "--batch", description = "The file holds a JSON array of texts; the result is an array too.")
    boolean batch;

    /** Where the vocabulary comes from. */
    static final class Source {

        @Option(names = {"-m",
                "--model"}, paramLabel = "REF", description = "A .gguf file, a Hugging Face folder or a packaged model.")
        @Nullable
        String model;

        @Option(names = "--tokenizer", paramLabel = "F", description = "A tokenizer.json.")
        @Nullable
        Path tokenizer;
    }

    InspectTokens(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer tokenizer = tokenizer();
        Path file = Objects.requireNonNull(textFile);
        if (batch) {
            return Cases.run(workplace.console(), file, input -> tokens(tokenizer, Cases.text(input)));
        }
        workplace.console().result(Json.write(tokens(tokenizer, TextFile.read(file))));
        return ExitCode.DONE;
    }

    private Tokenizer tokenizer() throws IOException {
        Path file = source.tokenizer;
        if (file != null) {
            try {
                return Tokenizers.of(new VocabularySource.HuggingFace(TextFile.forPrograms(file), "", ""));
            } catch (MillraceException e) {
                throw new MillraceException(file + ": " + e.getMessage(), e);
            }
        }
        return workplace.engine().tokenizer(String.valueOf(source.model));
    }

    private Map<String, @Nullable Object> tokens(Tokenizer tokenizer, String text) {
        int[] ids = special ? tokenizer.encodeWithControl(text) : tokenizer.encode(text);
        int characters = text.codePointCount(0, text.length());
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        return Cases.object("ids", Ids.list(ids), "decoded", tokenizer.decode(ids), "characters", characters, "bytes",
                bytes, "charactersPerToken", perToken(characters, ids.length), "bytesPerToken",
                perToken(bytes, ids.length));
    }

    /** To three decimals; null where there is no token. */
    private static @Nullable Double perToken(int amount, int tokens) {
        return tokens == 0 ? null : Math.round(1000.0 * amount / tokens) / 1000.0;
    }
}
