/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

import dev.millrace.api.ToolHint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Reads rules, one a line: an action, patterns of names, conditions and settings, and a reason after {@code because}.
 *
 * <pre>{@code
 * # the first of allow, ask and deny that fits decides
 * deny  format_*,delete_*                     because Nothing is deleted by a model.
 * allow hint:read-only
 * ask   hint:destructive within=2m            because It cannot be undone.
 * limit camera_* calls=10/1m
 * limit * time=30s characters=6000
 * }</pre>
 */
public final class RuleReader {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int MOST_RULES = 1_000;

    private final int line;
    private final List<Pattern> names = new ArrayList<>();
    private final List<ToolHint> hints = new ArrayList<>();
    private final List<Pattern> users = new ArrayList<>();
    private boolean silent;
    private Duration patience = PATIENCE;
    private Optional<Rate> rate = Optional.empty();
    private Optional<Duration> time = Optional.empty();
    private OptionalInt characters = OptionalInt.empty();

    private RuleReader(int line) {
        this.line = line;
    }

    /**
     * Reads rules.
     *
     * @param text lines; those that are empty or begin with {@code #} say nothing
     * @return the rules in their order
     * @throws RuleException if a line cannot be read; the message names it
     */
    public static List<Rule> read(String text) throws RuleException {
        List<Rule> rules = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (!line.isBlank() && !line.strip().startsWith("#")) {
                if (rules.size() == MOST_RULES) {
                    throw new RuleException(number, "there are more than " + MOST_RULES);
                }
                rules.add(new RuleReader(number).rule(line.strip()));
            }
        }
        return List.copyOf(rules);
    }

    private Rule rule(String text) throws RuleException {
        String[] halves = text.split("\\s+because\\s+", 2);
        String[] words = halves[0].split("\\s+", -1);
        Rule.Action action = action(words[0]);
        for (String word : Arrays.copyOfRange(words, 1, words.length)) {
            try {
                condition(word);
            } catch (IllegalArgumentException e) {
                throw new RuleException(line, String.valueOf(e.getMessage()));
            }
        }
        boolean limits = rate.isPresent() || time.isPresent() || characters.isPresent();
        if (limits != (action == Rule.Action.LIMIT)) {
            throw new RuleException(line, limits
                    ? "calls=, time= and characters= belong to limit"
                    : "limit needs calls=, time= or characters=");
        }
        if (names.isEmpty() && hints.isEmpty() && !silent && users.isEmpty()) {
            throw new RuleException(line, "it says of no tool what is meant: write * for all");
        }
        if (names.isEmpty()) {
            names.add(glob("*"));
        }
        return new Rule(line, action, names, hints, silent, users, patience, rate, time, characters,
                halves.length == 2 ? halves[1].strip() : "");
    }

    private Rule.Action action(String word) throws RuleException {
        for (Rule.Action action : Rule.Action.values()) {
            if (action.name().toLowerCase(Locale.ROOT).equals(word)) {
                return action;
            }
        }
        throw new RuleException(line, "it begins with \"" + word + "\": write allow, ask, deny or limit");
    }

    private void condition(String word) {
        int end = word.indexOf('=');
        if (end > 0) {
            setting(word.substring(0, end), word.substring(end + 1));
        } else if (word.startsWith("hint:")) {
            hint(word.substring("hint:".length()));
        } else if (word.startsWith("user:")) {
            globs(word.substring("user:".length())).forEach(users::add);
        } else {
            names.addAll(globs(word));
        }
    }

    private void hint(String name) {
        if (name.equals("none")) {
            silent = true;
            return;
        }
        for (ToolHint hint : ToolHint.values()) {
            if (hint.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name)) {
                hints.add(hint);
                return;
            }
        }
        throw new IllegalArgumentException("there is no hint \"" + name
                + "\": write read-only, acting, destructive, idempotent, open-world or none");
    }

    private void setting(String name, String value) {
        switch (name) {
            case "within" -> patience = Durations.read(value);
            case "time" -> time = Optional.of(Durations.read(value));
            case "characters" -> characters = OptionalInt.of(number(value));
            case "calls" -> {
                String[] parts = value.split("/", 2);
                if (parts.length != 2) {
                    throw new IllegalArgumentException("\"" + value + "\" is no rate: write calls=10/1m or the like");
                }
                rate = Optional.of(new Rate(number(parts[0]), Durations.read(parts[1])));
            }
            default -> throw new IllegalArgumentException(
                    "there is no setting \"" + name + "\": write within=, calls=, time= or characters=");
        }
    }

    private static int number(String text) {
        if (!text.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("\"" + text + "\" is no number of 1 or more");
        }
        return Integer.parseInt(text);
    }

    private static List<Pattern> globs(String list) {
        List<Pattern> all = new ArrayList<>();
        for (String one : list.split(",", -1)) {
            if (!one.isEmpty()) {
                all.add(glob(one));
            }
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException("\"" + list + "\" names nothing");
        }
        return all;
    }

    private static Pattern glob(String text) {
        StringBuilder regex = new StringBuilder();
        text.codePoints().forEach(c -> regex.append(switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(Character.toString(c));
        }));
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
