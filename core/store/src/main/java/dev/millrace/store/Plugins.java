/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.PluginStore;
import dev.millrace.machine.PartFile;
import dev.millrace.store.PluginFolder.Entry;
import dev.millrace.store.PluginFolder.Origin;
import dev.millrace.store.fetch.Http;
import dev.millrace.store.fetch.Patience;
import dev.millrace.store.fetch.Refusal;
import dev.millrace.store.plugin.Choice;
import dev.millrace.store.plugin.Headers;
import dev.millrace.store.plugin.Index;
import dev.millrace.store.plugin.Offer;
import dev.millrace.store.plugin.Resource;
import dev.millrace.store.plugin.Resource.Content;
import dev.millrace.store.trust.SignedFiles;
import dev.millrace.store.trust.TrustedKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The plugins of the user who runs this process. */
@Component
public final class Plugins implements PluginStore {

    private static final int MOST_BYTES = 1 << 30;
    private static final String INDEX = "index.xml";
    private static final String SIGNATURE = ".signature.json";

    private final Environment environment;
    private final PluginFolder folder;
    private final Running running;
    private final Patience patience;

    /**
     * For the framework.
     *
     * @param context tells which bundles there are
     */
    @Activate
    public Plugins(BundleContext context) {
        this(Environment.ofUser(), new Bundles(context), Patience.USUAL);
    }

    Plugins(Environment environment, Running running, Patience patience) {
        this.environment = environment;
        this.folder = new PluginFolder(environment.settings());
        this.running = running;
        this.patience = patience;
    }

    private interface Work<T> {

        T run() throws IOException, InterruptedException;
    }

    private <T> T guarded(Work<T> work) {
        try {
            return work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("Cancelled.");
            cancelled.initCause(e);
            throw cancelled;
        } catch (Refusal e) {
            throw new MillraceException(String.valueOf(e.getMessage()), e);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new MillraceException("There is no file " + e.getFile() + ".", e);
        } catch (IOException e) {
            throw new MillraceException("The folder of plugins " + folder.plugins() + " cannot be used (" + e
                    + "): make it writable, or set MILLRACE_HOME to another folder.", e);
        }
    }

    // ---- what is here

    @Override
    public Path folder() {
        return folder.plugins();
    }

    @Override
    public List<Installed> list() {
        return guarded(() -> {
            Map<String, Installed> all = new TreeMap<>();
            for (Installed one : running.all()) {
                all.put(one.name(), one);
            }
            for (Entry entry : folder.entries()) {
                all.put(entry.name(), installed(entry, all.get(entry.name())));
            }
            return List.copyOf(all.values());
        });
    }

    private Installed installed(Entry entry, @Nullable Installed live) throws IOException {
        Optional<Resource> bundle = entry.bundle();
        if (bundle.isEmpty()) {
            return new Installed(entry.name(), "", State.FAILED, Optional.of(entry.file()), "put there by hand",
                    Optional.empty(), List.of(), List.of(), List.of(entry.problem()));
        }
        String version = bundle.get().version().toString();
        Optional<Origin> origin = folder.origin(entry.name()).filter(one -> one.version().equals(version));
        List<String> offers = live != null && !entry.isStopped() ? live.offers() : running.offers(bundle.get());
        List<String> problems = entry.isStopped()
                ? List.of("It is stopped: \"millrace plugins start " + entry.name() + "\" takes it up again.")
                : live == null
                        ? running.missing(bundle.get())
                        : live.problems();
        State state = entry.isStopped() ? State.STOPPED : live == null ? State.FAILED : live.state();
        return new Installed(entry.name(), version, state, Optional.of(entry.file()),
                origin.map(Origin::source).orElse("put there by hand"),
                origin.map(Origin::signer).filter(signer -> !signer.isEmpty()), offers, running.needs(bundle.get()),
                problems);
    }

    @Override
    public void start(String name) {
        changing(() -> folder.start(folder.required(name)));
    }

    @Override
    public void stop(String name) {
        changing(() -> folder.stop(folder.required(name)));
    }

