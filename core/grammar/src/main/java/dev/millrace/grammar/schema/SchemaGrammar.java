/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.grammar.schema.Demands.Contains;
import dev.millrace.grammar.schema.Demands.Members;
import dev.millrace.grammar.schema.Demands.Truth;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes the grammar of the values that meet a schema. Lists and objects are rules; each combination of schemas is made once, so
 * that schemas may refer to each other in circles. Members stand in the order in which the schema names them, others behind.
 */
public final class SchemaGrammar {

    private static final int MOST_RULES = 20_000;
    /** Ways to lay patterns of names over each other. */
    private static final int MOST_PATTERNS = 6;
    private static final int MOST_COUNTED = 20_000;

    private final Grammar grammar;
    private final Expressions out;
    private final Notation notation;
    private final Places places;
    private final Alternatives alternatives;
    private final Strings strings;
    private final Numbers numbers;
    private final Map<List<Integer>, Integer> rules = new HashMap<>();
    /** Rules that are declared and not yet defined. */
    private final ArrayDeque<Runnable> open = new ArrayDeque<>();
    private final Set<List<Integer>> asked = new HashSet<>();
    private int made;

    private SchemaGrammar(Object schema, Grammar grammar, Notation notation) {
        this.grammar = grammar;
        this.out = grammar.expressions();
        this.notation = notation;
        this.places = new Places(schema);
        this.alternatives = new Alternatives(places, this::isImpossible);
        this.strings = new Strings(out, notation);
        this.numbers = new Numbers(out);
    }

    /**
     * The values that meet a schema.
     *
     * @param schema a map, or true or false, as data
     * @param grammar gets the rules
     * @param notation how values are written
     * @return texts of these values
     * @throws GrammarException if a keyword cannot be enforced; the message names it
     */
    public static Expression of(Object schema, Grammar grammar, Notation notation) {
        SchemaGrammar all = new SchemaGrammar(schema, grammar, notation);
        Expression value = all.value(List.of(all.places.root()));
        all.finish();
        return value;
    }

    /**
     * The members that an object may have by a schema, each with its values: for notations in which they are arguments of a call.
     *
     * @param schema of an object
     * @param grammar gets the rules
     * @param notation how values are written
     * @param separator stands between two arguments
     * @return texts of all arguments in a row
     * @throws GrammarException if a keyword cannot be enforced, or the schema leaves names open
     */
    public static Expression arguments(Object schema, Grammar grammar, Notation notation, Expression separator) {
        SchemaGrammar all = new SchemaGrammar(schema, grammar, notation);
        List<Expression> either = new ArrayList<>();
        for (Demands each : all.alternatives.of(all.places.root())) {
            if (each.types.contains(Demands.Type.OBJECT)) {
                either.add(all.members(each, separator, true));
            }
        }
        all.finish();
        return all.out.union(either);
    }

    private void finish() {
        while (!open.isEmpty()) {
            open.poll().run();
        }
    }

    // ---- values

    /** Texts of the values that meet several schemas at once. */
    private Expression value(List<Place> all) {
        List<Place> key = simple(all);
        if (key.stream().anyMatch(Place::isFalse)) {
            return out.empty();
        }
        List<Integer> ids = key.stream().map(each -> each.id).toList();
        Integer known = rules.get(ids);
        if (known != null) {
            return out.call(known);
        }
        // simple values stand where they are; what may contain itself is a rule
        List<Demands> either = alternatives.of(key);
        if (either.stream().noneMatch(
                each -> each.types.contains(Demands.Type.ARRAY) || each.types.contains(Demands.Type.OBJECT))) {
            return out.union(either.stream().map(this::scalar).toList());
        }
        if (++made > MOST_RULES) {
            throw new GrammarException("The schema has more than " + MOST_RULES + " different parts: make it smaller.");
        }
        int rule = grammar.declare(key.isEmpty() ? "any value" : key.getFirst().path);
        rules.put(ids, rule);
        open.add(() -> grammar.define(rule, out.union(either.stream().map(this::whole).toList())));
        return out.call(rule);
    }

    /** Each once, in a fixed order, without those that say nothing. */
    private static List<Place> simple(List<Place> all) {
        return all.stream().filter(each -> !Boolean.TRUE.equals(each.schema)
                && !(each.schema instanceof Map<?, ?> map && map.isEmpty())).distinct()
                .sorted((a, b) -> Integer.compare(a.id, b.id)).toList();
    }

