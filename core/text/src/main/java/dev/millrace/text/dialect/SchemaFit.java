/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.SchemaReferences;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes a value fit a JSON schema, or tells why it does not: mending and judging are one reading. For one value.
 *
 * <p>
 * Read at any depth are: {@code $ref} and {@code $dynamicRef} within the schema, {@code type} (also as a list, and in the
 * capitals of OpenAPI, and in the names that Python has for them), {@code nullable}, {@code const}, {@code enum}, {@code allOf},
 * {@code anyOf}, {@code oneOf}, {@code not}, {@code if}, {@code dependentSchemas}, {@code properties}, {@code patternProperties},
 * {@code propertyNames}, {@code required}, {@code dependentRequired}, {@code additionalProperties},
 * {@code unevaluatedProperties}, {@code items}, {@code prefixItems}, {@code unevaluatedItems}, {@code contains}, {@code uniqueItems}, {@code pattern}, {@code multipleOf}, and the limits of numbers,
 * lengths and counts. A regular expression that Java reads in another way, or takes too long for, is left to a guard. A value that fits unmended is never changed. Of several alternatives the first one counts that the
 * value fits unmended, else the first one that it fits at all.
 */
final class SchemaFit {

    private static final int MAX_SENTENCES = 8;
    private static final int MAX_REFERENCES = 64;
    /** Alternatives within alternatives multiply. */
    private static final int MAX_STEPS = 200_000;

    private final Map<?, ?> root;
    private final SchemaReferences targets;
    private final int[] steps;
    private final List<String> notes = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    SchemaFit(Map<?, ?> root) {
        this(root, new SchemaReferences(root), new int[1]);
    }

    private SchemaFit(Map<?, ?> root, SchemaReferences targets, int[] steps) {
        this.root = root;
        this.targets = targets;
        this.steps = steps;
    }

    /** What was mended, the first few; a sentence each. */
    List<String> notes() {
        return notes;
    }

    /** What does not fit, the first few; empty if all does. */
    List<String> complaints() {
        return complaints;
    }

    /** The names of the arguments, as they are declared. */
    List<String> properties() {
        Set<String> names = new LinkedHashSet<>();
        properties(root, names, Collections.newSetFromMap(new IdentityHashMap<>()));
        return List.copyOf(names);
    }

    private void properties(@Nullable Object rule, Set<String> names, Set<Object> seen) {
        if (rule instanceof Map<?, ?> schema && seen.size() < MAX_REFERENCES && seen.add(schema)) {
            if (schema.get("$ref") instanceof String reference) {
                properties(targets.target(reference), names, seen);
            }
            if (schema.get("properties") instanceof Map<?, ?> properties) {
                properties.keySet().forEach(name -> names.add(String.valueOf(name)));
            }
            if (schema.get("allOf") instanceof List<?> all) {
                all.forEach(each -> properties(each, names, seen));
            }
        }
    }

    /** The arguments of a call, mended. */
    Map<String, @Nullable Object> arguments(Map<String, @Nullable Object> arguments) {
        Optional<String> circle = targets.circle();
        if (circle.isPresent()) {
            complain("", "cannot be checked: the reference " + circle.get()
                    + " in the schema goes round in a circle without an end");
            return arguments;
        }
        Map<String, @Nullable Object> mended = new LinkedHashMap<>();
        if (value(arguments, root, "", 0, 0) instanceof Map<?, ?> map) {
            map.forEach((name, value) -> mended.put(String.valueOf(name), value));
        }
        if (complaints.isEmpty() && !notes.isEmpty()) {
            // what was mended late has not been judged by what came before
            SchemaFit again = new SchemaFit(root);
            again.value(mended, root, "", 0, 0);
            complaints.addAll(again.complaints);
        }
        return mended;
    }

