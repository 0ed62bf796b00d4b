/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Tokenizer;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.dialect.Dialects;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** Finds out from a model file how its prompts are written and its answers are read. */
final class Speech {

    /** How GGUF files say that a prompt begins with the token that begins a text. */
    private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";

    private Speech() {
    }

    static Dialect dialect(ModelFile file, Tokenizer tokenizer, Collection<Dialect> known) {
        return Dialects.choose(known,
                new ModelText(file.chatTemplate().orElse(""), token -> tokenizer.id(token).isPresent()));
    }

    static PromptWriter prompts(ModelFile file, PromptTokenizer tokenizer, Dialect dialect) {
        try {
            PromptWriter writer = PromptWriter.of(file.chatTemplate(), tokenizer, dialect);
            Object asked = file.metadata().get(ADD_BOS);
            boolean own = file.chatTemplate().filter(template -> !template.isBlank()).isPresent();
            // a template says by itself how a prompt begins, unless the file insists; a file without one cannot say
            return Boolean.TRUE.equals(asked) || (!own && !Boolean.FALSE.equals(asked))
                    ? writer.beginningWithBos()
                    : writer;
        } catch (MillraceException e) {
            throw new ModelFormatException(file.path(), "chat template", e.getMessage(), e);
        }
    }

    /** All that ends an answer: what the file states, what ends a text, and what the template writes behind an answer. */
    static Set<Integer> endTokens(ModelFile file, PromptTokenizer tokenizer, PromptWriter prompts) {
        Set<Integer> all = new TreeSet<>(file.endTokens());
        tokenizer.eos().ifPresent(all::add);
        prompts.turnEnd().ifPresent(all::add);
        return all;
    }
}
