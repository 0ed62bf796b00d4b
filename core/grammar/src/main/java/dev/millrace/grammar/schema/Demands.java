/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a value must be, all at once: schemas without alternatives, laid together. */
final class Demands {

    enum Type {
        NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT
    }

    /**
     * What one schema says of members.
     *
     * @param properties schemas by name
     * @param patterns schemas by pattern of the name
     * @param others the schema of all other members; null if it says nothing of them
     * @param evaluates whether what it says of a member counts for unevaluatedProperties
     */
    record Members(Map<String, Place> properties, Map<String, Place> patterns, @Nullable Place others,
            boolean evaluates) {
    }

    /**
     * What one schema says of items.
     *
     * @param first schemas of the first ones
     * @param others the schema of all others; null if it says nothing of them
     * @param evaluates whether what it says of an item counts for unevaluatedItems
     */
    record Items(List<Place> first, @Nullable Place others, boolean evaluates) {
    }

    /**
     * Items that must be among those of a list.
     *
     * @param what the schema of such an item
     * @param least how many at least
     * @param most how many at most
     */
    record Contains(Place what, int least, int most) {
    }

    /**
     * A pattern of strings.
     *
     * @param regex in the syntax of ECMAScript
     * @param matches whether it must match, or must not
     * @param where for messages
     * @param keyword for messages
     */
    record Text(String regex, boolean matches, Place where, String keyword) {
    }

    /**
     * A bound of numbers.
     *
     * @param value the bound
     * @param below whether numbers are below it
     * @param included whether it is allowed itself
     */
    record Bound(BigDecimal value, boolean below, boolean included) {
    }

    static final int UNBOUNDED = Integer.MAX_VALUE;

    final Set<Type> types = EnumSet.allOf(Type.class);
    boolean whole;
    final EnumSet<Truth> truths = EnumSet.allOf(Truth.class);
    final List<Bound> bounds = new ArrayList<>();
    final List<BigDecimal> multiples = new ArrayList<>();
    /** The only numbers, or null for no such list. */
    @Nullable
    Set<BigDecimal> numbers;
    /** The only strings, or null for no such list. */
    @Nullable
    Set<String> strings;
    final Set<String> notStrings = new LinkedHashSet<>();
    final List<Text> texts = new ArrayList<>();
    int shortest;
    int longest = UNBOUNDED;
    final List<Items> items = new ArrayList<>();
    final List<Contains> contains = new ArrayList<>();
    int fewestItems;
    int mostItems = UNBOUNDED;
    final List<Members> members = new ArrayList<>();
    final Set<String> required = new LinkedHashSet<>();
    final Set<String> forbidden = new LinkedHashSet<>();
    final List<Place> names = new ArrayList<>();
    int fewestMembers;
    int mostMembers = UNBOUNDED;
    /** The last place that asked for different items; they must be none or one. */
    @Nullable
    Place unique;

    /** The two values of a boolean. */
    enum Truth {
        YES, NO
    }

    /** Nothing is demanded. */
    Demands() {
        // everything is allowed
    }

    static Demands only(Type type) {
        Demands demands = new Demands();
        demands.types.retainAll(EnumSet.of(type));
        return demands;
    }

    static Demands without(Type type) {
        Demands demands = new Demands();
        demands.types.remove(type);
        return demands;
    }

    /** Both at once. */
    Demands and(Demands other) {
        Demands both = new Demands();
        for (Demands each : List.of(this, other)) {
            both.types.retainAll(each.types);
            both.whole |= each.whole;
            both.truths.retainAll(each.truths);
            both.bounds.addAll(each.bounds);
            both.multiples.addAll(each.multiples);
            both.numbers = meet(both.numbers, each.numbers);
            both.strings = meet(both.strings, each.strings);
            both.notStrings.addAll(each.notStrings);
            both.texts.addAll(each.texts);
            both.shortest = Math.max(both.shortest, each.shortest);
            both.longest = Math.min(both.longest, each.longest);
            both.items.addAll(each.items);
            both.contains.addAll(each.contains);
            both.fewestItems = Math.max(both.fewestItems, each.fewestItems);
            both.mostItems = Math.min(both.mostItems, each.mostItems);
            both.members.addAll(each.members);
            both.required.addAll(each.required);
            both.forbidden.addAll(each.forbidden);
            both.names.addAll(each.names);
            both.fewestMembers = Math.max(both.fewestMembers, each.fewestMembers);
            both.mostMembers = Math.min(both.mostMembers, each.mostMembers);
            both.unique = each.unique == null ? both.unique : each.unique;
        }
        both.narrow();
        return both;
    }

