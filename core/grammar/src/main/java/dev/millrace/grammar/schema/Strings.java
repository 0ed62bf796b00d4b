/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.grammar.source.CodePoints;
import dev.millrace.grammar.source.PatternSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Strings and names of members. Where patterns, lists or other names decide, each character has one spelling; otherwise any
 * escape is allowed.
 */
final class Strings {

    private final Expressions out;
    private final Notation notation;
    private final Map<String, Expression> patterns = new HashMap<>();

    Strings(Expressions out, Notation notation) {
        this.out = out;
        this.notation = notation;
    }

    /** The strings that are demanded, in quotes. */
    Expression quoted(Demands demands) {
        List<Expression> either = new ArrayList<>();
        for (Quote quote : notation.quotes) {
            either.add(out.row(quote.mark(), inside(demands, quote), quote.mark()));
        }
        return out.union(either);
    }

    boolean isPossible(Demands demands) {
        return !inside(demands, notation.quotes.getFirst()).isEmpty();
    }

    private Expression inside(Demands demands, Quote quote) {
        if (demands.strings != null) {
            List<String> fitting = demands.strings.stream().filter(text -> fits(demands, text)).map(quote::spell)
                    .toList();
            return fitting.isEmpty() ? out.empty() : out.words(fitting);
        }
        boolean sized = demands.shortest > 0 || demands.longest < Demands.UNBOUNDED;
        if (demands.texts.isEmpty() && demands.notStrings.isEmpty()) {
            if (!sized) {
                return quote.clean();
            }
            return out.repeat(quote.harmless(), demands.shortest, demands.longest);
        }
        Expression all = sized
                ? out.repeat(quote.spell(CodePoints.ALL), demands.shortest, demands.longest)
                : out.repeat(quote.spell(CodePoints.ALL), 0, Expression.UNBOUNDED);
        if (quote.hasForbidden()) {
            all = out.and(all, quote.clean());
        }
        for (Demands.Text text : demands.texts) {
            Expression pattern = pattern(text, quote);
            all = out.and(all, text.matches() ? pattern : out.not(pattern));
        }
        if (!demands.notStrings.isEmpty()) {
            all = out.and(all, out.not(out.words(demands.notStrings.stream().map(quote::spell).toList())));
        }
        return alive(all);
    }

    private Expression alive(Expression all) {
        return out.isAlive(all) ? all : out.empty();
    }

    private boolean fits(Demands demands, String text) {
        int length = text.codePointCount(0, text.length());
        return length >= demands.shortest && length <= demands.longest && !demands.notStrings.contains(text)
                && demands.texts.stream().allMatch(each -> matches(each, text) == each.matches());
    }

    private boolean matches(Demands.Text pattern, String text) {
        Quote quote = notation.quotes.getFirst();
        return out.matches(pattern(pattern, quote), quote.spell(text));
    }

    private Expression pattern(Demands.Text text, Quote quote) {
        try {
            return pattern(text.regex(), quote);
        } catch (GrammarException e) {
            throw Refusal.of(text.where(), text.keyword(), "cannot be kept: " + e.getMessage());
        }
    }

    private Expression pattern(String regex, Quote quote) {
        String key = notation.quotes.indexOf(quote) + regex;
        Expression known = patterns.get(key);
        if (known == null) {
            known = PatternSource.within(regex, out, quote::spell);
            patterns.put(key, known);
        }
        return known;
    }

    // ---- names of members

    /** Whether a pattern matches a name. */
    boolean matches(String regex, String name) {
        Quote quote = notation.quotes.getFirst();
        return out.matches(pattern(regex, quote), quote.spell(name));
    }

    /** The names that members may have, in the first kind of quotes and without them. */
    Expression names(Demands demands, Alternatives alternatives) {
        Quote quote = notation.quotes.getFirst();
        Expression all = out.repeat(quote.spell(CodePoints.ALL), 0, Expression.UNBOUNDED);
        if (quote.hasForbidden()) {
            all = out.and(all, quote.clean());
        }
        for (Place place : demands.names) {
            List<Expression> either = new ArrayList<>();
            for (Demands each : alternatives.of(place)) {
                if (each.types.contains(Demands.Type.STRING)) {
                    either.add(canonical(each, quote));
                }
            }
            all = out.and(all, out.union(either));
        }
        return all;
    }

    /** As a value, but each character in one spelling. */
    private Expression canonical(Demands demands, Quote quote) {
        return out.and(out.repeat(quote.spell(CodePoints.ALL), 0, Expression.UNBOUNDED), inside(demands, quote));
    }

    boolean allows(Expression names, String name) {
        return out.matches(names, notation.quotes.getFirst().spell(name));
    }

    /** The names that are not listed, and match some patterns and others not, in quotes. */
    Expression others(Expression names, Collection<String> known, Map<String, Boolean> matched) {
        Quote quote = notation.quotes.getFirst();
        Expression all = names;
        for (Map.Entry<String, Boolean> each : matched.entrySet()) {
            Expression pattern = pattern(each.getKey(), quote);
            all = out.and(all, each.getValue() ? pattern : out.not(pattern));
        }
        if (!known.isEmpty()) {
            all = out.and(all, out.not(out.words(known.stream().map(quote::spell).toList())));
        }
        if (!out.isAlive(all)) {
            return out.empty();
        }
        return out.row(quote.mark(), all, quote.mark());
    }
}