    @Override
    public List<String> needing(String name) {
        return guarded(() -> {
            List<Offer> leaving = folder.required(name).bundle().map(Resource::offers).orElse(List.of());
            List<Resource> others = folder.entries().stream().filter(entry -> !entry.isStopped())
                    .flatMap(entry -> entry.bundle().stream()).filter(one -> !one.name().equals(name)).toList();
            List<Offer> rest = new ArrayList<>(running.capabilities(name));
            others.forEach(one -> rest.addAll(one.offers()));
            return others.stream().filter(one -> one.needs().stream().anyMatch(need -> !need.isOptional()
                    && leaving.stream().anyMatch(need::isMetBy) && rest.stream().noneMatch(need::isMetBy)))
                    .map(Resource::name).sorted().toList();
        });
    }

    @Override
    public void remove(String name) {
        changing(() -> {
            Files.delete(folder.required(name).file());
            folder.remember(name, null);
        });
    }

    private interface Change {

        void make() throws IOException, InterruptedException;
    }

    private void changing(Change change) {
        guarded(() -> {
            try (FolderLock _ = folder.changing()) {
                change.make();
            }
            return true;
        });
    }

    @Override
    public Wish origin(String name) {
        return guarded(() -> {
            folder.required(name);
            return folder.origin(name).filter(origin -> !origin.source().endsWith(".jar"))
                    .map(origin -> new Wish(origin.source(), name, null))
                    .orElseThrow(() -> new MillraceException(name
                            + " was not installed from an index: install its new jar in its place."));
        });
    }

    // ---- what may come

    /** An index with what proves it. */
    private record Found(Index index, URI place, String shown, Optional<String> signer) {
    }

    @Override
    public Plan plan(Wish wish) {
        return guarded(() -> wish.name() == null ? jar(wish) : fromIndex(wish, wish.name()));
    }

    private Plan jar(Wish wish) throws IOException {
        Path jar = Path.of(wish.source()).toAbsolutePath().normalize();
        if (Files.notExists(jar)) {
            throw new MillraceException("There is no file " + jar + ".");
        }
        Resource bundle = Headers.of(jar).orElseThrow(() -> new MillraceException("The file " + jar
                + " is a plain jar, whose manifest names no bundle: build it with bnd-maven-plugin."));
        List<String> missing = running.missing(bundle);
        if (!missing.isEmpty()) {
            throw new MillraceException(bundle.name() + " would not start. " + String.join(" ", missing));
        }
        String sha256 = Digests.of(jar, read -> {
        }).sha256();
        return new Plan(new Wish(jar.toString(), null, wish.trust()), List.of(new Item(bundle.name(),
                bundle.version().toString(), Files.size(jar), sha256, jar.toUri(), version(bundle.name()))),
                Optional.empty(), "", 0);
    }

    private Optional<String> version(String name) throws IOException {
        return folder.find(name).flatMap(Entry::bundle).map(bundle -> bundle.version().toString());
    }

    private Plan fromIndex(Wish wish, String name) throws IOException, InterruptedException {
        Found found = found(wish.source());
        List<Resource> chosen = new Choice(found.index().resources(), running.capabilities(name))
                .of(resource -> resource.name().equals(name), name);
        List<Item> items = new ArrayList<>();
        for (Resource resource : chosen) {
            Content content = Objects.requireNonNull(resource.content());
            Optional<String> here = version(resource.name());
            int newer = here.map(old -> resource.version().compareTo(Version.parseVersion(old))).orElse(1);
            if (newer < 0) {
                throw new MillraceException("The index " + found.shown() + " has only " + resource.name() + " "
                        + resource.version() + ", which is older than the installed " + here.orElseThrow()
                        + ": remove that first if you want the older one.");
            }
            if (newer > 0) {
                items.add(new Item(resource.name(), resource.version().toString(), content.size(), content.sha256(),
                        found.place().resolve(content.url()), here));
            }
        }
        return new Plan(new Wish(found.shown(), name, wish.trust()), items, found.signer(),
                found.index().name(), found.index().increment());
    }

