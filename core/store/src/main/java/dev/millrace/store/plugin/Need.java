/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import dev.millrace.api.MillraceException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;

/**
 * A requirement of a bundle (OSGi Core 8, chapter 3.3).
 *
 * @param namespace what kind it is
 * @param directives {@code filter}, {@code resolution}, {@code effective} and others
 */
public record Need(String namespace, Map<String, String> directives) {

    /** The namespace of services. */
    public static final String SERVICE = "osgi.service";

    static final String PACKAGE = "osgi.wiring.package";

    private static final Pattern EQUAL = Pattern.compile("\\(([\\w.-]+)=([^()]+)\\)");
    private static final Pattern FROM = Pattern.compile("ersion>=([\\w.-]+)\\)");
    private static final Pattern BELOW = Pattern.compile("\\(!\\((?:bundle-)?version>=([\\w.-]+)\\)\\)");

    /** Copies the map. */
    public Need {
        directives = Map.copyOf(directives);
    }

    /**
     * Whether a bundle does not resolve without it.
     *
     * @return false for what is optional or asked for later
     */
    public boolean isMandatory() {
        return directives.getOrDefault("effective", "resolve").equals("resolve") && !isOptional();
    }

    /**
     * Whether a bundle does all that it can without it.
     *
     * @return true for what may be missing
     */
    public boolean isOptional() {
        return directives.getOrDefault("resolution", "mandatory").matches("optional|dynamic");
    }

    /**
     * Whether an offer is what is needed.
     *
     * @param offer of the same or another bundle
     * @return true if it is
     * @throws MillraceException if the filter is damaged
     */
    public boolean isMetBy(Offer offer) {
        if (!offer.namespace().equals(namespace)) {
            return false;
        }
        String filter = directives.get("filter");
        return filter == null || parsed(filter).matches(offer.attributes());
    }

    private static Filter parsed(String filter) {
        try {
            return FrameworkUtil.createFilter(filter);
        } catch (InvalidSyntaxException e) {
            throw new MillraceException("A bundle's requirement cannot be read (" + filter
                    + "): ask those who made it.", e);
        }
    }

    /**
     * Whether an offer has the wanted name, in whatever version.
     *
     * @param offer any
     * @return true if it has
     */
    public boolean isNamedLike(Offer offer) {
        return offer.namespace().equals(namespace) && name().equals(String.valueOf(offer.attributes().get(namespace)));
    }

    /**
     * Whether it is about Java itself.
     *
     * @return true if it is
     */
    public boolean isJava() {
        return namespace.equals("osgi.ee");
    }

    private String name() {
        Matcher equal = EQUAL.matcher(directives.getOrDefault("filter", ""));
        while (equal.find()) {
            if (equal.group(1).equals(namespace)) {
                return equal.group(2);
            }
        }
        return "";
    }

    /**
     * Words for people.
     *
     * @return such as {@code the package org.example in version 1.2 or later, below 2}
     */
    public String words() {
        String filter = directives.getOrDefault("filter", "");
        Matcher below = BELOW.matcher(filter);
        String end = below.find() ? ", below " + brief(below.group(1)) : "";
        Matcher from = FROM.matcher(filter.replaceAll(BELOW.pattern(), ""));
        String range = from.find() ? " in version " + brief(from.group(1)) + " or later" + end : end;
        return switch (namespace) {
            case PACKAGE -> "the package " + name() + range;
            case "osgi.wiring.bundle", "osgi.wiring.host", "osgi.identity" -> "the bundle " + name() + range;
            case "osgi.ee" -> java(filter);
            case SERVICE -> "the service " + service(filter);
            case "osgi.extender", "osgi.implementation" -> "what runs " + name();
            default -> namespace + (filter.isEmpty() ? "" : " with " + filter);
        };
    }

    private static String java(String filter) {
        Matcher version = Pattern.compile("version[>]?=([\\w.]+)").matcher(filter);
        return version.find() ? "Java " + brief(version.group(1)) : "Java as in " + filter;
    }

    private static String service(String filter) {
        Matcher equal = EQUAL.matcher(filter);
        return equal.find() ? equal.group(2) : filter;
    }

    private static String brief(String version) {
        return version.replaceFirst("(\\.0){1,2}$", "");
    }
}
