/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.kura;

import dev.millrace.tck.BundleContract;
import java.util.Set;
import org.eclipse.kura.ai.inference.InferenceEngineService;

/** In Felix, where stubs stand for Kura. */
class KuraBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return ModelEngine.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(InferenceEngineService.class);
    }
}
