/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck.trial;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/** The component of a bundle that a test puts together. A file in the bundle says what is wrong with it. */
public final class Trial implements ToolProvider {

    /** Made by Declarative Services. */
    public Trial() throws IOException {
        String fault;
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/fault"))) {
            fault = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        if (fault.equals("FAILS")) {
            throw new IllegalStateException("No valve is connected.");
        }
        if (fault.equals("LEAVES_A_THREAD")) {
            Thread.ofPlatform().daemon().name("left").start(LockSupport::park);
        }
    }

    @Override
    public List<Tool> tools() {
        return List.of();
    }
}