    private @Nullable Object value(@Nullable Object value, @Nullable Object rule, String path, int depth,
            int references) {
        if (depth > LiteralReader.MAX_DEPTH) {
            complain(path, "nests deeper than " + LiteralReader.MAX_DEPTH);
            return value;
        }
        if (++steps[0] > MAX_STEPS) {
            if (complaints.isEmpty()) {
                complain(path, "has too many alternatives to be checked");
            }
            return value;
        }
        if (Boolean.FALSE.equals(rule)) {
            complain(path, "is not allowed");
        }
        if (!(rule instanceof Map<?, ?> schema) || (value == null && Boolean.TRUE.equals(schema.get("nullable")))) {
            return value;
        }
        Object fit = value;
        for (String keyword : List.of("$ref", "$dynamicRef")) {
            if (schema.get(keyword) instanceof String reference) {
                if (references == MAX_REFERENCES) {
                    complain(path, "is behind more than " + MAX_REFERENCES + " references in a row");
                    return value;
                }
                fit = value(fit, targets.target(reference), path, depth, references + 1);
            }
        }
        fit = typed(fit, types(schema), path);
        fit = listed(fit, schema, path);
        if (schema.get("allOf") instanceof List<?> all) {
            for (Object each : all) {
                fit = value(fit, each, path, depth + 1, references);
            }
        }
        fit = alternatives(fit, schema.get("anyOf"), path, depth, references);
        int fitting = schema.get("oneOf") instanceof List<?> one ? fitting(fit, one, path, depth, references) : 0;
        if (fitting > 1) {
            complain(path, "fits " + fitting + " alternatives and must fit one");
        } else {
            fit = alternatives(fit, schema.get("oneOf"), path, depth, references);
        }
        fit = conditions(fit, schema, path, depth, references);
        limits(fit, schema, path);
        return switch (fit) {
            case Map<?, ?> map -> otherMembers(object(map, schema, path, depth), schema, path, depth);
            case List<?> list -> otherItems(items(list, schema, path, depth), schema, path, depth);
            case null -> null;
            default -> fit;
        };
    }

    private static List<String> types(Map<?, ?> schema) {
        List<?> types = schema.get("type") instanceof List<?> several
                ? several
                : schema.get("type") instanceof String one ? List.of(one) : List.of();
        return types.stream().map(type -> JsonType.plain(String.valueOf(type))).toList();
    }

    private @Nullable Object typed(@Nullable Object value, List<String> types, String path) {
        if (types.isEmpty() || types.stream().anyMatch(type -> JsonType.is(value, type))) {
            return value;
        }
        if (types.contains("null") && value instanceof String text && JsonType.spellsNull(text)) {
            note(path, value, "null");
            return null;
        }
        // a number stays a number, if it may
        List<String> nearest = types.stream().sorted(Comparator.comparing(type -> value instanceof Number
                && type.equals("string"))).toList();
        for (String type : nearest) {
            Object other = JsonType.respelled(value, type);
            if (other != null) {
                note(path, value, type);
                return other;
            }
        }
        complain(path, "must be " + String.join(" or ", types) + ", not " + JsonType.of(value));
        return value;
    }

    /** One of the values that {@code enum} and {@code const} name. */
    private @Nullable Object listed(@Nullable Object value, Map<?, ?> schema, String path) {
        Object fit = value;
        if (schema.get("enum") instanceof List<?> values) {
            fit = listed(fit, values, path);
        }
        if (schema.containsKey("const")) {
            List<@Nullable Object> only = new ArrayList<>();
            only.add(schema.get("const"));
            fit = listed(fit, only, path);
        }
        return fit;
    }

    private @Nullable Object listed(@Nullable Object value, List<?> values, String path) {
        for (Object each : values) {
            if (same(each, value)) {
                return value;
            }
        }
        for (Object each : values) {
            if (each instanceof String wanted && value instanceof String given
                    && canonical(wanted).equals(canonical(given))) {
                return wanted;
            }
            if (each == null && value instanceof String text && JsonType.spellsNull(text)) {
                note(path, value, "null");
                return null;
            }
            Object other = each == null ? null : JsonType.respelled(value, JsonType.of(each));
            if (other != null && same(each, other)) {
                note(path, value, JsonType.of(each));
                return each;
            }
        }
        complain(path, values.size() == 1 ? "must be " + values.getFirst() : "must be one of " + values);
        return value;
    }

