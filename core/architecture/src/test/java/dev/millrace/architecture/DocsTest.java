/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every block of Java in docs compiles against the modules. A block is a class, or statements, which are put into a method. All
 * blocks share one package, so that one may use another's class.
 */
class DocsTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\R(.*?)^```");
    private static final Pattern TYPE = Pattern.compile(
            "(?m)^(?:(?:public )?(?:abstract )?(?:final )?(?:class|interface)|public record) (\\w+)");

    private static final String IMPORTS = Stream.of("dev.millrace.api.*", "dev.millrace.spi.model.*",
            "dev.millrace.spi.backend.*", "dev.millrace.spi.text.*", "dev.millrace.tck.*", "dev.millrace.formats.*",
            "java.nio.file.*", "java.nio.charset.StandardCharsets", "java.util.*", "org.osgi.framework.*",
            "org.osgi.framework.launch.*", "org.osgi.util.tracker.ServiceTracker",
            "org.osgi.service.component.annotations.*")
            .map(name -> "import " + name + "; ").collect(Collectors.joining());

    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(String name, String text) {
            super(URI.create("docs:///docs/" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static Source source(Path page, String code, int line) {
        // the code keeps its line in the page
        String head = "package docs; " + IMPORTS;
        MatchResult type = TYPE.matcher(code).results().findFirst().orElse(null);
        if (type != null) {
            return new Source(type.group(1), head + "\n".repeat(line) + code);
        }
        String name = "Block" + page.getFileName().toString().replaceAll("\\W", "") + line;
        return new Source(name,
                head + "class " + name + " { void run() throws Exception {" + "\n".repeat(line) + code + "} }");
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(Rooms.ROOT.resolve("docs"))) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
    }

    @Test
    void everyBlockCompiles(@TempDir Path folder) throws IOException {
        List<Source> sources = new ArrayList<>();
        for (Path page : pages()) {
            String text = Files.readString(page);
            BLOCK.matcher(text).results().forEach(block -> sources.add(source(page, block.group(1),
                    (int) text.substring(0, block.start(1)).lines().count())));
        }
        assertTrue(sources.size() > 5, () -> "only " + sources.size() + " blocks were found");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String path = Stream.concat(Rooms.modules().stream().map(module -> module.resolve("target/classes").toString()),
                Stream.of(System.getProperty("java.class.path")))
                .collect(Collectors.joining(System.getProperty("path.separator")));
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        compiler.getTask(null, null, found, List.of("-d", folder.toString(), "-cp", path, "-proc:none", "-parameters",
                "-Xlint:-options"), null, sources).call();
        List<String> errors = found.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                .map(d -> d.getSource().getName() + " line " + d.getLineNumber() + ": " + d.getMessage(Locale.ROOT))
                .toList();
        assertEquals(List.of(), errors);
    }

    /** A bundle whose host lends one package of the contract and not the other does not resolve. */
    @Test
    void aHostLendsAllPackagesOfTheContract() throws IOException {
        String lent;
        try (InputStream in = Files
                .newInputStream(Rooms.ROOT.resolve("core/api/target/classes/META-INF/MANIFEST.MF"))) {
            lent = new Manifest(in).getMainAttributes().getValue("Export-Package");
        }
        String page = Files.readString(Rooms.ROOT.resolve("docs/embed.md")).replace("\\\"", "\"");
        assertTrue(page.contains("\"" + lent + "\""), lent);
    }
}
