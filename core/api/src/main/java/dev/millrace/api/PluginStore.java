/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The folder of a user's plugins, which running programs watch, and the one way in which plugins get there checked. A bundle registers
 * it as an OSGi service. Safe for use from any thread, and by several processes at a time.
 *
 * <p>
 * A plugin is named by its symbolic name ({@code Bundle-SymbolicName}). An index is the XML of the OSGi Repository Service
 * Specification 1.1 (OSGi Compendium 7, chapter 132). Only {@link #plan} and {@link #install} use the network.
 */
@ProviderType
public interface PluginStore {

    /**
     * The folder.
     *
     * @return its path; it need not be there
     */
    Path folder();

    /**
     * All bundles of this process, and the files of the folder that are none of them because they are stopped or do not start.
     *
     * @return by name
     */
    List<Installed> list();

    /**
     * Says what would be installed: a plugin, and what it needs and nobody here offers. Changes nothing.
     *
     * @param wish what is wanted, and how
     * @return what {@link #install} would do
     * @throws MillraceException if it cannot be had, is damaged, or its signature is wrong; with the reason
     */
    Plan plan(Wish wish);

    /**
     * Puts all bundles of a plan into the folder, each as a whole, after all of them were fetched and compared with their digests. What
     * was stopped stays stopped.
     *
     * @param plan from {@link #plan}
     * @param consent asked if nobody signed who is trusted, and the rule is to ask
     * @throws MillraceException if it fails or is not allowed, with the reason; then nothing has changed
     */
    void install(Plan plan, ModelStore.Consent consent);

    /**
     * Where a plugin was installed from.
     *
     * @param name of a plugin in the folder
     * @return a wish for its newest version
     * @throws MillraceException if there is none of that name, or it was not installed from an index
     */
    Wish origin(String name);

    /**
     * Takes a plugin up again after {@link #stop}.
     *
     * @param name of a plugin in the folder
     * @throws MillraceException if there is none of that name
     */
    void start(String name);

    /**
     * Stops a plugin in all programs that watch the folder, until {@link #start}.
     *
     * @param name of a plugin in the folder
     * @throws MillraceException if there is none of that name
     */
    void stop(String name);

    /**
     * Says which plugins of the folder need another: its packages, the bundle or its services.
     *
     * @param name of a plugin in the folder
     * @return the names of those for which nobody else offers the same
     * @throws MillraceException if there is none of that name
     */
    List<String> needing(String name);

    /**
     * Removes a plugin from the folder. {@link #needing} tells which others then wait.
     *
     * @param name of a plugin in the folder
     * @throws MillraceException if there is none of that name
     */
    void remove(String name);

    /**
     * Writes {@code index.xml} for the jars in a folder, with their digests.
     *
     * @param folder with jars, and folders of them
     * @param name of the index, for people; the same each time
     * @param key an Ed25519 private key (PKCS #8 in PEM) that signs it, or null; the signature lies beside it
     * @return the index
     * @throws MillraceException if a jar is no bundle, or something cannot be read or written
     */
    Path index(Path folder, String name, @Nullable Path key);

    /**
     * The keys of publishers that the user knows, for models and plugins.
     *
     * @return by name
     */
    List<Key> keys();

    /**
     * Trusts a publisher. Nothing changes if this key is trusted already, under whatever name.
     *
     * @param key a file with an Ed25519 public key (X.509 in PEM)
     * @param name under which it is kept
     * @return the key as it is kept
     * @throws MillraceException if the file is no such key, the name is that of another key, or this key was revoked
     */
    Key trust(Path key, String name);

    /**
     * Stops trusting a publisher.
     *
     * @param name of a key
     * @param revoked true to refuse from now on whatever this key signed; false to forget it
     * @throws MillraceException if there is none of that name
     */
    void distrust(String name, boolean revoked);

    /**
     * What is wanted, and how. Minor versions may add components.
     *
     * @param source a jar; or the path or address of an index
     * @param name of a plugin in the index; null for a jar
     * @param trust what to do if nobody signed who is trusted; null for what the environment says
     */
    record Wish(String source, @Nullable String name, ModelStore.@Nullable Trust trust) {
    }

    /**
     * What an installation would do. Minor versions may add components.
     *
     * @param wish what it was made for
     * @param items all bundles that come, the wanted one first; empty if all are here already
     * @param signer who signed the index: a name from the trusted keys; or empty
     * @param index the name of the index, or empty for a jar
     * @param increment of the index; 0 for a jar
     */
    record Plan(Wish wish, List<Item> items, Optional<String> signer, String index, long increment) {

        /** Copies the list. */
        public Plan {
            items = List.copyOf(items);
        }
    }

    /**
     * A bundle of a plan.
     *
     * @param name its symbolic name
     * @param version its version
     * @param size bytes
     * @param sha256 of its content, in hexadecimal
     * @param place where it is
     * @param replaces the version that is in the folder now, if any
     */
    record Item(String name, String version, long size, String sha256, URI place, Optional<String> replaces) {
    }

    /** How a plugin is. Minor versions may add values. */
    enum State {
        /** It runs. */
        RUNNING,
        /** {@link #stop} was called for it. */
        STOPPED,
        /** It does not run; {@link Installed#problems} says why. */
        FAILED
    }

    /**
     * A plugin. Minor versions may add components.
     *
     * @param name its symbolic name, or the name of the file if it has none
     * @param version its version, or empty
     * @param state how it is
     * @param file where it is in the folder, or empty for what comes with the program
     * @param source where it came from, for people
     * @param signer who signed it when it was installed
     * @param offers what it offers, for people: services and packages
     * @param needs what it needs from other bundles, for people
     * @param problems why it, or a component of it, does not run, one sentence each, with what to do
     */
    record Installed(String name, String version, State state, Optional<Path> file, String source,
            Optional<String> signer, List<String> offers, List<String> needs, List<String> problems) {

        /** Copies the lists. */
        public Installed {
            offers = List.copyOf(offers);
            needs = List.copyOf(needs);
            problems = List.copyOf(problems);
        }
    }

    /**
     * A key of a publisher.
     *
     * @param name under which it is kept
     * @param revoked whether everything that it signed is refused
     */
    record Key(String name, boolean revoked) {
    }
}