    private Expression scalar(Demands demands) {
        List<Expression> all = new ArrayList<>();
        if (demands.types.contains(Demands.Type.STRING)) {
            all.add(strings.quoted(demands));
        }
        if (demands.types.contains(Demands.Type.NUMBER)) {
            all.add(numbers.of(demands));
        }
        if (demands.types.contains(Demands.Type.BOOLEAN)) {
            all.add(demands.truths.contains(Truth.YES) ? notation.yes : out.empty());
            all.add(demands.truths.contains(Truth.NO) ? notation.no : out.empty());
        }
        if (demands.types.contains(Demands.Type.NULL)) {
            all.add(notation.nothing);
        }
        return out.union(all);
    }

    private Expression whole(Demands demands) {
        List<Expression> all = new ArrayList<>();
        all.add(scalar(demands));
        if (demands.types.contains(Demands.Type.ARRAY)) {
            all.add(list(demands));
        }
        if (demands.types.contains(Demands.Type.OBJECT)) {
            all.add(object(demands));
        }
        return out.union(all);
    }

    private Expression separator() {
        return out.row(out.text(","), notation.gap);
    }

    // ---- lists

    private Expression list(Demands demands) {
        int most = demands.mostItems;
        if (demands.unique != null) {
            if (most > 1) {
                throw Refusal.of(demands.unique, "uniqueItems", "cannot be kept for more than one item");
            }
        }
        List<Contains> contains = demands.contains.stream()
                .filter(each -> each.least() > 0 || each.most() < Demands.UNBOUNDED).toList();
        Expression inside = contains.isEmpty() ? plainItems(demands) : countedItems(demands, contains);
        return out.row(out.text("["), notation.gap, inside, out.text("]"));
    }

    private Expression plainItems(Demands demands) {
        int first = demands.firstItems();
        int least = demands.fewestItems;
        int most = demands.mostItems;
        Expression each = value(demands.item(first));
        Expression after = out.repeat(out.concat(separator(), each), Math.max(0, least - Math.max(1, first)),
                most == Demands.UNBOUNDED ? most : Math.max(0, most - Math.max(1, first)));
        // what may follow the items before an index, from the last one on
        Expression rest = after;
        for (int i = Math.min(first, most) - 1; i > 0; i--) {
            Expression one = out.row(separator(), value(demands.item(i)), rest);
            rest = i < least ? one : out.union(out.epsilon(), one);
        }
        if (most < first) {
            rest = cut(demands, least, most);
        }
        Expression some = most == 0
                ? out.empty()
                : out.row(value(demands.item(0)), rest, notation.gap);
        return least == 0 ? out.union(out.epsilon(), some) : some;
    }

    /** The items behind the first one, where fewer are allowed than are named. */
    private Expression cut(Demands demands, int least, int most) {
        Expression rest = out.epsilon();
        for (int i = most - 1; i > 0; i--) {
            Expression one = out.row(separator(), value(demands.item(i)), rest);
            rest = i < least ? one : out.union(out.epsilon(), one);
        }
        return rest;
    }

    /** Items of which some must be of a kind: counted, from the end on. */
    private Expression countedItems(Demands demands, List<Contains> contains) {
        Contains what = contains.getFirst();
        if (contains.size() > 1) {
            throw Refusal.of(what.what(), "contains", "together with another contains is not supported");
        }
        int first = demands.firstItems();
        boolean bounded = what.most() < Demands.UNBOUNDED;
        int places = Math.max(first, demands.fewestItems);
        boolean endless = demands.mostItems == Demands.UNBOUNDED;
        int last = endless ? places + 1 : demands.mostItems;
        int counts = (bounded ? what.most() : what.least()) + 1;
        if ((long) (last + 1) * counts > MOST_COUNTED) {
            throw Refusal.of(what.what(), "contains", "has bounds too large to count");
        }
        Expression[][] rest = new Expression[last + 2][counts];
        int loop = -1;
        for (int index = last; index >= 0; index--) {
            boolean again = endless && index == last;
            for (int count = counts - 1; count >= 0; count--) {
                if (again) {
                    loop = grammar.declare("items from " + index + ", " + count + " counted");
                    rest[index][count] = out.call(loop);
                }
                boolean mayEnd = index >= demands.fewestItems && count >= what.least();
                List<Expression> ways = new ArrayList<>();
                if (mayEnd) {
                    ways.add(index == 0 ? out.epsilon() : notation.gap);
                }
                if (again || index < last) {
                    int next = again ? index : index + 1;
                    int more = bounded ? count + 1 : Math.min(counts - 1, count + 1);
                    Expression between = index == 0 ? out.epsilon() : separator();
                    if (more < counts) {
                        List<Place> kind = new ArrayList<>(demands.item(index));
                        kind.add(what.what());
                        ways.add(out.row(between, value(kind), rest[next][more]));
                    }
                    List<Place> other = new ArrayList<>(demands.item(index));
                    if (bounded) {
                        other.add(alternatives.negation(what.what()));
                    }
                    ways.add(out.row(between, value(other), rest[next][count]));
                }
                if (again) {
                    grammar.define(loop, out.union(ways));
                } else {
                    rest[index][count] = out.union(ways);
                }
            }
        }
        return rest[0][0];
    }

