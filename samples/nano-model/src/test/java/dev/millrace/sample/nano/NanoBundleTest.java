/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.nano;

import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.BundleContract;
import java.util.Set;

class NanoBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return NanoModel.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of(PackagedModel.class);
    }
}
