/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import dev.millrace.machine.CacheFolder;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The program's beginning and end: makes the framework's folder, starts the framework, runs the command line, and leaves
 * nothing behind.
 */
public final class Boot {

    private static final int FAILED = 1;

    private Boot() {
    }

    /**
     * Runs the program and ends the process with its exit code.
     *
     * @param arguments handed to the command line
     */
    public static void main(String[] arguments) {
        // one way to write numbers, and one to tell capitals, in every country: frameworks and bundles write versions so
        Locale.setDefault(Locale.ROOT);
        oneLineForEachWarning();
        letProxiesKnow();
        hideWarning();
        Ending ending = new Ending(Thread.currentThread());
        int code = ending.isAsked() ? FAILED : run(arguments, ending);
        System.out.flush();
        System.err.flush();
        ending.done();
        System.exit(code);
    }

    /** What bundles log reads like what the program itself says, unless somebody has set up logging. */
    private static void oneLineForEachWarning() {
        String format = "java.util.logging.SimpleFormatter.format";
        if (System.getProperty(format) == null && System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty(format, "millrace: %5$s%6$s%n");
        }
    }

    /**
     * Lets a proxy of https addresses have the password that the user has given for it. Java keeps it back otherwise, and reads this
     * once, when HTTP is first used.
     */
    private static void letProxiesKnow() {
        String keptBack = "jdk.http.auth.tunneling.disabledSchemes";
        if (System.getProperty(keptBack) == null) {
            System.setProperty(keptBack, "");
        }
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

    private static int run(String[] arguments, Ending ending) {
        boolean debug = List.of(arguments).contains("--debug");
        try {
            checkCharacters();
            try (Storage storage = Storage.open(CacheFolder.ofUser().path(), temporary(System.getenv()))) {
                ending.holds(storage);
                try (Container container = Container.start(storage.folder(), folders(System.getenv()),
                        Home.of(System.getenv(), System.getProperty("user.home", "")),
                        new ErrorLog(error -> System.err.println("millrace: " + error), debug))) {
                    if (ending.isAsked()) {
                        return FAILED;
                    }
                    container.complaints().forEach(complaint -> System.err.println("millrace: " + complaint));
                    return container.run(arguments);
                }
            }
        } catch (BootException | IOException e) {
            if (!ending.isAsked()) {
                System.err.println("millrace: " + e.getMessage());
            }
            if (debug) {
                e.printStackTrace();
            }
            return FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILED;
        } catch (RuntimeException e) {
            // the framework fails with one when a signal comes while it starts
            if (!ending.isAsked() || debug) {
                throw e;
            }
            return FAILED;
        }
    }

    /**
     * Checks that what was typed is what is read. Java takes a locale that is not installed for plain ASCII and turns every
     * other letter into a question mark.
     *
     * @throws BootException if there are such letters among the arguments
     */
    private static void checkCharacters() throws BootException {
        String name = System.getProperty("sun.jnu.encoding", "UTF-8");
        Path typed = Path.of("/proc/self/cmdline");
        if (!Charset.isSupported(name) || !Charset.forName(name).equals(StandardCharsets.US_ASCII)
                || !Files.isReadable(typed)) {
            return;
        }
        try {
            for (byte one : Files.readAllBytes(typed)) {
                if (one < 0) {
                    throw new BootException(
                            "What was typed has letters that are not ASCII, and the locale of this process"
                                    + " knows no others: set LC_ALL to a locale of UTF-8 that is installed, such as C.UTF-8.");
                }
            }
        } catch (IOException e) {
            throw new BootException("What was typed cannot be read again (" + e + "): set LC_ALL to C.UTF-8.", e);
        }
    }

    /** Folders for the framework where the cache folder cannot be written; a container may have the last one only. */
    private static List<Path> temporary(Map<String, String> environment) {
        List<Path> folders = new ArrayList<>();
        for (String name : List.of(System.getProperty("java.io.tmpdir", ""),
                environment.getOrDefault("XDG_RUNTIME_DIR", ""), "/dev/shm")) {
            if (!name.isBlank()) {
                folders.add(Path.of(name).toAbsolutePath());
            }
        }
        return folders;
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
