/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import dev.millrace.grammar.schema.Demands.Bound;
import dev.millrace.grammar.schema.Demands.Contains;
import dev.millrace.grammar.schema.Demands.Members;
import dev.millrace.grammar.schema.Demands.Truth;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the keywords of a schema that say something by themselves, without alternatives. */
final class Keywords {

    /** Say nothing that a value could break. */
    private static final Set<String> NOTES = Set.of("$schema", "$id", "id", "$anchor", "$comment", "$defs",
            "definitions", "title", "description", "default", "examples", "example", "deprecated", "readOnly",
            "writeOnly", "contentMediaType", "contentEncoding", "contentSchema", "$dynamicAnchor", "externalDocs",
            "xml",
            "discriminator", "markdownDescription", "enumNames", "enumDescriptions", "errorMessage",
            "propertyOrdering");
    /** Read elsewhere. */
    private static final Set<String> COMPOSED = Set.of("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref",
            "dependentSchemas", "dependentRequired", "dependencies", "unevaluatedProperties", "unevaluatedItems",
            "nullable", "type", "enum", "const", "minContains", "maxContains", "exclusiveMinimum", "exclusiveMaximum",
            "additionalItems", "prefixItems");

    private static final BigDecimal LARGEST_COUNT = BigDecimal.valueOf(1_000_000);

    private final Places places;

    Keywords(Places places) {
        this.places = places;
    }

    static boolean isNote(String keyword) {
        return NOTES.contains(keyword) || keyword.startsWith("x-");
    }

    /** What a schema demands beside its alternatives. */
    Demands read(Place place) {
        Demands demands = new Demands();
        Map<String, @Nullable Object> keywords = place.keywords();
        keywords.forEach((keyword, value) -> {
            if (!isNote(keyword) && !COMPOSED.contains(keyword)) {
                one(place, keyword, value, demands);
            }
        });
        types(place, demands);
        bounds(place, demands);
        members(place, demands);
        items(place, demands);
        return demands;
    }

    private void one(Place place, String keyword, @Nullable Object value, Demands demands) {
        switch (keyword) {
            case "multipleOf" -> {
                BigDecimal of = number(place, keyword, value);
                if (of.signum() <= 0 || !Multiple.counts(of)) {
                    throw Refusal.of(place, keyword, "must be from 0.000001 to " + Multiple.MOST
                            + " with few digits: " + value);
                }
                demands.multiples.add(of);
            }
            case "minLength" -> demands.shortest = count(place, keyword, value);
            case "maxLength" -> demands.longest = count(place, keyword, value);
            case "pattern" -> demands.texts.add(new Demands.Text(text(place, keyword, value), true, place, keyword));
            case "format" -> format(place, text(place, keyword, value), demands);
            case "minItems" -> demands.fewestItems = count(place, keyword, value);
            case "maxItems" -> demands.mostItems = count(place, keyword, value);
            case "uniqueItems" -> {
                if (!(value instanceof Boolean)) {
                    throw Refusal.of(place, keyword, "is neither true nor false");
                }
                demands.unique = Boolean.TRUE.equals(value) ? place : null;
            }
            case "contains" -> {
                Object least = place.keywords().getOrDefault("minContains", 1);
                Object most = place.keywords().get("maxContains");
                demands.contains.add(new Contains(schema(place, keyword, value), count(place, "minContains", least),
                        most == null ? Demands.UNBOUNDED : count(place, "maxContains", most)));
            }
            case "minProperties" -> demands.fewestMembers = count(place, keyword, value);
            case "maxProperties" -> demands.mostMembers = count(place, keyword, value);
            case "required" -> demands.required.addAll(texts(place, keyword, value));
            case "propertyNames" -> demands.names.add(schema(place, keyword, value));
            case "properties", "patternProperties", "additionalProperties", "items", "minimum", "maximum" -> {
                // read together
            }
            default -> throw Refusal.of(place, keyword,
                    keyword.startsWith("$") ? "is not supported" : "is not known: what it asks for would not be kept");
        }
    }

