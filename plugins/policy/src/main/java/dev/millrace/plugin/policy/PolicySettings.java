/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.api.setting.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;

/** What can be set of the policy. */
@Component(immediate = true, service = SettingGroup.class)
public final class PolicySettings implements SettingGroup {

    static final String PID = "dev.millrace.policy";

    // not judged here: rules that cannot be read must refuse calls, and a value that is left out would allow them
    static final Setting<String> RULES = setting("rules", Range.form("rules with ; between them", text -> text),
            "Rules about calls of tools, before those of the file. Example: allow hint:read-only; ask *");

    static final Setting<String> FILE = setting("file", Range.form("a file", text -> text),
            "A file of rules, one a line. It is read again when it changes.");

    static final Setting<String> AUDIT = setting("audit", Range.form("a file", text -> text),
            "A file that records calls of tools; nothing is recorded if it is not set.");

    static final Setting<Long> BYTES = setting("audit.bytes", Range.whole(1, Long.MAX_VALUE),
            "At which size that file is put aside.").standard("10485760").in("bytes");

    static final Setting<Long> FILES = setting("audit.files", Range.whole(0, 1_000),
            "How many files that were put aside are kept.").standard("9");

    static final Setting<String> MASK = setting("audit.mask",
            Range.form("words with commas between them", text -> text),
            "More words that keys of secrets contain; their values are not recorded.");

    /** For the service loader and for frameworks. */
    public PolicySettings() {
    }

    private static <T> Setting<T> setting(String name, Range<T> range, String meaning) {
        return Setting.of(name, range, meaning).counts(Effect.AT_ONCE);
    }

    /** As the system is set, with a configuration over it. */
    static Settings of(Map<String, ?> configured, System.Logger log) {
        return changed(Settings.ofSystem(new PolicySettings()), configured, log);
    }

    /** With another configuration. What is wrong in it is logged, and what counted before stays. */
    static Settings changed(Settings before, Map<String, ?> configured, System.Logger log) {
        Map<String, Object> values = new LinkedHashMap<>(configured);
        Object rules = values.get(RULES.name());
        if (rules != null) {
            values.put(RULES.name(), String.join("\n", lines(rules)));
        }
        return before.configured(values, complaint -> log.log(System.Logger.Level.WARNING, complaint));
    }

    /** A rule may have commas, so a list of them is lines. */
    private static List<String> lines(@Nullable Object value) {
        List<String> lines = new ArrayList<>();
        switch (value) {
            case Object[] several -> {
                for (Object line : several) {
                    lines.add(String.valueOf(line));
                }
            }
            case Iterable<?> several -> several.forEach(line -> lines.add(String.valueOf(line)));
            case null, default -> lines.add(String.valueOf(value));
        }
        return lines;
    }

    @Override
    public String pid() {
        return PID;
    }

    @Override
    public String prefix() {
        return "millrace.policy.";
    }

    @Override
    public String title() {
        return "Policy of tools";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(FILE, RULES, AUDIT, BYTES, FILES, MASK);
    }
}
