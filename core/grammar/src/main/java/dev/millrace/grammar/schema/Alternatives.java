/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.schema.Demands.Bound;
import dev.millrace.grammar.schema.Demands.Members;
import dev.millrace.grammar.schema.Demands.Truth;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns schemas into alternatives, each without alternatives of its own: what references, {@code allOf}, {@code anyOf},
 * {@code oneOf}, {@code not}, {@code if} and their like say of the value itself. What stands inside of the value is left for
 * later.
 */
final class Alternatives {

    /** A schema with more alternatives than this at one place explodes. */
    private static final int MOST = 2_000;

    private final Places places;
    private final Keywords keywords;
    private final Predicate<Demands> impossible;
    private final Map<Integer, List<Demands>> known = new HashMap<>();
    private Set<Integer> open = new LinkedHashSet<>();
    /** Schemas whose opposite is looked at. */
    private Set<Integer> opposites = new HashSet<>();
    private final Map<Integer, Place> negations = new HashMap<>();

    /**
     * Alternatives of a document.
     *
     * @param places its schemas
     * @param impossible whether no value meets some demands, for sure
     */
    Alternatives(Places places, Predicate<Demands> impossible) {
        this.places = places;
        this.keywords = new Keywords(places);
        this.impossible = impossible;
    }

    /** What a value may be that meets several schemas at once. */
    List<Demands> of(List<Place> all) {
        List<Demands> alternatives = List.of(new Demands());
        for (Place each : all) {
            alternatives = both(each, "allOf", alternatives, of(each));
        }
        return alternatives;
    }

    /** What a value may be that meets a schema. */
    List<Demands> of(Place place) {
        if (!(place.schema instanceof Map)) {
            return place.isFalse() ? List.of() : List.of(new Demands());
        }
        List<Demands> found = known.get(place.id);
        if (found == null) {
            if (!open.add(place.id)) {
                throw Refusal.circle(place);
            }
            found = expand(place);
            open.remove(place.id);
            known.put(place.id, found);
        }
        return found;
    }

    private List<Demands> both(Place where, String keyword, List<Demands> some, List<Demands> others) {
        if ((long) some.size() * others.size() > 50L * MOST) {
            throw Refusal.of(where, keyword, "has too many alternatives together");
        }
        List<Demands> all = new ArrayList<>();
        for (Demands a : some) {
            for (Demands b : others) {
                Demands meet = a.and(b);
                if (!meet.isImpossible()) {
                    all.add(meet);
                }
            }
        }
        if (all.size() > MOST) {
            throw Refusal.of(where, keyword, "has more than " + MOST + " alternatives together");
        }
        return all;
    }

    private List<Demands> expand(Place place) {
        Map<String, @Nullable Object> all = place.keywords();
        if (all.get("$ref") instanceof String reference && places.loneReferences()) {
            return of(places.refer(place, reference));
        }
        List<Demands> result = both(place, "type", List.of(new Demands()), List.of(keywords.read(place)));
        if (all.containsKey("const")) {
            result = both(place, "const", result, List.of(keywords.exactly(place, all.get("const"))));
        }
        if (all.containsKey("enum")) {
            result = both(place, "enum", result, oneOf(place, all.get("enum")));
        }
        if (all.containsKey("$ref")) {
            String reference = Keywords.text(place, "$ref", all.get("$ref"));
            result = both(place, "$ref", result, of(places.refer(place, reference)));
        }
        if (all.containsKey("allOf")) {
            for (Place each : keywords.list(place, "allOf")) {
                result = both(place, "allOf", result, of(each));
            }
        }
        if (all.containsKey("anyOf")) {
            List<Demands> any = new ArrayList<>();
            keywords.list(place, "anyOf").forEach(each -> any.addAll(of(each)));
            result = both(place, "anyOf", result, any);
        }
        if (all.containsKey("oneOf")) {
            result = both(place, "oneOf", result, exclusive(place, result));
        }
        if (all.containsKey("not")) {
            result = both(place, "not", result, negated(keywords.schema(place, "not", all.get("not"))));
        }
        if (all.containsKey("if") && (all.containsKey("then") || all.containsKey("else"))) {
            result = both(place, "if", result, conditional(place));
        }
        result = dependent(place, result);
        return unevaluated(place, result);
    }

