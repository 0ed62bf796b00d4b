/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** Puts a space before every piece that has none. */
record SpacePrefix() implements PreTokenizer {

    @Override
    public Pieces apply(Pieces pieces) {
        StringBuilder text = new StringBuilder();
        IntList bounds = new IntList(2 * pieces.count());
        for (int i = 0; i < pieces.count(); i++) {
            int from = pieces.from(i);
            bounds.add(text.length());
            if (pieces.text()[from] != ' ') {
                text.append(' ');
            }
            text.append(pieces.text(), from, pieces.to(i) - from);
            bounds.add(text.length());
        }
        Pieces out = new Pieces(text.toString().toCharArray(), pieces.first());
        for (int i = 0; i < bounds.size(); i += 2) {
            out.add(bounds.get(i), bounds.get(i + 1));
        }
        return out;
    }
}