    /** The same, counting for nothing that is left over: what a schema says that must not be met is no note of a value. */
    Demands unnoted() {
        Demands same = and(new Demands());
        same.members.replaceAll(each -> new Members(each.properties, each.patterns, each.others, false));
        same.items.replaceAll(each -> new Items(each.first, each.others, false));
        return same;
    }

    private static <T> @Nullable Set<T> meet(@Nullable Set<T> a, @Nullable Set<T> b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        Set<T> both = new LinkedHashSet<>(a);
        both.retainAll(b);
        return both;
    }

    /** Takes away the types of which no value is left, as far as that is seen at once. */
    private void narrow() {
        if (truths.isEmpty()) {
            types.remove(Type.BOOLEAN);
        }
        if (numbers != null) {
            numbers.removeIf(number -> !fits(number));
            if (numbers.isEmpty()) {
                types.remove(Type.NUMBER);
            }
        }
        if (strings != null) {
            strings.removeAll(notStrings);
            if (strings.isEmpty()) {
                types.remove(Type.STRING);
            }
        }
        if (shortest > longest) {
            types.remove(Type.STRING);
        }
        if (fewestItems > mostItems) {
            types.remove(Type.ARRAY);
        }
        if (fewestMembers > mostMembers || required.size() > mostMembers
                || required.stream().anyMatch(forbidden::contains)) {
            types.remove(Type.OBJECT);
        }
    }

    /** Whether a number meets all bounds. */
    boolean fits(BigDecimal number) {
        if (whole && number.stripTrailingZeros().scale() > 0) {
            return false;
        }
        for (Bound bound : bounds) {
            int order = number.compareTo(bound.value);
            if (order == 0 ? !bound.included : order < 0 != bound.below) {
                return false;
            }
        }
        return multiples.stream().allMatch(of -> number.remainder(of).signum() == 0);
    }

    boolean isImpossible() {
        return types.isEmpty();
    }

    /** What all schemas together say of a named member. */
    List<Place> member(String name, BiPredicate<String, String> matches) {
        List<Place> all = new ArrayList<>();
        for (Members each : members) {
            boolean known = false;
            Place own = each.properties.get(name);
            if (own != null) {
                all.add(own);
                known = true;
            }
            for (Map.Entry<String, Place> pattern : each.patterns.entrySet()) {
                if (matches.test(pattern.getKey(), name)) {
                    all.add(pattern.getValue());
                    known = true;
                }
            }
            if (!known && each.others != null) {
                all.add(each.others);
            }
        }
        return all;
    }

    /**
     * What all schemas together say of a member that none of them names.
     *
     * @param matches whether a pattern matches its name
     */
    List<Place> unnamed(Predicate<String> matches) {
        List<Place> all = new ArrayList<>();
        for (Members each : members) {
            List<Place> own = each.patterns.entrySet().stream().filter(entry -> matches.test(entry.getKey()))
                    .map(Map.Entry::getValue).toList();
            all.addAll(own);
            if (own.isEmpty() && each.others != null) {
                all.add(each.others);
            }
        }
        return all;
    }

    /** What all schemas together say of the item at an index; far behind, of each that follows. */
    List<Place> item(int index) {
        List<Place> all = new ArrayList<>();
        for (Items each : items) {
            if (index < each.first.size()) {
                all.add(each.first.get(index));
            } else if (each.others != null) {
                all.add(each.others);
            }
        }
        return all;
    }

    /** From here on all items are the same. */
    int firstItems() {
        return items.stream().mapToInt(each -> each.first.size()).max().orElse(0);
    }

    /** The names that schemas know, in their order. */
    Map<String, Boolean> knownNames() {
        Map<String, Boolean> all = new LinkedHashMap<>();
        members.forEach(each -> each.properties.keySet().forEach(name -> all.put(name, required.contains(name))));
        required.forEach(name -> all.put(name, true));
        forbidden.forEach(name -> all.putIfAbsent(name, false));
        return all;
    }
}
