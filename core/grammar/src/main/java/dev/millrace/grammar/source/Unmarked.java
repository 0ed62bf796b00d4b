/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.source;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Texts in which some marks are not spelled, as one long run, so that the usual tokens are allowed all at once. */
public final class Unmarked {

    private Unmarked() {
    }

    /**
     * A row of pieces: a character that begins no mark; or beginnings of marks, and a character with which the last one of them
     * does not go on. Beginnings of marks may also stand last. Where a mark may begin within another one, the first characters of
     * marks are left out altogether.
     *
     * @param out where expressions are made
     * @param raw the characters that stand for themselves
     * @param others what else may stand in such a text, for example escapes
     * @param marks each with one character or more
     * @return all texts without the marks
     */
    public static Expression of(Expressions out, CodePoints raw, Expression others, Collection<String> marks) {
        TreeSet<Integer> firsts = new TreeSet<>();
        TreeMap<String, TreeSet<Integer>> goesOn = new TreeMap<>();
        for (String each : marks) {
            int[] characters = each.codePoints().toArray();
            firsts.add(characters[0]);
            for (int i = 1; i < characters.length; i++) {
                goesOn.computeIfAbsent(new String(characters, 0, i), key -> new TreeSet<>()).add(characters[i]);
            }
        }
        boolean simple = marks.stream().allMatch(each -> each.codePoints().skip(1).noneMatch(firsts::contains)
                && each.codePointCount(0, each.length()) > 1);
        CodePoints first = set(firsts);
        Expression other = out.union(raw.minus(first).utf8(out), others);
        if (!simple || marks.isEmpty()) {
            return out.repeat(other, 0, Expression.UNBOUNDED);
        }
        List<Expression> beginnings = new ArrayList<>();
        List<Expression> broken = new ArrayList<>();
        goesOn.forEach((beginning, next) -> {
            beginnings.add(out.text(beginning));
            broken.add(out.concat(out.text(beginning), out.union(raw.minus(first).minus(set(next)).utf8(out), others)));
        });
        Expression some = out.repeat(out.union(beginnings), 0, Expression.UNBOUNDED);
        Expression piece = out.union(other, out.concat(some, out.union(broken)));
        return out.concat(out.repeat(piece, 0, Expression.UNBOUNDED), some);
    }

    private static CodePoints set(Set<Integer> characters) {
        StringBuilder all = new StringBuilder();
        characters.forEach(all::appendCodePoint);
        return CodePoints.of(all.toString());
    }
}
