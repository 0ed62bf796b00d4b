/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.millrace.tck.BundleContract;
import java.util.Set;

/** In Felix, to which a program lends LangChain4j, whose jars are no bundles. */
class LangChain4jBundleTest extends BundleContract {

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
        return Set.of("dev.langchain4j");
    }
}