    /** Letters with their accents as one character each: what looks the same is the same. */
    private static String canonical(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    private @Nullable Object alternatives(@Nullable Object value, @Nullable Object rules, String path, int depth,
            int references) {
        if (!(rules instanceof List<?> branches) || branches.isEmpty()) {
            return value;
        }
        SchemaFit best = null;
        Object mended = value;
        Set<String> reasons = new LinkedHashSet<>();
        for (Object branch : branches) {
            SchemaFit trial = new SchemaFit(root, targets, steps);
            Object fit = trial.value(value, branch, path, depth + 1, references);
            if (!trial.complaints.isEmpty()) {
                reasons.addAll(trial.complaints);
            } else if (trial.notes.isEmpty()) {
                return fit;
            } else if (best == null && fits(fit, branch, path, depth, references)) {
                best = trial;
                mended = fit;
            }
        }
        if (best == null) {
            if (reasons.isEmpty()) {
                complain(path, "fits no alternative");
            }
            reasons.stream().reduce((one, other) -> one + ", or " + other).ifPresent(all -> add(complaints, all));
        } else {
            best.notes.forEach(note -> add(notes, note));
        }
        return mended;
    }

    /** How many alternatives a value fits as it stands. */
    private int fitting(@Nullable Object value, List<?> branches, String path, int depth, int references) {
        int fitting = 0;
        for (Object branch : branches) {
            fitting += fits(value, branch, path, depth, references) ? 1 : 0;
        }
        return fitting;
    }

    private boolean fits(@Nullable Object value, @Nullable Object rule, String path, int depth, int references) {
        SchemaFit trial = new SchemaFit(root, targets, steps);
        trial.value(value, rule, path, depth + 1, references);
        return trial.complaints.isEmpty() && trial.notes.isEmpty();
    }

    private @Nullable Object conditions(@Nullable Object value, Map<?, ?> schema, String path, int depth,
            int references) {
        if (schema.containsKey("not") && fits(value, schema.get("not"), path, depth, references)) {
            complain(path, "is what it must not be");
        }
        Object fit = value;
        if (schema.containsKey("if")) {
            Object rule = schema.get(fits(value, schema.get("if"), path, depth, references) ? "then" : "else");
            fit = value(value, rule, path, depth + 1, references);
        }
        // until 2019, both kinds of dependencies had one name
        for (String keyword : List.of("dependentSchemas", "dependencies")) {
            if (value instanceof Map<?, ?> members && schema.get(keyword) instanceof Map<?, ?> dependent) {
                for (Map.Entry<?, ?> each : dependent.entrySet()) {
                    if (members.containsKey(each.getKey())) {
                        fit = value(fit, each.getValue(), path, depth + 1, references);
                    }
                }
            }
        }
        return fit;
    }

    private void limits(@Nullable Object value, Map<?, ?> schema, String path) {
        switch (value) {
            case Number number when Double.isFinite(number.doubleValue()) || !(number instanceof Double) -> {
                BigDecimal exact = JsonType.decimal(number);
                number(schema, "minimum", exact, -1, path, "must be at least ");
                number(schema, "maximum", exact, 1, path, "must be at most ");
                if (exclusive(schema, "Minimum") instanceof Number least
                        && exact.compareTo(JsonType.decimal(least)) <= 0) {
                    complain(path, "must be more than " + least);
                }
                if (exclusive(schema, "Maximum") instanceof Number most
                        && exact.compareTo(JsonType.decimal(most)) >= 0) {
                    complain(path, "must be less than " + most);
                }
                if (schema.get("multipleOf") instanceof Number step && JsonType.decimal(step).signum() > 0
                        && exact.remainder(JsonType.decimal(step)).signum() != 0) {
                    complain(path, "must be a multiple of " + step);
                }
            }
            case String text -> {
                count(schema, text.codePointCount(0, text.length()), "Length", "characters", path);
                if (schema.get("pattern") instanceof String pattern
                        && matches(pattern, text).equals(Optional.of(false))) {
                    complain(path, "does not match the pattern " + pattern);
                }
            }
            case List<?> list -> {
                count(schema, list.size(), "Items", "items", path);
                if (Boolean.TRUE.equals(schema.get("uniqueItems")) && repeats(list)) {
                    complain(path, "must have no item twice");
                }
            }
            case Map<?, ?> map -> count(schema, map.size(), "Properties", "members", path);
            case null, default -> {
                // has no size
            }
        }
    }

    /** A limit that a number may not reach. In OpenAPI 3.0 a truth value says that of the limit beside it. */
    private static @Nullable Object exclusive(Map<?, ?> schema, String side) {
        Object limit = schema.get("exclusive" + side);
        return Boolean.TRUE.equals(limit) ? schema.get(side.toLowerCase(Locale.ROOT)) : limit;
    }

    private Optional<Boolean> matches(String pattern, String text) {
        return SchemaPattern.matches(pattern, text, MAX_STEPS - steps[0]);
    }

    private boolean repeats(List<?> list) {
        for (int i = 0; i < list.size(); i++) {
            for (int j = 0; j < i && steps[0] < MAX_STEPS; j++) {
                steps[0]++;
                if (same(list.get(i), list.get(j))) {
                    return true;
                }
            }
        }
        return false;
    }

    private void number(Map<?, ?> schema, String keyword, BigDecimal value, int wrongSide, String path,
            String message) {
        if (schema.get(keyword) instanceof Number limit
                && Integer.signum(value.compareTo(JsonType.decimal(limit))) == wrongSide) {
            complain(path, message + limit);
        }
    }

    private void count(Map<?, ?> schema, int size, String keyword, String unit, String path) {
        if (schema.get("min" + keyword) instanceof Number least && size < least.doubleValue()) {
            complain(path, "must have at least " + least + " " + unit);
        }
        if (schema.get("max" + keyword) instanceof Number most && size > most.doubleValue()) {
            complain(path, "must have at most " + most + " " + unit);
        }
    }

    private Map<String, @Nullable Object> object(Map<?, ?> value, Map<?, ?> schema, String path, int depth) {
        Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> map ? map : Map.of();
        if (schema.get("required") instanceof List<?> required) {
            for (Object name : required) {
                needs(value, name, path);
            }
        }
        for (String keyword : List.of("dependentRequired", "dependencies")) {
            if (schema.get(keyword) instanceof Map<?, ?> dependent) {
                dependent.forEach((name, others) -> {
                    if (value.containsKey(name) && others instanceof List<?> list) {
                        list.forEach(other -> needs(value, other, path));
                    }
                });
            }
        }
        Map<String, @Nullable Object> mended = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : value.entrySet()) {
            String name = String.valueOf(entry.getKey());
            String at = member(path, name);
            if (schema.containsKey("propertyNames") && !fits(name, schema.get("propertyNames"), path, depth, 0)) {
                complain(at, "has a name that is not allowed");
            }
            Object fit = entry.getValue();
            for (Object rule : rules(name, schema, properties, at)) {
                fit = value(fit, rule, at, depth + 1, 0);
            }
            mended.put(name, fit);
        }
        return mended;
    }