    private List<Demands> oneOf(Place place, @Nullable Object values) {
        if (!(values instanceof List<?> list)) {
            throw Refusal.of(place, "enum", "is no list");
        }
        Set<String> strings = new LinkedHashSet<>();
        Set<BigDecimal> numbers = new LinkedHashSet<>();
        List<Demands> all = new ArrayList<>();
        for (Object value : list) {
            if (value instanceof String text) {
                strings.add(text);
            } else if (value instanceof Number number) {
                numbers.add(Keywords.number(place, "enum", number).stripTrailingZeros());
            } else {
                all.add(keywords.exactly(place, value));
            }
        }
        if (!strings.isEmpty()) {
            Demands demands = Demands.only(Demands.Type.STRING);
            demands.strings = strings;
            all.add(demands);
        }
        if (!numbers.isEmpty()) {
            Demands demands = Demands.only(Demands.Type.NUMBER);
            demands.numbers = numbers;
            all.add(demands);
        }
        return all;
    }

    /** The alternatives of oneOf, if no value can meet two of them. */
    private List<Demands> exclusive(Place place, List<Demands> context) {
        List<Place> branches = keywords.list(place, "oneOf");
        List<List<Demands>> alternatives = new ArrayList<>();
        for (Place each : branches) {
            alternatives.add(both(place, "oneOf", context, of(each)));
        }
        int pairs = 0;
        for (int i = 0; i < branches.size(); i++) {
            for (int j = i + 1; j < branches.size(); j++) {
                for (Demands a : alternatives.get(i)) {
                    for (Demands b : alternatives.get(j)) {
                        if (++pairs > 20 * MOST) {
                            throw Refusal.of(place, "oneOf", "has too many alternatives to tell them from each other");
                        }
                        Demands meet = a.and(b);
                        if (!meet.isImpossible() && !isImpossible(meet)) {
                            throw Refusal.of(place, "oneOf",
                                    "may have a value that meets two of its schemas, number " + i
                                            + " and number " + j
                                            + " from 0: use anyOf, or make them exclude each other");
                        }
                    }
                }
            }
        }
        return alternatives.stream().flatMap(List::stream).toList();
    }

    /** What stands inside of a value may refer back to what is looked at here: that is no circle. */
    private boolean isImpossible(Demands demands) {
        Set<Integer> before = open;
        Set<Integer> oppositesBefore = opposites;
        open = new LinkedHashSet<>();
        opposites = new HashSet<>();
        try {
            return impossible.test(demands);
        } finally {
            open = before;
            opposites = oppositesBefore;
        }
    }

    private List<Demands> conditional(Place place) {
        Map<String, @Nullable Object> all = place.keywords();
        Place condition = keywords.schema(place, "if", all.get("if"));
        List<Demands> yes = of(condition);
        if (all.containsKey("then")) {
            yes = both(place, "then", yes, of(keywords.schema(place, "then", all.get("then"))));
        }
        List<Demands> no = negated(condition);
        if (all.containsKey("else")) {
            no = both(place, "else", no, of(keywords.schema(place, "else", all.get("else"))));
        }
        List<Demands> either = new ArrayList<>(yes);
        either.addAll(no);
        return either;
    }

    // ---- what members bring with them

