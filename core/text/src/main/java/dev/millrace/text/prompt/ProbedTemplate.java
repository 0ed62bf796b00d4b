/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.spi.text.Dialect;
import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.ChatTemplate;
import dev.millrace.text.template.limit.TemplateLimits;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A template with what is known of it.
 *
 * @param template renders
 * @param traits what it expects and does
 * @param variables puts messages and tools into the shape that it expects
 * @param thinks whether it knows of thinking
 */
record ProbedTemplate(ChatTemplate template, TemplateTraits traits, TemplateVariables variables, boolean thinks) {

    /**
     * Compiles a template and probes it.
     *
     * @throws dev.millrace.text.template.limit.TemplateException if it is malformed
     */
    static ProbedTemplate of(String source, Clock clock, PromptTokenizer tokenizer, Dialect dialect,
            Map<String, MarkedText> tokens) {
        ChatTemplate compiled = ChatTemplate.compile(source, clock, TemplateLimits.DEFAULT);
        TemplateTraits traits = TemplateTraits.of(compiled, dialect, tokens);
        GuardedCalls calls = new GuardedCalls(dialect, controlSpellings(tokenizer));
        return new ProbedTemplate(compiled, traits, new TemplateVariables(traits, calls),
                dialect.thinkingMarks().filter(marks -> source.contains(marks.close().strip())).isPresent());
    }

    private static List<String> controlSpellings(PromptTokenizer tokenizer) {
        List<String> spellings = new ArrayList<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.isControl(id)) {
                String spelling = tokenizer.decode(id);
                if (spelling.length() > 1) {
                    spellings.add(spelling);
                }
            }
        }
        return List.copyOf(spellings);
    }
}
