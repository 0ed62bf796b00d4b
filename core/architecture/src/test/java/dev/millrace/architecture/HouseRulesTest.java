/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds in every room. */
@AnalyzeClasses(locations = Rooms.class)
class HouseRulesTest {

    /** The converter as a program of its own, for builds of bundles that carry a model. */
    private static final String CONVERTER = "dev.millrace.formats.Convert";

    private static final String HEADER = """
            /*
             * Copyright 2026 The Millrace authors
             * SPDX-License-Identifier: Apache-2.0
             */
            package\s""";

    private static final Pattern PARENTS = Pattern.compile("class (\\w+)[\\s\\w.]*? implements ([\\w.,\\s]+?)\\s*\\{");

    @ArchTest
    static final ArchRule NO_ROOM_FOR_ODDS_AND_ENDS = noClasses().should().resideInAnyPackage("..util..", "..utils..",
            "..helper..", "..helpers..", "..impl..", "..common..", "..misc..");

    @ArchTest
    static final ArchRule CLASSES_ARE_NAMED_BY_WHAT_THEY_ARE = noClasses().should()
            .haveNameMatching(".*[.$]([A-Za-z0-9]+)?(Utils?|Helpers?|Impl)");

    @ArchTest
    static final ArchRule NO_STATIC_MUTABLE_STATE = fields().that().areStatic().should().beFinal();

    /** Shows what was logged: it reads and does not write. */
    private static final String LOG_READER = "dev.millrace.plugin.console.LogTail";

    /** Silences a library that logs what it also throws. */
    private static final String LOG_SILENCER = "dev.millrace.plugin.mqtt.broker.PahoWire";

    @ArchTest
    static final ArchRule ONE_WAY_TO_LOG = noClasses().that()
            .haveNameNotMatching(Pattern.quote(LOG_READER) + "(\\$.*)?").and()
            .doNotHaveFullyQualifiedName(LOG_SILENCER)
            .should().dependOnClassesThat()
            .resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache.logging..");

    @ArchTest
    static final ArchRule ONLY_THE_LAUNCHER_AND_SAMPLES_PRINT = noClasses().that()
            .resideOutsideOfPackages("dev.millrace.launcher..", "dev.millrace.sample..").and()
            .doNotHaveFullyQualifiedName(CONVERTER).should(ACCESS_STANDARD_STREAMS);

    /** {@code chat} takes Ctrl-C for itself, so it has to do for the second one what Java does otherwise. */
    private static final String TERMINAL = "dev.millrace.launcher.command.ChatInput$Typed";

    @ArchTest
    static final ArchRule ONLY_THE_LAUNCHER_ENDS_THE_PROCESS = noClasses().that()
            .resideOutsideOfPackage("dev.millrace.launcher.boot..").and().doNotHaveFullyQualifiedName(CONVERTER)
            .and().doNotHaveFullyQualifiedName(TERMINAL).should()
            .callMethod(System.class, "exit", int.class);

    @ArchTest
    static final ArchRule NOTHING_IS_DESERIALISED = noClasses().should().dependOnClassesThat()
            .haveFullyQualifiedName("java.io.ObjectInputStream");

    @ArchTest
    static final ArchRule NO_SHARED_POOLS = noClasses().should().callMethod(ForkJoinPool.class, "commonPool");

    private static Stream<Path> sources() {
        return Stream.of("src/main/java", "src/test/java").flatMap(folder -> Rooms.sources(folder).stream());
    }

    @Test
    void everySourceFileBeginsWithTheHeader() throws IOException {
        List<Path> without = new ArrayList<>();
        for (Path file : sources().toList()) {
            // what a package says of itself stands between
            String text = Files.readString(file);
            String header = file.endsWith("package-info.java")
                    ? HEADER.substring(0, HEADER.indexOf("package"))
                    : HEADER;
            if (!text.startsWith(header)) {
                without.add(Rooms.ROOT.relativize(file));
            }
        }
        assertEquals(List.of(), without);
        assertFalse(sources().toList().isEmpty());
    }

    @Test
    void everyPackageIsNullMarked() throws IOException {
        List<Path> unmarked = new ArrayList<>();
        for (Path folder : Rooms.sources("src/main/java").stream().map(Path::getParent).distinct().toList()) {
            Path info = folder.resolve("package-info.java");
            if (!Files.exists(info) || !Files.readString(info).contains("NullMarked")) {
                unmarked.add(Rooms.ROOT.relativize(folder));
            }
        }
        assertEquals(List.of(), unmarked);
    }

    /** What is a service in a framework is one on a plain class path, too, unless it needs a configuration or runs the program. */
    @Test
    void everyServiceIsFoundOnAPlainClassPath() throws IOException {
        String services = Files
                .readString(Rooms.ROOT.resolve("core/engine/src/main/java/dev/millrace/engine/Services.java"));
        Set<String> kinds = Pattern.compile("ServiceLoader\\.load\\(([\\w.]+)\\.class").matcher(services).results()
                .map(found -> found.group(1)).collect(Collectors.toSet());
        assertFalse(kinds.isEmpty());
        List<Path> missing = new ArrayList<>();
        for (Path file : Rooms.sources("src/main/java")) {
            String text = Files.readString(file);
            if (!text.contains("\n@Component") || text.contains("ConfigurationPolicy.REQUIRE")
                    || file.startsWith(Rooms.ROOT.resolve("core/launcher"))) {
                continue;
            }
            Matcher parents = PARENTS.matcher(text);
            if (parents.find()
                    && Stream.of(parents.group(2).split(",", -1)).map(String::strip).anyMatch(kinds::contains)
                    && !listed(file, parents.group(1))) {
                missing.add(Rooms.ROOT.relativize(file));
            }
        }
        assertEquals(List.of(), missing);
    }

    private static boolean listed(Path source, String name) throws IOException {
        Path main = source;
        while (!main.endsWith("src/main")) {
            main = main.getParent();
        }
        Path folder = main.resolve("resources/META-INF/services");
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (Files.readAllLines(file).stream().anyMatch(line -> line.strip().endsWith("." + name))) {
                    return true;
                }
            }
        }
        return false;
    }
}
