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
import java.util.HashSet;
import java.util.Set;

/** Finds out from a model file how its prompts are written and its answers are read. */
final class Speech {

    private Speech() {
    }

    static Dialect dialect(ModelFile file, Tokenizer tokenizer, Collection<Dialect> known) {
        return Dialects.choose(known,
                new ModelText(file.chatTemplate().orElse(""), token -> tokenizer.id(token).isPresent()));
    }

    static PromptWriter prompts(ModelFile file, PromptTokenizer tokenizer, Dialect dialect) {
        try {
            return PromptWriter.of(file.chatTemplate(), tokenizer, dialect);
        } catch (MillraceException e) {
            throw new ModelFormatException(file.path(), "chat template", e.getMessage(), e);
        }
    }

    /** All that may end a turn: what the file names, and what its vocabulary calls the end of a text. */
    static Set<Integer> endTokens(ModelFile file, PromptTokenizer tokenizer) {
        Set<Integer> ends = new HashSet<>(file.endTokens());
        tokenizer.eos().ifPresent(ends::add);
        return ends;
    }
}
