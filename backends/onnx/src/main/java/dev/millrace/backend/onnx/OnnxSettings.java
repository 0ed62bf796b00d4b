/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.millrace.api.setting.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@link OnnxSettingGroup} is set to.
 *
 * @param variant the variant to take if a model has it, or empty for what suits device and precision
 * @param optimisation how far ONNX Runtime may rewrite graphs
 * @param spinning whether waiting threads keep a processor busy: faster on an idle machine, wasteful on a busy one
 * @param optimised folder that keeps rewritten graphs for the next start, or empty
 * @param provider what an accelerator's execution provider is told, from its own names to values
 * @param isolated whether each model runs in a process of its own
 * @param patience how long one call to such a process may take
 */
record OnnxSettings(Optional<String> variant, OptLevel optimisation, boolean spinning, Optional<Path> optimised,
        Map<String, String> provider, boolean isolated, Duration patience) {

    /** As they are set. */
    static OnnxSettings of(Settings set) {
        return new OnnxSettings(set.find(OnnxSettingGroup.VARIANT, "").value(),
                OnnxSettingGroup.level(set.get(OnnxSettingGroup.OPTIMISATION)), set.get(OnnxSettingGroup.SPINNING),
                set.find(OnnxSettingGroup.OPTIMISED, "").value(),
                set.find(OnnxSettingGroup.PROVIDER, "").value().orElse(Map.of()), set.get(OnnxSettingGroup.ISOLATED),
                Duration.ofSeconds(set.get(OnnxSettingGroup.PATIENCE)));
    }

    /**
     * As system properties say.
     *
     * @throws IllegalArgumentException if one of them is wrong
     */
    static OnnxSettings ofSystem() {
        return of(Settings.ofSystem(new OnnxSettingGroup()));
    }

    /** As a configuration says, and system properties where it says nothing. */
    static OnnxSettings of(Map<String, ?> configuration, Consumer<String> complaints) {
        return of(Settings.ofSystem(new OnnxSettingGroup()).configured(configuration, complaints));
    }

    /** The same, without isolation, as flags for another Java process. */
    List<String> flags() {
        List<String> flags = new ArrayList<>();
        variant.ifPresent(name -> flags.add(flag("variant", name)));
        Stream.of("none", "basic", "extended", "all").filter(name -> OnnxSettingGroup.level(name) == optimisation)
                .forEach(name -> flags.add(flag("optimisation", name)));
        flags.add(flag("spinning", String.valueOf(spinning)));
        optimised.ifPresent(folder -> flags.add(flag("optimised", folder.toAbsolutePath().toString())));
        if (!provider.isEmpty()) {
            flags.add(flag("provider", provider.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue())
                    .collect(Collectors.joining(","))));
        }
        return flags;
    }

    private static String flag(String name, String value) {
        return "-D" + OnnxSettingGroup.PREFIX + name + "=" + value;
    }
}
