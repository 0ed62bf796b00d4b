/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.backend.cpu.kernels.assembled.InstructionSet;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Component;

/** What can be set of the CPU backend. */
@Component(immediate = true, service = SettingGroup.class)
public final class CpuSettings implements SettingGroup {

    static final String PID = "dev.millrace.backend.cpu";
    static final String OFF = "off";

    static final Setting<String> ASSEMBLED = Setting.of("assembled", Range.words(Stream
            .concat(Stream.of(OFF), Stream.of(InstructionSet.values()).map(InstructionSet::id)).toArray(String[]::new)),
            "The instruction set that machine code uses, or off for none; the best that the processor has if it is not set.")
            .counts(Effect.NEXT_START);

    static final Setting<String> PACKED = Setting.of("packed", Range.form("a folder, or off",
            text -> Path.of(text).toString()),
            "Where packed copies of weights are kept, or off to pack them at each start; packed in the cache folder if it is not set.")
            .counts(Effect.NEXT_START);

    static final Setting<Long> PACKED_LIMIT = Setting.of("packed.limit", Range.whole(0, Long.MAX_VALUE),
            "All packed copies together; those not used for longest are deleted first. 0 for half of what the volume has for them.")
            .standard("0").in("bytes").counts(Effect.NEXT_START);

    /** For the service loader and for frameworks. */
    public CpuSettings() {
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
        return "CPU backend";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(ASSEMBLED, PACKED, PACKED_LIMIT);
    }
}
