/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The models that a user keeps on this machine, and the one way in which others get here. A plugin registers it as an OSGi service,
 * or names it for {@link java.util.ServiceLoader}. Safe for use from any thread, and by several processes at a time.
 *
 * <p>
 * Only {@link #plan} and {@link #pull} use the network. Whoever calls {@link #pull} has shown the plan to a person, or was told by
 * one to go on without.
 */
@ProviderType
public interface ModelStore {

    /**
     * Whether a reference means something that may have to be fetched.
     *
     * @param reference any text
     * @return true for {@code hf:ORG/NAME} and for URLs
     */
    boolean isRemote(String reference);

    /**
     * Looks for a model on this machine: by its name in the store, by what it was pulled from, or in the caches of other programs.
     *
     * @param reference any text
     * @return empty if there is none
     */
    Optional<Kept> find(String reference);

    /**
     * The models of the store.
     *
     * @return by name
     */
    List<Kept> list();

    /**
     * Models in the caches of other programs, which can be opened where they are.
     *
     * @return by name
     */
    List<Kept> others();

    /**
     * Asks what a model consists of and what of it is missing here. Downloads nothing but the description and its licence.
     *
     * @param wish what is wanted, and how
     * @return what {@link #pull} would do
     * @throws MillraceException if it cannot be told, with the reason
     */
    Plan plan(Wish wish);

    /**
     * The same, for people who want to know what takes its time.
     *
     * @param wish what is wanted, and how
     * @param transfer told who is asked, and why it is asked again, with 0 bytes of 0; may stop the work by throwing
     *            {@link java.util.concurrent.CancellationException}
     * @return what {@link #pull} would do
     * @throws MillraceException if it cannot be told, with the reason
     */
    default Plan plan(Wish wish, Transfer transfer) {
        return plan(wish);
    }

    /**
     * Fetches what is missing. What was fetched stays if it ends early: the next call goes on there.
     *
     * @param plan from {@link #plan}
     * @param consent asked before something that the user's rules leave open
     * @param transfer told how far it is; called on several threads, one at a time; may stop the work by throwing
     *            {@link java.util.concurrent.CancellationException}
     * @return the model
     * @throws MillraceException if it fails or is not allowed, with the reason
     */
    Kept pull(Plan plan, Consent consent, Transfer transfer);

    /**
     * Takes a model into the store that lies elsewhere on this machine. Links, does not copy.
     *
     * @param path a file or folder
     * @param name its name in the store, or null for one made from the path
     * @param progress told how far the reading of it is
     * @return the model
     * @throws MillraceException if it cannot be read, or the name is taken
     */
    Kept link(Path path, @Nullable String name, Progress progress);

    /**
     * The same, by the user's rule for models that nobody signed who is trusted.
     *
     * @param path a file or folder
     * @param name its name in the store, or null for one made from the path
     * @param trust what to do with models that nobody signed; null for what the environment says
     * @param consent asked before something that the user's rules leave open
     * @param progress told how far the reading of it is
     * @return the model
     * @throws MillraceException if it cannot be read, its signature is for other bytes, it is not allowed, or the name is taken
     */
    default Kept link(Path path, @Nullable String name, @Nullable Trust trust, Consent consent, Progress progress) {
        return link(path, name, progress);
    }

    /**
     * Reads a model's files and compares them with their digests.
     *
     * @param name of a model in the store
     * @param progress told how far it is
     * @return one sentence for each thing that is wrong; empty if all is well
     * @throws ModelNotFoundException if there is none of that name
     */
    List<String> verify(String name, Progress progress);

    /**
     * Removes a model, and the files that no other model needs. What was only linked stays where it is.
     *
     * @param name of a model in the store
     * @return bytes that became free
     * @throws ModelNotFoundException if there is none of that name
     */
    long remove(String name);

    /**
     * Downloads that have begun and not ended: {@link #pull} of the same reference goes on with them.
     *
     * @return by source; empty, as here, from a store that keeps nothing of them
     */
    default List<Unfinished> unfinished() {
        return List.of();
    }

    /**
     * Removes what has arrived of downloads that have not ended, but for those that are going on now.
     *
     * @return bytes that became free
     */
    default long forgetUnfinished() {
        return 0;
    }

    /**
     * Copies a model out of the store, with its manifest.
     *
     * @param name of a model in the store
     * @param folder made if it is not there; files that stand there under the same names are kept, and are an error
     * @param key an Ed25519 private key (PKCS #8 in PEM) that signs what is written, or null
     * @param progress told how far it is
     * @throws MillraceException if it cannot be written
     */
    void export(String name, Path folder, @Nullable Path key, Progress progress);

    /**
     * Remembers that a person has seen a model's licence.
     *
     * @param name of a model in the store
     */
    void licenceShown(String name);

    /**
     * What is wanted, and how. Minor versions may add components.
     *
     * @param reference {@code hf:ORG/NAME}, with {@code :TYPE} or {@code :FILE} and {@code @REVISION} if wanted; or a URL
     * @param name in the store, or null for one made from the reference
     * @param endpoint the hub or a mirror of it, or null for what the environment says
     * @param tokenFile a file with the access token, or null for what the environment says
     * @param bytesPerSecond the most that may be fetched, 0 for no limit
     * @param connections how many at a time, 1 to 16
     * @param trust what to do with models that nobody signed who is trusted; null for what the environment says
     */
    record Wish(String reference, @Nullable String name, @Nullable URI endpoint, @Nullable Path tokenFile,
            long bytesPerSecond, int connections, @Nullable Trust trust) {

        /** Checks the ranges. */
        public Wish {
            if (bytesPerSecond < 0) {
                throw new IllegalArgumentException("The limit of bytes per second is negative: " + bytesPerSecond
                        + ".");
            }
            if (connections < 1 || connections > 16) {
                throw new IllegalArgumentException("Connections are 1 to 16, not " + connections + ".");
            }
        }

        /**
         * A reference, and all else as usual.
         *
         * @param reference the reference
         */
        public Wish(String reference) {
            this(reference, null, null, null, 0, 4, null);
        }
    }

    /** What to do with models that nobody signed who is trusted. A signature that is wrong is refused always. */
    enum Trust {
        /** They are not fetched. */
        REFUSE,
        /** The user is asked. */
        ASK,
        /** They are fetched. */
        ALLOW
    }

    /**
     * What a pull would do. Minor versions may add components.
     *
     * @param wish what it was made for
     * @param name of the model in the store
     * @param source the reference with everything that was left open
     * @param revision which state of it, or empty
     * @param files all files of the model
     * @param main which of them is opened, or empty if it is the folder
     * @param choice why just these files, a sentence, or empty
     * @param licence on which terms it may be used
     * @param signer who signed it: a name from the trust store; or empty
     */
    record Plan(Wish wish, String name, String source, String revision, List<Item> files, String main, String choice,
            Licence licence, Optional<String> signer) {

        /** Copies the list. */
        public Plan {
            files = List.copyOf(files);
        }

        /**
         * Size of the model.
         *
         * @return bytes
         */
        public long size() {
            return files.stream().mapToLong(Item::size).sum();
        }

        /**
         * What would be downloaded.
         *
         * @return bytes, 0 if all is here
         */
        public long missing() {
            return files.stream().filter(item -> item.here().isEmpty()).mapToLong(Item::size).sum();
        }
    }

    /**
     * A file of a plan.
     *
     * @param name a path with {@code /}, relative to the model's folder
     * @param size bytes
     * @param digest {@code sha256:HEX}, {@code git:HEX} for what the hub keeps in git, or empty if nobody says
     * @param place where it is fetched from
     * @param here where the same content lies on this machine, if it does
     */
    record Item(String name, long size, String digest, URI place, Optional<Path> here) {
    }

    /**
     * On which terms a model may be used.
     *
     * @param id as the hub names it, for example {@code apache-2.0}; empty if it says nothing
     * @param text the whole text, or empty if the model brings none
     */
    record Licence(String id, String text) {

        /** Nobody says. */
        public static final Licence UNKNOWN = new Licence("", "");
    }

    /**
     * A model on this machine. Minor versions may add components.
     *
     * @param name under which it can be opened
     * @param source where it came from: a reference or a path
     * @param revision which state of it, or empty
     * @param path what is opened
     * @param size bytes
     * @param linked whether the files lie outside the store
     * @param licence on which terms it may be used
     * @param licenceShown whether a person has seen these terms
     * @param facts what the model says of itself and how it came here, for people and programs, as in the manifest
     */
    record Kept(String name, String source, String revision, Path path, long size, boolean linked, Licence licence,
            boolean licenceShown, Map<String, @Nullable Object> facts) {
    }

    /**
     * A file whose download has begun and not ended.
     *
     * @param source the reference that was pulled, with everything that was left open; empty if it is not known any more
     * @param name of the file
     * @param arrived bytes that need not be fetched again
     * @param size bytes of the whole file
     */
    record Unfinished(String source, String name, long arrived, long size) {
    }

    /** Asked before something that the user's rules leave open. */
    @ConsumerType
    @FunctionalInterface
    interface Consent {

        /** Says no. */
        Consent NONE = question -> false;

        /**
         * Asks.
         *
         * @param question a sentence for people
         * @return true to go on
         */
        boolean agree(String question);
    }

    /** Told how far a download is. */
    @ConsumerType
    @FunctionalInterface
    interface Transfer {

        /** Listens to nothing. */
        Transfer NONE = (what, done, total) -> {
        };

        /**
         * Something has arrived.
         *
         * @param what what is being done now, for people
         * @param done bytes of the plan's missing ones that are here
         * @param total all of them
         */
        void update(String what, long done, long total);
    }
}
