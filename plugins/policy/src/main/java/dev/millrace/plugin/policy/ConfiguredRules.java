/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.setting.Settings;
import dev.millrace.plugin.policy.rules.Policy;
import dev.millrace.plugin.policy.rules.Rule;
import dev.millrace.plugin.policy.rules.RuleException;
import dev.millrace.plugin.policy.rules.RuleReader;
import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a configuration. Those of a file are read again when the file has changed. While rules cannot be read, no call runs.
 * Safe for use from any thread.
 */
final class ConfiguredRules {

    private static final System.Logger LOG = System.getLogger(ConfiguredRules.class.getName());
    private static final long LARGEST = 1 << 20;

    private final String words;
    private final String name;
    private @Nullable FileTime seen;
    private @Nullable Policy policy;
    private String problem = "";

    /**
     * Rules.
     *
     * @param settings those of {@link PolicySettings}; rules of the file come after the others
     */
    ConfiguredRules(Settings settings) {
        words = settings.find(PolicySettings.RULES, "").value().orElse("").replace(';', '\n');
        name = settings.find(PolicySettings.FILE, "").value().orElse("");
    }

    /** What the rules say of a call. */
    ToolDecision ask(ToolRequest request, BiFunction<Policy, ToolRequest, ToolDecision> how) {
        Policy now = current();
        return now == null ? ToolDecision.refuse(problem()) : how.apply(now, request);
    }

    private synchronized String problem() {
        return problem;
    }

    private synchronized @Nullable Policy current() {
        try {
            Path file = name.isEmpty() ? null : Path.of(name);
            FileTime changed = file == null ? FileTime.fromMillis(0) : Files.getLastModifiedTime(file);
            if (!changed.equals(seen)) {
                seen = changed;
                policy = null;
                policy = new Policy(read(file), InstantSource.system());
            }
        } catch (IOException | RuleException | InvalidPathException e) {
            seen = e instanceof RuleException ? seen : null;
            policy = null;
            String why = "No tool can be called, since the rules of this machine cannot be read: " + reason(e);
            if (!why.equals(problem)) {
                LOG.log(System.Logger.Level.ERROR, why);
            }
            problem = why;
        }
        return policy;
    }

    private String reason(Exception problem) {
        return problem instanceof RuleException
                ? String.valueOf(problem.getMessage())
                : problem instanceof NoSuchFileException
                        ? "there is no file " + name + "."
                        : name + " (" + problem.getMessage() + ").";
    }

    private List<Rule> read(@Nullable Path file) throws IOException, RuleException {
        List<Rule> rules = new ArrayList<>(RuleReader.read(words));
        if (file != null) {
            if (Files.size(file) > LARGEST) {
                throw new IOException("it is larger than rules can be");
            }
            rules.addAll(RuleReader.read(Json.text(Files.readAllBytes(file))));
        }
        return rules;
    }
}