    private List<Demands> dependent(Place place, List<Demands> before) {
        List<Demands> result = before;
        for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
            Object value = place.keywords().get(keyword);
            if (!place.keywords().containsKey(keyword)) {
                continue;
            }
            if (!(value instanceof Map<?, ?> map)) {
                throw Refusal.of(place, keyword, "is no object");
            }
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String name = String.valueOf(entry.getKey());
                Object then = entry.getValue();
                boolean names = then instanceof List && !keyword.equals("dependentSchemas");
                if (!names && keyword.equals("dependentRequired")) {
                    throw Refusal.of(place, keyword, "is no list of names for " + name);
                }
                List<Demands> present = List.of(new Demands());
                if (names) {
                    present.getFirst().required.addAll(Keywords.texts(place, keyword, then));
                } else {
                    present = of(keywords.schema(place, keyword + "/" + name, then));
                }
                Demands has = Demands.only(Demands.Type.OBJECT);
                has.required.add(name);
                Demands lacks = new Demands();
                lacks.forbidden.add(name);
                List<Demands> either = new ArrayList<>(both(place, keyword, List.of(has), present));
                either.add(lacks);
                result = both(place, keyword, result, either);
            }
        }
        return result;
    }

    private List<Demands> unevaluated(Place place, List<Demands> before) {
        Map<String, @Nullable Object> all = place.keywords();
        List<Demands> result = before;
        if (all.containsKey("unevaluatedProperties")) {
            Place others = keywords.schema(place, "unevaluatedProperties", all.get("unevaluatedProperties"));
            List<Demands> next = new ArrayList<>();
            for (Demands each : result) {
                next.add(each.and(leftMembers(each, others)));
            }
            result = next;
        }
        if (all.containsKey("unevaluatedItems")) {
            Place others = keywords.schema(place, "unevaluatedItems", all.get("unevaluatedItems"));
            List<Demands> next = new ArrayList<>();
            for (Demands each : result) {
                if (!each.contains.isEmpty() && !Boolean.TRUE.equals(others.schema)) {
                    throw Refusal.of(place, "unevaluatedItems", "beside contains is not supported");
                }
                next.add(each.and(leftItems(each, others)));
            }
            result = next;
        }
        return result;
    }

    private Demands leftMembers(Demands demands, Place others) {
        Demands more = new Demands();
        Map<String, Place> properties = new LinkedHashMap<>();
        Map<String, Place> patterns = new LinkedHashMap<>();
        for (Members each : demands.members) {
            if (each.evaluates()) {
                if (each.others() != null) {
                    return more;
                }
                each.properties().keySet().forEach(name -> properties.put(name, places.anything()));
                each.patterns().keySet().forEach(pattern -> patterns.put(pattern, places.anything()));
            }
        }
        more.members.add(new Members(properties, patterns, others, true));
        return more;
    }

    private Demands leftItems(Demands demands, Place others) {
        Demands more = new Demands();
        int most = 0;
        for (Demands.Items each : demands.items) {
            if (each.evaluates() && each.others() != null) {
                return more;
            }
            most = each.evaluates() ? Math.max(most, each.first().size()) : most;
        }
        Place[] first = new Place[most];
        Arrays.fill(first, places.anything());
        more.items.add(new Demands.Items(List.of(first), others, true));
        return more;
    }

    // ---- the opposite

    /** The place of a schema that says the opposite; the same for the same schema. */
    Place negation(Place place) {
        return negations.computeIfAbsent(place.id, id -> places.made(place, "not", place.schema));
    }

    /** What a value may be that does not meet a schema. */
    private List<Demands> negated(Place place) {
        return opposite(place).stream().map(Demands::unnoted).toList();
    }

    private List<Demands> opposite(Place place) {
        if (!(place.schema instanceof Map)) {
            return place.isFalse() ? List.of(new Demands()) : List.of();
        }
        if (!opposites.add(place.id)) {
            throw Refusal.circle(place);
        }
        Map<String, @Nullable Object> all = place.keywords();
        List<Demands> either = new ArrayList<>();
        Set<String> read = new HashSet<>();
        all.forEach((keyword, value) -> {
            if (!Keywords.isNote(keyword) && read.add(keyword)) {
                either.addAll(negated(place, keyword, value));
            }
        });
        opposites.remove(place.id);
        return either;
    }

    private List<Demands> negated(Place place, String keyword, @Nullable Object value) {
        return switch (keyword) {
            case "type" -> notTypes(place, value);
            case "const" -> notExactly(place, "const", value);
            case "enum" -> {
                if (!(value instanceof List<?> list)) {
                    throw Refusal.of(place, keyword, "is no list");
                }
                List<Demands> none = List.of(new Demands());
                for (Object each : list) {
                    none = both(place, keyword, none, notExactly(place, keyword, each));
                }
                yield none;
            }
            case "not" -> of(keywords.schema(place, keyword, value));
            case "$ref" -> negated(places.refer(place, Keywords.text(place, keyword, value)));
            case "allOf" -> keywords.list(place, keyword).stream().flatMap(each -> negated(each).stream()).toList();
            case "anyOf" -> {
                List<Demands> none = List.of(new Demands());
                for (Place each : keywords.list(place, keyword)) {
                    none = both(place, keyword, none, negated(each));
                }
                yield none;
            }
            case "required" -> Keywords.texts(place, keyword, value).stream().map(name -> {
                Demands lacks = Demands.only(Demands.Type.OBJECT);
                lacks.forbidden.add(name);
                return lacks;
            }).toList();
            case "properties" -> keywords.schemas(place, keyword).entrySet().stream().map(entry -> {
                Demands wrong = Demands.only(Demands.Type.OBJECT);
                wrong.required.add(entry.getKey());
                wrong.members.add(
                        new Members(Map.of(entry.getKey(), negation(entry.getValue())), Map.of(), null, false));
                return wrong;
            }).toList();
            case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum" -> {
                if (value instanceof Boolean || place.keywords().get("exclusiveMinimum") instanceof Boolean
                        || place.keywords().get("exclusiveMaximum") instanceof Boolean) {
                    throw Refusal.of(place, keyword, "in the form of draft 4 is not supported within not or if");
                }
                Demands wrong = Demands.only(Demands.Type.NUMBER);
                wrong.bounds.add(new Bound(Keywords.number(place, keyword, value), keyword.endsWith("inimum"),
                        keyword.startsWith("ex")));
                yield List.of(wrong);
            }
            case "pattern" -> {
                Demands wrong = Demands.only(Demands.Type.STRING);
                wrong.texts.add(new Demands.Text(Keywords.text(place, keyword, value), false, place, keyword));
                yield List.of(wrong);
            }
            case "minLength", "minItems", "minProperties" -> {
                int least = Keywords.count(place, keyword, value);
                yield least == 0 ? List.of() : List.of(sized(keyword, 0, least - 1));
            }
            case "maxLength", "maxItems", "maxProperties" -> List
                    .of(sized(keyword, Keywords.count(place, keyword, value) + 1, Demands.UNBOUNDED));
            default -> throw Refusal.of(place, keyword, "is not supported within not or if");
        };
    }

    private static Demands sized(String keyword, int least, int most) {
        String what = keyword.substring(3);
        Demands wrong = Demands.only(switch (what) {
            case "Length" -> Demands.Type.STRING;
            case "Items" -> Demands.Type.ARRAY;
            default -> Demands.Type.OBJECT;
        });
        switch (what) {
            case "Length" -> {
                wrong.shortest = least;
                wrong.longest = most;
            }
            case "Items" -> {
                wrong.fewestItems = least;
                wrong.mostItems = most;
            }
            default -> {
                wrong.fewestMembers = least;
                wrong.mostMembers = most;
            }
        }
        return wrong;
    }

    private List<Demands> notTypes(Place place, @Nullable Object value) {
        List<?> list = value instanceof List<?> several ? several : List.of(String.valueOf(value));
        Set<Demands.Type> left = EnumSet.allOf(Demands.Type.class);
        for (Object each : list) {
            String name = String.valueOf(each);
            if (name.equals("integer") && !list.contains("number")) {
                throw Refusal.of(place, "type", "integer is not supported within not or if");
            }
            Demands.Type type = switch (name) {
                case "null" -> Demands.Type.NULL;
                case "boolean" -> Demands.Type.BOOLEAN;
                case "string" -> Demands.Type.STRING;
                case "array" -> Demands.Type.ARRAY;
                case "object" -> Demands.Type.OBJECT;
                case "number", "integer" -> Demands.Type.NUMBER;
                default -> throw Refusal.of(place, "type", "names no type of JSON: " + name);
            };
            left.remove(type);
        }
        Demands others = new Demands();
        others.types.retainAll(left);
        return others.isImpossible() ? List.of() : List.of(others);
    }

    private List<Demands> notExactly(Place place, String keyword, @Nullable Object value) {
        return switch (value) {
            case null -> List.of(Demands.without(Demands.Type.NULL));
            case Boolean truth -> {
                Demands other = Demands.only(Demands.Type.BOOLEAN);
                other.truths.remove(truth ? Truth.YES : Truth.NO);
                yield List.of(Demands.without(Demands.Type.BOOLEAN), other);
            }
            case String text -> {
                Demands other = new Demands();
                other.notStrings.add(text);
                yield List.of(other);
            }
            case Number number -> {
                BigDecimal exact = Keywords.number(place, keyword, number);
                Demands below = Demands.only(Demands.Type.NUMBER);
                below.bounds.add(new Bound(exact, true, false));
                Demands above = Demands.only(Demands.Type.NUMBER);
                above.bounds.add(new Bound(exact, false, false));
                yield List.of(Demands.without(Demands.Type.NUMBER), below, above);
            }
            default -> throw Refusal.of(place, keyword, "with a list or an object is not supported within not or if");
        };
    }
}
