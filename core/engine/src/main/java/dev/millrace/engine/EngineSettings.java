/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Strictness;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.engine.draft.DraftUse;
import java.util.List;
import java.util.Locale;
import org.osgi.service.component.annotations.Component;

/** What can be set of the engine and of models. */
@Component(immediate = true, service = SettingGroup.class)
public final class EngineSettings implements SettingGroup {

    static final String PID = "dev.millrace.engine";

    private static final long DAY = 86_400;
    private static final long DAY_MILLIS = 1000 * DAY;

    static final Setting<Preferences> BACKENDS = Setting.of("backends",
            Range.form(
                    "names of backends or devices with commas between them, each with a minus sign if it is never to be taken",
                    Preferences::parse),
            "Where models run, best first; what is not named comes after all that is. The measured speed or the backend's own score"
                    + " decides if nothing is set. Example: cuda,cpu:assembled,-onnx")
            .counts(Effect.AT_ONCE).forEachModel();

    static final Setting<SpeedUse> MEASURE = Setting.of("measure",
            Range.form("off, kept or on", text -> switch (text) {
                case "off", "kept", "on" -> SpeedUse.valueOf(text.toUpperCase(Locale.ROOT));
                default -> throw new IllegalArgumentException(text);
            }),
            "Whether the measured speed of a model decides among devices that are equally wanted. With kept, speeds count that doctor or an"
                    + " earlier start has measured; with on, a model is tried once on each device that would run it when it is opened;"
                    + " with off, the backend's own score decides.")
            .standard("kept").counts(Effect.AT_ONCE).forEachModel();

    static final Setting<Long> BACKEND_WAIT = Setting.of("backend.wait", Range.whole(0, DAY),
            "How long a model whose only backend has gone waits for another before it is closed.")
            .standard("30").in("seconds").counts(Effect.AT_ONCE);

    static final Setting<Long> ANSWERS = Setting.of("answers", Range.whole(1, 100_000),
            "Answers that a model generates at a time; a further question is refused with BusyException.")
            .standard("256").forEachModel();

    static final Setting<Long> BETWEEN_TOKENS = Setting.of("between.tokens", Range.whole(0, DAY_MILLIS),
            "How long the reading of prompts may hold up running answers between two tokens; 0 for twice the usual time.")
            .standard("0").in("milliseconds").forEachModel();

    static final Setting<Long> IDLE = Setting.of("idle", Range.whole(0, 365 * DAY),
            "After how long without an answer a model is unloaded; the next question loads it again. 0 for never.")
            .standard("0").in("seconds").forEachModel();

    static final Setting<Strictness> STRICT = Setting.of("strict",
            Range.form("auto, on or off", text -> switch (text) {
                case "auto", "on", "off" -> Strictness.valueOf(text.toUpperCase(Locale.ROOT));
                default -> throw new IllegalArgumentException(text);
            }), "Whether calls are held to the schemas of tools; auto holds those of small models.")
            .standard("auto").forEachModel();

    static final Setting<String> DIALECT = Setting.of("dialect",
            Range.form("the id of a dialect", text -> {
                if (!text.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
                    throw new IllegalArgumentException(text);
                }
                return text;
            }),
            "How answers are read and earlier calls written; the dialect that matches the model best if it is not set. Example: hermes")
            .forEachModel();

    static final Setting<ToolSelection> TOOLS = Setting.of("tools",
            Range.form("all, or threshold=N, most=N, tokens=N, always=NAME with commas between them",
                    ToolSettings::parse),
            "How many of its tools a model is told of. Example: threshold=20,most=10")
            .forEachModel();

    static final Setting<DraftUse> SPECULATION = Setting.of("speculation",
            Range.form("auto, on, off or always", text -> switch (text) {
                case "auto", "on", "off", "always" -> DraftUse.valueOf(text.toUpperCase(Locale.ROOT));
                default -> throw new IllegalArgumentException(text);
            }),
            "Whether tokens that the text itself suggests are guessed and checked together; auto does so where that pays.")
            .standard("off").forEachModel();

    static final Setting<String> PREFIXES = Setting.of("prefixes", Range.words("on", "off"),
            "Whether beginnings of prompts are kept on disk, so that the next start does not read them again.")
            .standard("on");

    static final Setting<Long> PREFIXES_MEMORY = Setting.of("prefixes.memory", Range.whole(0, Long.MAX_VALUE),
            "Memory for what was read, for each model; a quarter of what is free beside the weights if it is not set.")
            .in("bytes");

    static final Setting<Long> PREFIXES_NUMBER = Setting.of("prefixes.number", Range.whole(1, 1_000_000),
            "How many beginnings and ends of conversations are kept in memory at most, for each model.")
            .standard("4096");

    static final Setting<Long> PREFIXES_DISK = Setting.of("prefixes.disk", Range.whole(0, Long.MAX_VALUE),
            "Disk for beginnings of prompts, of all models together.")
            .standard(Long.toString(1L << 30)).in("bytes");

    /** For the service loader and for frameworks. */
    public EngineSettings() {
    }

    @Override
    public String pid() {
        return PID;
    }

    @Override
    public String prefix() {
        return "millrace.";
    }

    @Override
    public String title() {
        return "Engine and models";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(BACKENDS, MEASURE, BACKEND_WAIT, ANSWERS, BETWEEN_TOKENS, IDLE, STRICT, DIALECT, TOOLS,
                SPECULATION,
                PREFIXES,
                PREFIXES_MEMORY, PREFIXES_NUMBER, PREFIXES_DISK);
    }
}
