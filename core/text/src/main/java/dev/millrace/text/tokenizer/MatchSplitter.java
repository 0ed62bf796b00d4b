/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * Cuts pieces at matches.
 *
 * @param matches what to cut at
 * @param behaviour what becomes of the matches
 * @param invert whether what lies between the matches counts as the match
 */
record MatchSplitter(Matches matches, Behaviour behaviour, boolean invert) implements PreTokenizer {

    /** What becomes of a match. */
    enum Behaviour {
        /** It is dropped. */
        REMOVED,
        /** It is a separate piece. */
        ISOLATED,
        /** It ends the piece before it. */
        MERGED_WITH_PREVIOUS,
        /** It begins the piece behind it. */
        MERGED_WITH_NEXT,
        /** Neighbouring matches are one piece. */
        CONTIGUOUS
    }

    static MatchSplitter isolated(Matches matches) {
        return new MatchSplitter(matches, Behaviour.ISOLATED, false);
    }

    @Override
    public Pieces apply(Pieces pieces) {
        Pieces out = new Pieces(pieces.text(), pieces.first());
        IntList found = new IntList(16);
        for (int i = 0; i < pieces.count(); i++) {
            found.truncate(0);
            matches.find(pieces.text(), pieces.from(i), pieces.to(i), found);
            cut(pieces.from(i), pieces.to(i), found, out);
        }
        return out;
    }

    private void cut(int from, int to, IntList found, Pieces out) {
        IntList parts = new IntList(found.size() * 3);
        int at = from;
        for (int i = 0; i < found.size(); i += 2) {
            part(at, found.get(i), invert, parts);
            part(found.get(i), found.get(i + 1), !invert, parts);
            at = found.get(i + 1);
        }
        part(at, to, invert, parts);
        int n = parts.size();
        for (int i = 0; i < n; i += 3) {
            int start = parts.get(i);
            int end = parts.get(i + 1);
            boolean match = parts.get(i + 2) != 0;
            switch (behaviour) {
                case REMOVED -> {
                    if (!match) {
                        out.add(start, end);
                    }
                }
                case ISOLATED -> out.add(start, end);
                case CONTIGUOUS -> {
                    while (i + 3 < n && (parts.get(i + 5) != 0) == match) {
                        i += 3;
                        end = parts.get(i + 1);
                    }
                    out.add(start, end);
                }
                case MERGED_WITH_PREVIOUS -> {
                    if (!match && i + 3 < n && parts.get(i + 5) != 0) {
                        i += 3;
                        end = parts.get(i + 1);
                    }
                    out.add(start, end);
                }
                case MERGED_WITH_NEXT -> {
                    if (match && i + 3 < n && parts.get(i + 5) == 0) {
                        i += 3;
                        end = parts.get(i + 1);
                    }
                    out.add(start, end);
                }
            }
        }
    }

    private static void part(int from, int to, boolean match, IntList parts) {
        if (from < to) {
            parts.add(from);
            parts.add(to);
            parts.add(match ? 1 : 0);
        }
    }
}
