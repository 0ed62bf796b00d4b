/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * An OSGi framework with all bundles of the test class path. Those of Millrace and Declarative Services are started; the others are
 * there for their packages.
 */
final class Container implements AutoCloseable {

    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final String SCR = "org.apache.felix.scr";
    private static final String OWN = "dev.millrace.";
    private static final String TCK = OWN + "tck";
    /** Shared with the test, which asks what became of components. */
    private static final String SHARED = "org.osgi.service.component;version=1.5.1,"
            + "org.osgi.service.component.runtime;version=1.5,org.osgi.service.component.runtime.dto;version=1.5,"
            + "org.osgi.util.promise;version=1.3,org.osgi.util.function;version=1.2";
    private static final Pattern PACKAGE = Pattern.compile("\\(osgi\\.wiring\\.package=([\\w.]+)\\)");
    private static final Pattern RANGE = Pattern.compile("[; ]version=\"\\[?([0-9.]+)");
    private static final Pattern BUNDLE = Pattern.compile("osgi\\.wiring\\.bundle=([\\w.-]+)\\)");
    private static final Pattern NAMESPACE = Pattern.compile("missing requirement \\[[^]]*] ([\\w.]+);");

    private final Path storage;
    private final Framework framework;

    private Container(Path storage, Framework framework) {
        this.storage = storage;
        this.framework = framework;
    }

    /**
     * Starts a framework without the bundle under test.
     *
     * @param without where it lies
     * @param lent beginnings of the packages that it imports from outside of the framework
     */
    static Container start(Path without, Set<String> lent) throws IOException, BundleException {
        Path storage = Files.createTempDirectory("millrace-tck-");
        Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "There is no OSGi framework on the test class path: add org.apache.felix.framework."))
                .newFramework(Map.of(Constants.FRAMEWORK_STORAGE, storage.toString(),
                        Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT,
                        Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SHARED + lent(without, lent)));
        Container container = new Container(storage, framework);
        try {
            framework.start();
            container.fill(without);
            return container;
        } catch (Throwable e) {
            container.close();
            throw e;
        }
    }

    private static String lent(Path bundle, Set<String> lent) throws IOException {
        String imports = manifest(bundle).getMainAttributes().getValue(Constants.IMPORT_PACKAGE);
        // commas inside quotes part the ends of ranges of versions
        return imports == null
                ? ""
                : Stream.of(imports.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", -1))
                        .map(String::strip).filter(one -> lent.stream().anyMatch(one::startsWith))
                        .map(one -> "," + one.replaceFirst(";.*", "") + version(one)).collect(Collectors.joining());
    }

    /** The lowest version that an import takes: what it lends has no say in that. */
    private static String version(String clause) {
        Matcher range = RANGE.matcher(clause);
        return range.find() ? ";version=" + range.group(1) : "";
    }

    private void fill(Path without) throws IOException, BundleException {
        Map<String, Bundle> started = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>(Set.of(framework.getSymbolicName()));
        for (Path place : bundles()) {
            Manifest manifest = manifest(place);
            String name = symbolicName(manifest);
            if (place.equals(without) || name == null || !seen.add(name)) {
                continue;
            }
            boolean fragment = manifest.getMainAttributes().getValue(Constants.FRAGMENT_HOST) != null;
            Bundle bundle = framework.getBundleContext().installBundle(location(place));
            if (!fragment && (name.equals(SCR) || (name.startsWith(OWN) && !name.equals(TCK)))) {
                started.put(name, bundle);
            }
        }
        if (!started.containsKey(SCR)) {
            throw new IllegalStateException(
                    "There are no Declarative Services on the test class path: add org.apache.felix.scr.");
        }
        for (Map.Entry<String, Bundle> one : started.entrySet()) {
            start(one.getValue());
        }
    }

    /** Installs the bundle under test. */
    Bundle install(Path place) throws BundleException {
        return framework.getBundleContext().installBundle(location(place));
    }

    /** Starts a bundle, or says in a sentence why it cannot. */
    static void start(Bundle bundle) throws BundleException {
        try {
            bundle.start();
        } catch (BundleException e) {
            if (e.getType() == BundleException.RESOLVE_ERROR) {
                throw new AssertionError(missing(bundle, String.valueOf(e.getMessage())), e);
            }
            throw e;
        }
    }

    private static String missing(Bundle bundle, String message) {
        // the last one is what the others wait for
        String name = bundle.getSymbolicName();
        Matcher namespace = NAMESPACE.matcher(message);
        String last = "";
        int from = 0;
        while (namespace.find()) {
            last = Objects.requireNonNull(namespace.group(1));
            from = namespace.start();
        }
        String rest = message.substring(from);
        Matcher named = PACKAGE.matcher(rest);
        if (named.find()) {
            return name + " needs the package " + named.group(1)
                    + ", which no bundle on the test class path exports: add the bundle that does to the test's"
                    + " dependencies and to those that you install, or take the package into your bundle. (" + message
                    + ")";
        }
        named = BUNDLE.matcher(rest);
        if (named.find()) {
            return name + " needs the bundle " + named.group(1) + ", which is not on the test class path. (" + message
                    + ")";
        }
        return name + " needs something of the kind " + last + " that nothing here offers: " + message;
    }

    /** Tells of components. */
    ServiceComponentRuntime components() {
        return Objects.requireNonNull(framework.getBundleContext().getService(
                Objects.requireNonNull(
                        framework.getBundleContext().getServiceReference(ServiceComponentRuntime.class))));
    }

    /** The jar or folder of a class that is a bundle. */
    static Path bundleOf(Class<?> type) {
        try {
            Path place = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
            if (symbolicName(manifest(place)) == null) {
                throw new AssertionError(
                        place + ", where " + type.getName() + " comes from, has no manifest of a bundle:"
                                + " build it by bnd-maven-plugin (goal bnd-process).");
            }
            return place;
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError("The bundle of " + type.getName() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static @Nullable String symbolicName(Manifest manifest) {
        String name = manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
        return name == null ? null : name.replaceFirst(";.*", "").strip();
    }

    private static Manifest manifest(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            Path file = place.resolve(MANIFEST);
            if (Files.notExists(file)) {
                return new Manifest();
            }
            try (InputStream in = Files.newInputStream(file)) {
                return new Manifest(in);
            }
        }
        try (java.util.jar.JarFile jar = new java.util.jar.JarFile(place.toFile())) {
            Manifest manifest = jar.getManifest();
            return manifest == null ? new Manifest() : manifest;
        }
    }

    /** All jars and folders of the class path that have a manifest. */
    private static List<Path> bundles() throws IOException {
        return Collections.list(Container.class.getClassLoader().getResources(MANIFEST)).stream()
                .filter(url -> List.of("file", "jar").contains(url.getProtocol())).map(Container::place).distinct()
                .toList();
    }

    private static Path place(URL manifest) {
        try {
            if (manifest.getProtocol().equals("jar")) {
                return Path.of(((JarURLConnection) manifest.openConnection()).getJarFileURL().toURI());
            }
            return Objects.requireNonNull(Objects.requireNonNull(Path.of(manifest.toURI()).getParent()).getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String location(Path place) {
        URI uri = place.toUri();
        return "reference:" + uri;
    }

    @Override
    public void close() throws IOException {
        try {
            framework.stop();
            framework.waitForStop(0);
        } catch (BundleException e) {
            throw new IOException("The framework cannot be stopped.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> all = Files.walk(storage)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