    private Found found(String source) throws IOException, InterruptedException {
        URI place = place(source);
        String shown = place.getScheme().equals("file") ? Path.of(place).toString() : place.toString();
        byte[] xml = bytes(place, Index.MOST_BYTES);
        Index index = Index.read(xml, shown);
        Optional<String> signer = signer(place, xml, index);
        long seen = folder.increment(key(index.name(), signer));
        if (index.increment() < seen) {
            throw new MillraceException("The index " + shown + " is older (" + index.increment()
                    + ") than the one that was seen before (" + seen
                    + "): nothing is taken from it, since somebody may hold newer versions back.");
        }
        return new Found(index, place, shown, signer);
    }

    private static String key(String index, Optional<String> signer) {
        return index + " of " + signer.orElse("nobody");
    }

    private static URI place(String source) {
        if (source.matches("https?://.*")) {
            try {
                URI place = URI.create(source);
                return place.getPath() == null || place.getPath().endsWith(".xml")
                        ? place
                        : URI.create(source.endsWith("/") ? source + INDEX : source + "/" + INDEX);
            } catch (IllegalArgumentException e) {
                throw new MillraceException(source + " is no address of an index.", e);
            }
        }
        Path path = Path.of(source).toAbsolutePath().normalize();
        Path file = Files.isDirectory(path) ? path.resolve(INDEX) : path;
        if (Files.notExists(file)) {
            throw new MillraceException("There is no index " + file + ": \"millrace plugins index FOLDER\" makes one.");
        }
        return file.toUri();
    }

    private byte[] bytes(URI place, int most) throws IOException, InterruptedException {
        if ("file".equals(place.getScheme())) {
            Path file = Path.of(place);
            if (Files.size(file) > most) {
                throw new MillraceException(file + " is longer than the " + most
                        + " bytes that were expected; nothing is taken from there. Ask those who publish it.");
            }
            return Files.readAllBytes(file);
        }
        try (Http http = new Http(place, Optional.empty(), patience, environment.variables())) {
            return http.small(place, most);
        }
    }

    /** Who signed an index; empty if nobody did who is known. A signature that is not for it is refused. */
    private Optional<String> signer(URI place, byte[] xml, Index index) throws IOException, InterruptedException {
        URI beside = URI.create(place + SIGNATURE);
        byte[] text;
        try {
            if ("file".equals(place.getScheme()) && Files.notExists(Path.of(beside))) {
                return Optional.empty();
            }
            text = bytes(beside, Index.MOST_BYTES);
        } catch (Refusal e) {
            if (e.status() == 404 || e.status() == 410) {
                return Optional.empty();
            }
            throw e;
        }
        SignedFiles signed = SignedFiles.fromJson(SignedFiles.Kind.PLUGINS, new String(text, StandardCharsets.UTF_8));
        Map<String, String> digests = new LinkedHashMap<>();
        digests.put(INDEX, Digests.of(xml));
        for (Resource resource : index.resources()) {
            Content content = Objects.requireNonNull(resource.content());
            digests.put(content.url(), content.sha256());
        }
        digests.forEach((file, sha256) -> {
            if (!sha256.equals(signed.digests().get(file))) {
                throw new MillraceException("The signature beside " + place + " is not for its file " + file
                        + " as it is now; nothing is taken from there. Ask those who publish it.");
            }
        });
        return new TrustedKeys(environment.trustedKeys()).signer(signed);
    }

    // ---- installing

    @Override
    public void install(Plan plan, Consent consent) {
        // a file was named by the user who has it; what an index offers, others chose
        Trust usual = plan.wish().name() == null ? Trust.ALLOW : Trust.ASK;
        String names = String.join(", ",
                plan.items().stream().map(item -> item.name() + " " + item.version()).toList());
        if (!plan.items().isEmpty()) {
            new Policy(environment.trust(plan.wish().trust(), usual), "Install it?")
                    .check(names + " of " + plan.wish().source(), plan.signer(), consent);
        }
        guarded(() -> {
            Files.createDirectories(folder.plugins());
            Map<Item, PartFile> parts = new LinkedHashMap<>();
            try {
                for (Item item : plan.items()) {
                    parts.put(item, part(item));
                }
                try (FolderLock _ = folder.changing()) {
                    // what is needed comes before what needs it
                    for (Item item : plan.items().reversed()) {
                        folder.remember(item.name(),
                                new Origin(plan.wish().source(), plan.signer().orElse(""), item.version()));
                        folder.put(Objects.requireNonNull(parts.get(item)), item.name());
                    }
                    if (plan.wish().name() != null) {
                        folder.remember(key(plan.index(), plan.signer()), plan.increment());
                    }
                }
            } finally {
                for (PartFile part : parts.values()) {
                    part.close();
                }
            }
            return true;
        });
    }

