/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.setting.Effect;
import dev.millrace.api.setting.Range;
import dev.millrace.api.setting.Setting;
import dev.millrace.api.setting.SettingGroup;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/** What can be set of the command line. It is read before there is a framework, so system properties alone count. */
@Component(immediate = true, service = SettingGroup.class)
public final class LauncherSettings implements SettingGroup {

    private static final Setting<String> TERMINALS = Setting.of("terminals", Range.form("digits", text -> text),
            "Which of the descriptors 0, 1 and 2 are terminals. The start script sets it.")
            .counts(Effect.NEXT_START);

    /** For frameworks. */
    public LauncherSettings() {
    }

    @Override
    public String pid() {
        return "dev.millrace.launcher";
    }

    @Override
    public String prefix() {
        return "millrace.";
    }

    @Override
    public String title() {
        return "Command line";
    }

    @Override
    public List<Setting<?>> settings() {
        return List.of(TERMINALS);
    }
}
