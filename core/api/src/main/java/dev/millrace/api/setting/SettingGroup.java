/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api.setting;

import java.util.List;

/**
 * All settings of one module: found by {@link java.util.ServiceLoader} and as a service in OSGi, so that names that nobody knows can be
 * told. May be asked from any thread; gives the same each time.
 */
public interface SettingGroup {

    /**
     * The PID of its configuration.
     *
     * @return such as {@code dev.millrace.engine}; a file of that name with the ending {@code cfg} sets it, too
     */
    String pid();

    /**
     * What stands before its names as system properties.
     *
     * @return such as {@code millrace.onnx.}
     */
    String prefix();

    /**
     * A heading.
     *
     * @return one to three words
     */
    String title();

    /**
     * What can be set.
     *
     * @return in the order in which it is shown
     */
    List<Setting<?>> settings();
}
