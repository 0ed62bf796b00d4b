/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Message;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import dev.millrace.engine.cache.Fingerprint;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.draft.Speculation;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.StageContext;
import dev.millrace.text.prompt.Prompt;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What conversations need of a model.
 *
 * @param info name, sizes and context
 * @param program which runs now, with the shapes of its states
 * @param fingerprint by which the program that runs now is known again
 * @param tokenizer ids to text
 * @param prompts messages to ids
 * @param dialect text to thinking and calls
 * @param endTokens ids that end a turn
 * @param sampling what the makers recommend
 * @param precision how far results may be rounded
 * @param scheduler reads tokens
 * @param prefixes beginnings that conversations share
 * @param speculation what guesses rest on
 * @param meters told of what happens in answers
 * @param holding how calls are held to the schemas of tools, where a conversation does not say
 */
public record ModelParts(ModelInfo info, Supplier<Program> program, Supplier<Fingerprint> fingerprint,
        PromptTokenizer tokenizer, PromptWriter prompts,
        Dialect dialect, Set<Integer> endTokens, Sampling sampling, Precision precision, Scheduler scheduler,
        Prefixes prefixes, Speculation speculation, ModelMeters meters, Holding holding) {

    /** A template that writes what messages say and nothing else. */
    private static final String CONTENTS = "{%- for message in messages -%}{{- message.content -}}{%- endfor -%}";

    /** Copies the set. */
    public ModelParts {
        endTokens = Set.copyOf(endTokens);
    }

    /** The same model without its chat template: it reads what messages say, and all that it writes is text. */
    ModelParts plain() {
        Dialect text = new BareText();
        PromptWriter bare = PromptWriter.of(Optional.of(CONTENTS), tokenizer, text);
        return new ModelParts(info, program, fingerprint, tokenizer,
                tokenizer.addsBos() ? bare.beginningWithBos() : bare,
                text, endTokens, sampling, precision, scheduler, prefixes, speculation, meters, holding);
    }

    /** What the model reads if it answers these messages, or goes on with the answer that they end with. */
    Prompt prompt(List<Message> messages, ConversationOptions options) {
        return prompt(messages, options.offered(messages), options);
    }

    /** The same, with tools that were chosen before. */
    Prompt prompt(List<Message> messages, List<ToolDefinition> offered, ConversationOptions options) {
        boolean begun = !messages.isEmpty() && messages.getLast().role() == Message.Role.ASSISTANT;
        return prompts.write(begun ? messages.subList(0, messages.size() - 1) : messages, offered,
                options.reasoning(), begun ? messages.getLast() : null);
    }

    /** What stages of a conversation may know. */
    StageContext stageContext(ConversationOptions options) {
        return new Stages.Context(tokenizer, endTokens, options.definitions(), options.format(), options.sampling(),
                options.loops());
    }
}
