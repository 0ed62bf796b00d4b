/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolChoice;
import dev.millrace.grammar.answer.AnswerGrammar.Wish;
import dev.millrace.grammar.machine.State;
import dev.millrace.grammar.vocabulary.Mask;
import dev.millrace.grammar.vocabulary.Masks;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where one conversation stands in its grammar. */
final class GrammarStage implements SamplerStage {

    /** Thinking that the prompt has opened is found in its last tokens. */
    private static final int TAIL = 48;
    private static final int[] NOTHING = {};

    private final StageContext context;
    private final Wish wish;
    private final Function<Wish, Masks> grammars;
    private @Nullable Masks masks;
    private @Nullable State state;

    GrammarStage(StageContext context, Wish wish, Function<Wish, Masks> grammars) {
        this.context = context;
        this.wish = wish;
        this.grammars = grammars;
    }

    @Override
    public void begin(TokenHistory history, int round) {
        ToolChoice choice = round == 0 ? wish.choice() : ToolChoice.AUTO;
        Wish now = new Wish(wish.format(), wish.tools(), choice, wish.strict(), wish.open(), wish.form(),
                isThinking(history));
        Masks grammar = now.bounds() ? grammars.apply(now) : null;
        masks = grammar;
        state = grammar == null ? null : grammar.start();
    }

    private boolean isThinking(TokenHistory history) {
        String start = wish.form().thinkingStart();
        if (start.isEmpty()) {
            return false;
        }
        int end = history.length();
        int from = Math.max(0, end - TAIL);
        int[] tail = new int[end - from];
        for (int i = from; i < end; i++) {
            tail[i - from] = history.token(i);
        }
        String text = context.tokenizer().decode(tail);
        int opened = text.lastIndexOf(start);
        return opened >= 0 && text.substring(opened + start.length()).isBlank();
    }

    @Override
    public boolean bounds() {
        return true;
    }

    @Override
    public long @Nullable [] allowed(TokenHistory history) {
        Mask mask = mask();
        return mask == null ? null : mask.bits();
    }

    @Override
    public int[] forced(TokenHistory history) {
        return masks == null || state == null ? NOTHING : new JumpAhead(context, masks, state, history).tokens();
    }

    private @Nullable Mask mask() {
        if (masks == null || state == null) {
            return null;
        }
        Mask mask = masks.of(state);
        if (mask.count() == 0) {
            throw new MillraceException(
                    "The model has no token with which the answer could go on in the form that was asked for:"
                            + " its vocabulary cannot spell what must come next.");
        }
        return mask;
    }

    @Override
    public void apply(float[] logits, TokenHistory history) {
        Mask mask = mask();
        for (int token = 0; mask != null && token < logits.length; token++) {
            if (!mask.has(token)) {
                logits[token] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    @Override
    public void accept(int token) {
        if (masks == null || state == null) {
            return;
        }
        State next = masks.after(state, token);
        if (next == null && !context.endTokens().contains(token)) {
            throw new MillraceException("Token " + token
                    + " was chosen, which the form of the answer does not allow: another stage overrides it.");
        }
        state = next;
    }

    @Override
    public SamplerStage fork() {
        GrammarStage copy = new GrammarStage(context, wish, grammars);
        copy.masks = masks;
        copy.state = state;
        return copy;
    }
}
