/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.engine.LoadedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A text in pieces that a model reads one by one, each from the beginning. */
final class Passages {

    private Passages() {
    }

    /**
     * Cuts a text.
     *
     * @param file where it comes from, for messages
     * @param model whose tokens are counted; its token that begins a text begins each piece, if the vocabulary asks for it
     * @param length tokens of a piece; the context, if that is shorter
     * @param most tokens in all; the rest of the text is left out
     * @return the pieces, the last one may be shorter
     * @throws MillraceException if there is no text
     */
    static List<int[]> of(String text, Path file, LoadedModel model, int length, int most) {
        int[] all = model.tokenizer().encode(text);
        if (all.length == 0) {
            throw new MillraceException("The text " + file + " is empty.");
        }
        OptionalInt first = model.tokenizer().addsBos() ? model.tokenizer().bos() : OptionalInt.empty();
        int begun = first.isPresent() ? 1 : 0;
        int step = Math.max(1, Math.min(length, model.options().context()) - begun);
        List<int[]> pieces = new ArrayList<>();
        int end = Math.min(all.length, most);
        for (int at = 0; at < end; at += step) {
            int[] piece = new int[begun + Math.min(step, end - at)];
            first.ifPresent(id -> piece[0] = id);
            System.arraycopy(all, at, piece, begun, piece.length - begun);
            pieces.add(piece);
        }
        return pieces;
    }

    /** Tokens of all pieces. */
    static int tokens(List<int[]> pieces) {
        return pieces.stream().mapToInt(piece -> piece.length).sum();
    }
}
