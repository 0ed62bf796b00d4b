/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.Progress;
import dev.millrace.machine.PartFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.text.Dialect;
import dev.millrace.store.fetch.Download;
import dev.millrace.store.fetch.Http;
import dev.millrace.store.fetch.Patience;
import dev.millrace.store.hub.Hub;
import dev.millrace.store.hub.HubReference;
import dev.millrace.store.hub.Selection;
import dev.millrace.store.trust.SignedFiles;
import dev.millrace.store.trust.TrustedKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The store of the user who runs this process. Opens models that are here; fetches others only through {@link #pull}. */
@Component(service = {ModelStore.class, ModelSource.class})
public final class Store implements ModelStore, ModelSource {

    private static final System.Logger LOG = System.getLogger(Store.class.getName());
    /** Bytes that are copied at a time. */
    private static final long COPIED = 16 << 20;
    private static final String SHOWN = "licenceShown";

    private final Environment environment;
    private final StoreFolder folder;
    private final OtherCaches others;
    private final Patience patience;
    private final int chunk;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<ModelFormat> formats = List.of();

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<Dialect> dialects = List.of();

    /** For the framework and the service loader. */
    public Store() {
        this(Environment.ofUser(), Patience.USUAL, Download.CHUNK);
    }

    Store(Environment environment, Patience patience, int chunk) {
        this.environment = environment;
        this.folder = new StoreFolder(environment.models());
        this.others = new OtherCaches(environment);
        this.patience = patience;
        this.chunk = chunk;
    }

    // ---- what is here

    @Override
    public String id() {
        return "store";
    }

    /** Behind the models that bundles bring, before paths. */
    @Override
    public int order() {
        return 60;
    }

    @Override
    public List<String> names() {
        return folder.all().stream().filter(manifest -> !manifest.linked() || isUnchanged(manifest))
                .map(Manifest::name).toList();
    }

    @Override
    public Optional<Resolved> resolve(String reference, Progress progress) {
        Optional<Manifest> own = manifest(reference);
        if (own.isPresent()) {
            changed(own.get()).ifPresent(problem -> {
                throw new MillraceException(problem);
            });
            return Optional.of(new Resolved(kept(own.get()).path()));
        }
        Optional<Kept> other = others.find(reference);
        if (other.isEmpty() && isRemote(reference)) {
            throw new ModelNotFoundException(reference + " is not on this machine: \"millrace pull " + reference
                    + "\" fetches it.");
        }
        return other.map(kept -> new Resolved(kept.path()));
    }

    @Override
    public boolean isRemote(String reference) {
        return HubReference.of(reference).isPresent() || address(reference).isPresent();
    }

    private static Optional<URI> address(String reference) {
        if (!reference.startsWith("https://") && !reference.startsWith("http://")) {
            return Optional.empty();
        }
        try {
            URI address = URI.create(reference);
            return address.getHost() == null ? Optional.empty() : Optional.of(address);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Kept> find(String reference) {
        return manifest(reference).map(this::kept).or(() -> others.find(reference));
    }

    /** By name, by what it was pulled from, or by its repository if only one of that is here. */
    private Optional<Manifest> manifest(String reference) {
        Optional<Manifest> named = folder.read(reference);
        if (named.isPresent()) {
            return named;
        }
        Optional<HubReference> hub = HubReference.of(reference);
        if (hub.isEmpty() && address(reference).isEmpty()) {
            return Optional.empty();
        }
        List<Manifest> all = folder.all();
        String source = hub.map(HubReference::toString).orElseGet(() -> Http.shown(URI.create(reference)));
        Optional<Manifest> same = all.stream().filter(manifest -> manifest.source().equalsIgnoreCase(source))
                .findFirst();
        if (same.isPresent() || hub.isEmpty()) {
            return same;
        }
        HubReference wanted = hub.get();
        List<Manifest> candidates = all.stream().filter(manifest -> HubReference.of(manifest.source())
                .filter(kept -> kept.repository().equals(wanted.repository())
                        && (wanted.revision().isEmpty() || manifest.revision().startsWith(wanted.revision())
                                || kept.revision().equals(wanted.revision())))
                .isPresent()).filter(manifest -> wanted.selector().isEmpty()
                        || manifest.files().stream().anyMatch(file -> file.name().equals(wanted.selector())
                                || file.name().endsWith("/" + wanted.selector())))
                .toList();
        return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
    }

    @Override
    public List<Kept> list() {
        return folder.all(problem -> LOG.log(System.Logger.Level.WARNING, problem.getMessage())).stream()
                .map(this::kept).toList();
    }

    @Override
    public List<Kept> others() {
        return others.all();
    }

    private Kept kept(Manifest manifest) {
        try {
            Path path = linkedWhole(manifest)
                    ? Path.of(String.valueOf(manifest.facts().get("path")))
                    : folder.path(manifest);
            return new Kept(manifest.name(), manifest.source(), manifest.revision(), path, manifest.size(),
                    manifest.linked(), manifest.licence(), isShown(manifest), manifest.facts());
        } catch (IOException e) {
            throw new MillraceException("The model " + manifest.name() + " cannot be linked in " + folder.root() + ": "
                    + e.getMessage() + ".", e);
        }
    }

    /** What was imported is opened where it is. */
    private static boolean linkedWhole(Manifest manifest) {
        return manifest.facts().get("path") instanceof String;
    }

    private boolean isUnchanged(Manifest manifest) {
        return changed(manifest).isEmpty();
    }

    /** Files that lie elsewhere are others' to change. */
    private Optional<String> changed(Manifest manifest) {
        for (Manifest.Entry file : manifest.files()) {
            Path content = folder.content(file);
            try {
                if (!Files.isRegularFile(content)) {
                    return Optional.of("The file " + content + " of the model " + manifest.name()
                            + " is gone: remove the model, and pull or import it again.");
                }
                if (file.link().isPresent() && (Files.size(content) != file.size()
                        || Files.getLastModifiedTime(content).toMillis() != file.modified())) {
                    return Optional.of("The file " + content + " of the model " + manifest.name()
                            + " has changed since it was linked: remove the model, and import it again.");
                }
            } catch (IOException e) {
                return Optional.of("The file " + content + " of the model " + manifest.name() + " cannot be read: "
                        + e.getMessage() + ".");
            }
        }
        return Optional.empty();
    }

    private Manifest required(String name) {
        return folder.read(name).or(() -> manifest(name)).orElseThrow(() -> new ModelNotFoundException(
                "There is no model \"" + name + "\" in the store" + (folder.all().isEmpty()
                        ? ", which is empty."
                        : "; it has " + String.join(", ", folder.all().stream().map(Manifest::name).toList()) + ".")));
    }

    // ---- fetching

    private Http http(Wish wish) {
        Optional<String> token = environment.token(wish);
        URI home = environment.endpoint(wish);
        if (wish.tokenFile() != null && HubReference.of(wish.reference()).isEmpty()) {
            home = address(wish.reference()).orElse(home); // the user gave the token for this address
        }
        return new Http(home, token, patience, environment.variables());
    }

    @Override
    public Plan plan(Wish wish) {
        Optional<HubReference> hub = HubReference.of(wish.reference());
        Optional<URI> address = address(wish.reference());
        if (hub.isEmpty() && address.isEmpty()) {
            throw new MillraceException(
                    "\"" + wish.reference() + "\" cannot be pulled: give hf:ORG/NAME, with :TYPE or :FILE "
                            + "if wanted, or an address that begins with https://.");
        }
        TrustedKeys trusted = new TrustedKeys(environment.trustedKeys());
        return guarded(() -> {
            try (Http http = http(wish)) {
                Planning planning = new Planning(folder, others, trusted, http);
                return hub.isPresent()
                        ? planning.hub(wish, hub.get(), new Hub(environment.endpoint(wish), http))
                        : planning.url(wish, address.orElseThrow());
            }
        });
    }

    @Override
    public Kept pull(Plan plan, Consent consent, Transfer transfer) {
        new Policy(environment.trust(plan.wish().trust(), Trust.ALLOW), "Fetch it?").check(plan.source(), plan.signer(),
                consent);
        return guarded(() -> {
            try (Http http = http(plan.wish())) {
                Pulling pulling = new Pulling(folder, http, plan, transfer, chunk);
                pulling.checkRoom();
                try (FolderLock _ = folder.fetching()) {
                    pulling.commit(entries -> manifest(plan, entries));
                }
            }
            return portrayed(plan.name());
        });
    }

    private static Manifest manifest(Plan plan, List<Manifest.Entry> entries) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("pulled", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("choice", plan.choice());
        plan.signer().ifPresent(signer -> facts.put("signedBy", signer));
        return new Manifest(plan.name(), plan.source(), plan.revision(), plan.main(), entries, plan.licence(), facts);
    }

    /** Adds what the model says of itself, now that it can be opened. */
    private Kept portrayed(String name) throws IOException, InterruptedException {
        try (FolderLock _ = folder.changing()) {
            Manifest manifest = required(name);
            Map<String, @Nullable Object> facts = new LinkedHashMap<>(manifest.facts());
            facts.putAll(Portrait.of(kept(manifest).path(), services(formats, ModelFormat.class),
                    services(dialects, Dialect.class)));
            Manifest whole = new Manifest(manifest.name(), manifest.source(), manifest.revision(), manifest.main(),
                    manifest.files(), manifest.licence(), facts);
            folder.commit(whole);
            return kept(whole);
        }
    }

    private <T> List<T> services(List<T> bound, Class<T> type) {
        return bound.isEmpty()
                ? ServiceLoader.load(type, Store.class.getClassLoader()).stream().map(ServiceLoader.Provider::get)
                        .toList()
                : bound;
    }

    @FunctionalInterface
    private interface Work<T> {

        T run() throws IOException, InterruptedException;
    }

    /** Failures as sentences. */
    private <T> T guarded(Work<T> work) {
        try {
            return work.run();
        } catch (InterruptedException | ClosedByInterruptException e) {
            // the second is how reading and writing say the same
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("Cancelled.");
            cancelled.initCause(e);
            throw cancelled;
        } catch (dev.millrace.store.fetch.Refusal e) {
            throw new MillraceException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new MillraceException("The store " + folder.root() + " cannot be used (" + e
                    + "): make it writable, or set MILLRACE_MODELS to another folder.", e);
        }
    }

    // ---- importing, checking, removing

    @Override
    public Kept link(Path path, @Nullable String name, Progress progress) {
        Path absolute = path.toAbsolutePath().normalize();
        String last = String.valueOf(absolute.getFileName());
        String made = Planning.plain(last.toLowerCase(Locale.ROOT).replaceFirst("(-00001-of-\\d{5})?\\.gguf$", ""));
        String wanted = name == null ? made : name;
        if (!StoreFolder.isName(wanted)) {
            throw new MillraceException(
                    "\"" + wanted + "\" cannot be a model's name: take letters, digits, points, dashes "
                            + "and underscores.");
        }
        return guarded(() -> {
            List<Path> files = files(absolute);
            Path base = Files.isDirectory(absolute) ? absolute : absolute.toAbsolutePath().getParent();
            long total = 0;
            for (Path file : files) {
                total += Files.size(file);
            }
            Meter meter = new Meter(progress, "reading " + last, total);
            List<Manifest.Entry> entries = new ArrayList<>();
            String licence = "";
            for (Path file : files) {
                String relative = Objects.requireNonNull(base).relativize(file).toString().replace('\\', '/');
                long modified = Files.getLastModifiedTime(file).toMillis();
                entries.add(new Manifest.Entry(relative, Files.size(file), Digests.of(file, meter).sha256(),
                        Optional.of(file), modified));
                if (Selection.isLicence(relative) && Files.size(file) < 2 << 20) {
                    // whatever its bytes are, it is only shown
                    licence = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                }
            }
            Map<String, @Nullable Object> facts = new LinkedHashMap<>();
            facts.put("imported", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            facts.put("path", absolute.toString());
            facts.put(SHOWN, true); // the user had it before
            Manifest manifest = new Manifest(wanted, absolute.toString(), "",
                    Files.isDirectory(absolute) ? "" : last, entries, new Licence("", licence), facts);
            try (FolderLock _ = folder.changing()) {
                if (folder.read(wanted).filter(other -> !other.source().equals(manifest.source())).isPresent()) {
                    throw new MillraceException("The name " + wanted
                            + " is taken: give another by --name, or remove that model.");
                }
                folder.commit(manifest);
            }
            Kept kept = portrayed(wanted);
            if (kept.facts().get("problem") instanceof String problem) {
                remove(wanted);
                throw new MillraceException(problem);
            }
            return kept;
        });
    }

    private static List<Path> files(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (Stream<Path> all = Files.walk(path, 3)) {
                List<Path> files = all.filter(Files::isRegularFile)
                        .filter(file -> !path.relativize(file).toString().startsWith(".")).sorted().toList();
                if (files.isEmpty()) {
                    throw new MillraceException("The folder " + path + " is empty: give a model's file or folder.");
                }
                return files;
            }
        }
        if (!Files.isRegularFile(path)) {
            throw new MillraceException("There is no file or folder " + path + ".");
        }
        String last = String.valueOf(path.getFileName());
        if (!last.matches(".*-\\d{5}-of-\\d{5}\\.gguf")) {
            return List.of(path);
        }
        String stem = last.replaceFirst("-\\d{5}-of-\\d{5}\\.gguf$", "");
        try (Stream<Path> all = Files.list(Objects.requireNonNull(path.getParent()))) {
            return all.filter(file -> String.valueOf(file.getFileName()).startsWith(stem + "-")
                    && String.valueOf(file.getFileName()).matches(".*-\\d{5}-of-\\d{5}\\.gguf")).sorted().toList();
        }
    }

    @Override
    public List<String> verify(String name, Progress progress) {
        Manifest manifest = required(name);
        return guarded(() -> {
            Meter meter = new Meter(progress, "checking " + manifest.name(), manifest.size());
            List<String> problems = new ArrayList<>();
            for (Manifest.Entry file : manifest.files()) {
                Path content = folder.content(file);
                if (!Files.isRegularFile(content)) {
                    problems.add(file.name() + " is gone (" + content + "): remove the model, and pull or import it "
                            + "again.");
                } else if (Files.size(content) != file.size()
                        || !Digests.of(content, meter).sha256().equals(file.sha256())) {
                    problems.add(file.name() + " is not what it was (" + content
                            + " has another digest): remove the model, and pull or import it again.");
                }
            }
            return problems;
        });
    }

    @Override
    public long remove(String name) {
        return guarded(() -> {
            try (FolderLock _ = folder.changing()) {
                return folder.removeDamaged(name) ? 0L : folder.remove(required(name));
            }
        });
    }

    @Override
    public void export(String name, Path target, @Nullable Path key, Progress progress) {
        Manifest manifest = required(name);
        guarded(() -> {
            String pem = key == null ? null : Files.readString(key);
            Meter meter = new Meter(progress, "writing " + manifest.name(), 2 * manifest.size());
            Map<String, String> digests = new TreeMap<>();
            for (Manifest.Entry file : manifest.files()) {
                if (file.name().equals(SignedFiles.FILE) && pem != null) {
                    continue; // signed anew
                }
                copy(file, target.resolve(file.name()), meter);
                if (!file.name().equals(SignedFiles.FILE)) {
                    digests.put(file.name(), file.sha256());
                }
            }
            put(target.resolve("millrace-manifest.json"), manifest.toJson());
            if (pem != null) {
                put(target.resolve(SignedFiles.FILE), SignedFiles.sign(SignedFiles.Kind.MODEL, digests, pem).toJson());
            }
            return true;
        });
    }

    private static void put(Path file, String text) throws IOException {
        if (Files.exists(file)) {
            throw present(file);
        }
        StoreFolder.write(file, text);
    }

    private static MillraceException present(Path file) {
        return new MillraceException(file + " is there already; give another folder.");
    }

    /** A copy appears as a whole, and only if its content is what the manifest says. */
    private void copy(Manifest.Entry file, Path to, Meter meter) throws IOException {
        if (Files.exists(to)) {
            throw present(to);
        }
        Files.createDirectories(to.toAbsolutePath().getParent());
        try (PartFile part = PartFile.of(to);
                FileChannel from = FileChannel.open(folder.content(file), StandardOpenOption.READ)) {
            long at = 0;
            // in pieces, so that it can be cancelled
            for (long piece = 1; piece > 0; at += piece) {
                piece = from.transferTo(at, COPIED, part.channel());
                meter.accept(piece);
            }
            if (!Digests.of(part.path(), meter).sha256().equals(file.sha256())) {
                throw new MillraceException(
                        file.name() + " is not what it was, so it is not exported: remove the model, and "
                                + "pull or import it again.");
            }
            if (Files.exists(to)) {
                throw present(to);
            }
            part.keep();
        }
    }

    // ---- what has not ended

    @Override
    public List<Unfinished> unfinished() {
        return guarded(folder::unfinished);
    }

    @Override
    public long forgetUnfinished() {
        return guarded(folder::forgetUnfinished);
    }

    // ---- licences

    private static boolean isShown(Manifest manifest) {
        return Boolean.TRUE.equals(manifest.facts().get(SHOWN))
                || (manifest.licence().id().isEmpty() && manifest.licence().text().isEmpty());
    }

    @Override
    public void licenceShown(String name) {
        guarded(() -> {
            try (FolderLock _ = folder.changing()) {
                Manifest manifest = required(name);
                Map<String, @Nullable Object> facts = new LinkedHashMap<>(manifest.facts());
                facts.put(SHOWN, true);
                folder.commit(new Manifest(manifest.name(), manifest.source(), manifest.revision(), manifest.main(),
                        manifest.files(), manifest.licence(), facts));
            }
            return true;
        });
    }

    /** Adds up what was read. */
    private static final class Meter implements LongConsumer {

        private final Progress progress;
        private final String what;
        private final long total;
        private long done;

        Meter(Progress progress, String what, long total) {
            this.progress = progress;
            this.what = what;
            this.total = Math.max(1, total);
        }

        @Override
        public void accept(long bytes) {
            done += bytes;
            progress.update(what, Math.min(1, (double) done / (double) total));
        }
    }
}
