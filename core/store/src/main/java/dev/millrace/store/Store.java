/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.text.Dialect;
import dev.millrace.store.fetch.Download;
import dev.millrace.store.fetch.Http;
import dev.millrace.store.fetch.Patience;
import dev.millrace.store.hub.Hub;
import dev.millrace.store.hub.HubReference;
import dev.millrace.store.trust.TrustedKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The store of the user who runs this process. Opens models that are here; fetches others only through {@link #pull}. */
@Component(service = {ModelStore.class, ModelSource.class})
public final class Store implements ModelStore, ModelSource {

    private static final System.Logger LOG = System.getLogger(Store.class.getName());
    static final String SHOWN = "licenceShown";

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

    private Http http(Wish wish, Consumer<String> waiting) {
        Optional<String> token = environment.token(wish);
        URI home = environment.endpoint(wish);
        if (wish.tokenFile() != null && HubReference.of(wish.reference()).isEmpty()) {
            home = address(wish.reference()).orElse(home); // the user gave the token for this address
        }
        return new Http(home, token, patience, environment.variables(), waiting);
    }

    @Override
    public Plan plan(Wish wish) {
        return plan(wish, Transfer.NONE);
    }

    @Override
    public Plan plan(Wish wish, Transfer transfer) {
        Optional<HubReference> hub = HubReference.of(wish.reference());
        Optional<URI> address = address(wish.reference());
        if (hub.isEmpty() && address.isEmpty()) {
            throw new MillraceException(
                    "\"" + wish.reference() + "\" cannot be pulled: give hf:ORG/NAME, with :TYPE or :FILE "
                            + "if wanted, or an address that begins with https://.");
        }
        TrustedKeys trusted = new TrustedKeys(environment.trustedKeys());
        return guarded(() -> {
            transfer.update("asking " + address.orElseGet(() -> environment.endpoint(wish)).getHost(), 0, 0);
            try (Http http = http(wish, why -> transfer.update(why, 0, 0))) {
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
            try (Http http = http(plan.wish(), why -> transfer.update(why, 0, 0))) {
                Pulling pulling = new Pulling(folder, http, plan, transfer, chunk);
                pulling.checkRoom();
                boolean replaces = folder.read(plan.name()).isPresent();
                try (FolderLock _ = folder.fetching()) {
                    pulling.commit(entries -> manifest(plan, entries));
                }
                if (replaces) {
                    try (FolderLock _ = folder.changing()) {
                        folder.removeOrphans(); // what only the earlier state had
                    }
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
            Manifest whole = manifest.with(facts);
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
        } catch (UncheckedIOException e) {
            throw DiskFailure.of(folder.root(), Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw DiskFailure.of(folder.root(), e);
        }
    }

    // ---- importing, checking, removing

    @Override
    public Kept link(Path path, @Nullable String name, Progress progress) {
        return link(path, name, null, Consent.NONE, progress);
    }

    @Override
    public Kept link(Path path, @Nullable String name, @Nullable Trust trust, Consent consent, Progress progress) {
        Policy policy = new Policy(environment.trust(trust, Trust.ALLOW), "Take it in?");
        return guarded(() -> {
            Linking linking = new Linking(path.toAbsolutePath().normalize(),
                    new TrustedKeys(environment.trustedKeys()));
            Manifest found = linking.manifest(name, progress);
            policy.check(path.toString(), linking.signer(), consent);
            Map<String, @Nullable Object> facts = new LinkedHashMap<>(found.facts());
            facts.putAll(Portrait.of(kept(found).path(), services(formats, ModelFormat.class),
                    services(dialects, Dialect.class)));
            if (facts.get("problem") instanceof String problem) {
                throw new MillraceException(problem);
            }
            Manifest manifest = found.with(facts);
            try (FolderLock _ = folder.changing()) {
                if (folder.read(manifest.name()).filter(other -> !isSame(other, manifest)).isPresent()) {
                    throw new MillraceException("The name " + manifest.name()
                            + " is taken: give another by --name, or remove that model.");
                }
                folder.commit(manifest);
                return kept(manifest);
            }
        });
    }

    private static boolean isSame(Manifest one, Manifest other) {
        return one.source().equals(other.source())
                && Objects.equals(one.facts().get("path"), other.facts().get("path"));
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
            new Exporting(folder, manifest, target).write(key == null ? null : Files.readString(key), progress);
            return true;
        });
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
                folder.commit(manifest.with(facts));
            }
            return true;
        });
    }
}