    /** A bundle's content beside the folder, compared with what was promised. */
    private PartFile part(Item item) throws IOException, InterruptedException {
        byte[] content = bytes(item.place(), (int) Math.min(MOST_BYTES, item.size()));
        if (!Digests.of(content).equals(item.sha256())) {
            throw new MillraceException(
                    "The file " + item.place() + " is not what was promised: its SHA-256 is another."
                            + " Nothing was installed. Ask those who publish it.");
        }
        PartFile part = folder.part(item.name());
        boolean whole = false;
        try {
            part.write(content);
            part.channel().force(true);
            Resource bundle = Headers.of(part.path()).orElse(null);
            if (bundle == null || !bundle.name().equals(item.name())
                    || !bundle.version().toString().equals(item.version())) {
                throw new MillraceException("The file " + item.place() + " is not " + item.name() + " " + item.version()
                        + ", as the index says. Nothing was installed. Ask those who publish it.");
            }
            whole = true;
            return part;
        } finally {
            if (!whole) {
                part.close();
            }
        }
    }

    // ---- publishing

    @Override
    public Path index(Path place, String name, @Nullable Path key) {
        return guarded(() -> {
            if (!Files.isDirectory(place)) {
                throw new MillraceException("There is no folder " + place + ".");
            }
            List<Resource> resources = new ArrayList<>();
            try (Stream<Path> files = Files.walk(place)) {
                for (Path jar : files.filter(one -> one.toString().endsWith(".jar")).sorted().toList()) {
                    resources.add(resource(place, jar));
                }
            }
            Path target = place.resolve(INDEX);
            Path signature = place.resolve(INDEX + SIGNATURE);
            long before = Files.exists(target)
                    ? Index.read(Files.readAllBytes(target), target.toString()).increment()
                    : 0;
            Index index = new Index(name, Math.max(before + 1, System.currentTimeMillis()), resources);
            String xml = index.write();
            // what would be refused there is told here
            Index.read(xml.getBytes(StandardCharsets.UTF_8), target.toString());
            String pem = key == null ? null : Files.readString(key);
            Map<String, String> digests = new LinkedHashMap<>();
            digests.put(INDEX, Digests.of(xml));
            resources.forEach(one -> digests.put(Objects.requireNonNull(one.content()).url(), one.content().sha256()));
            String signed = pem == null ? null : SignedFiles.sign(SignedFiles.Kind.PLUGINS, digests, pem).toJson();
            Files.deleteIfExists(signature); // of the index before
            StoreFolder.write(target, xml);
            if (signed != null) {
                StoreFolder.write(signature, signed);
            }
            return target;
        });
    }

    private static Resource resource(Path place, Path jar) throws IOException {
        Resource bundle = Headers.of(jar).orElseThrow(() -> new MillraceException("The file " + jar
                + " is a plain jar, whose manifest names no bundle: build it with bnd-maven-plugin, or move it elsewhere."));
        String url = place.relativize(jar).toString().replace(jar.getFileSystem().getSeparator(), "/");
        return new Resource(bundle.name(), bundle.version(), bundle.offers(), bundle.needs(),
                new Content(url, Digests.of(jar, read -> {
                }).sha256().toLowerCase(Locale.ROOT), Files.size(jar)));
    }

    // ---- keys

    @Override
    public List<Key> keys() {
        return new TrustedKeys(environment.trustedKeys()).keys().stream()
                .map(key -> new Key(TrustedKeys.name(key), TrustedKeys.isRevoked(key))).toList();
    }

    @Override
    public Key trust(Path key, String name) {
        return new Key(guarded(() -> new TrustedKeys(environment.trustedKeys()).add(key, name)), false);
    }

    @Override
    public void distrust(String name, boolean revoked) {
        guarded(() -> {
            new TrustedKeys(environment.trustedKeys()).remove(name, revoked);
            return true;
        });
    }
}
