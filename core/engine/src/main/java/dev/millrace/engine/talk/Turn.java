/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.TokenScore;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.text.prompt.Prompt;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the model says from one prompt to the end of its turn, token by token. */
final class Turn {

    private final DialectParser parser;
    private final Tokenizer tokenizer;
    private final Tokenizer.Decoder decoder;
    private final Said said;

    Turn(DialectParser parser, Tokenizer tokenizer, ConversationOptions options, Supplier<String> ids,
            LiveGeneration log) {
        this.parser = parser;
        this.tokenizer = tokenizer;
        this.decoder = tokenizer.decoder();
        this.said = new Said(options, id -> ids.get(), log);
    }

    /** Takes the beginning of the answer, which stands in the prompt. */
    void begin(List<Prompt.Piece> pieces) {
        said.begun(true);
        for (Prompt.Piece piece : pieces) {
            if (piece.mark()) {
                for (int id : tokenizer.encodeWithControl(piece.text())) {
                    read(id);
                }
                take(decoder.finish());
            } else {
                take(piece.text());
            }
        }
        said.begun(false);
    }

    /** Whether what comes next belongs to the thinking. */
    boolean isThinking() {
        return parser.isThinking();
    }

    /**
     * Takes the next token.
     *
     * @param score how likely it was, or null
     */
    void token(int id, @Nullable TokenScore score) {
        if (score != null && !tokenizer.isControl(id)) {
            said.score(score);
        }
        read(id);
    }

    private void read(int id) {
        String piece = decoder.next(id);
        String spelling = tokenizer.isControl(id) ? tokenizer.decode(id) : "";
        if (spelling.isEmpty() || !piece.endsWith(spelling)) {
            take(piece);
        } else {
            take(piece.substring(0, piece.length() - spelling.length()));
            parser.control(spelling, said::found);
        }
    }

    void end(FinishReason why) {
        take(decoder.finish());
        parser.finish(said::found);
        said.end(why);
    }

    private void take(String piece) {
        if (!piece.isEmpty()) {
            parser.accept(piece, said::found);
        }
    }

    /** Whether the model has written a stop string. */
    boolean isStopped() {
        return said.isStopped();
    }

    FinishReason reason() {
        return said.reason();
    }

    /** All that was said. */
    Said said() {
        return said;
    }

    boolean wantsTools() {
        return said.wantsTools();
    }

    Message message() {
        return said.message();
    }
}