    private void needs(Map<?, ?> value, @Nullable Object name, String path) {
        if (!value.containsKey(name)) {
            complain(member(path, name), "is missing");
        }
    }

    /** All schemas that a member has to fit. */
    private List<@Nullable Object> rules(String name, Map<?, ?> schema, Map<?, ?> properties, String at) {
        List<@Nullable Object> rules = new ArrayList<>();
        boolean known = properties.containsKey(name);
        if (known) {
            rules.add(properties.get(name));
        }
        Map<?, ?> patterns = schema.get("patternProperties") instanceof Map<?, ?> map ? map : Map.of();
        for (Map.Entry<?, ?> each : patterns.entrySet()) {
            Optional<Boolean> matches = matches(String.valueOf(each.getKey()), name);
            known |= matches.orElse(true);
            if (matches.orElse(false)) {
                rules.add(each.getValue());
            }
        }
        if (!known && Boolean.FALSE.equals(schema.get("additionalProperties"))) {
            complain(at, "is unknown"
                    + (properties.isEmpty()
                            ? patterns.isEmpty() ? ", there are none" : ""
                            : ", there are only " + properties.keySet()));
        } else if (!known) {
            rules.add(schema.get("additionalProperties"));
        }
        return rules;
    }

    private List<@Nullable Object> items(List<?> list, Map<?, ?> schema, String path, int depth) {
        Object rest = schema.get("items");
        List<?> first = schema.get("prefixItems") instanceof List<?> prefix ? prefix : List.of();
        // until 2019, a list of items was what prefixItems is now
        if (rest instanceof List<?> tuple) {
            first = tuple;
            rest = schema.get("additionalItems");
        }
        List<@Nullable Object> items = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            items.add(value(list.get(i), i < first.size() ? first.get(i) : rest, path + "[" + i + "]", depth + 1, 0));
        }
        if (schema.containsKey("contains")) {
            long found = items.stream().filter(item -> fits(item, schema.get("contains"), path, depth, 0)).count();
            long least = schema.get("minContains") instanceof Number number ? number.longValue() : 1;
            long most = schema.get("maxContains") instanceof Number number ? number.longValue() : Long.MAX_VALUE;
            if (found < least || found > most) {
                complain(path, "has " + found + " items of the kind that it must contain");
            }
        }
        return items;
    }

    /** What no other keyword has a word for. */
    private Map<String, @Nullable Object> otherMembers(Map<String, @Nullable Object> value, Map<?, ?> schema,
            String path,
            int depth) {
        if (!schema.containsKey("unevaluatedProperties")) {
            return value;
        }
        Set<String> known = evaluated(path, depth).members(value, schema);
        Object rule = schema.get("unevaluatedProperties");
        Map<String, @Nullable Object> mended = new LinkedHashMap<>(value);
        mended.replaceAll((name, each) -> {
            if (known.contains(name)) {
                return each;
            }
            if (Boolean.FALSE.equals(rule)) {
                complain(member(path, name),
                        "is unknown" + (known.isEmpty() ? "" : ", beside " + new TreeSet<>(known)));
                return each;
            }
            return value(each, rule, member(path, name), depth + 1, 0);
        });
        return mended;
    }

    private List<@Nullable Object> otherItems(List<@Nullable Object> list, Map<?, ?> schema, String path, int depth) {
        if (!schema.containsKey("unevaluatedItems")) {
            return list;
        }
        BitSet known = evaluated(path, depth).items(list, schema);
        List<@Nullable Object> mended = new ArrayList<>(list);
        for (int i = known.nextClearBit(0); i < list.size(); i = known.nextClearBit(i + 1)) {
            mended.set(i, value(list.get(i), schema.get("unevaluatedItems"), path + "[" + i + "]", depth + 1, 0));
        }
        return mended;
    }

    private Evaluated evaluated(String path, int depth) {
        // a pattern that is left to a guard may have found the name
        return new Evaluated(targets, (value, rule) -> fits(value, rule, path, depth, 0),
                (pattern, name) -> matches(pattern, name).orElse(true));
    }

    private static String member(String path, @Nullable Object name) {
        return path.isEmpty() ? String.valueOf(name) : path + "." + name;
    }

    private void note(String path, @Nullable Object value, String type) {
        add(notes, "'" + path + "' was given as " + JsonType.of(value) + " and taken as " + type + ".");
    }

    private void complain(String path, String what) {
        add(complaints, (path.isEmpty() ? "the object of all arguments" : "'" + path + "'") + " " + what);
    }

    private static void add(List<String> sentences, String sentence) {
        if (sentences.size() < MAX_SENTENCES) {
            sentences.add(sentence);
        }
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
        return switch (a) {
            case Number x when b instanceof Number y -> JsonType.decimal(x).compareTo(JsonType.decimal(y)) == 0;
            case List<?> x when b instanceof List<?> y -> {
                boolean same = x.size() == y.size();
                for (int i = 0; same && i < x.size(); i++) {
                    same = same(x.get(i), y.get(i));
                }
                yield same;
            }
            case Map<?, ?> x when b instanceof Map<?, ?> y -> x.keySet().equals(y.keySet())
                    && x.keySet().stream().allMatch(key -> same(x.get(key), y.get(key)));
            case null -> b == null;
            default -> a.equals(b);
        };
    }
}