    // ---- objects

    private Expression object(Demands demands) {
        return out.row(out.text("{"), notation.gap, members(demands, separator(), false), out.text("}"));
    }

    private boolean matches(String pattern, String name) {
        return strings.matches(pattern, name);
    }

    /**
     * Members in a row. Named ones come first, in their order; each is there or not. Behind them come others in any order.
     *
     * @param bare whether they are arguments, that is names without quotes and an equals sign
     */
    private Expression members(Demands demands, Expression separator, boolean bare) {
        List<Expression> pairs = new ArrayList<>();
        List<Boolean> must = new ArrayList<>();
        Map<String, Boolean> names = demands.knownNames();
        Expression nameForm = strings.names(demands, alternatives);
        names.forEach((name, required) -> {
            boolean possible = !demands.forbidden.contains(name) && strings.allows(nameForm, name);
            Expression value = possible ? value(demands.member(name, this::matches)) : out.empty();
            pairs.add(out.concat(bare ? argument(name) : key(name), value));
            must.add(required);
        });
        Expression others = others(demands, names.keySet(), nameForm, bare);
        Expression end = bare ? out.epsilon() : notation.gap;
        int least = demands.fewestMembers;
        int required = (int) must.stream().filter(each -> each).count();
        if (least <= required && demands.mostMembers >= (others.isEmpty() ? pairs.size() : Demands.UNBOUNDED)) {
            return uncounted(pairs, must, others, separator, end);
        }
        if (!others.isEmpty() && least > required + 1) {
            throw Refusal.of(place(demands), "minProperties", "of " + least
                    + " cannot be kept where names are left open: a name might be given twice");
        }
        return counted(demands, pairs, must, others, separator, end);
    }

    private Place place(Demands demands) {
        for (Members each : demands.members) {
            for (Place place : each.properties().values()) {
                return place;
            }
        }
        return places.root();
    }

    private Expression uncounted(List<Expression> pairs, List<Boolean> must, Expression others, Expression separator,
            Expression end) {
        // rest: what may follow when something stands before; first: the same at the beginning
        Expression rest = out.concat(out.repeat(out.concat(separator, others), 0, Expression.UNBOUNDED), end);
        Expression first = out.union(out.epsilon(), out.row(others, rest));
        for (int i = pairs.size() - 1; i >= 0; i--) {
            Expression here = out.concat(pairs.get(i), rest);
            first = must.get(i) ? here : out.union(here, first);
            Expression more = out.concat(separator, pairs.get(i));
            rest = out.concat(must.get(i) ? more : out.optional(more), rest);
        }
        return first;
    }

