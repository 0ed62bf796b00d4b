/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Tokenizer;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.dialect.Dialects;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Finds out from a model file how its prompts are written and its answers are read. */
final class Speech {

    private static final System.Logger LOG = System.getLogger(Speech.class.getName());

    /** The name of a template for conversations with tools. */
    private static final String TOOL_TEMPLATE = "tool_use";

    private Speech() {
    }

    /**
     * The dialect that the user wants, else the one that matches the model best.
     *
     * @param wanted its id
     * @throws MillraceException if there is none of that id
     */
    static Dialect dialect(ModelFile file, Tokenizer tokenizer, Collection<Dialect> known, Optional<String> wanted) {
        if (wanted.isPresent()) {
            return known.stream().filter(dialect -> dialect.id().equals(wanted.get())).findFirst()
                    .orElseThrow(() -> new MillraceException("There is no dialect \"" + wanted.get()
                            + "\"; there are: " + String.join(", ", known.stream().map(Dialect::id).sorted().toList())
                            + "."));
        }
        String templates = file.chatTemplate().orElse("") + toolTemplate(file).orElse("");
        return Dialects.choose(known, new ModelText(templates, token -> tokenizer.id(token).isPresent()));
    }

    private static Optional<String> toolTemplate(ModelFile file) {
        return Optional.ofNullable(file.namedTemplates().get(TOOL_TEMPLATE)).filter(template -> !template.isBlank());
    }

    static PromptWriter prompts(ModelFile file, PromptTokenizer tokenizer, Dialect dialect) {
        try {
            PromptWriter writer = withToolTemplate(file, PromptWriter.of(file.chatTemplate(), tokenizer, dialect));
            boolean own = file.chatTemplate().filter(template -> !template.isBlank()).isPresent();
            // transformers leaves it to the template of a folder; llama.cpp asks the vocabulary of a GGUF file
            boolean templateSays = own && !(file.vocabulary().orElse(null) instanceof VocabularySource.Table);
            return tokenizer.addsBos() && !templateSays ? writer.beginningWithBos() : writer;
        } catch (MillraceException e) {
            throw new ModelFormatException(file.path(), "chat template", e.getMessage(), e);
        }
    }

    /** A model answers without tools even if its template for them cannot be read. */
    private static PromptWriter withToolTemplate(ModelFile file, PromptWriter writer) {
        Optional<String> template = toolTemplate(file);
        try {
            return template.isPresent() ? writer.withToolTemplate(template.get()) : writer;
        } catch (TemplateException e) {
            LOG.log(System.Logger.Level.WARNING, "The chat template {0} of {1} is passed over: {2}", TOOL_TEMPLATE,
                    file.path(), e.getMessage());
            return writer;
        }
    }

    /** All that ends an answer: what the file states, what ends a text, and what the template writes behind an answer. */
    static Set<Integer> endTokens(ModelFile file, PromptTokenizer tokenizer, PromptWriter prompts) {
        Set<Integer> all = new TreeSet<>(file.endTokens());
        tokenizer.eos().ifPresent(all::add);
        all.addAll(prompts.turnEnds());
        return all;
    }
}
