/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import dev.millrace.grammar.machine.State;
import dev.millrace.grammar.vocabulary.Mask;
import dev.millrace.grammar.vocabulary.Masks;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds tokens that need no choice. Where a grammar leaves one text, that text is cut into tokens as the tokenizer cuts it behind
 * what was written so far: the model has learned from texts that are cut so. Where a token may lead out of that text, the model
 * chooses again, so that it can take a token that begins within the text and ends behind it.
 */
final class JumpAhead {

    private static final int[] NOTHING = {};
    private static final int MOST_TOKENS = 64;
    private static final int MOST_BYTES = 256;
    /** How a text is cut depends on the last tokens before it. */
    private static final int TAIL = 6;

    private final StageContext context;
    private final Masks masks;
    private final TokenHistory history;
    /** Mostly there are none. */
    private int[] found = NOTHING;
    private int many;
    private State at;

    JumpAhead(StageContext context, Masks masks, State from, TokenHistory history) {
        this.context = context;
        this.masks = masks;
        this.history = history;
        this.at = from;
    }

    /** All tokens up to the first choice. */
    int[] tokens() {
        while (many < MOST_TOKENS) {
            byte[] text = whole(masks.forced(at, MOST_BYTES));
            boolean more = text.length > 0 ? text(text) : single();
            if (!more) {
                break;
            }
        }
        return many == 0 ? NOTHING : Arrays.copyOf(found, many);
    }

    /** A control token, or the end of the answer. Says whether more may follow. */
    private boolean single() {
        Mask mask = masks.of(at);
        int token = mask.only();
        if (token < 0) {
            if (at.isFinal() && mask.count() > 0) {
                // each of these ends the answer
                add(mask.first());
            }
            return false;
        }
        return take(token);
    }

    /** A text. Says whether more may follow. */
    private boolean text(byte[] text) {
        int[] ids = cut(text);
        int settled = masks.settled(at, text);
        int end = 0;
        for (int id : ids) {
            end += context.bytes(id).length;
            if (end > settled || many == MOST_TOKENS || !take(id)) {
                return false;
            }
        }
        return ids.length > 0;
    }

    private boolean take(int token) {
        State next = masks.after(at, token);
        if (next == null) {
            if (context.endTokens().contains(token)) {
                add(token);
            }
            return false;
        }
        add(token);
        at = next;
        return true;
    }

    private void add(int token) {
        if (many == found.length) {
            found = Arrays.copyOf(found, many + 16);
        }
        found[many++] = token;
    }

    /** Leaves out the beginning of a character at the end. */
    private static byte[] whole(byte[] text) {
        int start = text.length;
        while (start > 0 && (text[start - 1] & 0xc0) == 0x80) {
            start--;
        }
        if (start > 0 && (text[start - 1] & 0xff) >= 0xc0) {
            int lead = text[start - 1] & 0xff;
            int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
            if (text.length - (start - 1) < length) {
                return Arrays.copyOf(text, start - 1);
            }
        }
        return text;
    }

    /** The tokens of a text behind what was written so far; none if the tokenizer does not give that text back. */
    private int[] cut(byte[] text) {
        int[] tail = tail();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int token : tail) {
            all.writeBytes(context.bytes(token));
        }
        all.writeBytes(text);
        int[] ids = encode(all.toByteArray());
        if (ids.length > tail.length && Arrays.mismatch(ids, tail) == tail.length) {
            return spelling(Arrays.copyOfRange(ids, tail.length, ids.length), text);
        }
        return spelling(encode(text), text);
    }

    private int[] encode(byte[] text) {
        String decoded = decode(text);
        return decoded == null ? NOTHING : context.tokenizer().encode(decoded);
    }

    private static @Nullable String decode(byte[] text) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
        } catch (CharacterCodingException e) {
            // the model has cut a character: nothing is known of how such a text is cut
            return null;
        }
    }

    /** Some tokenizers write a space before each text. */
    private int[] spelling(int[] ids, byte[] text) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int id : ids) {
            all.writeBytes(context.bytes(id));
        }
        return Arrays.equals(all.toByteArray(), text) ? ids : NOTHING;
    }

    /** The last tokens of text, those found here included. */
    private int[] tail() {
        int[] tail = new int[TAIL];
        int length = 0;
        for (int i = history.length() + many - 1; i >= 0 && length < TAIL; i--) {
            int token = i >= history.length() ? found[i - history.length()] : history.token(i);
            if (context.tokenizer().isControl(token)) {
                break;
            }
            tail[TAIL - ++length] = token;
        }
        return Arrays.copyOfRange(tail, TAIL - length, TAIL);
    }
}