    private Expression counted(Demands demands, List<Expression> pairs, List<Boolean> must, Expression others,
            Expression separator, Expression end) {
        int least = demands.fewestMembers;
        int most = demands.mostMembers;
        int top = most == Demands.UNBOUNDED ? Math.max(least, 1) : most;
        if ((long) (top + 1) * (pairs.size() + 1) > MOST_COUNTED) {
            throw Refusal.of(place(demands), "maxProperties", "is too large to count");
        }
        Expression[] rest = new Expression[top + 1];
        for (int count = top; count >= 0; count--) {
            List<Expression> ways = new ArrayList<>();
            if (count >= least) {
                ways.add(count == 0 ? out.epsilon() : end);
            }
            Expression more = out.concat(count == 0 ? out.epsilon() : separator, others);
            if (count < top) {
                ways.add(out.concat(more, rest[count + 1]));
            } else if (most == Demands.UNBOUNDED) {
                ways.clear();
                ways.add(out.concat(out.repeat(more, 0, Expression.UNBOUNDED), end));
            }
            rest[count] = out.union(ways);
        }
        for (int i = pairs.size() - 1; i >= 0; i--) {
            Expression[] now = new Expression[top + 1];
            for (int count = top; count >= 0; count--) {
                Expression more = out.concat(count == 0 ? out.epsilon() : separator, pairs.get(i));
                int next = most == Demands.UNBOUNDED ? Math.min(top, count + 1) : count + 1;
                Expression taken = next > top ? out.empty() : out.concat(more, rest[next]);
                now[count] = must.get(i) ? taken : out.union(taken, rest[count]);
            }
            rest = now;
        }
        return rest[0];
    }

    private Expression colon() {
        return out.concat(out.text(":"), notation.gap);
    }

    private Expression key(String name) {
        List<Expression> either = new ArrayList<>();
        for (Quote quote : notation.quotes) {
            either.add(out.row(quote.mark(), out.text(quote.spell(name)), quote.mark(), colon()));
        }
        return out.union(either);
    }

    private Expression argument(String name) {
        if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw Refusal.of(places.root(), "properties", "has a name that is no name of an argument: " + name);
        }
        return out.text(name + "=");
    }

    /** Members whose names no schema lists: one expression for each way in which patterns match. */
    private Expression others(Demands demands, Set<String> known, Expression nameForm, boolean bare) {
        if (bare) {
            if (demands.members.stream().anyMatch(each -> !each.patterns().isEmpty()
                    || (each.others() != null && !each.others().isFalse()))) {
                throw Refusal.of(place(demands), "additionalProperties", "leaves the names of arguments open");
            }
            // what the schema does not name is no argument
            return out.empty();
        }
        Set<String> patterns = new LinkedHashSet<>();
        demands.members.forEach(each -> patterns.addAll(each.patterns().keySet()));
        if (patterns.size() > MOST_PATTERNS) {
            throw Refusal.of(place(demands), "patternProperties", "has more than " + MOST_PATTERNS + " patterns");
        }
        List<String> all = List.copyOf(patterns);
        List<Expression> either = new ArrayList<>();
        for (int ways = 0; ways < 1 << all.size(); ways++) {
            Map<String, Boolean> matched = new LinkedHashMap<>();
            for (int i = 0; i < all.size(); i++) {
                matched.put(all.get(i), (ways & 1 << i) != 0);
            }
            List<Place> says = demands.unnamed(pattern -> Boolean.TRUE.equals(matched.get(pattern)));
            if (says.stream().anyMatch(Place::isFalse)) {
                continue;
            }
            Expression names = strings.others(nameForm, known, matched);
            if (!out.isAlive(names)) {
                continue;
            }
            either.add(out.row(names, colon(), value(says)));
        }
        return out.union(either);
    }

    // ---- for sure without a value

    private boolean isImpossible(Demands demands) {
        return demands.types.stream().allMatch(type -> switch (type) {
            case NULL, BOOLEAN -> false;
            case NUMBER -> !out.isAlive(numbers.of(demands));
            case STRING -> !strings.isPossible(demands);
            case ARRAY -> {
                for (int i = 0; i < demands.fewestItems && i <= demands.firstItems(); i++) {
                    if (hasNoValue(demands.item(i))) {
                        yield true;
                    }
                }
                yield false;
            }
            case OBJECT -> demands.required.stream().anyMatch(name -> hasNoValue(demands.member(name, this::matches)));
        });
    }

    private boolean hasNoValue(List<Place> all) {
        List<Place> key = simple(all);
        if (key.stream().anyMatch(Place::isFalse)) {
            return true;
        }
        List<Integer> ids = key.stream().map(each -> each.id).toList();
        // what is asked for again inside of itself is not known to be impossible
        if (!asked.add(ids)) {
            return false;
        }
        try {
            return alternatives.of(key).stream().allMatch(this::isImpossible);
        } finally {
            asked.remove(ids);
        }
    }
}
