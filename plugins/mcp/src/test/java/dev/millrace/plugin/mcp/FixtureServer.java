/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

/** The fixture on the port that the first argument names, until it is ended: for the conformance suite by hand. */
final class FixtureServer {

    private FixtureServer() {
    }

    /** Serves. */
    public static void main(String[] arguments) throws Exception {
        try (TestWeb web = new TestWeb(new Fixture(), Integer.parseInt(arguments[0]))) {
            System.out.println("ready at " + web.address());
            new java.util.concurrent.CountDownLatch(1).await();
        }
    }
}
