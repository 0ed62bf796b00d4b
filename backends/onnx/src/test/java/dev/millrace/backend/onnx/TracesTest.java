/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.runtime.OnnxLibrary;
import dev.millrace.machine.CacheFolder;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.tck.Feeder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** Nothing of the native library stays behind, and nothing is reported to anybody: looked at from outside, in processes. */
class TracesTest {

    @TempDir
    Path folder;

    /** Runs a model, then waits for its standard input to end. */
    public static final class Plain {
        private Plain() {
        }

        public static void main(String[] arguments) throws IOException {
            OnnxBackend backend = new OnnxBackend();
            try (Executor executor = backend.load(Nano.graph(Path.of(arguments[0])), backend.devices().getFirst(),
                    LoadOptions.of(64).withThreads(1), Progress.NONE)) {
                new Feeder(executor, 2048).feed(executor.newSequence(), 1, 2, 3);
                System.out.println("ready " + OnnxLibrary.environment(CacheFolder.ofUser().path()).getVersion());
                System.in.read();
            }
        }
    }

    /** Loads the library from its bundle, then waits for its standard input to end. */
    public static final class InFramework {
        private InFramework() {
        }

        public static void main(String[] arguments) {
            try {
                run(arguments);
            } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1); // threads of the framework would keep the process
            }
        }

        private static void run(String[] arguments) throws Exception {
            Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                    .newFramework(Map.of("org.osgi.framework.storage", arguments[0]));
            framework.init();
            Bundle bundle = framework.getBundleContext().installBundle(Path.of(arguments[1]).toUri().toString());
            framework.start();
            bundle.start();
            Object environment = bundle.loadClass(OnnxLibrary.class.getName()).getMethod("environment", Path.class)
                    .invoke(null, CacheFolder.ofUser().path());
            System.out.println("ready " + environment.getClass().getMethod("getVersion").invoke(environment));
            System.in.read();
            framework.stop();
            framework.waitForStop(10_000);
        }
    }

    private List<Path> filesAfter(Class<?> main, String... arguments) throws Exception {
        Path home = Files.createDirectories(folder.resolve("home"));
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                        "-XX:-UsePerfData", "-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary, "-cp",
                        System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(Map.of("HOME", home.toString(), "TMPDIR", temporary.toString()));
        builder.environment().keySet().removeAll(
                List.of("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "MILLRACE_CACHE",
                        "ORT_DISABLE_TELEMETRY"));
        Process process = builder.start();
        try (BufferedReader out = process.inputReader()) {
            String line = out.readLine();
            assertNotNull(line);
            assertEquals("ready 1.28.0", line);
            // while the process lives: nothing depends on its end, so a killed process leaves nothing either
            List<Path> files = new ArrayList<>();
            for (Path root : List.of(home, temporary)) {
                try (Stream<Path> all = Files.walk(root)) {
                    all.filter(p -> Files.isRegularFile(p) || p.getFileName().toString().startsWith("onnxruntime"))
                            .forEach(files::add);
                }
            }
            process.getOutputStream().close();
            assertEquals(0, process.waitFor());
            return files;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void plainClassPathLeavesNothing() throws Exception {
        Path model = Nano.export(folder.resolve("model"), BlueprintExport.Options.standard(), "model.onnx");
        assertEquals(List.of(), filesAfter(Plain.class, model.toString()));
    }

    @Test
    void frameworkKeepsTheLibraryInItsOwnStorage() throws Exception {
        Path bundle = Path.of(OnnxLibrary.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Assumptions.assumeTrue(Files.isRegularFile(bundle), "needs the bundle as a file, as the build has it");
        Path storage = folder.resolve("storage");
        assertEquals(List.of(), filesAfter(InFramework.class, storage.toString(), bundle.toString()));
        try (Stream<Path> all = Files.walk(storage)) {
            assertEquals(1, all.filter(p -> p.getFileName().toString().equals(System.mapLibraryName("onnxruntime")))
                    .count());
        }
    }
}
