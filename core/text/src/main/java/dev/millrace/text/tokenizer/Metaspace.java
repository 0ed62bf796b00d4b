/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * Writes spaces as a visible character and cuts before it, as SentencePiece's files want it.
 *
 * @param replacement what stands for a space
 * @param prepend where one is put before the text
 * @param split whether to cut
 */
record Metaspace(char replacement, Prepend prepend, boolean split) implements PreTokenizer {

    /** Which pieces get a space before them. */
    enum Prepend {
        ALWAYS, FIRST, NEVER
    }

    @Override
    public Pieces apply(Pieces pieces) {
        StringBuilder text = new StringBuilder();
        IntList bounds = new IntList(2 * pieces.count());
        for (int i = 0; i < pieces.count(); i++) {
            int from = pieces.from(i);
            int start = text.length();
            char head = pieces.text()[from] == ' ' ? replacement : pieces.text()[from];
            boolean wanted = prepend == Prepend.ALWAYS || (prepend == Prepend.FIRST && pieces.first() && from == 0);
            if (wanted && head != replacement) {
                text.append(replacement);
            }
            for (int at = from; at < pieces.to(i); at++) {
                char c = pieces.text()[at];
                text.append(c == ' ' ? replacement : c);
            }
            bounds.add(start);
            bounds.add(text.length());
        }
        Pieces out = new Pieces(text.toString().toCharArray(), pieces.first());
        for (int i = 0; i < bounds.size(); i += 2) {
            cut(bounds.get(i), bounds.get(i + 1), out);
        }
        return out;
    }

    private void cut(int from, int to, Pieces out) {
        int start = from;
        for (int at = from + 1; split && at < to; at++) {
            if (out.text()[at] == replacement) {
                out.add(start, at);
                start = at;
            }
        }
        out.add(start, to);
    }
}
