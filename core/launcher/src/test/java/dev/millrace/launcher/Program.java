/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The built program, started as processes of their own with a cache folder and a temporary folder of their own. */
final class Program {

    private static final long PATIENCE_SECONDS = 120;

    private static final Path DIST = Path.of(System.getProperty("millrace.dist"));
    private static final Path SCRIPT = Path.of(System.getProperty("millrace.root"), "millrace");
    /** Classes as Java had them after one answer, as the script makes and uses them: a start takes two thirds of the time. */
    private static final String QUICK = "-XX:AOTCache=" + prepare();

    private final Path folder;
    private final Path cache;
    private final Path temporary;
    private final Map<Process, Path> errors = new ConcurrentHashMap<>();
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> flags = new ArrayList<>();
    private Redirect output = Redirect.PIPE;

    /** How a process ended. */
    record Result(int code, String out, String err) {

        /** What was said to people, without what Java itself says of incubating modules. */
        String notes() {
            StringBuilder notes = new StringBuilder();
            err.lines().filter(line -> !line.startsWith("WARNING: Using incubator modules"))
                    .forEach(line -> notes.append(line).append('\n'));
            return notes.toString();
        }
    }

    /** Makes them once for all processes of the build that test. */
    private static Path prepare() {
        ProcessBuilder script = new ProcessBuilder(SCRIPT.toString(), "--prepare")
                .redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD);
        script.environment().remove("MILLRACE_JAVA_OPTS");
        script.environment().put("MILLRACE_CACHE", DIST.resolveSibling("prepared").toString());
        script.environment().put("XDG_CONFIG_HOME", DIST.resolveSibling("prepared").toString());
        try (FileChannel built = FileChannel.open(DIST.resolve("built"), StandardOpenOption.WRITE);
                FileLock one = built.lock()) {
            // where it fails, Java starts as well without
            script.start().waitFor();
            one.release();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return DIST.resolve("start.aot");
    }

    Program(Path folder) throws IOException {
        this.folder = folder;
        cache = Files.createDirectories(folder.resolve("cache"));
        temporary = Files.createDirectories(folder.resolve("tmp"));
    }

    /** Sets an environment variable of the processes to come; an empty value takes it away. */
    Program with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Adds a flag for Java. */
    Program withFlag(String flag) {
        flags.add(flag);
        return this;
    }

    /** Sends standard output elsewhere. */
    Program to(Path file) {
        output = Redirect.to(file.toFile());
        return this;
    }

    /** The folder for what is kept. */
    Path cache() {
        return cache;
    }

    /** Folders of frameworks that are there now. */
    List<Path> frameworks() throws IOException {
        Path parent = cache.resolve("frameworks");
        if (!Files.exists(parent)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(parent)) {
            return found.filter(Files::isDirectory).toList();
        }
    }

    /** Everything under the temporary folder. */
    List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> found = Files.walk(temporary)) {
            return found.filter(file -> !file.equals(temporary)).toList();
        }
    }

    /** Runs the program to its end. */
    Result run(String... arguments) throws IOException, InterruptedException {
        return finish(start(true, arguments));
    }

    /** Runs the program without the vector module. */
    Result runWithoutVectors(String... arguments) throws IOException, InterruptedException {
        return finish(start(false, arguments));
    }

    /**
     * Starts the program; its standard error goes to the file that {@link #finish} reads. It ends too soon for the second compiler, which
     * takes half of its time; those that {@link #script} starts have it.
     */
    Process start(boolean vectors, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (vectors) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector", QUICK));
        }
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:-UsePerfData", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m",
                "-Djava.io.tmpdir=" + temporary, "-cp", classPath()));
        command.addAll(flags);
        command.add("dev.millrace.launcher.boot.Boot");
        command.addAll(List.of(arguments));
        return start(Path.of(""), command);
    }

    /** In the order of the script: the classes that were prepared are those of this path. */
    private static String classPath() throws IOException {
        try (Stream<Path> jars = Files.list(DIST.resolve("boot"))) {
            return jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().map(Path::toString)
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** Starts the script. */
    Process script(String... arguments) throws IOException {
        return scriptIn(Path.of(""), arguments);
    }

    /** Starts the script where its user stands. */
    Process scriptIn(Path workingFolder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(SCRIPT.toString());
        command.addAll(List.of(arguments));
        return start(workingFolder, command);
    }

    /** Starts the script by a shell, which may close descriptors and the like. */
    Process shell(String line) throws IOException {
        return start(Path.of(""), List.of("/bin/sh", "-c",
                line.replace("millrace", SCRIPT.toString())));
    }

    private Process start(Path workingFolder, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(workingFolder.toAbsolutePath().toFile());
        builder.environment().put("MILLRACE_CACHE", cache.toString());
        builder.environment().put("MILLRACE_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
        builder.environment().put("TMPDIR", temporary.toString());
        // what the user who builds has in his own folder is nothing for tests
        builder.environment().put("XDG_CONFIG_HOME", folder.resolve("no-config").toString());
        builder.environment().put("LC_ALL", "C");
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        builder.redirectOutput(output);
        Path error = Files.createTempFile(folder, "err", ".txt");
        Process process = builder.redirectError(error.toFile()).start();
        errors.put(process, error);
        return process;
    }

    /** Waits for the end of a process that reads nothing more. */
    Result finish(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("It does not end.");
        }
        return new Result(process.exitValue(), out, error(process));
    }

    /** What a process that has ended said to people. */
    String notes(Process process) throws IOException {
        return new Result(process.exitValue(), "", error(process)).notes();
    }

    private String error(Process process) throws IOException {
        return Files.readString(Objects.requireNonNull(errors.get(process)));
    }

    /** Says something to a chat and waits for the line that it answers. */
    static String say(Process chat, String line) throws IOException {
        chat.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        chat.getOutputStream().flush();
        return new BufferedReader(new InputStreamReader(chat.getInputStream(), StandardCharsets.UTF_8)).readLine();
    }
}
