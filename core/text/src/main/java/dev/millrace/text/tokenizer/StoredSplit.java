/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * A splitter with other steps behind it.
 *
 * @param splitter what cuts
 */
record StoredSplit(Splitter splitter) implements PreTokenizer {

    @Override
    public Pieces apply(Pieces pieces) {
        Pieces out = new Pieces(pieces.text(), pieces.first());
        for (int i = 0; i < pieces.count(); i++) {
            int to = pieces.to(i);
            for (int at = pieces.from(i); at < to;) {
                int end = splitter.end(pieces.text(), at, to);
                out.add(at, end);
                at = end;
            }
        }
        return out;
    }
}
