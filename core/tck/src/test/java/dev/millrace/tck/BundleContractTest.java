/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ToolProvider;
import dev.millrace.tck.trial.Trial;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of bundles finds what is wrong with one. */
class BundleContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, IS_NO_BUNDLE, MISSES_A_PACKAGE, MISSES_A_BUNDLE, DESCRIBES_NOTHING, OFFERS_SOMETHING_ELSE, WAITS, FAILS, LEAVES_A_THREAD, LOOKS_INSIDE
    }

    private static String description(Fault fault) {
        return """
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="trial">
                  <service><provide interface="dev.millrace.api.%s"/></service>
                  %s
                  <implementation class="dev.millrace.tck.trial.Trial"/>
                </scr:component>
                """.formatted(fault == Fault.OFFERS_SOMETHING_ELSE ? "ToolGuard" : "ToolProvider",
                fault == Fault.WAITS ? "<reference name='pump' interface='org.example.Pump'/>" : "");
    }

    /** A folder as a build leaves it. */
    private static void write(Path folder, Fault fault) throws IOException {
        String imports = "dev.millrace.api" + switch (fault) {
            case MISSES_A_PACKAGE -> ",org.example.pumps";
            case LOOKS_INSIDE -> ",dev.millrace.engine;resolution:=optional";
            default -> "";
        };
        Files.createDirectories(folder.resolve("META-INF"));
        Files.writeString(folder.resolve("META-INF/MANIFEST.MF"), "Manifest-Version: 1.0\n"
                + (fault == Fault.IS_NO_BUNDLE
                        ? ""
                        : "Bundle-ManifestVersion: 2\nBundle-SymbolicName: org.example.trial\nBundle-Version: 1.0.0\n"
                                + "Import-Package: " + imports + "\n"
                                + (fault == Fault.MISSES_A_BUNDLE ? "Require-Bundle: org.example.valves\n" : "")
                                + (fault == Fault.DESCRIBES_NOTHING ? "" : "Service-Component: OSGI-INF/trial.xml\n")));
        Files.createDirectories(folder.resolve("OSGI-INF"));
        Files.writeString(folder.resolve("OSGI-INF/trial.xml"), description(fault));
        Files.writeString(folder.resolve("fault"), fault.name());
        String type = Trial.class.getName().replace('.', '/') + ".class";
        Path copy = folder.resolve(type);
        Files.createDirectories(Objects.requireNonNull(copy.getParent()));
        try (InputStream in = Objects.requireNonNull(Trial.class.getClassLoader().getResourceAsStream(type))) {
            Files.copy(in, copy);
        }
    }

    /** Finds the classes of the folder before those of the test. */
    private static final class Own extends URLClassLoader {

        Own(Path folder) throws IOException {
            super(new URL[]{folder.toUri().toURL()}, Trial.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null && name.equals(Trial.class.getName())
                    ? findClass(name)
                    : super.loadClass(name, resolve);
        }
    }

    @ExtendWith(ContractRun.Planted.class)
    static final class Planted extends BundleContract {

        private final Fault fault;

        @TempDir
        Path folder = Path.of("");

        Planted(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected Class<?> plugin() {
            try (Own classes = new Own(folder)) {
                write(folder, fault);
                return classes.loadClass(Trial.class.getName());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        protected Set<Class<?>> services() {
            return Set.of(ToolProvider.class);
        }
    }

    @Test
    void aSoundBundlePasses() {
        ContractRun.all(Planted.class, Fault.NONE).assertSound(5);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"IS_NO_BUNDLE | itStartsAndOffersItsServices | has no manifest of a bundle",
            "MISSES_A_PACKAGE | itStartsAndOffersItsServices | org.example.trial needs the package org.example.pumps",
            "MISSES_A_BUNDLE | itStartsAndOffersItsServices | org.example.trial needs the bundle org.example.valves",
            "DESCRIBES_NOTHING | itStartsAndOffersItsServices | not registered: [dev.millrace.api.ToolProvider]",
            "OFFERS_SOMETHING_ELSE | itStartsAndOffersItsServices | not registered: [dev.millrace.api.ToolProvider]",
            "WAITS | itStartsAndOffersItsServices | The component trial waits for its reference pump",
            "FAILS | itsComponentsCanBeMade | No valve is connected.",
            "LEAVES_A_THREAD | itLeavesNoThread | left",
            "LOOKS_INSIDE | itImportsNothingOfTheEngine | dev.millrace.engine"})
    void aFaultIsToldOf(Fault fault, String test, String words) {
        ContractRun.one(Planted.class, fault, test).assertReports(words);
    }
}