    private void types(Place place, Demands demands) {
        Object type = place.keywords().get("type");
        if (place.keywords().containsKey("type")) {
            Set<Demands.Type> all = EnumSet.noneOf(Demands.Type.class);
            boolean whole = false;
            boolean number = false;
            for (Object each : type instanceof List<?> list ? list : listOf(type)) {
                switch (String.valueOf(each)) {
                    case "null" -> all.add(Demands.Type.NULL);
                    case "boolean" -> all.add(Demands.Type.BOOLEAN);
                    case "string" -> all.add(Demands.Type.STRING);
                    case "array" -> all.add(Demands.Type.ARRAY);
                    case "object" -> all.add(Demands.Type.OBJECT);
                    case "number" -> {
                        all.add(Demands.Type.NUMBER);
                        number = true;
                    }
                    case "integer" -> {
                        all.add(Demands.Type.NUMBER);
                        whole = true;
                    }
                    default -> throw Refusal.of(place, "type", "names no type of JSON: " + each);
                }
            }
            if (Boolean.TRUE.equals(place.keywords().get("nullable"))) {
                all.add(Demands.Type.NULL);
            }
            demands.types.retainAll(all);
            demands.whole |= whole && !number;
        }
    }

    private static List<?> listOf(@Nullable Object one) {
        List<@Nullable Object> list = new ArrayList<>();
        list.add(one);
        return list;
    }

    /** Draft 4 says by true that a bound is exclusive, later ones name the bound itself. */
    private void bounds(Place place, Demands demands) {
        Map<String, @Nullable Object> keywords = place.keywords();
        for (boolean below : List.of(false, true)) {
            String plain = below ? "maximum" : "minimum";
            String strict = below ? "exclusiveMaximum" : "exclusiveMinimum";
            Object exclusive = keywords.get(strict);
            if (keywords.containsKey(plain)) {
                demands.bounds.add(new Bound(number(place, plain, keywords.get(plain)), below,
                        !Boolean.TRUE.equals(exclusive)));
            }
            if (keywords.containsKey(strict) && !(exclusive instanceof Boolean)) {
                demands.bounds.add(new Bound(number(place, strict, exclusive), below, false));
            }
        }
    }

    private void members(Place place, Demands demands) {
        Map<String, @Nullable Object> keywords = place.keywords();
        if (keywords.containsKey("properties") || keywords.containsKey("patternProperties")
                || keywords.containsKey("additionalProperties")) {
            Object others = keywords.get("additionalProperties");
            demands.members.add(new Members(schemas(place, "properties"), schemas(place, "patternProperties"),
                    keywords.containsKey("additionalProperties")
                            ? schema(place, "additionalProperties", others)
                            : null,
                    true));
        }
    }

    private void items(Place place, Demands demands) {
        Map<String, @Nullable Object> keywords = place.keywords();
        boolean older = keywords.get("items") instanceof List;
        Object list = older ? keywords.get("items") : keywords.get("prefixItems");
        String listed = older ? "items" : "prefixItems";
        List<Place> first = new ArrayList<>();
        if (list != null || keywords.containsKey(listed)) {
            if (!(list instanceof List<?> all)) {
                throw Refusal.of(place, listed, "is no list of schemas");
            }
            for (int i = 0; i < all.size(); i++) {
                first.add(schema(place, listed + "/" + i, all.get(i)));
            }
        }
        Place others = null;
        if (older && keywords.containsKey("additionalItems")) {
            others = schema(place, "additionalItems", keywords.get("additionalItems"));
        } else if (!older && keywords.containsKey("items")) {
            others = schema(place, "items", keywords.get("items"));
        }
        if (!first.isEmpty() || others != null) {
            demands.items.add(new Demands.Items(first, others, true));
        }
    }

    private void format(Place place, String name, Demands demands) {
        String regex = Formats.STRINGS.get(name);
        if (regex != null) {
            demands.texts.add(new Demands.Text(regex, true, place, "format"));
        } else if (Formats.INTEGERS.containsKey(name)) {
            demands.bounds.add(new Bound(BigDecimal.ZERO.subtract(Formats.below(name)), false, true));
            demands.bounds.add(new Bound(Formats.INTEGERS.get(name), true, true));
        } else if (!Formats.NOTES.contains(name)) {
            throw Refusal.of(place, "format", "names a format that cannot be enforced: " + name);
        }
    }

    // ---- the values of keywords

