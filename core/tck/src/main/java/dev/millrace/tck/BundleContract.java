/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * What every plugin promises as a bundle, whatever its kind: inside Apache Felix, with all other bundles of the test class path, it
 * starts, offers its services, and leaves nothing behind. Its tests extend this class and name a class of the bundle.
 *
 * <p>
 * The classes may come from a folder, as they do in Maven's test phase: {@code bnd-process} has written the manifest by then. The
 * framework is the first one on the test class path; Apache Felix comes with this jar.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class BundleContract {

    private @Nullable Container container;
    private @Nullable Bundle installed;

    /** For classes that extend this one. */
    protected BundleContract() {
    }

    /**
     * The bundle under test.
     *
     * @return any class of it
     */
    protected abstract Class<?> plugin();

    /**
     * What it offers to others.
     *
     * @return interfaces of its services, each at least once
     */
    protected abstract Set<Class<?>> services();

    /**
     * Libraries on the test class path that are no bundles, and that the program around the framework lends to the bundle. None by
     * default.
     *
     * @return beginnings of package names, such as {@code dev.langchain4j}
     */
    protected Set<String> lent() {
        return Set.of();
    }

    @BeforeEach
    final void installBundle() throws IOException, BundleException {
        Path place = Container.bundleOf(plugin());
        container = Container.start(place, lent());
        installed = container.install(place);
    }

    @AfterEach
    final void closeContainer() throws IOException {
        if (container != null) {
            container.close();
        }
    }

    private Bundle bundle() {
        return Objects.requireNonNull(installed);
    }

    @Test
    void itStartsAndOffersItsServices() throws BundleException {
        Container.start(bundle());
        assertOffered();
    }

    @Test
    void itsComponentsCanBeMade() throws BundleException {
        Container.start(bundle());
        for (ServiceReference<?> reference : registered()) {
            if (offers(reference).stream().anyMatch(names()::contains)) {
                Object service = bundle().getBundleContext().getService(reference);
                assertNotNull(service, () -> "The component behind " + offers(reference)
                        + " cannot be made: its constructor, @Activate method or a reference failed. " + failures());
            }
        }
    }

    @Test
    void itsServicesGoWhenItStopsAndComeBack() throws BundleException {
        for (int i = 0; i < 3; i++) {
            Container.start(bundle());
            assertOffered();
            for (ServiceReference<?> reference : registered()) {
                bundle().getBundleContext().getService(reference);
            }
            bundle().stop();
            assertEquals(List.of(), registered(), "services stay behind when the bundle is stopped");
        }
    }

    @Test
    void itLeavesNoThread() throws BundleException, IOException {
        // what starting it costs the framework has been paid after this
        Container.start(bundle());
        bundle().stop();
        Map<String, String> before = ProcessProbe.threads();
        Container.start(bundle());
        for (ServiceReference<?> reference : registered()) {
            bundle().getBundleContext().getService(reference);
        }
        bundle().stop();
        ProcessProbe.assertNoMoreThreads(before);
    }

    @Test
    void itImportsNothingOfTheEngine() {
        String imports = String.valueOf(bundle().getHeaders("").get(Constants.IMPORT_PACKAGE));
        for (String inner : List.of("engine", "backend.cpu", "text", "formats", "grammar", "launcher")) {
            assertTrue(!imports.contains("dev.millrace." + inner),
                    () -> "The bundle imports dev.millrace." + inner + ": plugins see dev.millrace.api and"
                            + " dev.millrace.spi, so that the rest may change. (" + imports + ")");
        }
    }

    private List<ServiceReference<?>> registered() {
        ServiceReference<?>[] all = bundle().getRegisteredServices();
        return all == null ? List.of() : Arrays.asList(all);
    }

    private static List<String> offers(ServiceReference<?> reference) {
        return List.of((String[]) reference.getProperty(Constants.OBJECTCLASS));
    }

    private Set<String> names() {
        return services().stream().map(Class::getName).collect(Collectors.toCollection(TreeSet::new));
    }

    private void assertOffered() {
        Set<String> missing = names();
        registered().forEach(reference -> missing.removeAll(offers(reference)));
        assertEquals(Set.of(), missing, () -> "These services are not registered: " + missing
                + ". Annotate the class with @Component and let bnd-maven-plugin write its description. " + failures());
    }

    /** What became of the components of the bundle. */
    private String failures() {
        List<String> told = new ArrayList<>();
        ServiceComponentRuntime components = Objects.requireNonNull(container).components();
        for (ComponentDescriptionDTO each : components.getComponentDescriptionDTOs(bundle())) {
            for (ComponentConfigurationDTO made : components.getComponentConfigurationDTOs(each)) {
                Arrays.stream(made.unsatisfiedReferences)
                        .forEach(one -> told.add("The component " + each.name + " waits for its reference " + one.name
                                + (one.target == null ? "" : " " + one.target) + "."));
                if (made.failure != null) {
                    told.add("The component " + each.name + " failed: " + cause(made.failure));
                }
            }
        }
        return told.isEmpty() ? "The bundle describes no component that waits or failed." : String.join(" ", told);
    }

    /** The line of a stack trace that says why. */
    private static String cause(String trace) {
        List<String> lines = trace.lines().toList();
        return lines.stream().filter(line -> line.startsWith("Caused by: ")).reduce((first, last) -> last)
                .orElse(lines.getFirst());
    }
}
