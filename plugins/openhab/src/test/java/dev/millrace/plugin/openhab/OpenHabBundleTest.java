/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openhab;

import dev.millrace.tck.BundleContract;
import java.util.Set;
import org.openhab.core.voice.text.HumanLanguageInterpreter;

/** In Felix, where stubs stand for openHAB. */
class OpenHabBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return ModelInterpreter.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(HumanLanguageInterpreter.class);
    }
}
