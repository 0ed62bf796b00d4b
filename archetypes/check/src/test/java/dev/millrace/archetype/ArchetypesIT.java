/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.archetype;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each archetype makes a project that builds, passes the contract tests, and runs. Maven sees a repository with nothing but what
 * {@code mvnw install} would put there, and takes the rest from the one of this build, so that no network is needed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchetypesIT {

    private static final Path ROOT = Path.of(System.getProperty("millrace.root"));
    private static final String VERSION = System.getProperty("millrace.version");
    private static final List<String> PLUGINS = List.of("tool", "stage", "family", "dialect", "backend", "model");
    private static final List<String> ALL = Stream.concat(PLUGINS.stream(), Stream.of("app")).toList();
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
    private static final Pattern ARTIFACT = Pattern.compile("</parent>\\s*<artifactId>([^<]+)<");
    private static final Pattern TESTS = Pattern.compile("Tests run: (\\d+), Failures: 0, Errors: 0, Skipped: \\d+\\R");

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```\\R(.*?)^```");
    private static final Map<String, String> MAVEN = Map.of("JAVA_HOME", System.getProperty("java.home"), "MAVEN_OPTS",
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");

    @TempDir
    static Path folder = Path.of("");

    @BeforeAll
    void generateAndBuild() throws Exception {
        install();
        Files.writeString(folder.resolve("settings.xml"), """
                <settings>
                  <mirrors>
                    <mirror>
                      <id>local</id>
                      <mirrorOf>*</mirrorOf>
                      <url>%s</url>
                    </mirror>
                  </mirrors>
                </settings>
                """.formatted(Path.of(System.getProperty("maven.repository")).toUri()));
        generate(folder, kind -> List.of("-DgroupId=com.example", "-DartifactId=own-" + kind, "-Dversion=1.0.0",
                "-Dpackage=com.example." + kind));
        // one run for all of them; none knows of the others
        Files.writeString(folder.resolve("pom.xml"), """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>com.example</groupId>
                  <artifactId>all</artifactId>
                  <version>1</version>
                  <packaging>pom</packaging>
                  <modules>%s</modules>
                </project>
                """.formatted(
                ALL.stream().map(kind -> "<module>own-" + kind + "</module>").collect(Collectors.joining())));
        String log = run(maven("verify"), MAVEN, folder);
        Matcher tests = TESTS.matcher(log);
        List<Integer> run = new ArrayList<>();
        while (tests.find()) {
            run.add(Integer.parseInt(tests.group(1)));
        }
        assertEquals(ALL.size(), run.size(), log);
        // a contract and a bundle each; the app has a test of its own
        assertTrue(run.subList(0, PLUGINS.size()).stream().allMatch(count -> count >= 7), run + log);
    }

    /** Puts into a repository what this build made: poms and jars. */
    private void install() throws IOException {
        String parent = Files.readString(ROOT.resolve("pom.xml"));
        place("dev.millrace.parent", ROOT.resolve("pom.xml"), null);
        Matcher modules = MODULE.matcher(parent);
        while (modules.find()) {
            Path module = ROOT.resolve(Objects.requireNonNull(modules.group(1)));
            String pom = Files.readString(module.resolve("pom.xml"));
            Matcher artifact = ARTIFACT.matcher(pom);
            // the bom inherits from nothing
            String name = artifact.find() ? Objects.requireNonNull(artifact.group(1)) : "bom";
            Path jar = module.resolve("target").resolve(name + "-" + VERSION + ".jar");
            place(name, module.resolve("pom.xml"), Files.exists(jar) ? jar : null);
        }
    }

    private void place(String artifact, Path pom, @org.jspecify.annotations.Nullable Path jar) throws IOException {
        Path to = Files.createDirectories(
                folder.resolve("repository/dev/millrace").resolve(artifact).resolve(VERSION));
        Files.copy(pom, to.resolve(artifact + "-" + VERSION + ".pom"));
        if (jar != null) {
            Files.copy(jar, to.resolve(artifact + "-" + VERSION + ".jar"));
        }
    }

    /** A project of each kind, two at a time: the first alone, since it fills the repository. */
    private static void generate(Path in, Function<String, List<String>> arguments) throws Exception {
        run(generation(ALL.getFirst(), arguments.apply(ALL.getFirst())), MAVEN, in);
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            List<Future<String>> logs = new ArrayList<>();
            for (String kind : ALL.subList(1, ALL.size())) {
                logs.add(two.submit(() -> run(generation(kind, arguments.apply(kind)), MAVEN, in)));
            }
            for (Future<String> log : logs) {
                log.get();
            }
        }
    }

    private static List<String> generation(String kind, List<String> arguments) {
        return Stream.concat(
                maven("org.apache.maven.plugins:maven-archetype-plugin:" + System.getProperty("archetype.version")
                        + ":generate", "-DarchetypeCatalog=internal", "-DarchetypeGroupId=dev.millrace",
                        "-DarchetypeArtifactId=dev.millrace.archetype." + kind, "-DarchetypeVersion=" + VERSION,
                        "-DinteractiveMode=false").stream(),
                arguments.stream()).toList();
    }

    private static List<String> maven(String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(), "-B", "-s",
                        folder.resolve("settings.xml").toString(),
                        "-Dmaven.repo.local=" + folder.resolve("repository")));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String run(List<String> command, Map<String, String> environment, Path in)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(folder, "log", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true)
                .redirectInput(new java.io.File("/dev/null")).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        String text = Files.readString(log, StandardCharsets.UTF_8);
        assertEquals(0, code, () -> String.join(" ", command) + "\n" + text);
        return text;
    }

    /** All bundles at once. */
    private String millrace(String javaOptions, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("millrace").toString()));
        command.addAll(List.of(arguments));
        return run(command, Map.of("MILLRACE_JAVA_OPTS", javaOptions, "MILLRACE_BUNDLES", PLUGINS.stream()
                .map(kind -> folder.resolve("own-" + kind).resolve("target").toString())
                .collect(Collectors.joining(java.io.File.pathSeparator))), folder);
    }

    @Test
    void bundlesAreThereInTheProgram() throws Exception {
        // without the second compiler it measures no kernels
        String told = millrace("-XX:TieredStopAtLevel=1", "doctor");
        assertTrue(told.contains("plain:0"), told);
        String said = millrace("", "run", "--model", "own-model", "--with-tools", "valve", "--no-tools", "Hello");
        assertFalse(said.isBlank());
    }

    /** As a newcomer types it: the sample model stands in for the reader's own, and nobody sits at the terminal. */
    @Test
    void theReadmesSayWhatRuns() throws Exception {
        String path = String.join(java.io.File.pathSeparator, ROOT.toString(),
                Path.of(System.getProperty("java.home"), "bin").toString(), System.getenv("PATH"));
        Map<String, String> told = Map.of("stage", "gateway", "family", "\"architecture\"", "dialect", "\"cellar\"",
                "app", "kitchen lamp");
        for (String kind : ALL) {
            Path project = folder.resolve("own-" + kind);
            Matcher block = BLOCK.matcher(Files.readString(project.resolve("README.md")));
            assertTrue(block.find(), kind);
            String commands = Objects.requireNonNull(block.group(1)).replaceFirst("mvn verify\\R", "")
                    .replaceAll("YOUR-MODEL(\\.gguf)?", "nano");
            String said = run(List.of("sh", "-ec", commands), Map.of("PATH", path), project);
            assertTrue(said.contains(told.getOrDefault(kind, "")), kind + "\n" + said);
        }
    }

    @Test
    void aGroupWithADashGivesAPackageThatJavaTakes() throws Exception {
        Path in = Files.createDirectory(folder.resolve("dash"));
        generate(in, kind -> List.of("-DgroupId=com.my-firm", "-DartifactId=" + kind));
        for (String kind : ALL) {
            assertTrue(Files.isDirectory(in.resolve(kind).resolve("src/main/java/com/my_firm")), kind);
        }
    }
}
