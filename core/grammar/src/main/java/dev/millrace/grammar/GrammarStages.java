/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Tokenizer;
import dev.millrace.grammar.answer.AnswerGrammar;
import dev.millrace.grammar.answer.AnswerGrammar.Wish;
import dev.millrace.grammar.vocabulary.Masks;
import dev.millrace.grammar.vocabulary.TokenTree;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.service.component.annotations.Component;

/**
 * Holds answers to what was asked for: a JSON schema, a grammar, a regular expression, or calls by the schemas of the tools. What
 * cannot be held is refused when the conversation starts. Grammars are kept for each vocabulary, so that the next conversation
 * that asks for the same begins at once.
 */
@Component(service = SamplerStage.Factory.class)
public final class GrammarStages implements SamplerStage.Factory {

    /** Before everything that changes logits. */
    private static final int ORDER = -1000;
    private static final int MOST_GRAMMARS = 12;
    private static final AnswerForm PLAIN = new AnswerForm("", "", "", List.of(), false, List.of());

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Tokenizer, Vocabulary> vocabularies = new WeakHashMap<>();

    /** What is known of one vocabulary. */
    private static final class Vocabulary {

        final TokenTree tree;
        final LinkedHashMap<Wish, Masks> grammars = new LinkedHashMap<>(16, 0.75f, true);

        Vocabulary(TokenTree tree) {
            this.tree = tree;
        }
    }

    /** For the framework and for service loaders. */
    public GrammarStages() {
        // grammars come with conversations
    }

    @Override
    public int order() {
        return ORDER;
    }

    @Override
    public boolean enforces(AnswerFormat format) {
        return true;
    }

    @Override
    public boolean enforcesToolCalls() {
        return true;
    }

    @Override
    public Optional<SamplerStage> create(StageContext context) {
        AnswerForm form = context.answerForm().orElse(PLAIN);
        Wish wish = new Wish(context.format(), context.tools(), context.toolChoice(), context.strictTools(),
                context.openTools(), form, false);
        if (!wish.bounds()) {
            return Optional.empty();
        }
        GrammarStage stage = new GrammarStage(context, wish, each -> masks(context, each));
        // what cannot be enforced is told now
        masks(context, wish);
        return Optional.of(stage);
    }

    private Masks masks(StageContext context, Wish wish) {
        lock.lock();
        try {
            Vocabulary vocabulary = vocabularies.computeIfAbsent(context.tokenizer(),
                    tokenizer -> new Vocabulary(new TokenTree(spellings(context))));
            Masks known = vocabulary.grammars.get(wish);
            if (known == null) {
                known = new Masks(AnswerGrammar.of(wish, context.tokenizer()), vocabulary.tree, context.endTokens());
                vocabulary.grammars.put(wish, known);
                if (vocabulary.grammars.size() > MOST_GRAMMARS) {
                    vocabulary.grammars.remove(vocabulary.grammars.firstEntry().getKey());
                }
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private static byte[][] spellings(StageContext context) {
        Tokenizer tokenizer = context.tokenizer();
        byte[][] all = new byte[tokenizer.size()][];
        for (int token = 0; token < all.length; token++) {
            all[token] = tokenizer.isControl(token)
                    ? TokenTree.control(tokenizer.decode(token))
                    : text(context.bytes(token));
        }
        return all;
    }

    /** The bytes that spell control tokens here are in no text, but some vocabularies have tokens for them. */
    private static byte[] text(byte[] bytes) {
        for (byte b : bytes) {
            if ((b & 0xff) >= TokenTree.CONTROL_END) {
                return new byte[0];
            }
        }
        return bytes;
    }
}
