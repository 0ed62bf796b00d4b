/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Item;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Transfer;
import dev.millrace.machine.Memory;
import dev.millrace.store.fetch.DiskException;
import dev.millrace.store.fetch.Download;
import dev.millrace.store.fetch.Http;
import dev.millrace.store.hub.HubReference;
import dev.millrace.store.trust.SignedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Carries out a plan. */
final class Pulling {

    /** What must stay free on the disk. */
    private static final long RESERVE = 64_000_000;
    private static final int ROUNDS = 3;

    private final StoreFolder folder;
    private final Http http;
    private final Plan plan;
    private final Transfer transfer;
    private final int chunk;
    private final long total;
    private long done;

    Pulling(StoreFolder folder, Http http, Plan plan, Transfer transfer, int chunk) {
        this.folder = folder;
        this.http = http;
        this.plan = plan;
        this.transfer = transfer;
        this.chunk = chunk;
        this.total = plan.missing();
    }

    /** Whether all that is missing has room; some of it may be here already from an earlier try. */
    void checkRoom() throws IOException {
        Files.createDirectories(folder.root());
        long arrived = 0;
        for (Item item : plan.files()) {
            if (item.here().isEmpty()) {
                // chunks that were being written take their room, too, though they are fetched again
                long begun = (long) plan.wish().connections() * chunk;
                arrived += Download.arrived(folder.journal(key(item)))
                        .map(part -> Math.min(item.size(), part.arrived() + begun)).orElse(0L);
            }
        }
        long free = Files.getFileStore(folder.root()).getUsableSpace();
        long needed = total - arrived + RESERVE;
        if (free < needed) {
            throw new MillraceException("The disk of " + folder.root() + " has " + Memory.gigabytes(free)
                    + " free, and " + plan.source() + " needs " + Memory.gigabytes(needed)
                    + ": make room, or set MILLRACE_MODELS to a folder on another disk.");
        }
    }

    /**
     * Fetches all that is missing.
     *
     * @return the files, by the plan's order
     */
    List<Manifest.Entry> contents() throws IOException, InterruptedException {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (Item item : plan.files()) {
            entries.add(entry(item));
        }
        checkSignature(entries);
        return entries;
    }

    private Manifest.Entry entry(Item item) throws IOException, InterruptedException {
        Optional<Path> here = item.here();
        if (here.isPresent() && Files.isRegularFile(here.get())) {
            String sha256 = item.digest().substring("sha256:".length());
            boolean own = here.get().equals(folder.blob(sha256));
            return new Manifest.Entry(item.name(), item.size(), sha256, own ? Optional.empty() : here,
                    own ? 0 : Files.getLastModifiedTime(here.get()).toMillis());
        }
        String key = key(item);
        try (FolderLock _ = FolderLock.of(folder.lockOf(key), false,
                () -> transfer.update("waiting for another process that fetches " + item.name(), done, total))) {
            return new Manifest.Entry(item.name(), item.size(), fetched(item, key), Optional.empty(), 0);
        }
    }

    /** Names what is arriving, so that only the same content is gone on with. */
    private static String key(Item item) {
        return Digests.of(item.digest().isEmpty()
                ? item.place() + " " + item.size()
                : item.digest() + " " + item.size());
    }

    private String fetched(Item item, String key) throws IOException, InterruptedException {
        if (item.digest().startsWith("sha256:")) {
            String sha256 = item.digest().substring("sha256:".length());
            if (Files.isRegularFile(folder.blob(sha256))) {
                arrived(item.name(), item.size());
                return sha256; // meanwhile somebody else fetched it
            }
        }
        Path data = folder.partial(key);
        Path journal = folder.journal(key);
        Files.createDirectories(data.toAbsolutePath().getParent());
        Files.writeString(folder.origin(key), plan.source() + "\n" + item.name() + "\n");
        for (int round = 1;; round++) {
            long before = done;
            Download download = new Download(http, plan.wish().bytesPerSecond(), plan.wish().connections(), chunk,
                    new Download.Arrivals() {
                        @Override
                        public void add(long bytes) {
                            arrived(item.name(), bytes);
                        }

                        @Override
                        public void waits(String why) {
                            transfer.update(why, done, total);
                        }
                    });
            try {
                download.fetch(item.place(), item.size(), tag(item), data, journal);
            } catch (DiskException e) {
                throw new MillraceException("What arrives cannot be written to " + folder.root() + " (" + e.getMessage()
                        + "): make room and run the command again, which goes on where it stopped.", e);
            }
            Digests found = digests(item, data);
            if (Files.size(data) == item.size() && found.match(item.digest())) {
                keep(data, found.sha256());
                Files.deleteIfExists(journal);
                Files.deleteIfExists(folder.origin(key));
                return found.sha256();
            }
            // nobody can tell which part is wrong
            Download.forget(data, journal);
            done = before;
            if (round == 2) {
                throw new MillraceException(item.name() + " arrived twice with other bytes than "
                        + item.place().getHost()
                        + " says (its digest does not fit), so it was thrown away: run the command again later, or take "
                        + "another mirror by --endpoint.");
            }
        }
    }

    /** Only where no digest, and no commit in the address, tells whether the content is still the same. */
    private @Nullable String tag(Item item) {
        boolean commit = HubReference.of(plan.source()).isPresent();
        return commit || !item.digest().isEmpty() || plan.revision().isEmpty() ? null : plan.revision();
    }

    private Digests digests(Item item, Path data) throws IOException {
        long[] read = new long[1];
        return Digests.of(data, count -> {
            read[0] += count;
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("Cancelled.");
            }
            transfer.update("checking " + item.name(), done, total);
        });
    }

    private void keep(Path data, String sha256) throws IOException {
        Path blob = folder.blob(sha256);
        Files.createDirectories(blob.toAbsolutePath().getParent());
        Files.move(data, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void arrived(String name, long bytes) {
        done += bytes;
        transfer.update(name, done, total);
    }

    /** Now that all contents are here, also of files whose SHA-256 the hub does not tell. */
    private void checkSignature(List<Manifest.Entry> entries) throws IOException {
        for (Manifest.Entry signature : entries) {
            if (signature.name().equals(SignedFiles.FILE) && plan.signer().isPresent()) {
                Map<String, String> found = new HashMap<>();
                entries.forEach(entry -> found.put(entry.name(), entry.sha256()));
                found.remove(SignedFiles.FILE);
                Map<String, String> signed = SignedFiles
                        .fromJson(SignedFiles.Kind.MODEL, Files.readString(folder.content(signature))).digests();
                found.forEach((name, sha256) -> {
                    if (!sha256.equals(signed.get(name))) {
                        throw new MillraceException("The signature by " + plan.signer().orElseThrow() + " is not for "
                                + name + " as it was fetched, so " + plan.source()
                                + " is not kept. Ask those who published it.");
                    }
                });
            }
        }
    }

    /** Runs until what was fetched is still there when it is named, which a removal beside it can prevent. */
    void commit(java.util.function.Function<List<Manifest.Entry>, Manifest> manifest)
            throws IOException, InterruptedException {
        for (int round = 1;; round++) {
            List<Manifest.Entry> entries = contents();
            try (FolderLock _ = folder.changing()) {
                boolean whole = entries.stream().allMatch(entry -> Files.isRegularFile(folder.content(entry)));
                if (whole) {
                    folder.commit(manifest.apply(entries));
                    return;
                }
            }
            if (round == ROUNDS) {
                throw new MillraceException("Files of " + plan.source()
                        + " were removed while it was fetched; run the command again.");
            }
        }
    }
}
