/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.Reasoning;
import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.ThinkingMarks;
import dev.millrace.spi.text.TokenHistory;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends the thinking of an answer when its budget is spent or somebody wants it: the model's own mark is put there token by token.
 * From then on no thinking may be opened, and the answer may not end before something is said. Serves one answer with all its steps,
 * on one thread.
 */
public final class ThinkingControl implements SparseStage {

    private static final int NOTHING = -1;

    private final StageContext context;
    /** What closes thinking; empty if that is not known. */
    private final int[] closing;
    /** What opens it. */
    private final int[] opening;
    /** The same as text, where it is spelled in several tokens; made when it has to be kept out. */
    private final String openingSpelled;
    private @Nullable BannedTexts openingText;
    private final int budget;
    private int spent;
    private boolean over;
    private boolean thinking;
    /** Of the closing mark, the token that comes next; {@link #NOTHING} if it is not being put there. */
    private int forced = NOTHING;
    private boolean saysNothingYet;
    private int previous = NOTHING;

    /**
     * A control for one answer.
     *
     * @param context of the conversation
     * @param marks of the model's family
     * @param reasoning what is wanted
     */
    public ThinkingControl(StageContext context, Optional<ThinkingMarks> marks, Reasoning reasoning) {
        this.context = context;
        this.closing = marks.map(m -> context.tokenizer().encodeWithControl(m.close())).orElse(new int[0]);
        String open = marks.map(m -> m.open().strip()).orElse("");
        this.opening = open.isEmpty() ? new int[0] : context.tokenizer().encodeWithControl(open);
        this.openingSpelled = opening.length > 1 && !context.tokenizer().isControl(opening[0]) ? open : "";
        this.budget = reasoning.budget().orElse(Integer.MAX_VALUE);
        this.over = reasoning.mode() == Reasoning.Mode.OFF;
    }

    /** No thinking from now on. */
    public void stopThinking() {
        over = true;
        closeIfOver();
    }

    /**
     * A round of the answer begins.
     *
     * @param inside whether its prompt ends inside thinking
     */
    public void beginRound(boolean inside) {
        thinking = inside;
        forced = NOTHING;
        saysNothingYet = false;
        previous = NOTHING;
        closeIfOver();
    }

    /**
     * The token that comes next, whatever the model would choose.
     *
     * @return its id, or -1 if the model chooses
     */
    public int forced() {
        return forced == NOTHING ? NOTHING : closing[forced];
    }

    /**
     * A token was chosen or forced.
     *
     * @param token its id
     * @param inside whether the answer stands inside thinking now
     */
    public void chosen(int token, boolean inside) {
        if (openingText != null) {
            openingText.accept(token);
        }
        previous = token;
        if (forced != NOTHING) {
            forced++;
            if (forced == closing.length) {
                forced = NOTHING;
                thinking = inside;
                saysNothingYet = true;
            }
            return;
        }
        if (thinking) {
            spent++;
        } else if (saysNothingYet && !context.tokenizer().decode(token).isBlank()) {
            saysNothingYet = false;
        }
        thinking = inside;
        closeIfOver();
    }

    private void closeIfOver() {
        over |= spent >= budget;
        if (over && openingText == null && !openingSpelled.isEmpty()) {
            openingText = new BannedTexts(context, List.of(openingSpelled));
        }
        if (over && thinking && forced == NOTHING && closing.length > 0) {
            forced = 0;
        }
    }

    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        if (saysNothingYet) {
            context.endTokens().forEach(changes::ban);
        }
        if (!over || thinking || opening.length == 0) {
            return;
        }
        if (openingText != null) {
            openingText.change(history, changes);
        } else if (opening.length == 1) {
            changes.ban(opening[0]);
        } else if (previous == opening[0]) {
            changes.ban(opening[1]);
        }
    }

    @Override
    public SparseStage fork() {
        throw new UnsupportedOperationException("It belongs to one answer.");
    }
}
