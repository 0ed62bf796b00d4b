/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The program's beginning and end: makes the framework's folder, starts the framework, runs the command line, and leaves
 * nothing behind.
 */
public final class Boot {

    private static final int FAILED = 1;

    /** Longer than anything that stops in order, shorter than a person's patience. */
    private static final long HOOK_SECONDS = 20;

    private Boot() {
    }

    /**
     * Runs the program and ends the process with its exit code.
     *
     * @param arguments handed to the command line
     */
    public static void main(String[] arguments) {
        hideWarning();
        Thread main = Thread.currentThread();
        CountDownLatch done = new CountDownLatch(1);
        // Ctrl-C and kill: interrupt the command, which cancels the answer, and wait until all is cleaned up
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (done.getCount() == 0) {
                return; // all is done, and the main thread has its own way of ending
            }
            main.interrupt();
            try {
                if (!done.await(HOOK_SECONDS, TimeUnit.SECONDS)) {
                    System.err
                            .println("millrace: something does not stop; what it leaves is removed at the next start.");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "millrace-end"));
        int code = run(arguments);
        System.out.flush();
        System.err.flush();
        done.countDown();
        System.exit(code);
    }

    /**
     * Takes back the one line that Java writes to a terminal just before this class runs, which says that an incubator module
     * is used. Nothing can keep Java from writing it, and it helps nobody here.
     */
    private static void hideWarning() {
        boolean terminal = System.getProperty("millrace.terminals", "").contains("2");
        String kind = System.getenv().getOrDefault("TERM", "dumb");
        if (terminal && !kind.equals("dumb") && ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            System.err.print("\u001b[1A\u001b[2K");
            System.err.flush();
        }
    }

    private static int run(String[] arguments) {
        boolean debug = List.of(arguments).contains("--debug");
        try (Storage storage = Storage.open(Storage.cache(System.getenv(), System.getProperty("user.home")));
                Container container = Container.start(storage.folder(), folders(System.getenv()))) {
            container.complaints().forEach(complaint -> System.err.println("millrace: " + complaint));
            return container.run(arguments);
        } catch (BootException | IOException e) {
            System.err.println("millrace: " + e.getMessage());
            if (debug) {
                e.printStackTrace();
            }
            return FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILED;
        }
    }

    /** The folder {@code bundles} beside this jar's own folder, and those that {@code MILLRACE_BUNDLES} names. */
    private static List<Path> folders(Map<String, String> environment) throws BootException {
        List<Path> folders = new ArrayList<>();
        try {
            Path jar = Path.of(Boot.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            folders.add(jar.resolveSibling("../bundles").normalize());
            for (String folder : environment.getOrDefault("MILLRACE_BUNDLES", "").split(File.pathSeparator, -1)) {
                if (!folder.isEmpty()) {
                    folders.add(Path.of(folder).toAbsolutePath());
                }
            }
        } catch (URISyntaxException | InvalidPathException e) {
            throw new BootException("A folder of bundles cannot be found: " + e.getMessage() + ".", e);
        }
        return folders;
    }
}
