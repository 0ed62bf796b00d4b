/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.model.VocabularySource;

/** Builds tokenizers from what model files state. */
public final class Tokenizers {

    private Tokenizers() {
    }

    /**
     * Builds a tokenizer. It keeps nothing of the source but the strings that it needs.
     *
     * @param source a vocabulary with its rules; not trusted
     * @return a tokenizer that gives the ids of the reference implementation
     * @throws MillraceException if the vocabulary is damaged or of a kind that is not supported; the sentence names the key
     */
    public static PromptTokenizer of(VocabularySource source) {
        return new PipelineTokenizer(switch (source) {
            case VocabularySource.Table table -> TableReader.read(table);
            case VocabularySource.HuggingFace file -> HuggingFaceReader.read(file);
        });
    }
}
