/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.backend.cuda.runtime.CudaDriver;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/** What can be set of the CUDA backend, as system properties, which {@link CudaDriver} and {@link Ahead} read. */
@Component(immediate = true, service = SettingGroup.class)
public final class CudaSettings implements SettingGroup {

    private static final String PREFIX = "millrace.cuda.";

    private static final Setting<String> DRIVER = Setting.of(CudaDriver.LIBRARY.substring(PREFIX.length()),
            Range.form("a library", text -> text),
            "A library to open in place of libcuda.so.1, once in a process; as a system property only.")
            .standard("libcuda.so.1").counts(Effect.NEXT_START);

    private static final Setting<Boolean> EARLY = Setting.of(CudaDriver.EARLY.substring(PREFIX.length()), Range.truth(),
            "Whether kernels begin before those in front of them have ended, where the device can do that; as a system property only.")
            .standard("true").counts(Effect.NEXT_START);

    private static final Setting<Boolean> AHEAD = Setting.of(Ahead.SETTING.substring(PREFIX.length()), Range.truth(),
            "Whether the device computes what is likely to be asked next before it is asked for; as a system property only, when a model is loaded.")
            .standard("true").counts(Effect.NEXT_START);

    /** For the service loader and for frameworks. */
    public CudaSettings() {
    }

    @Override
    public String pid() {
        return "dev.millrace.backend.cuda";
    }

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public String title() {
        return "CUDA backend";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(DRIVER, EARLY, AHEAD);
    }
}
