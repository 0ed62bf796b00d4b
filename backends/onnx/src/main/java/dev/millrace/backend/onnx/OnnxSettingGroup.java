/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Component;

/** What can be set of the ONNX backend. */
@Component(immediate = true, service = SettingGroup.class)
public final class OnnxSettingGroup implements SettingGroup {

    static final String PID = "dev.millrace.backend.onnx";
    static final String PREFIX = "millrace.onnx.";

    private static final long LONGEST = 10_000_000;

    static final Setting<String> VARIANT = setting("variant", Range.form("a name", text -> text),
            "The variant to take if a model has it; what suits device and precision if it is not set.");

    static final Setting<String> OPTIMISATION = setting("optimisation", Range.words("none", "basic", "extended", "all"),
            "How far ONNX Runtime rewrites graphs.").standard("all");

    static final Setting<Boolean> SPINNING = setting("spinning", Range.truth(),
            "Whether waiting threads keep a processor busy: a little faster on an idle machine, wasteful on a busy one.")
            .standard("false");

    static final Setting<Path> OPTIMISED = setting("optimised", Range.form("a folder", Path::of),
            "A folder that keeps rewritten graphs, so that the next start skips the rewriting; nothing is kept if it is not set.");

    static final Setting<Map<String, String>> PROVIDER = setting("provider",
            Range.form("NAME=VALUE, with commas between several", OnnxSettingGroup::pairs),
            "What an accelerator's execution provider is told, by ONNX Runtime's own names."
                    + " Example: device_id=1,gpu_mem_limit=4294967296");

    static final Setting<Boolean> ISOLATED = setting("isolated", Range.truth(),
            "Whether each model runs in a process of its own.").standard("false");

    static final Setting<Long> PATIENCE = setting("patience", Range.whole(1, LONGEST),
            "How long one call to such a process may take: loading, or a micro-batch.").standard("900").in("seconds");

    /** For the service loader and for frameworks. */
    public OnnxSettingGroup() {
    }

    private static <T> Setting<T> setting(String name, Range<T> range, String meaning) {
        return Setting.of(name, range, meaning).counts(Effect.NEXT_START);
    }

    /** The level of a word of {@link #OPTIMISATION}. */
    static OptLevel level(String word) {
        return switch (word) {
            case "none" -> OptLevel.NO_OPT;
            case "basic" -> OptLevel.BASIC_OPT;
            case "extended" -> OptLevel.EXTENDED_OPT;
            default -> OptLevel.ALL_OPT;
        };
    }

    private static Map<String, String> pairs(String text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(pair);
            }
            pairs.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
        return Map.copyOf(pairs);
    }

    @Override
    public String pid() {
        return PID;
    }

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public String title() {
        return "ONNX backend";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(VARIANT, OPTIMISATION, SPINNING, OPTIMISED, PROVIDER, ISOLATED, PATIENCE);
    }
}
