/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.tck.BundleContract;
import java.util.Set;

/** In Felix, to which a program lends Spring AI, whose jars are no bundles. */
class SpringAiBundleTest extends BundleContract {

    @Override
    protected Class<?> plugin() {
        return MillraceChatModel.class;
    }

    @Override
    protected Set<Class<?>> services() {
        return Set.of();
    }

    @Override
    protected Set<String> lent() {
        return Set.of("org.springframework", "reactor", "tools.jackson");
    }
}