    Place schema(Place place, String keyword, @Nullable Object value) {
        if (value instanceof Map || value instanceof Boolean) {
            return places.at(place, value, keyword);
        }
        throw Refusal.of(place, keyword, "is no schema: expected an object, true or false");
    }

    Map<String, Place> schemas(Place place, String keyword) {
        Map<String, Place> all = new LinkedHashMap<>();
        if (!place.keywords().containsKey(keyword)) {
            return all;
        }
        if (!(place.keywords().get(keyword) instanceof Map<?, ?> map)) {
            throw Refusal.of(place, keyword, "is no object");
        }
        map.forEach((name, value) -> all.put(String.valueOf(name), schema(place, keyword + "/" + name, value)));
        return all;
    }

    List<Place> list(Place place, String keyword) {
        if (!(place.keywords().get(keyword) instanceof List<?> list) || list.isEmpty()) {
            throw Refusal.of(place, keyword, "is no list of schemas");
        }
        List<Place> all = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            all.add(schema(place, keyword + "/" + i, list.get(i)));
        }
        return all;
    }

    static int count(Place place, String keyword, @Nullable Object value) {
        BigDecimal number = number(place, keyword, value);
        if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
            throw Refusal.of(place, keyword, "is no whole number from 0 on: " + value);
        }
        // what is larger is no bound that a text could reach
        return number.compareTo(LARGEST_COUNT) > 0 ? LARGEST_COUNT.intValue() : number.intValue();
    }

    static BigDecimal number(Place place, String keyword, @Nullable Object value) {
        BigDecimal number = asNumber(value);
        if (number == null || number.precision() > 400 || Math.abs((long) number.scale()) > 400) {
            throw Refusal.of(place, keyword, "is no number, or one of too many digits: " + value);
        }
        return number;
    }

    /** A number as data, exactly as it was written. */
    static @Nullable BigDecimal asNumber(@Nullable Object value) {
        return switch (value) {
            case BigDecimal decimal -> decimal;
            case Double d -> Double.isFinite(d) ? new BigDecimal(d.toString()) : null;
            case Float f -> Float.isFinite(f) ? new BigDecimal(f.toString()) : null;
            case Number number -> new BigDecimal(number.toString());
            case null, default -> null;
        };
    }

    static String text(Place place, String keyword, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw Refusal.of(place, keyword, "is no string");
    }

    static List<String> texts(Place place, String keyword, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            throw Refusal.of(place, keyword, "is no list of names");
        }
        Set<String> all = new LinkedHashSet<>();
        list.forEach(each -> all.add(text(place, keyword, each)));
        return List.copyOf(all);
    }

    // ---- single values

    /** The demand to be one value. */
    Demands exactly(Place place, @Nullable Object value) {
        return switch (value) {
            case null -> Demands.only(Demands.Type.NULL);
            case Boolean truth -> {
                Demands demands = Demands.only(Demands.Type.BOOLEAN);
                demands.truths.retainAll(EnumSet.of(truth ? Truth.YES : Truth.NO));
                yield demands;
            }
            case String text -> {
                Demands demands = Demands.only(Demands.Type.STRING);
                demands.strings = new LinkedHashSet<>(List.of(text));
                yield demands;
            }
            case Number number -> {
                Demands demands = Demands.only(Demands.Type.NUMBER);
                demands.numbers = new LinkedHashSet<>(
                        List.of(number(place, "const", number).stripTrailingZeros()));
                yield demands;
            }
            case List<?> list -> {
                Demands demands = Demands.only(Demands.Type.ARRAY);
                List<Place> items = new ArrayList<>();
                list.forEach(each -> items.add(places.made(place, "const", each)));
                demands.items.add(new Demands.Items(items, null, true));
                demands.fewestItems = items.size();
                demands.mostItems = items.size();
                yield demands;
            }
            case Map<?, ?> map -> {
                Demands demands = Demands.only(Demands.Type.OBJECT);
                Map<String, Place> members = new LinkedHashMap<>();
                map.forEach((name, each) -> members.put(String.valueOf(name), places.made(place, "const", each)));
                demands.members.add(new Members(members, Map.of(), places.at(place, false, "const"), true));
                demands.required.addAll(members.keySet());
                yield demands;
            }
            default -> throw Refusal.of(place, "const", "is no value of JSON");
        };
    }
}
