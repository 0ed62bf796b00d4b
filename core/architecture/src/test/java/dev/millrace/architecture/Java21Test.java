/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hosts on Java 21 run the rooms that conversations with models elsewhere need. Most of these rooms also know foreign memory, which
 * Java 21 has, but as a preview: so they are not compiled "for the release 21", and this test looks for what that would find.
 */
class Java21Test {

    private static final List<String> ROOMS = List.of("core/api", "core/spi", "core/json", "core/machine",
            "core/formats", "core/text", "core/engine", "plugins/remote", "plugins/client");

    /** What talks to systemd calls functions of the system, which a host does not. */
    private static final Set<String> FOR_LATER_JAVAS = Set.of("DatagramSocket.java");

    @Test
    void roomsOfHostsKnowNothingThatIsNewer(@TempDir Path classes) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String room : ROOMS) {
            try (Stream<Path> files = Files.walk(Rooms.ROOT.resolve(room).resolve("src/main/java"))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        assertFalse(sources.isEmpty());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> told = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(told, null, null)) {
            compiler.getTask(null, files, told,
                    List.of("--release", "21", "-proc:none", "-nowarn", "-Xmaxerrs", "10000", "-d", classes.toString(),
                            "-cp", System.getProperty("java.class.path")),
                    null, files.getJavaFileObjectsFromPaths(sources)).call();
        }
        List<String> newer = told.getDiagnostics().stream()
                .filter(each -> each.getKind() == Diagnostic.Kind.ERROR && !each.getCode().contains("preview"))
                .filter(each -> each.getSource() == null
                        || FOR_LATER_JAVAS.stream().noneMatch(each.getSource().getName()::endsWith))
                .map(Diagnostic::toString).toList();
        assertEquals(List.of(), newer);
    }
}
